"""Writes and reads archives of raster tiles, such as base maps, in PMTiles files.

Reading needs neither Mapnik nor geopandas. Format: https://github.com/protomaps/PMTiles (v3).
"""

from __future__ import annotations

import functools
import gzip
import json
import zlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmtiles import writer as pmtiles_writer
from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    zxy_to_tileid,
)

from core.errors import SourceError
from core.files import open_replacing
from core.geo import Bounds

_Writer: Any = pmtiles_writer.Writer
_HEADER_BYTES = 127
_MAX_ZOOM = 26
_E7 = 10_000_000
_RASTER_TYPES = (TileType.PNG, TileType.JPEG, TileType.WEBP, TileType.AVIF, TileType.UNKNOWN)
_NO_ARCHIVE = (
    MagicNumberNotFound,
    SpecVersionUnsupported,
    ValueError,
    IndexError,
    KeyError,
    EOFError,
    OSError,
    zlib.error,
)
"""What reading another kind of file may raise."""


@dataclass(frozen=True, slots=True)
class RasterTile:
    """One encoded tile of an archive."""

    zoom: int
    x: int
    y: int
    picture: bytes


def write_archive(
    path: Path, tiles: Iterable[RasterTile], bounds: Bounds, attribution: str
) -> Path:
    """Writes WebP tiles to a PMTiles file, atomically; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_replacing(path, sync=True) as file:
        writer: Any = _Writer(file)
        for tile in tiles:
            writer.write_tile(zxy_to_tileid(tile.zoom, tile.x, tile.y), tile.picture)
        writer.finalize(
            _header(bounds), {"attribution": attribution, "format": "webp", "type": "baselayer"}
        )
    return path


def _header(bounds: Bounds) -> dict[str, Any]:
    return {
        "tile_type": TileType.WEBP,
        "tile_compression": Compression.NONE,
        "min_lon_e7": round(bounds.west * _E7),
        "min_lat_e7": round(bounds.south * _E7),
        "max_lon_e7": round(bounds.east * _E7),
        "max_lat_e7": round(bounds.north * _E7),
    }


@dataclass(frozen=True, slots=True)
class _Archive:
    """Directory of a PMTiles file. The file is opened again for each tile, so that threads share no
    file position."""

    path: Path
    data_offset: int
    leaf_offset: int
    root: list[Entry]
    first_ids: list[int]

    def read(self, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def read_tile(path: Path, z: int, x: int, y: int) -> bytes | None:
    """Picture of an XYZ tile; None if the archive has none.

    Raises SourceError if the file is missing or is not a PMTiles file.
    """
    if not (0 <= z <= _MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        return None
    try:
        stamp = path.stat()
    except OSError as error:
        raise SourceError(f"there is no base map {path.name}; build it again") from error
    archive = _open(path, stamp.st_mtime_ns, stamp.st_size)
    tile_id = zxy_to_tileid(z, x, y)
    entries, ids = archive.root, archive.first_ids
    for _ in range(4):
        at = bisect_right(ids, tile_id) - 1
        if at < 0:
            return None
        entry = entries[at]
        if entry.run_length:
            if tile_id >= entry.tile_id + entry.run_length:
                return None
            return archive.read(archive.data_offset + entry.offset, entry.length)
        entries = _leaf(
            archive.path, stamp.st_mtime_ns, archive.leaf_offset + entry.offset, entry.length
        )
        ids = [leaf_entry.tile_id for leaf_entry in entries]
    return None


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """The header of an archive: its zooms, bounds, and metadata."""

    zooms: range
    bounds: Bounds
    about: dict[str, Any]
    is_raster: bool


def summary_of(path: Path) -> ArchiveSummary:
    """Reads the header of an archive. Raises SourceError if it is not a PMTiles file."""
    try:
        with path.open("rb") as file:
            header = deserialize_header(file.read(_HEADER_BYTES))
            file.seek(header["metadata_offset"])
            raw = file.read(header["metadata_length"])
            about = json.loads(_unpacked(raw, header["internal_compression"]))
        west, south = header["min_lon_e7"] / _E7, header["min_lat_e7"] / _E7
        east, north = header["max_lon_e7"] / _E7, header["max_lat_e7"] / _E7
        return ArchiveSummary(
            zooms=range(header["min_zoom"], header["max_zoom"] + 1),
            bounds=Bounds(west, south, east, north),
            about=about if isinstance(about, dict) else {},
            is_raster=header["tile_type"] in _RASTER_TYPES,
        )
    except _NO_ARCHIVE as error:
        raise SourceError(f"{path.name} is not a PMTiles file, or is cut short") from error


def _unpacked(raw: bytes, compression: Compression) -> bytes:
    return gzip.decompress(raw) if compression is Compression.GZIP else raw


@functools.lru_cache(maxsize=32)
def _open(path: Path, modified_ns: int, size: int) -> _Archive:  # noqa: ARG001 - cache keys
    with path.open("rb") as file:
        try:
            header = deserialize_header(file.read(_HEADER_BYTES))
            file.seek(header["root_offset"])
            root = deserialize_directory(file.read(header["root_length"]))
        except _NO_ARCHIVE as error:
            raise SourceError(
                f"{path.name} is not a base map in PMTiles format, or is cut short; build it again"
            ) from error
    return _Archive(
        path=path,
        data_offset=header["tile_data_offset"],
        leaf_offset=header["leaf_directory_offset"],
        root=root,
        first_ids=[entry.tile_id for entry in root],
    )


@functools.lru_cache(maxsize=64)
def _leaf(path: Path, modified_ns: int, offset: int, length: int) -> list[Entry]:  # noqa: ARG001
    with path.open("rb") as file:
        file.seek(offset)
        return deserialize_directory(file.read(length))
