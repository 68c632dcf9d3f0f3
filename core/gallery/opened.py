"""An opened gallery: tiles, facts, pictures, embeddings and indexes, read from its files."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from core.arrays import F32, F64, I32, I64, Bools, ranges
from core.errors import GalleryError
from core.gallery.array_file import ArrayFile, source_of
from core.gallery.array_store import RegionArrays
from core.gallery.cards import card_of, find_gallery
from core.gallery.manifest import Manifest, PictureStamp, read_manifest, verify_files
from core.gallery.sayings import FILE as SAYINGS
from core.gallery.sayings import Sayings, read_sayings
from core.gallery.tables import numbers, read_columns, read_table
from core.geo import Position, tile_bounds
from core.indexes.coarse import FILE, keep_coarse
from core.indexes.codes import CodesIndex, norms_of
from core.indexes.lexical import NameIndex
from core.indexes.products import unsigned
from core.indexes.vector import VectorIndex
from core.models import DEFAULT_PICTURE_MODEL
from core.records import Tile, View
from core.settings import Settings

if TYPE_CHECKING:
    from core.gallery.aerial import AerialArchive
    from core.sources.imagery.layer import AerialPicture

# Arrow's own allocator keeps some 30 MB of what was read once.
pa.set_memory_pool(pa.system_memory_pool())

SHARD_TILES = 1000
_SHARDS_KEPT = 4
_UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    OverflowError,
    pa.ArrowException,
    sqlite3.Error,
)
"""What reading files that are not of one gallery may raise."""


@dataclass(frozen=True, slots=True)
class Links:
    """L links between tiles and facts, sorted by fact; `starts` [F + 1] delimits each fact's."""

    tile: I32
    fact: I32
    distance_m: F32
    bearing_deg: F32
    starts: I64

    def rows_of(self, facts: I64) -> tuple[I64, I64]:
        """The rows of all links to M facts, fact by fact, and the number of each's links [M]."""
        begin, counts = self.starts[facts], self.starts[facts + 1] - self.starts[facts]
        return ranges(begin, counts), counts


@dataclass(frozen=True, slots=True)
class FactTable:
    """F facts: texts, kinds, names, and which facts are spoken, that is, have an embedding.

    `things` [F] counts the things behind each fact. It is None for a gallery of an earlier version,
    in which things with the same text share a fact with the names of all. `views` [F] says
    how each was seen (`core.facts.things.View`); None where all are of the map's tags.
    """

    text: Sequence[str]
    kind: Sequence[str]
    names: Sequence[list[str]]
    spoken: Bools
    things: I32 | None = None
    views: list[str] | None = None


