"""Positions of the things of a gallery, seen from one tile.

A gallery stores for each tile only the nearest thing of each fact. The links of all tiles together
give more: each link is one position of such a thing.
"""

from collections import defaultdict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from core.explain.ledger.claims import bare_words
from core.explain.phrasing import distance_phrase
from core.gallery.opened import Gallery
from core.geo import compass, local_metres, moved
from core.records import Evidence
from core.vocabulary.grammar import plural


@dataclass(frozen=True, slots=True)
class FactPosition:
    """Distance and bearing of a fact's thing from a tile, and its position."""

    fact: int
    distance_m: float
    bearing_deg: float
    lat: float
    lon: float

    @property
    def in_words(self) -> str:
        """Distance and direction in words."""
        return distance_phrase(self.distance_m, compass(self.bearing_deg))


class FactPositions:
    """The facts of a gallery by text, kind and name. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        facts = gallery.facts
        self.facts_of_text: dict[str, list[int]] = defaultdict(list)
        for row, text in enumerate(facts.text):
            self.facts_of_text[text].append(row)
        self.facts_of_kind: dict[str, list[int]] = defaultdict(list)
        for row, kind in enumerate(facts.kind):
            if kind and facts.spoken[row]:
                self.facts_of_kind[kind].append(row)
        self.facts_of_name: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, names in enumerate(facts.names):
            for name in {tuple(bare_words(name)) for name in names} - {()}:
                self.facts_of_name[name].append(row)
        self._shares: dict[str | int, float] = {}
        self.counted = {plural(kind): kind for kind in self.facts_of_kind}
        self.kind_words = frozenset(word for kind in self.facts_of_kind for word in kind.split())
        links = gallery.links
        away = links.distance_m.astype(np.float64)
        bearing = np.radians(links.bearing_deg.astype(np.float64))
        lats, lons = gallery.lats[links.tile], gallery.lons[links.tile]
        self._lats, self._lons = moved(lats, lons, away * np.sin(bearing), away * np.cos(bearing))

    def fact_of(self, evidence: Evidence, tile: int) -> int | None:
        """The fact of a piece of evidence at a tile; of several with its text, the one as far away
        as the evidence."""
        facts = self.facts_of_text.get(evidence.fact, [])
        if len(facts) < 2 or evidence.distance_m is None:
            return facts[0] if facts else None
        stated = evidence.distance_m
        return min(self.places(tile, facts), key=lambda at: abs(at.distance_m - stated)).fact

    def share_in_view(self, fact: int) -> float:
        """The share of the tiles that see a thing of a fact's kind, 0..1."""
        links, kind = self.gallery.links, self.gallery.facts.kind[fact]
        if (kind or fact) not in self._shares:
            seeing = np.zeros(len(self.gallery), dtype=bool)
            for one in self.facts_of_kind.get(kind, [fact]) if kind else [fact]:
                seeing[links.tile[links.starts[one] : links.starts[one + 1]]] = True
            self._shares[kind or fact] = float(seeing.mean())
        return self._shares[kind or fact]

    def places(self, tile: int, facts: list[int], within_m: float = np.inf) -> list[FactPosition]:
        """All known positions of the facts within a distance, the nearest first."""
        starts = self.gallery.links.starts
        if not facts:
            return []
        rows = np.concatenate([np.arange(starts[fact], starts[fact + 1]) for fact in facts])
        lat, lon = float(self.gallery.lats[tile]), float(self.gallery.lons[tile])
        east, north = local_metres(self._lats[rows] - lat, self._lons[rows] - lon, lat)
        away = np.hypot(north, east)
        bearings = np.degrees(np.arctan2(east, north)) % 360
        return [
            FactPosition(
                int(self.gallery.links.fact[rows[column]]),
                float(away[column]),
                float(bearings[column]),
                float(self._lats[rows[column]]),
                float(self._lons[rows[column]]),
            )
            for column in np.argsort(away, kind="stable")[: int((away <= within_m).sum())]
        ]


_cache: "WeakKeyDictionary[Gallery, FactPositions]" = WeakKeyDictionary()


def fact_positions(gallery: Gallery) -> FactPositions:
    """The fact positions of a gallery, cached as long as the gallery lives."""
    positions = _cache.get(gallery)
    if positions is None:
        positions = _cache[gallery] = FactPositions(gallery)
    return positions
