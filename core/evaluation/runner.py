"""Runs queries through a ranker of a gallery's tiles: one outcome for each query."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.errors import QueryError
from core.evaluation.queries import LabelledQuery
from core.gallery.opened import Gallery
from core.geo import Points, haversine_m, nearest
from core.records import Channel, Verdict
from core.retrieval.confidence import Calibration, Posterior, posterior_of, verdict_of
from core.retrieval.fusion import suppress_neighbours
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.reranking import TOP, reordered
from core.retrieval.search import rank_tiles
from core.retrieval.spots import LikelySpot, spots_of

Scope = Literal["full", "nearest-100", "thinned", "world", "region"]
"""The tiles that are ranked: all; the 100 nearest to the truth; or tiles at least 100 m apart, with
only the descriptions of these tiles as queries. Of a collection: all, or those of the region."""
NEAREST = 100
APART_M = 100.0
_CANDIDATES = 10

Ranker = Callable[[EncodedQuery], F32]
"""Scores [N] of all tiles for one encoded query."""


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """The confidence of a search: the posterior over a whole gallery for an encoded query."""

    posterior: Callable[[EncodedQuery], Posterior]
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class ConfidenceOutcome:
    """The confidence of the answer to one query.

    `confidences` [K] are those of the candidates. `inside80` is True if the region with 80 % of the
    probability has the true tile. `after_rerank` has the positions of the first five candidates
    after re-ranking, `true_place` is the position of the true tile among the candidates or -1.
    """

    confidences: F64
    p_outside: float
    verdict: Verdict
    inside80: bool
    after_rerank: tuple[int, ...]
    true_place: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one query: the true tile's rank from 1, and the candidates' distances.

    `confidence_outcome` is None without a confidence model.
    """

    query: LabelledQuery
    true_tile: str
    rank: int
    top_tile: str
    distances_m: F64
    channels: dict[str, float]
    confidence_outcome: ConfidenceOutcome | None = None


def fused_ranker(gallery: Gallery, channels: tuple[Channel, ...]) -> Ranker:
    """The ranker of the search itself, with the given channels only."""
    return lambda encoded_query: rank_tiles(gallery, encoded_query, channels).scores


def fused_confidence(
    gallery: Gallery, channels: tuple[Channel, ...], calibration: Calibration | None = None
) -> ConfidenceModel:
    """The confidence model of the search itself, with the given channels only."""

    def posterior(encoded_query: EncodedQuery) -> Posterior:
        ranking = rank_tiles(gallery, encoded_query, channels)
        return posterior_of(
            encoded_query, ranking.signals, ranking.scores, channels, None, calibration
        )

    return ConfidenceModel(posterior, calibration)


