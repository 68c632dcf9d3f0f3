"""Titles of candidates: what a local would call the place, and no title twice in one answer.

A square or a landmark, "Corner of A and B", an address, a street, "Path by a lake". Stops, blocks
and offices are no titles: people do not call a place by them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import I64, Bools
from core.geo import METRES_PER_DEGREE, bearing_deg, compass, haversine_km, haversine_m
from core.records import Candidate
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.title_words import explained
from core.vocabulary.folding import WORD, fold
from core.vocabulary.grammar import sign, with_article
from core.vocabulary.kinds import has_trait, kind_named
from core.vocabulary.street_words import as_written


@dataclass(frozen=True, slots=True)
class TitleRule:
    """How well a group of kinds names a place: `weight` at the thing itself, less by `per_m` with
    each metre up to `reach_m`. Beyond `near_m` it is only near the place. `meant` is added where
    the description means the thing."""

    kinds: frozenset[str]
    weight: float
    reach_m: float
    near_m: float = 25.0
    per_m: float = 0.8
    meant: float = 25.0


def _kinds(text: str) -> frozenset[str]:
    return frozenset(kind.strip() for kind in text.split(",") if kind.strip())


RULES: Final = (
    TitleRule(_kinds("pedestrian square, square, market"), 100, 20, per_m=2),
    TitleRule(
        _kinds(
            "park, garden, beach, cemetery, pier, bridge, marina, harbour, zoo, village green, "
            "recreation ground, allotment gardens, camping site, golf course, bathing place, "
            "breakwater, nature reserve"
        ),
        95,
        15,
        per_m=3,
    ),
    TitleRule(
        _kinds(
            "cathedral, church, chapel, mosque, synagogue, temple, monastery, railway station, "
            "railway station building, museum, theatre, palace, castle, fort, old city gate, "
            "city gate, town hall, library, university, stadium, casino, department store, "
            "shopping centre, hospital, tower, historic tower, water tower, lighthouse, monument, "
            "fountain, aquarium, ferry terminal, bus station, arts centre, windmill, obelisk, "
            "manor house, cinema, ice rink, swimming pool, courthouse, "
            "heliport, helipad, university building, tourist attraction, ruins, "
            "water park, bridge, market, conference centre, lake, concert hall, food court, "
            "place of worship, prison"
        ),
        88,
        60,
    ),
    TitleRule(
        _kinds(
            "statue, sculpture, work of art, memorial, war memorial, bust, memorial stone, hotel, "
            "supermarket, art gallery, police station, fire station, embassy, "
            "children's playground, kindergarten, public bookcase, villa, "
            "garden centre, hardware store, pond, spring, viewpoint with a view, school, college, "
            "events venue, post office, community centre, metro station entrance, historic, "
            "sports hall, tomb"
        ),
        68,
        40,
    ),
    TitleRule(
        _kinds(
            "pharmacy, bookshop, bakery, cafe, restaurant, pub, bar, bank, fast food restaurant, "
            "ice cream parlour, furniture shop, electronics shop, car dealer, hairdresser, "
            "clothes shop, shoe shop, sports shop, butcher, greengrocer, kiosk, optician, "
            "convenience store, flower shop, apartment building, building, hostel, biergarten, "
            "office building, commercial building, public building, sauna, nightclub, "
            "sports centre, gym, petrol station, tourist information office"
        ),
        42,
        60,
        near_m=-1,
        meant=10,
    ),
)
"""The first rule with a kind holds; a kind composed of several words is that of its last ones. The
weights were chosen by eye, on the answers to the examples of the four bundled cities."""
_CORNER, _ADDRESS = "street corner", "address"
_CORNER_WEIGHT, _CORNER_M, _CORNER_PER_M = 72.0, 25.0, 1.0
_ADDRESS_WEIGHT, _ADDRESS_M, _ADDRESS_PER_M = 56.0, 25.0, 0.5
_STREET_WEIGHT, _WAY_WEIGHT, _VAGUE_WEIGHT, _SURROUNDED_WEIGHT = 40.0, 10.0, 20.0, 38.0
_WAY_M, _AROUND_M, _TOWARDS_M = 5.0, 60.0, 250.0
_INSIDE: Final = _kinds(
    "park, forest, woodland, garden, cemetery, fields, meadow, wetland, allotment gardens, "
    "recreation ground, grassland, heath, orchard, industrial area"
)
_BESIDE: Final = _kinds(
    "lake, pond, river, canal, stream, bay of water, sea shore, beach, harbour, marina, water, "
    "railway tracks, reservoir, ditch, water basin"
)
_WAYS: Final[Mapping[str, str]] = {
    "footpath": "Path",
    "path": "Path",
    "farm or forest track": "Track",
    "cycle path": "Cycle path",
    "steps": "Steps",
    "service road": "Lane",
    "pedestrian street": "Pedestrian street",
}
_ALONG: Final[Mapping[str, str]] = {
    "bay of water": "the bay",
    "sea shore": "the sea",
    "harbour": "the harbour",
    "railway tracks": "the railway",
    "water": "the water",
    "pond": "the water",
    "water basin": "the water",
}
"""Unnamed surroundings, where the noun alone would sound odd. A lake's kind is "pond" on maps."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """A fact in sight: its kind, first name ("" for none), distance, and whether it is meant."""

    kind: str
    name: str
    distance_m: float
    meant: bool


