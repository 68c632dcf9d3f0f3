"""Streets, squares and other named places of a gallery, looked up by a part of their name."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.arrays import I64
from core.gallery.opened import Gallery
from core.geo import Position, haversine_m, moved
from core.vocabulary.folding import WORD, fold

_NO_MATCH = 9
_NAMES = 4
"""Names of a thing that are looked at: the main one and the first others."""
_NO_PLACES = frozenset({"", "street corner"})


@dataclass(frozen=True, slots=True)
class NamedSpot:
    """A named place: its name, its kind in words ("street", "pedestrian square"), and a position.

    A street's position is its tile nearest to the middle of its tiles.
    """

    name: str
    kind: str
    at: Position


class _NameMatch(NamedTuple):
    """A name that fits; sorted, the best comes first. `fact` is -1 for a street."""

    rank: int
    order: int
    length: int
    name: str
    kind: str
    fact: int


def spots_named(gallery: Gallery, words: str, most: int = 6) -> list[NamedSpot]:
    """Finds up to `most` places whose name has the `words`, whole names before parts of names.

    Accents and capitals are ignored. Of several things with one name, the first one counts.
    """
    wanted = fold(words).strip()
    if not WORD.search(wanted):
        return []
    matches = [
        _NameMatch(_rank(name, wanted), 0, len(name), name, "street", -1)
        for name in set(gallery.streets) - {""}
    ]
    facts = gallery.facts
    for fact, names in enumerate(facts.names):
        kind = facts.kind[fact]
        matches += [
            _NameMatch(_rank(name, wanted), 1 - ("square" in kind), len(name), names[0], kind, fact)
            for name in names[:_NAMES]
            if kind not in _NO_PLACES
        ]
    ranked = sorted(one for one in matches if one.rank < _NO_MATCH)
    found: dict[str, NamedSpot] = {}
    for one in ranked:
        key = fold(one.name)
        if key in found:
            continue
        at = _of_street(gallery, one.name) if one.fact < 0 else _of_fact(gallery, one.fact)
        if at is not None:
            found[key] = NamedSpot(one.name, one.kind, at)
        if len(found) == most:
            break
    return list(found.values())


def _rank(name: str, wanted: str) -> int:
    """The whole name, its beginning, the beginning of a word, any part, or no match."""
    folded = fold(name)
    if wanted not in folded:
        return _NO_MATCH
    if folded == wanted:
        return 0
    return 1 if folded.startswith(wanted) else 2 if f" {wanted}" in folded else 3


def _of_street(gallery: Gallery, name: str) -> Position:
    rows: I64 = np.array([row for row, street in enumerate(gallery.streets) if street == name])
    lats, lons = gallery.lats[rows], gallery.lons[rows]
    middle = haversine_m(float(lats.mean()), float(lons.mean()), lats, lons).argmin()
    return Position(float(lats[middle]), float(lons[middle]))


def _of_fact(gallery: Gallery, fact: int) -> Position | None:
    """The position of a thing, from the tile nearest to it; None for a fact without a tile."""
    links = gallery.links
    part = slice(links.starts[fact], links.starts[fact + 1])
    if part.start == part.stop:
        return None
    link = part.start + int(links.distance_m[part].argmin())
    row = links.tile[link : link + 1]
    bearing = np.radians(links.bearing_deg[link : link + 1].astype(float))
    away = links.distance_m[link : link + 1].astype(float)
    lats, lons = moved(
        gallery.lats[row], gallery.lons[row], away * np.sin(bearing), away * np.cos(bearing)
    )
    return Position(float(lats[0]), float(lons[0]))
