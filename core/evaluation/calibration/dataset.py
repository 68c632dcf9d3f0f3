"""Examples for the fit of confidence: searches for descriptions whose place is known.

Each description is searched in its own gallery and in others.
"""

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
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.rank_prior import LEADING
from core.retrieval.search import rank_tiles

_OTHERS = 400
"""Number of tiles in an example beside the `LEADING` of the search: a sample of the others."""
_FEWER_CHANNELS, _AREA = 0.35, 0.3
"""Probabilities that a search is repeated with fewer channels, or in a part of the gallery."""
_RADII_M = (200.0, 300.0, 450.0, 700.0, 1000.0, 1500.0)
_LEAST_TILES = 10
_TILES_DRAWN, _FACTS_DRAWN = 800, 1500
_TYPICAL_TILES, _TYPICAL_FACTS = 128, 256
_ROUNDS = 15


@dataclass(frozen=True, slots=True)
class CalibrationExample:
    """One search with a sample of T of the `tiles` that it allowed.

    `features` [C] are those of the search. For the T tiles: `scores` [T], `stands_for` [T] the
    logarithm of the number of tiles that each one represents, `near` [T] True within 100 m of the
    truth. `true` is the row among the T of the tile nearest to the truth, -1 if none is near.
    All examples of one `group` share one weight.
    """

    group: str
    features: F32
    scores: F32
    stands_for: F32
    near: Bools
    true: int
    tiles: int

    @property
    def inside(self) -> bool:
        """Whether the description was written at an allowed tile."""
        return self.true >= 0


@dataclass(frozen=True, slots=True)
class LabelledEncodedQuery:
    """A description with its place, encoded, and the gallery that has the place ("" for none)."""

    query: LabelledQuery
    encoded_query: EncodedQuery
    home: str


def calibration_examples(
    gallery: Gallery,
    labelled: Sequence[LabelledEncodedQuery],
    group: str,
    background: Callable[[str, str], Background],
    seed: int = 42,
) -> Iterator[CalibrationExample]:
    """One example for each description, for some a second with fewer channels or in an area.

    `background` returns the background without the gallery and the description's home. Descriptions
    from outside the gallery form a group of their own.
    """
    rng = np.random.default_rng(seed)
    channels = tuple(channel for channel in CHANNELS if channel in gallery.card.channels)
    for item in labelled:
        usable = tuple(
            name for name in channels if name != "image" or item.encoded_query.picture_query
        )
        distances_m = haversine_m(
            item.query.position.lat, item.query.position.lon, gallery.lats, gallery.lons
        )
        if item.home != gallery.card.name:
            distances_m = np.full_like(distances_m, np.inf)
        searches: list[tuple[tuple[Channel, ...], Bools | None]] = [(usable, None)]
        if rng.random() < _FEWER_CHANNELS and len(usable) > 1:
            searches.append((_channel_subset(usable, rng), None))
        if rng.random() < _AREA and (mask := _area(gallery, item, rng)) is not None:
            searches.append((usable, mask))
        for chosen, mask in searches:
            ranking = rank_tiles(gallery, item.encoded_query, chosen, mask)
            towns = background(gallery.card.name, item.home)
            features = confidence_features(
                item.encoded_query, ranking.signals, ranking.scores, chosen, mask, towns
            )
            yield _example(
                group, gallery.card.name, features, ranking.scores, mask, distances_m, rng
            )


def _channel_subset(channels: tuple[Channel, ...], rng: np.random.Generator) -> tuple[Channel, ...]:
    """A random subset of the channels: at least one, but not all."""
    count = int(rng.integers(1, len(channels)))
    chosen = set(rng.choice(len(channels), count, replace=False).tolist())
    return tuple(channel for number, channel in enumerate(channels) if number in chosen)


def _area(gallery: Gallery, item: LabelledEncodedQuery, rng: np.random.Generator) -> Bools | None:
    """Tiles in a circle near the truth, or anywhere for a description from outside.

    None if the circle has too few tiles.
    """
    if item.home == gallery.card.name:
        # Not `geo.moved`: the shipped calibration was learned with these very numbers.
        north, east = rng.normal(0, 220, 2) / 111_195
        lat = item.query.position.lat + north
        lon = item.query.position.lon + east / np.cos(np.radians(lat))
    else:
        row = int(rng.integers(len(gallery)))
        lat, lon = float(gallery.lats[row]), float(gallery.lons[row])
    mask: Bools = haversine_m(lat, lon, gallery.lats, gallery.lons) <= float(rng.choice(_RADII_M))
    return mask if np.count_nonzero(mask) >= _LEAST_TILES else None


def _example(
    group: str,
    name: str,
    features: F32,
    scores: F32,
    mask: Bools | None,
    distances_m: F64,
    rng: np.random.Generator,
) -> CalibrationExample:
    """A search with a sample of its tiles: the best in order, all near the truth, some others."""
    rows = np.arange(len(scores)) if mask is None else np.flatnonzero(mask)
    near = distances_m[rows] <= RADIUS_M
    order = np.argsort(-scores[rows], kind="stable")
    leading, others = order[:LEADING], order[LEADING:]
    distant = others[~near[others]]
    drawn = rng.choice(distant, min(_OTHERS, len(distant)), replace=False)
    sample = np.concatenate([leading, others[near[others]], drawn])
    stands_for = np.zeros(len(sample), dtype=np.float32)
    if len(drawn):
        stands_for[len(sample) - len(drawn) :] = np.log(len(distant) / len(drawn))
    inside = bool(near.any())
    return CalibrationExample(
        group=group if inside else f"{name}, strangers",
        features=features,
        scores=scores[rows[sample]],
        stands_for=stands_for,
        near=near[sample],
        true=int(np.flatnonzero(sample == distances_m[rows].argmin())[0]) if inside else -1,
        tiles=len(rows),
    )


class BackgroundSet:
    """Backgrounds made from some galleries, with the option to leave galleries out.

    The background of an example excludes the example's own gallery, since a user's gallery is
    not in the background either.
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
        self._backgrounds: dict[frozenset[str], Background] = {}

    def without(self, *names: str) -> Background:
        """The background of all galleries except these; of all where none would remain."""
        left = frozenset(self._tiles) - set(names) or frozenset(self._tiles)
        if left not in self._backgrounds:
            tiles = np.concatenate([rows for name, rows in self._tiles.items() if name in left])
            facts = np.concatenate([rows for name, rows in self._facts.items() if name in left])
            self._backgrounds[left] = Background(
                spherical_kmeans(tiles, _TYPICAL_TILES, self._seed),
                spherical_kmeans(facts, _TYPICAL_FACTS, self._seed),
            )
        return self._backgrounds[left]


def _drawn(rng: np.random.Generator, count: int, most: int) -> I64:
    rows: I64 = np.sort(rng.choice(count, min(count, most), replace=False)).astype(np.int64)
    return rows


def spherical_kmeans(embeddings: F32, most: int, seed: int) -> F32:
    """Unit centroids [K, D] of embeddings [N, D] by spherical k-means, K at most `most`."""
    count = min(most, len(embeddings))
    centroids = embeddings[
        np.random.default_rng(seed).choice(len(embeddings), count, replace=False)
    ]
    for _ in range(_ROUNDS):
        nearest = (embeddings @ centroids.T).argmax(axis=1)
        sums = np.zeros_like(centroids)
        np.add.at(sums, nearest, embeddings)
        filled = np.bincount(nearest, minlength=count) > 0
        centroids = np.where(filled[:, None], sums, centroids)
        centroids = centroids / np.linalg.norm(centroids, axis=1, keepdims=True)
    return centroids.astype(np.float32)