@dataclass(frozen=True, slots=True)
class _TitleOption:
    """A possible title. `key` is the same for two titles that would be mixed up."""

    weight: float
    title: str
    key: str


class Titled:
    """The facts of a gallery that can name a place, and the tiles in a street with a name."""

    def __init__(self, match_index: MatchIndex) -> None:
        gallery, self._facts = match_index.gallery, match_index.gallery.facts
        self.name = lru_cache(maxsize=4096)(self._name_of)
        if gallery.prepared:
            self.counts: Bools = gallery.prepared["titles"]
            self.in_street: I64 = np.flatnonzero(gallery.prepared["in_street"])
        else:
            self.counts = self._counts()
            self.in_street = np.flatnonzero([bool(street) for street in gallery.streets])

    def _counts(self) -> Bools:
        rows = zip(self._facts.kind, self._facts.text, self._facts.names, strict=True)
        counts = [
            kind in _INSIDE
            or kind in _BESIDE
            or _is_way(kind)
            or bool((kind in (_CORNER, _ADDRESS) or _rule_of(kind)) and _name(kind, text, names))
            for kind, text, names in rows
        ]
        return np.array(counts, dtype=bool)

    def _name_of(self, fact: int) -> str:
        """The name by which a fact can name a place, "" for none."""
        facts = self._facts
        return _name(facts.kind[fact], facts.text[fact], facts.names[fact])

    def arrays(self, tiles: int) -> dict[str, Any]:
        """What is made once for a gallery, to be packed with it."""
        in_street = np.zeros(tiles, dtype=bool)
        in_street[self.in_street] = True
        return {"titles": self.counts, "in_street": in_street}


_titled: "WeakKeyDictionary[MatchIndex, Titled]" = WeakKeyDictionary()


def _ready(match_index: MatchIndex) -> Titled:
    """The names of a gallery, read once."""
    ready = _titled.get(match_index)
    if ready is None:
        ready = _titled[match_index] = Titled(match_index)
    return ready


def _name(kind: str, text: str, names: Sequence[str]) -> str:
    """The first name of a fact, "" for none, a number, a block ("Haus V") and another's name."""
    name = sign(text if kind == _CORNER else names[0]) if names else ""
    is_block = kind.endswith("building") and len(name.split(" ")[-1]) == 1
    is_number = name[-1:].isdigit() and kind != _ADDRESS
    return "" if name not in text or is_block or is_number else name