class Gallery:
    """An opened gallery, read-only; several threads may search it.

    `prepared` are arrays that were made for the search when the gallery was packed, None for none.
    """

    prepared: RegionArrays | None = None
    sayings: Sayings | None = None
    """What people call the kinds of facts; None without facts that are seen from above."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._manifest = manifest
        self._data = folder / manifest.build
        self.card = card_of(manifest)
        table = read_columns(self._shards(), ["tile_id", "lat", "lon", "street"])
        self.tile_ids: Sequence[str] = table["tile_id"].to_pylist()
        self.lats: F64 = numbers(table["lat"])
        self.lons: F64 = numbers(table["lon"])
        self.streets: Sequence[str] = table["street"].to_pylist()
        self._row_of = {tile_id: row for row, tile_id in enumerate(self.tile_ids)}
        facts = read_table(self._data / "facts.parquet")
        self.facts = FactTable(
            text=facts["text"].to_pylist(),
            kind=facts["kind"].to_pylist(),
            names=facts["names"].to_pylist(),
            spoken=np.array(facts["spoken"].to_pylist(), dtype=bool),
            things=numbers(facts["things"]) if "things" in facts.column_names else None,
            views=_views(facts["view"]) if "view" in facts.column_names else None,
        )
        if self.facts.views is not None:
            self.sayings = read_sayings(self._data / SAYINGS)
        self.links = _read_links(self._data / "links.parquet", len(self.facts.text))
        self.names = NameIndex(self._data / "names.sqlite")
        self.spoken = np.flatnonzero(self.facts.spoken).astype(np.int64)
        """The fact of each row of `fact_index`."""
        self.fact_index: VectorIndex = self._index(f"{manifest.model.name}-facts")
        self.tile_index: VectorIndex = self._index(f"{manifest.model.name}-tiles")
        described = manifest.tiles if "facts" in manifest.channels else 0
        lengths = (len(self.tile_ids), len(self.tile_index), len(self.fact_index))
        self._picture_indexes: dict[str, VectorIndex] = {
            stamp.key: self._index(f"{stamp.key}-pictures") for stamp in manifest.picture_models
        }
        pictures = {len(index) for index in self._picture_indexes.values()} | {manifest.tiles}
        if lengths != (manifest.tiles, described, len(self.spoken)) or len(pictures) > 1:
            raise ValueError("its files are of different builds")
        if not self.card.bounds.contains(self.lats, self.lons).all():
            raise ValueError("it has tiles outside its bounds")
        self.aerial = self._open_aerial()
        """The imagery of the gallery, None if it has none."""
        self._pictures: OrderedDict[int, list[bytes | None]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.tile_ids)

    @property
    def base_map(self) -> Path | None:
        """PMTiles file of the map around the tiles, None if none was rendered."""
        name = f"{self._manifest.build}/base_map.pmtiles"
        return self._folder / name if name in self._manifest.files else None

    def _open_aerial(self) -> "AerialArchive | None":
        if (stamp := self.card.aerial) is None:
            return None
        from core.gallery.aerial import AerialArchive  # most galleries start without it

        return AerialArchive(self._data / stamp.archive, stamp)

    def array_file(self, name: str, version: int) -> ArrayFile | None:
        """The file of that name for arrays that follow from the facts and streets, made by that
        version of what makes them; None for a gallery without files of its own."""
        source = f"{name} {version}\n{source_of(self._manifest)}"
        return ArrayFile(self._folder / f"{name}.npz", source)

    def picture_stamp(self, model: str | None = None, view: View | None = None) -> PictureStamp:
        """The picture model of that key or name, by default the first, of that view or of any.

        Raises GalleryError if the gallery has no embeddings of it.
        """
        for stamp in self.card.picture_models:
            if model in (None, stamp.key, stamp.name) and view in (None, stamp.view):
                return stamp
        if view is not None and view not in self.card.views:
            raise GalleryError(f"{self.card.name} has no {view} pictures")
        known = ", ".join(stamp.key for stamp in self.card.picture_models) or "none yet"
        raise GalleryError(
            f"{self.card.name} has no picture embeddings of {model or 'any model'}; it has: "
            f"{known}; run python -m core embed {self.card.name} --model "
            f"{model or DEFAULT_PICTURE_MODEL}"
        )

    @property
    def views(self) -> tuple[View, ...]:
        """The pictures that each tile has."""
        return self.card.views

    def searched_stamps(
        self, model: str | None = None, view: View | None = None
    ) -> tuple[PictureStamp, ...]:
        """The picture models of a search: the named one, else the usual one of the view, or of each
        view. Raises GalleryError if there is none."""
        if model is not None or view is not None:
            return (self.picture_stamp(model, view),)
        usual: dict[str, PictureStamp] = {}
        for stamp in self.card.picture_models:
            usual.setdefault(stamp.view, stamp)
        return tuple(usual.values()) or (self.picture_stamp(),)

    def picture_index(self, key: str) -> VectorIndex:
        """Index of the picture embeddings by the model of that key."""
        return self._picture_indexes[key]

    def row_of(self, tile_id: str) -> int:
        """Row of a tile. Raises GalleryError for an id that is not in the gallery."""
        if tile_id not in self._row_of:
            raise GalleryError(f"{self.card.name} has no tile {tile_id[:60]!r}")
        return self._row_of[tile_id]

    def tile(self, row: int) -> Tile:
        """The tile at a row, 0 ≤ row < len(gallery)."""
        center = Position(float(self.lats[row]), float(self.lons[row]))
        return Tile(
            tile_id=self.tile_ids[row],
            lat=center.lat,
            lon=center.lon,
            bounds=tile_bounds(center, self.card.footprint_m),
            street=self.streets[row],
        )

    def aerial_picture(
        self, tile_id: str, side_m: float | None = None, size_px: int = 256
    ) -> "AerialPicture":
        """The ground around a tile's centre from above, by default as wide as the tile.

        Raises GalleryError if the gallery has no imagery.
        """
        if self.aerial is None:
            raise GalleryError(f"{self.card.name} has no aerial pictures")
        row = self.row_of(tile_id)
        center = Position(float(self.lats[row]), float(self.lons[row]))
        return self.aerial.picture(center, side_m or self._manifest.footprint_m, size_px)

    def picture(self, tile_id: str, view: View | None = None) -> bytes:
        """Picture of a tile as WebP, by default the first of its views; b"" if there is none."""
        view = view or self.card.views[0]
        row = self.row_of(tile_id)
        if view == "aerial":
            if self.aerial is None:
                return b""
            from core.gallery.aerial import webp_of

            return webp_of(self.aerial_picture(tile_id))
        shard, place = divmod(row, SHARD_TILES)
        with self._lock:
            if shard not in self._pictures:
                self._pictures[shard] = self._read_pictures(shard)
            self._pictures.move_to_end(shard)
            while len(self._pictures) > _SHARDS_KEPT:
                self._pictures.popitem(last=False)
            return self._pictures[shard][place] or b""

    def searched_picture(self, tile_id: str, key: str) -> bytes:
        """The picture of a tile that the model of that key embedded; b"" if there is none."""
        is_aerial = self.picture_stamp(key).view == "aerial"
        return self.picture(tile_id, "aerial" if is_aerial else "drawn")

    def text(self, tile_id: str) -> str:
        """Text of a whole tile that the `facts` channel embeds; "" if there is none."""
        shard, place = divmod(self.row_of(tile_id), SHARD_TILES)
        text: str = self._shard_column(shard, "text")[place].as_py()
        return text

    def _read_pictures(self, shard: int) -> list[bytes | None]:
        pictures: list[bytes | None] = self._shard_column(shard, "picture").to_pylist()
        return pictures

    def _shard_column(self, shard: int, name: str) -> pa.ChunkedArray:
        try:
            return read_table(self._shards()[shard], [name])[name]
        except (OSError, pa.ArrowInvalid) as error:
            raise GalleryError(
                f"{self.card.name} was rebuilt or moved while it was open; open it again"
            ) from error

    def _shards(self) -> list[Path]:
        return [
            self._folder / name
            for name in sorted(self._manifest.files)
            if name.startswith(f"{self._manifest.build}/tiles-")
        ]

    def _index(self, name: str) -> VectorIndex:
        path = self._data / f"{name}.npy"
        codes = np.load(path, allow_pickle=False)
        index = CodesIndex(unsigned(codes), norms_of(codes))
        keep_coarse(index, path.with_suffix(FILE))
        return index


def _views(column: pa.ChunkedArray) -> list[str] | None:
    """How each fact was seen, None where all are of the map's tags."""
    views: list[str] = column.to_pylist()
    return views if any(views) else None


def _read_links(path: Path, facts: int) -> Links:
    table = read_table(path)
    fact = numbers(table["fact"])
    # NumPy sorts 16 bits by their digits, four times as fast
    order = np.argsort(fact.astype(np.uint16) if facts <= 1 << 16 else fact, kind="stable")
    fact = fact[order]
    return Links(
        tile=numbers(table["tile"])[order],
        fact=fact,
        distance_m=numbers(table["distance_m"])[order].astype(np.float32),
        bearing_deg=numbers(table["bearing_deg"])[order].astype(np.float32),
        starts=np.searchsorted(fact, np.arange(facts + 1)),
    )


def open_gallery(name: str, settings: Settings) -> Gallery:
    """Opens a gallery after verifying every file against its manifest.

    Raises GalleryError for a bad name, or an unknown, damaged or foreign gallery.
    """
    folder = find_gallery(name, settings)
    manifest = read_manifest(folder)
    try:
        verify_files(folder, manifest)
        return Gallery(folder, manifest)
    except _UNREADABLE as error:
        raise GalleryError(f"{name} cannot be read ({error!s:.200}); build it again") from error
