"""The gain from "more like this" and "not like this", measured with simulated visitors.

A simulated visitor stands at a known tile, sees ten candidates, and compares what stands around
each with what stands around them: the kinds of things within sight, rare ones more. They pick the
most alike and the least alike, and take the second best for the best now and then. Nobody stood in
the street, and visitors see better or worse than this; the ranking compares embeddings of texts
and pictures, not these sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.arrays import F32, F64
from core.evaluation.paired_tests import mcnemar
from core.evaluation.queries import LabelledQuery
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.records import Channel, Steering
from core.retrieval import rank_tiles
from core.retrieval.fusion import ordered, suppress_neighbours
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.search import match_index_of
from core.retrieval.steering import WEIGHTS, SteeringWeights, resemblance

SHOWN = 10
_SIGHT_M = 60.0
_ERRS = 0.2
"""Share of picks that are the second best."""
_PLACE_M = 100.0


@dataclass(frozen=True, slots=True)
class FeedbackOutcome:
    """Ranks, among all tiles, of the first tile within 100 m of the truth: before and after."""

    before: int
    after: int


class SimulatedVisitor:
    """A visitor who compares candidates with what stands around them."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery, self._index = gallery, match_index_of(gallery)
        kinds = gallery.facts.kind
        tiles = len(gallery)
        links = gallery.links
        near = links.distance_m <= _SIGHT_M
        seen = {
            (kinds[fact], tile)
            for fact, tile in zip(links.fact[near].tolist(), links.tile[near].tolist(), strict=True)
        }
        counts: dict[str, int] = {}
        for kind, _ in seen:
            counts[kind] = counts.get(kind, 0) + 1
        self._rarity = {kind: float(np.log(1 + tiles / count)) for kind, count in counts.items()}

    def kinds_at(self, tile: int) -> set[str]:
        """The kinds of things within sight of a tile."""
        rows = self._index.links_of(tile)
        links = self._gallery.links
        near = rows[links.distance_m[rows] <= _SIGHT_M]
        return {self._gallery.facts.kind[fact] for fact in links.fact[near]} - {""}

    def likeness(self, one: int, other: int) -> float:
        """Rarity of the kinds that two tiles share, as a share of that of all their kinds."""
        a, b = self.kinds_at(one), self.kinds_at(other)
        whole = sum(self._rarity.get(kind, 0.0) for kind in a | b)
        return sum(self._rarity.get(kind, 0.0) for kind in a & b) / whole if whole else 0.0

    def wishes(self, truth: int, shown: Sequence[int], rng: np.random.Generator) -> Steering:
        """The tile most like the visitor's own, and the one least like it."""
        order = sorted(shown, key=lambda row: -self.likeness(truth, row))
        best = order[1 if len(order) > 1 and rng.random() < _ERRS else 0]
        worst = next(row for row in reversed(order) if row != best)
        ids = self._gallery.tile_ids
        return Steering(like=(ids[best],), unlike=(ids[worst],))


def feedback_outcomes(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    channels: tuple[Channel, ...],
    visitors: int,
    weights: SteeringWeights = WEIGHTS,
    seed: int = 42,
) -> list[FeedbackOutcome]:
    """One round of feedback for each of the first `visitors` whose place is not among the ten."""
    visitor, outcomes = SimulatedVisitor(gallery), list[FeedbackOutcome]()
    for number, (query, encoded_query) in enumerate(zip(queries, encoded_queries, strict=True)):
        if len(outcomes) == visitors:
            break
        place = query.position
        away = haversine_m(place.lat, place.lon, gallery.lats, gallery.lons)
        scores = rank_tiles(gallery, encoded_query, channels).scores
        shown = suppress_neighbours(ordered(scores, None), gallery.lats, gallery.lons, SHOWN)
        if (away[shown] <= _PLACE_M).any():
            continue
        rng = np.random.default_rng([seed, number])
        wishes = visitor.wishes(int(away.argmin()), shown, rng)
        picture_query = encoded_query.picture_query
        key = picture_query.key if picture_query else None
        after = scores + resemblance(gallery, wishes, key, channels, weights)
        outcomes.append(FeedbackOutcome(place_rank(scores, away), place_rank(after, away)))
    return outcomes


def place_rank(scores: F32, away_m: F64) -> int:
    """The rank, among all tiles [N], of the first one within 100 m of a place, or of the nearest
    where none is so near."""
    best = scores[away_m <= max(_PLACE_M, float(away_m.min()))].max()
    return int((scores > best).sum()) + 1


def measure(outcomes: Sequence[FeedbackOutcome]) -> dict[str, Any]:
    """Medians of the ranks, numbers that moved up and down, and a sign test of the difference."""
    before = np.array([one.before for one in outcomes])
    after = np.array([one.after for one in outcomes])
    up, down = int((after < before).sum()), int((after > before).sum())
    return {
        "n": len(outcomes),
        "simulated": True,
        "median_rank_before": float(np.median(before)) if outcomes else None,
        "median_rank_after": float(np.median(after)) if outcomes else None,
        "moved_up": up,
        "moved_down": down,
        "sign_test_p": mcnemar(up, down),
        "first_50_before": int((before <= 50).sum()),
        "first_50_after": int((after <= 50).sum()),
    }
