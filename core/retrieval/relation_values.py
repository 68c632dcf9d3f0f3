"""Closeness of every tile to the things that a description names, by distance and direction.

A thing is a phrase that matches facts of the map, or an exact mention of a street, an address or a
name. Each has a relation (`relations`), and for every tile the best value of each kernel; those of
a phrase without role and direction, which has no weight, are 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64, distinct_rows
from core.retrieval.channels import LEAST_COSINE, Matches, MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.relations import Relation, relations_of

ThingKind = Literal["phrase", "name", "street", "address"]
THING_KINDS: Final[tuple[ThingKind, ...]] = get_args(ThingKind)
KERNELS: Final = ("close", "near", "far", "toward", "away")
"""Three Gaussians of the distance, and the widest one times the cosine between the described and
the real direction, split into its positive and its negative part."""
_SIGMA_M: Final = (30.0, 75.0, 180.0)
_LEAST_SHARE = 0.5
"""Matches weaker than this share of the phrase's best do not count."""
_UNDERFOOT_M = 12.0
_BEST_STRENGTH = 1 - LEAST_COSINE
_FARTHEST_M = 400.0
_FEW = 4
"""Sightings that are fewer than the tiles by so many times are kept at their own tiles."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing named in `text[start:end]`, its relation, and how rare it is in the town, 0..1."""

    start: int
    end: int
    kind: ThingKind
    relation: Relation
    rarity: float


@dataclass(frozen=True, slots=True)
class ThingTiles:
    """The T tiles that see a thing, each once, or a slice of all, and the values [K, T] of the
    kernels there, 0..1."""

    tiles: I64 | slice
    values: F32


@dataclass(frozen=True, slots=True)
class ThingValues:
    """R things among N `tiles`. `near` has the tiles of each thing that any sees, by its row; all
    other values of the kernels are 0."""

    things: tuple[Thing, ...]
    tiles: int
    near: Mapping[int, ThingTiles]

    @property
    def values(self) -> F32:
        """The values [R, K, N] of the kernels of all things for all tiles."""
        values = np.zeros((len(self.things), len(KERNELS), self.tiles), dtype=np.float32)
        for row, of in self.near.items():
            values[row][:, of.tiles] = of.values
        return values


@dataclass(frozen=True, slots=True)
class _Sightings:
    """M tiles with the distance and the bearing to a thing, and its strength, 0..1.

    The bearing is NaN where it is not known.
    """

    tile: I64
    strength: F32
    distance_m: F32
    bearing_deg: F32


def thing_values(
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    matches: Matches | None,
    with_mentions: bool,
) -> ThingValues:
    """The things of a description and their values; phrases need the `matches` of the `facts`
    channel."""
    phrases = [] if matches is None else encoded_query.phrases
    mentions = match_index.mentions.mentions(encoded_query.affirmed_text) if with_mentions else ()
    spans = [(phrase.start, phrase.end) for phrase in phrases]
    spans += [(mention.start, mention.end) for mention in mentions]
    tiles = len(match_index.gallery)
    if not spans:
        return ThingValues((), tiles, {})
    bearings = np.array(
        [np.nan if one.bearing_deg is None else one.bearing_deg for one in phrases]
        + [_bearing_of(one, encoded_query) for one in mentions],
        dtype=np.float32,
    )
    relations = relations_of(encoded_query.text, spans, list(~np.isnan(bearings)))
    kinds: list[ThingKind] = ["phrase"] * len(phrases)
    kinds += [_kind_of(match_index, mention) for mention in mentions]
    near: dict[int, ThingTiles] = {}
    if matches is not None:
        related = [row for row in range(len(phrases)) if _is_related(relations[row], bearings[row])]
        for row, seen in _phrase_sightings(match_index, matches, len(phrases), related):
            near[row] = _thing_tiles([(seen, 1.0)], bearings[row], tiles)
    sightings = _sightings_of(match_index)
    for row, mention in enumerate(mentions, len(phrases)):
        options = [None] if mention.facts else mention.options
        near[row] = _thing_tiles(
            [
                (
                    sightings.near(option and option.place, mention.facts),
                    mention.certainty if option is None else option.certainty,
                )
                for option in options
            ],
            bearings[row],
            tiles,
        )
    for row in _repeated(encoded_query.text, spans, relations, kinds):
        near.pop(row, None)
    near = {row: of for row, of in near.items() if of.values.shape[1]}
    things = tuple(
        Thing(*span, kind, relation, _rarity(near[row], tiles) if row in near else 1.0)
        for row, (span, kind, relation) in enumerate(zip(spans, kinds, relations, strict=True))
    )
    return ThingValues(things, tiles, near)


def _repeated(
    text: str,
    spans: Sequence[tuple[int, int]],
    relations: Sequence[Relation],
    kinds: Sequence[ThingKind],
) -> list[int]:
    """The rows of things that say the same as one of the same kind before them."""
    known: set[tuple[str, Relation, ThingKind]] = set()
    rows = []
    for row, ((start, end), relation, kind) in enumerate(zip(spans, relations, kinds, strict=True)):
        same = text[start:end].lower(), relation, kind
        if same in known:
            rows.append(row)
        known.add(same)
    return rows


def _bearing_of(mention: Mention, encoded_query: EncodedQuery) -> float:
    """The described bearing of the phrase that has the mention, NaN for none."""
    for phrase in encoded_query.phrases:
        if phrase.start < mention.end and mention.start < phrase.end:
            return np.nan if phrase.bearing_deg is None else phrase.bearing_deg
    return np.nan


def _kind_of(match_index: MatchIndex, mention: Mention) -> ThingKind:
    if mention.facts:
        return "address"
    kinds = {match_index.mentions.places.places[one.place].kind for one in mention.options}
    return "street" if "street" in kinds else "name"