@lru_cache(maxsize=4096)
def _is_way(kind: str) -> bool:
    return kind in _WAYS or has_trait(kind, "way")


def titled(match_index: MatchIndex, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates of one answer with their titles, all different.

    A gallery of pictures has no map facts to name a place by: titles stay "" there.
    """
    gallery, ready = match_index.gallery, _ready(match_index)
    if not ready.counts.any() and not ready.in_street.size:
        return tuple(candidates)
    titles = place_titles(
        match_index,
        [gallery.row_of(one.tile.tile_id) for one in candidates],
        [{piece.fact for piece in one.evidence if piece.supported} for one in candidates],
    )
    return tuple(
        replace(candidate, title=title) for candidate, title in zip(candidates, titles, strict=True)
    )


def place_titles(
    match_index: MatchIndex, rows: Sequence[int], meant: Sequence[Collection[str]]
) -> list[str]:
    """One title for each tile in `rows`, all different.

    `meant` are, for each tile, the texts of the facts that support the description.
    """
    gallery = match_index.gallery
    taken: dict[str, int] = {}
    titles: list[str] = []
    for row, texts in zip(rows, meant, strict=True):
        options = sorted(
            _options(_things(match_index, row, texts, _AROUND_M), gallery.streets[row]),
            key=lambda one: one.weight,
            reverse=True,
        )
        free = next((one for one in options if one.key not in taken), None)
        if free is not None and free.weight > _VAGUE_WEIGHT:
            title = free.title
        else:
            title = _told_apart(match_index, row, options[0], taken)
        taken |= {key: row for key in {_key(title), free.key if free else ""} if key}
        titles.append(title)
    return titles


def _things(
    match_index: MatchIndex, row: int, meant: Collection[str], within_m: float
) -> list[_Thing]:
    """The things near a tile that can name it, the nearest first."""
    ready = _ready(match_index)
    links, facts = match_index.gallery.links, match_index.gallery.facts
    rows = match_index.links_of(row)
    rows = rows[(links.distance_m[rows] <= within_m) & ready.counts[links.fact[rows]]]
    return [
        _Thing(facts.kind[fact], ready.name(fact), distance_m, facts.text[fact] in meant)
        for distance_m, fact in sorted(
            zip(links.distance_m[rows].tolist(), links.fact[rows].tolist(), strict=True)
        )
    ]


def _options(things: list[_Thing], street: str) -> Iterator[_TitleOption]:
    for thing in things:
        if not thing.name:
            continue
        if thing.kind == _CORNER and thing.distance_m <= _CORNER_M:
            weight = _CORNER_WEIGHT - _CORNER_PER_M * thing.distance_m
            yield _option(weight, f"Corner of {thing.name.removeprefix('corner of ')}")
        elif thing.kind == _ADDRESS and thing.distance_m <= _ADDRESS_M:
            first = as_written(thing.name.partition(",")[0])
            yield _option(_ADDRESS_WEIGHT - _ADDRESS_PER_M * thing.distance_m, first)
        elif (rule := _rule_of(thing.kind)) is not None and thing.distance_m <= rule.reach_m:
            weight = rule.weight - rule.per_m * thing.distance_m + rule.meant * thing.meant
            near = "Near " if thing.distance_m > rule.near_m else ""
            yield _option(weight, f"{near}{explained(thing.name, thing.kind)}", thing.name)
    if street:
        yield _option(_STREET_WEIGHT, street)
    yield from _ways(things)


def _option(weight: float, title: str, name: str = "") -> _TitleOption:
    return _TitleOption(weight, title, _key(name or title))


@lru_cache(maxsize=4096)
def _key(title: str) -> str:
    """The words of a title, in any order: the corner of A and B is that of B and A."""
    return " ".join(sorted(WORD.findall(fold(title.removeprefix("Near ")))))


@lru_cache(maxsize=4096)
def _rule_of(kind: str) -> TitleRule | None:
    """The rule of a kind, or of the last words of a composed one: "catholic church"."""
    words = kind.split(" ")
    for start in range(len(words)):
        tail = " ".join(words[start:])
        for rule in RULES:
            if tail in rule.kinds:
                return rule
    return None


def _ways(things: list[_Thing]) -> Iterator[_TitleOption]:
    """The way underfoot, and what it leads through or along: "Path along the bay"."""
    way = next((one for one in things if _is_way(one.kind)), None)
    if way is None or way.distance_m > _WAY_M:
        word = ""
    else:
        word = _WAYS.get(way.kind, kind_named(way.kind).noun.capitalize())
    around = [one for one in things if one.distance_m <= _AROUND_M]
    for one in sorted(around, key=lambda one: (not one.name, one.distance_m)):
        if one.kind in _INSIDE and one.distance_m <= _WAY_M:
            place = f"in {one.name or _any(one.kind)}"
        elif one.kind in _BESIDE:
            place = (
                f"{'along' if word else 'by'} {one.name or _ALONG.get(one.kind, f'the {one.kind}')}"
            )
        elif one.name and one.kind in _INSIDE:
            place = f"near {one.name}"
        else:
            continue
        title = f"{word} {place}".strip()
        weight = _SURROUNDED_WEIGHT if one.name else _VAGUE_WEIGHT
        yield _option(weight - 0.1 * one.distance_m, f"{title[0].upper()}{title[1:]}")
    yield _option(_WAY_WEIGHT, word or "Open ground")


def _any(kind: str) -> str:
    """A kind with its article; fields and gardens have none."""
    return kind if kind.endswith("s") else with_article(kind)


def _told_apart(
    match_index: MatchIndex, row: int, option: _TitleOption, taken: Mapping[str, int]
) -> str:
    """A title for a place whose own titles are taken or say little: with the next named thing or
    street, else with the way from the place that has the title."""
    base = option.title.removeprefix("Near ")
    joint = " near " if option.weight <= _VAGUE_WEIGHT else ", near "
    lats, lons = match_index.gallery.lats, match_index.gallery.lons
    here = (float(lats[row]), float(lons[row]))
    around = [
        thing.name
        for thing in _things(match_index, row, (), _TOWARDS_M)
        if thing.name and (_rule_of(thing.kind) or _is_way(thing.kind))
    ]
    street, metres = _nearest_street(match_index, row)
    for name in [*around, *([street] if street and metres <= _TOWARDS_M else [])]:
        title = f"{base}{joint}{name}"
        if _key(name) != option.key and _key(title) not in taken:
            return title
    if street and _key(far := f"{base}, {round(metres / 10) * 10} m from {street}") not in taken:
        return far
    if (other := taken.get(option.key)) is not None:
        there = (float(lats[other]), float(lons[other]))
        way = f"{round(haversine_km(*there, *here) * 100) * 10} m"
        title = f"{base}, {way} {compass(bearing_deg(*there, *here))} of the first"
        if _key(title) not in taken:
            return title
    return f"{base}, {here[0]:.5f}, {here[1]:.5f}"


def _nearest_street(match_index: MatchIndex, row: int) -> tuple[str, float]:
    """The street of the nearest tile that lies in one, and its distance in metres."""
    gallery, in_street = match_index.gallery, _ready(match_index).in_street
    if not len(in_street):
        return "", 0.0
    lat, lon = float(gallery.lats[row]), float(gallery.lons[row])
    apart = np.abs(gallery.lats[in_street] - lat) * METRES_PER_DEGREE
    rows = in_street[apart <= _TOWARDS_M]
    metres = haversine_m(lat, lon, gallery.lats[rows], gallery.lons[rows])
    if metres.min(initial=np.inf) > _TOWARDS_M:
        rows = in_street
        metres = haversine_m(lat, lon, gallery.lats[rows], gallery.lons[rows])
    nearest = int(metres.argmin())
    return gallery.streets[rows[nearest]], float(metres[nearest])
