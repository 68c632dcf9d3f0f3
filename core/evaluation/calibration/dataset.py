"""What confidence is learned from: searches for descriptions whose place is known, in their own
gallery and in others. Knows how a search scores tiles, and leaves the fit to `calibration`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.evaluation.queries import LabelledQuery
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.records import CHANNELS, Channel
from core.retrieval.background_corpus import Background
from core.retrieval.confidence import RADIUS_M
from core.retrieval.confidence_features import confidence_features
from core.retrieval.fusion import signals_of
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.search import match_index_of

_LEADING, _OTHERS = 400, 400
"""Tiles that are kept of one search: the best, and some of the rest that stand for it."""
_FEWER_CHANNELS, _AREA = 0.35, 0.3
"""How often a search is learned from again with fewer channels, or in a part of the gallery."""
_RADII_M = (200.0, 300.0, 450.0, 700.0, 1000.0, 1500.0)
_LEAST_TILES = 10
_TILES_DRAWN, _FACTS_DRAWN = 800, 1500
_TYPICAL_TILES, _TYPICAL_FACTS = 128, 256
_ROUNDS = 15


@dataclass(frozen=True, slots=True)
class CalibrationExample:
    """One search: its `features` [C] and, for T of the `tiles` allowed, the signals [T, S], how
    many tiles each stands for (as a logarithm) and which lie within 100 m of the truth.

    `true` is the row of the tile nearest to the truth among the T; -1 where none is near. Lessons
    of one `group` share one weight.
    """

    group: str
    features: F32
    signals: F32
    stands_for: F32
    near: Bools
    true: int
    tiles: int

    @property
    def inside(self) -> bool:
        """Whether the description was written at an allowed tile."""
        return self.true >= 0


@dataclass(frozen=True, slots=True)
class LabelledReading:
    """A reading, where it was written, and the gallery that has the place, "" for none."""

    query: LabelledQuery
    encoded_query: EncodedQuery
    home: str


def calibration_examples(
    gallery: Gallery,
    told: Sequence[LabelledReading],
    group: str,
    background: Callable[[str, str], Background],
    seed: int = 42,
) -> Iterator[CalibrationExample]:
    """One lesson for each description as it is, some again with fewer channels or in an area.

    `background` gives that of other towns than the gallery and a description's home. What was
    written outside forms a group of its own.
    """
    rng = np.random.default_rng(seed)
    channels = tuple(channel for channel in CHANNELS if channel in gallery.card.channels)
    for one in told:
        usable = tuple(
            name for name in channels if name != "image" or one.encoded_query.picture_query
        )
        away = haversine_m(
            one.query.position.lat, one.query.position.lon, gallery.lats, gallery.lons
        )
        if one.home != gallery.card.name:
            away = np.full_like(away, np.inf)
        searches: list[tuple[tuple[Channel, ...], Bools | None]] = [(usable, None)]
        if rng.random() < _FEWER_CHANNELS and len(usable) > 1:
            searches.append((_some(usable, rng), None))
        if rng.random() < _AREA and (mask := _area(gallery, one, rng)) is not None:
            searches.append((usable, mask))
        for chosen, mask in searches:
            signals = signals_of(match_index_of(gallery), one.encoded_query, mask, chosen)
            fused = signals.fused(chosen)
            known = background(gallery.card.name, one.home)
            features = confidence_features(one.encoded_query, signals, fused, chosen, mask, known)
            yield _lesson(
                group, gallery.card.name, features, signals.stacked(), fused, mask, away, rng
            )


def _some(channels: tuple[Channel, ...], rng: np.random.Generator) -> tuple[Channel, ...]:
    """At least one channel, and not all."""
    count = int(rng.integers(1, len(channels)))
    chosen = set(rng.choice(len(channels), count, replace=False).tolist())
    return tuple(channel for place, channel in enumerate(channels) if place in chosen)


def _area(gallery: Gallery, one: LabelledReading, rng: np.random.Generator) -> Bools | None:
    """A circle about the truth, off its middle, or anywhere for strangers."""
    if one.home == gallery.card.name:
        # Not `geo.moved`: the shipped calibration was learned with these very numbers.
        north, east = rng.normal(0, 220, 2) / 111_195
        lat = one.query.position.lat + north
        lon = one.query.position.lon + east / np.cos(np.radians(lat))
    else:
        row = int(rng.integers(len(gallery)))
        lat, lon = float(gallery.lats[row]), float(gallery.lons[row])
    mask: Bools = haversine_m(lat, lon, gallery.lats, gallery.lons) <= float(rng.choice(_RADII_M))
    return mask if np.count_nonzero(mask) >= _LEAST_TILES else None


def _lesson(
    group: str,
    name: str,
    features: F32,
    signals: F32,
    fused: F32,
    mask: Bools | None,
    away: F64,
    rng: np.random.Generator,
) -> CalibrationExample:
    """A search with the tiles that are kept of it: the best, all near the truth, some others."""
    rows = np.arange(len(fused)) if mask is None else np.flatnonzero(mask)
    near = away[rows] <= RADIUS_M
    order = np.argsort(-fused[rows], kind="stable")
    leading, others = order[:_LEADING], order[_LEADING:]
    distant = others[~near[others]]
    drawn = rng.choice(distant, min(_OTHERS, len(distant)), replace=False)
    kept = np.concatenate([leading, others[near[others]], drawn])
    stands_for = np.zeros(len(kept), dtype=np.float32)
    if len(drawn):
        stands_for[len(kept) - len(drawn) :] = np.log(len(distant) / len(drawn))
    inside = bool(near.any())
    return CalibrationExample(
        group=group if inside else f"{name}, strangers",
        features=features,
        signals=np.ascontiguousarray(signals[:, rows[kept]].T),
        stands_for=stands_for,
        near=near[kept],
        true=int(np.flatnonzero(kept == away[rows].argmin())[0]) if inside else -1,
        tiles=len(rows),
    )


class BackgroundSet:
    """Typical embeddings of some galleries, and the same without some of them.

    What is learned from a gallery must not know it, as no gallery of a user is known.
    """

    def __init__(self, galleries: Sequence[Gallery], seed: int = 42) -> None:
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._tiles, self._facts = {}, {}
        for gallery in galleries:
            name = gallery.card.name
            self._tiles[name] = gallery.tile_index.embeddings(
                _drawn(rng, len(gallery), _TILES_DRAWN)
            )
            self._facts[name] = gallery.fact_index.embeddings(
                _drawn(rng, int(np.count_nonzero(gallery.facts.spoken)), _FACTS_DRAWN)
            )
        self._made: dict[frozenset[str], Background] = {}

    def without(self, *names: str) -> Background:
        """The background of all the galleries but these."""
        left = frozenset(self._tiles) - set(names) or frozenset(self._tiles)
        if left not in self._made:
            tiles = np.concatenate([one for name, one in self._tiles.items() if name in left])
            facts = np.concatenate([one for name, one in self._facts.items() if name in left])
            self._made[left] = Background(
                spherical_kmeans(tiles, _TYPICAL_TILES, self._seed),
                spherical_kmeans(facts, _TYPICAL_FACTS, self._seed),
            )
        return self._made[left]


def _drawn(rng: np.random.Generator, count: int, most: int) -> I64:
    rows: I64 = np.sort(rng.choice(count, min(count, most), replace=False)).astype(np.int64)
    return rows


def spherical_kmeans(embeddings: F32, most: int, seed: int) -> F32:
    """Unit means of at most `most` groups of like embeddings [N, D], by spherical k-means."""
    count = min(most, len(embeddings))
    found = embeddings[np.random.default_rng(seed).choice(len(embeddings), count, replace=False)]
    for _ in range(_ROUNDS):
        nearest = (embeddings @ found.T).argmax(axis=1)
        sums = np.zeros_like(found)
        np.add.at(sums, nearest, embeddings)
        kept = np.bincount(nearest, minlength=count) > 0
        found = np.where(kept[:, None], sums, found)
        found = found / np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float32)