def evaluate(
    gallery: Gallery,
    queries: Sequence[LabelledQuery],
    encoded_queries: Sequence[EncodedQuery],
    ranker: Ranker,
    scope: Scope,
    recorded: Mapping[Channel, Ranker] | None = None,
    confidence_model: ConfidenceModel | None = None,
) -> list[Outcome]:
    """One outcome for each query whose true tile is in the scope.

    The outcome records the score of the first candidate by each ranker in `recorded`. The
    `confidence_model` needs the whole gallery, so it is used in the scope `full` only.

    Localization at k is measured on k separate spots, R@k on tiles. With a `confidence_model` the
    spots are those that search shows; without, the best tiles that are 100 m apart.
    Raises QueryError if no query has its true tile in the scope.
    """
    outcomes = []
    near = _nearest_tiles(gallery, queries) if scope == "nearest-100" else None
    thinned = _thinned(gallery) if scope == "thinned" else None
    for number, (query, encoded_query) in enumerate(zip(queries, encoded_queries, strict=True)):
        truth = query.position
        distances_m = haversine_m(truth.lat, truth.lon, gallery.lats, gallery.lons)
        true_row = gallery.row_of(query.tile_id) if query.tile_id else int(distances_m.argmin())
        if thinned is not None and true_row not in thinned:
            continue
        scores = ranker(encoded_query)
        order = np.argsort(-scores, kind="stable")
        among = thinned if near is None else near[number]
        if among is not None:
            order = order[np.isin(order, among)]
        posterior, spots = None, list[LikelySpot]()
        if confidence_model is not None and among is None:
            posterior = confidence_model.posterior(encoded_query)
            spots = spots_of(gallery, posterior.mass, _CANDIDATES, sharpening=posterior.sharpening)
            leading = [spot.row for spot in spots]
        else:
            leading = suppress_neighbours(order, gallery.lats, gallery.lons, _CANDIDATES)
        outcomes.append(
            Outcome(
                query=query,
                true_tile=gallery.tile_ids[true_row],
                rank=int(np.flatnonzero(order == true_row)[0]) + 1
                if true_row in order
                else len(order) + 1,
                top_tile=gallery.tile_ids[leading[0]],
                distances_m=distances_m[leading],
                channels={
                    name: float(score(encoded_query)[leading[0]])
                    for name, score in (recorded or {}).items()
                },
                confidence_outcome=_confidence_outcome(
                    posterior, spots, true_row, scores, confidence_model.calibration
                )
                if confidence_model is not None and posterior is not None
                else None,
            )
        )
    if queries and not outcomes:
        raise QueryError(
            f"none of the {len(queries)} descriptions is of a tile of the thinned "
            "gallery; give more descriptions or another scope"
        )
    return outcomes


def _confidence_outcome(
    posterior: Posterior,
    spots: Sequence[LikelySpot],
    true_row: int,
    scores: F32,
    calibration: Calibration | None,
) -> ConfidenceOutcome:
    credible_region = posterior.credible_region()
    leading = [spot.row for spot in spots]
    confidences = np.array([spot.chance for spot in spots])
    return ConfidenceOutcome(
        confidences,
        posterior.p_outside,
        verdict_of(posterior.p_outside, float(confidences[0]), calibration),
        inside80=bool(credible_region.inside80[credible_region.rows == true_row].any()),
        after_rerank=tuple(reordered(scores[leading[:TOP]].tolist(), confidences[:TOP].tolist())),
        true_place=leading.index(true_row) if true_row in leading else -1,
    )


def _nearest_tiles(gallery: Gallery, queries: Sequence[LabelledQuery]) -> I64:
    """The rows [Q, 100] of the tiles nearest to each query's position."""
    positions = Points.of(
        np.array([query.position.lat for query in queries]),
        np.array([query.position.lon for query in queries]),
    )
    return nearest(positions, Points.of(gallery.lats, gallery.lons), NEAREST)


def _thinned(gallery: Gallery) -> I64:
    """The rows of tiles at least 100 m apart, chosen greedily in the gallery's order."""
    rows: list[int] = []
    for row in range(len(gallery)):
        distances_m = haversine_m(
            gallery.lats[row], gallery.lons[row], gallery.lats[rows], gallery.lons[rows]
        )
        if not rows or distances_m.min() >= APART_M:
            rows.append(row)
    return np.array(rows, dtype=np.int64)


def query_rows(outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    """One JSON object for each query, as written by `--out`."""
    for outcome in outcomes:
        confidence, query = outcome.confidence_outcome, outcome.query
        known = {"named": query.named, "written_by": query.written_by}
        yield {
            "id": outcome.query.query_id,
            "text": outcome.query.text,
            "lat": outcome.query.position.lat,
            "lon": outcome.query.position.lon,
            "tile_id": outcome.true_tile,
            "rank": outcome.rank,
            "top1_tile_id": outcome.top_tile,
            "distance_m": round(float(outcome.distances_m[0]), 2),
            "confidence": round(float(confidence.confidences[0]), 4) if confidence else None,
            "verdict": confidence.verdict if confidence else None,
            "elsewhere": round(confidence.p_outside, 4) if confidence else None,
            "inside80": confidence.inside80 if confidence else None,
            "channels": {name: round(value, 4) for name, value in outcome.channels.items()},
        } | {name: value for name, value in known.items() if value is not None}
