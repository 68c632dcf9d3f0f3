"""Builds a gallery from a collection: its pictures, positions and regions, names and facts.

Shards are read twice, one row after another: for places and facts, and for pictures. A stopped
build continues when it is run again.
"""

import io
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from core.arrays import F64
from core.errors import GalleryError, SourceError
from core.facts.viewpoint_facts import Facts
from core.files import replacing
from core.gallery.build import embed_texts
from core.gallery.manifest import FORMAT, Manifest, Origin, check_name, write_manifest
from core.gallery.opened import SHARD_TILES
from core.gallery.picture_builder import spacing_m
from core.gallery.staging import (
    Progress,
    bounds_of,
    build_id,
    building,
    list_files,
    remove_old_builds,
    reusable_models,
    stamp_of,
    tile_frame,
    write_facts,
)
from core.geo import Points, Position, joined_lons, tile_bounds
from core.records import Tile
from core.sources.collection import CarriedFact, Collection, LocatedRow, Split
from core.sources.collection.pictures import decoded

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

NAME_KIND = "name"
_UNSAFE = re.compile(r"[^A-Za-z0-9.,_+-]+")
_MOST_TILES = SHARD_TILES * 1000
"""Shards of a gallery have three digits."""
_MOST_LAT = 89.0


@dataclass(frozen=True, slots=True)
class CollectionPart:
    """The rows of a collection that become tiles: all, or those of some regions and splits."""

    collection: Collection
    regions: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()

    def rows(self, pictures: bool) -> Iterator[LocatedRow]:
        """The rows in the order of the shards."""
        return self.collection.rows(self.splits, "world", self.regions, pictures)


@dataclass
class _Places:
    """What the first reading gathers: N tiles, and their facts by key with their links."""

    ids: dict[str, None] = field(default_factory=dict)
    lats: "array[float]" = field(default_factory=lambda: array("d"))
    lons: "array[float]" = field(default_factory=lambda: array("d"))
    streets: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    facts: dict[str, CarriedFact] = field(default_factory=dict)
    tiles: "array[int]" = field(default_factory=lambda: array("i"))
    keys: list[str] = field(default_factory=list)
    distances: "array[int]" = field(default_factory=lambda: array("i"))
    bearings: "array[int]" = field(default_factory=lambda: array("i"))

    def add(self, found: LocatedRow) -> None:
        """Adds a row. Raises SourceError for one at a pole, where no tile has a width."""
        row = found.row
        if abs(row.lat) > _MOST_LAT:
            raise SourceError(f"{found.where}: no tile can be made at latitude {row.lat}")
        tile_id = _UNSAFE.sub("-", row.row_id.removeprefix(f"{row.region}:"))[:120]
        while tile_id in self.ids:
            tile_id += "_"
        tile = len(self.ids)
        self.ids[tile_id] = None
        self.lats.append(row.lat)
        self.lons.append(row.lon)
        self.streets.append(row.street)
        self.texts.append(row.text)
        self.regions.append(row.region)
        named = tuple(_of_name(name) for name in row.names if name.strip())
        for fact in (*row.facts, *named):
            self.facts.setdefault(fact.key, fact)
            self.tiles.append(tile)
            self.keys.append(fact.key)
            self.distances.append(fact.distance_m)
            self.bearings.append(fact.bearing_deg)

    def facts_around(self) -> tuple[Facts, list[str]]:
        """The facts in the order of their keys with all links, and the words of their kinds."""
        ordered = [self.facts[key] for key in sorted(self.facts)]
        numbers = {fact.key: number for number, fact in enumerate(ordered)}
        columns = {
            "text": pd.Series([fact.text for fact in ordered], dtype=str),
            "kind": pd.Series([fact.kind for fact in ordered], dtype=str),
            "names": pd.Series([list(fact.names) for fact in ordered], dtype=object),
            "synonyms": pd.Series([fact.synonyms for fact in ordered], dtype=str),
            "spoken": np.array([fact.spoken for fact in ordered], dtype=bool),
            "things": np.array([fact.things for fact in ordered], dtype=np.int32),
        }
        if any(fact.view for fact in ordered):
            columns["view"] = pd.Series([fact.view for fact in ordered], dtype=str)
        links = pd.DataFrame(
            {
                "tile": np.array(self.tiles, dtype=np.int32),
                "fact": np.array([numbers[key] for key in self.keys], dtype=np.int32),
                "distance_m": np.array(self.distances, dtype=np.float64),
                "bearing_deg": np.array(self.bearings, dtype=np.float64),
            }
        )
        words = [
            "" if fact.kind == NAME_KIND else f"{fact.text.split(': ')[0]} {fact.synonyms}"
            for fact in ordered
        ]
        return Facts(pd.DataFrame(columns), links), words


def _of_name(name: str) -> CarriedFact:
    """A name of a place as a fact right there; it is found by its words only."""
    return CarriedFact(f"name:{name}", f"{NAME_KIND}: {name}", NAME_KIND, (name,), spoken=False)