def _is_related(relation: Relation, bearing_deg: float) -> bool:
    """Whether a phrase has a role or a direction: others have no weight of their own, since their
    distance is in the fused score."""
    return relation.role != "seen" or not np.isnan(bearing_deg)


def _phrase_sightings(
    match_index: MatchIndex, matches: Matches, phrases: int, rows_of_phrases: Sequence[int]
) -> Iterator[tuple[int, _Sightings]]:
    """The tiles that see the facts of some of the phrases, without the phrase's weak matches."""
    if not rows_of_phrases:
        return
    best = np.zeros(phrases, dtype=np.float32)
    np.maximum.at(best, matches.term, matches.strength)
    strong = matches.strength >= _LEAST_SHARE * best[matches.term]
    links = match_index.gallery.links
    for row in rows_of_phrases:
        chosen = np.flatnonzero(strong & (matches.term == row))
        rows, counts = match_index.gallery.links.rows_of(matches.fact[chosen])
        strength = np.repeat(matches.strength[chosen] / _BEST_STRENGTH, counts)
        seen = _Sightings(
            links.tile[rows].astype(np.int64),
            strength.astype(np.float32),
            links.distance_m[rows],
            links.bearing_deg[rows],
        )
        yield row, seen


class _MentionSightings:
    """The tiles near the mentions of a gallery: the nearest point of each street or thing."""

    def __init__(self, match_index: MatchIndex) -> None:
        self._index, self._gallery = match_index.mentions, match_index.gallery
        self.near = lru_cache(maxsize=2048)(self._near)

    def _near(self, row: int | None, facts: tuple[int, ...]) -> _Sightings:
        """Those of a place (row of the named places), or of the facts at an address."""
        index, links = self._index, self._gallery.links
        place = None if row is None else index.places.places[row]
        of_facts = np.array(facts, dtype=np.int64) if place is None else place.facts
        rows, _ = links.rows_of(of_facts)
        tile = links.tile[rows].astype(np.int64)
        distance, bearing = links.distance_m[rows], links.bearing_deg[rows]
        if place is not None and place.kind == "street":
            on_line = index.lines.tiles_along(place)
            near = np.flatnonzero(on_line <= _FARTHEST_M) if on_line is not None else place.tiles
            away = on_line[near] if on_line is not None else np.zeros(len(near), dtype=np.float32)
            tile = np.concatenate([tile, near])
            distance = np.concatenate([distance, away])
            bearing = np.concatenate([bearing, np.full(len(near), np.nan, dtype=np.float32)])
        order = np.lexsort((distance, tile))
        _, first = np.unique(tile[order], return_index=True)
        nearest = order[first]
        return _Sightings(
            tile[nearest],
            np.ones(len(nearest), dtype=np.float32),
            distance[nearest].astype(np.float32),
            bearing[nearest].astype(np.float32),
        )


_mention_sightings: "WeakKeyDictionary[MatchIndex, _MentionSightings]" = WeakKeyDictionary()


def _sightings_of(match_index: MatchIndex) -> _MentionSightings:
    sightings = _mention_sightings.get(match_index)
    if sightings is None:
        sightings = _mention_sightings[match_index] = _MentionSightings(match_index)
    return sightings


def _thing_tiles(
    seen: Sequence[tuple[_Sightings, float]], bearing_deg: float, n: int
) -> ThingTiles:
    """The best values of one thing at each of N tiles that see it, from sightings that are certain
    as far as the number beside them says."""
    tile = np.concatenate([one.tile for one, _ in seen])
    if _FEW * len(tile) < n:
        tiles, place = distinct_rows(tile, n)
        values = np.zeros((len(KERNELS), len(tiles)), dtype=np.float32)
        of = ThingTiles(tiles, values)
    else:
        place, values = tile, np.zeros((len(KERNELS), n), dtype=np.float32)
        of = ThingTiles(slice(None), values)
    begin = 0
    for one, certainty in seen:
        at = place[begin : begin + len(one.tile)]
        begin += len(one.tile)
        strength = one.strength * np.float32(certainty)
        for kernel, sigma_m in enumerate(_SIGMA_M):
            decay = strength * np.exp(
                np.float32(-0.5) * np.square(one.distance_m / np.float32(sigma_m))
            )
            np.maximum.at(values[kernel], at, decay)
        if not np.isnan(bearing_deg):
            apart = np.cos(np.radians(one.bearing_deg - np.float32(bearing_deg)))
            apart = np.where(np.isnan(apart) | (one.distance_m < _UNDERFOOT_M), 0, apart)
            np.maximum.at(values[3], at, decay * np.maximum(apart, 0))
            np.maximum.at(values[4], at, decay * np.maximum(-apart, 0))
    return of


def nearer_than(least_m: float, values: F32) -> F32:
    """How much nearer than a distance a thing is to T tiles, by the values [K, T] of the kernels
    there: 1 where it is nearest, 0 from the distance on."""
    near, sigma_m = values[KERNELS.index("near")], _SIGMA_M[KERNELS.index("near")]
    near = near / max(near.max(initial=0), np.float32(1e-6))
    at_least = np.float32(np.exp(-0.5 * (least_m / sigma_m) ** 2))
    nearer: F32 = ((near - at_least) / (1 - at_least)).clip(0, 1)
    return nearer


def _rarity(of: ThingTiles, n: int) -> float:
    """How few of N tiles see a thing from near: 1 for a single tile, 0 for all."""
    near = of.values[KERNELS.index("near")]
    share = np.zeros(n, dtype=np.float32)
    share[of.tiles] = near / np.maximum(near.max(), np.float32(1e-6))
    spread = np.log(np.maximum(share.sum(), 1)) / np.log(n + 1)
    return float(1 - spread)