def build_collection(
    name: str,
    part: CollectionPart,
    encoder: "SentenceEncoder",
    home: Path,
    title: str,
    now: datetime,
    progress: Progress,
) -> Path:
    """Builds the gallery `name` of a part of a collection under `home`; returns its folder.

    Each row is a tile; the column `region` of its files has the regions. Names and facts are
    embedded and indexed if the rows carry them. Raises GalleryError, and SourceError for a row
    that cannot be used.
    """
    check_name(name)
    manifest = part.collection.manifest
    places = _places(part, progress)
    lats, lons = np.array(places.lats), joined_lons(np.array(places.lons))
    facts, words = places.facts_around()
    files = {shard.name: shard.sha256 for shard in manifest.shards}
    folder = home / name
    build = build_id(files, manifest.footprint_m, part.regions, part.splits)
    data = folder / build
    spoken = bool(facts.table["spoken"].any())
    with building(folder, data):
        write_facts(data, facts, words)
        _write_tiles(data, part, places, lons, progress)
        embed_texts(data, encoder, facts.table, places.texts if spoken else [], progress)
        bounds = bounds_of(lats, lons, manifest.footprint_m)
        has_facts: tuple[str, ...] = ("facts",) if spoken else ()
        write_manifest(
            folder,
            Manifest(
                format=FORMAT,
                name=name,
                title=title or manifest.title,
                created=now.isoformat(timespec="seconds"),
                build=build,
                origin=Origin(
                    files, "; ".join(filter(None, (manifest.licence, manifest.credit))), ""
                ),
                footprint_m=manifest.footprint_m,
                spacing_m=spacing_m(Points.of(lats, lons)),
                view_m=float(min(max(places.distances, default=0), 20_000)),
                on_grid=False,
                tiles=len(lats),
                facts=len(facts.table),
                named=int((facts.table["names"].map(len) > 0).sum()),
                bounds=(bounds.west, bounds.south, bounds.east, bounds.north),
                channels=(*has_facts, *(("names",) if len(facts.table) else ())),
                model=stamp_of(encoder.spec),
                files=list_files(folder, data),
                picture_models=reusable_models(folder, build),
            ),
        )
        remove_old_builds(folder, build)
    return folder


def _places(part: CollectionPart, progress: Progress) -> _Places:
    manifest = part.collection.manifest
    total = sum(manifest.regions.get(region, 0) for region in part.regions) or manifest.rows
    places = _Places()
    for found in part.rows(pictures=False):
        places.add(found)
        if len(places.ids) > _MOST_TILES:
            raise GalleryError(
                f"{manifest.name} has more than {_MOST_TILES:,} tiles, too many for one gallery; "
                "build some of its regions with --region"
            )
        if len(places.ids) % 100 == 0:
            progress("places", len(places.ids), max(total, len(places.ids)))
    if not places.ids:
        raise GalleryError(f"{manifest.name} has no row of these regions and splits")
    progress("places", len(places.ids), len(places.ids))
    return places


def _write_tiles(
    data: Path, part: CollectionPart, places: _Places, lons: F64, progress: Progress
) -> None:
    """Writes GeoParquet shards of `SHARD_TILES` tiles; existing shards are kept."""
    rows, ids, total = part.rows(pictures=True), list(places.ids), len(places.ids)
    footprint_m = part.collection.manifest.footprint_m
    for start in range(0, total, SHARD_TILES):
        shard = list(islice(rows, SHARD_TILES))
        path = data / f"tiles-{start // SHARD_TILES:03d}.parquet"
        if not path.is_file():
            numbers = range(start, start + len(shard))
            tiles = [
                Tile(
                    ids[number],
                    places.lats[number],
                    float(lons[number]),
                    tile_bounds(Position(places.lats[number], float(lons[number])), footprint_m),
                    places.streets[number],
                )
                for number in numbers
            ]
            pictures = []
            for number, found in zip(numbers, shard, strict=True):
                pictures.append(webp_of_row(found))
                progress("pictures", number, total)
            frame = _frame(tiles, places, numbers, pictures)
            with replacing(path) as temporary:
                frame.to_parquet(temporary, compression="zstd")
        progress("pictures", start + len(shard), total)


def _frame(
    tiles: Sequence[Tile], places: _Places, numbers: range, pictures: Sequence[bytes]
) -> gpd.GeoDataFrame:
    frame = tile_frame(tiles, [places.texts[number] for number in numbers], pictures)
    frame["region"] = [places.regions[number] for number in numbers]
    return frame


def webp_of_row(found: LocatedRow) -> bytes:
    """The picture of a row as WebP without metadata; a WebP that has none stays as it is.

    Raises SourceError for a picture that cannot be read.
    """
    try:
        picture = decoded(found.row.picture)
    except SourceError as error:
        raise SourceError(f"{found.where}: its picture cannot be read: {error}") from error
    if picture.format == "WEBP" and not {"exif", "xmp", "icc_profile"} & picture.info.keys():
        return found.row.picture
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "WEBP", quality=90, method=2)
    return buffer.getvalue()
