"""Tiles on this machine: XYZ folders, MBTiles and PMTiles."""

import re
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.geo import Bounds
from core.sources.imagery.credits import UNKNOWN_LICENCE, ImageryCredit
from core.web_tiles.archive import read_tile, summary_of
from core.web_tiles.mercator import tile_box

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_DEEPEST: Final = 30
_RASTER_FORMATS: Final = ("png", "jpg", "jpeg", "webp", "")


class XyzFolder:
    """Pictures as `zoom/column/row.png`, JPEG or WebP; `left_out` are those of other names."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.credit = ImageryCredit(source=folder.name)
        self._paths: dict[tuple[int, int, int], Path] = {}
        self.left_out = 0
        for path in sorted(folder.glob("*/*/*")):
            if path.suffix.lower() in _PICTURES:
                at = _tile_at(path.parts[-3], path.parts[-2], path.stem)
                self.left_out += at is None
                if at is not None:
                    self._paths[at] = path
        if not self._paths:
            raise SourceError(f"{folder} holds no tiles zoom/column/row.png; give another folder")
        zooms = [zoom for zoom, _, _ in self._paths]
        self.zooms = range(min(zooms), max(zooms) + 1)
        deepest = [at for at in self._paths if at[0] == self.zooms.stop - 1]
        others = [at for at in self._paths if at[0] != self.zooms.stop - 1]
        self.bounds = _around([*deepest, *others])

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """An encoded tile; None where there is none. Raises SourceError."""
        path = self._paths.get((zoom, x, y))
        try:
            return path.read_bytes() if path else None
        except OSError as error:
            raise SourceError(f"the tile {path} cannot be read ({error.strerror})") from error


def _tile_at(*parts: str) -> tuple[int, int, int] | None:
    """Zoom, column and row of a tile; None if there is no such tile."""
    if not all(map(_NUMBER.fullmatch, parts)):
        return None
    zoom, x, y = map(int, parts)
    return (zoom, x, y) if zoom <= _DEEPEST and max(x, y) < 2**zoom else None


def is_xyz_folder(folder: Path) -> bool:
    """Whether a folder has a sub-folder that is named after a zoom and holds columns."""
    return any(
        _NUMBER.fullmatch(zoom.name) and any(_NUMBER.fullmatch(x.name) for x in zoom.iterdir())
        for zoom in folder.iterdir()
        if zoom.is_dir()
    )


def _around(tiles: list[tuple[int, int, int]]) -> Bounds:
    boxes = [tile_box(*tile) for tile in tiles]
    return Bounds(
        min(box.west for box in boxes),
        min(box.south for box in boxes),
        max(box.east for box in boxes),
        max(box.north for box in boxes),
    )


class MbTiles:
    """An MBTiles file. Format: https://github.com/mapbox/mbtiles-spec (1.3)."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._lock = threading.Lock()
        try:
            self._file = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            about = dict(self._file.execute("SELECT name, value FROM metadata"))
            zooms = self._file.execute(
                "SELECT zoom_level, MIN(tile_column), MAX(tile_column), MIN(tile_row), "
                "MAX(tile_row) FROM tiles WHERE zoom_level BETWEEN 0 AND ? "
                "AND tile_column BETWEEN 0 AND (1 << zoom_level) - 1 "
                "AND tile_row BETWEEN 0 AND (1 << zoom_level) - 1 "
                "GROUP BY zoom_level ORDER BY zoom_level",
                (_DEEPEST,),
            ).fetchall()
        except sqlite3.Error as error:
            raise SourceError(f"{path} is not an MBTiles file ({error}); get it again") from error
        if not zooms:
            raise SourceError(f"{path} holds no tiles; give another file")
        kind = str(about.get("format", "")).lower()
        if kind not in _RASTER_FORMATS:
            raise SourceError(f"{path} holds {kind} tiles, not pictures; give another file")
        self.zooms = range(zooms[0][0], zooms[-1][0] + 1)
        zoom, x0, x1, low, high = zooms[-1]
        rows = 2**zoom - 1
        self.bounds = _around([(zoom, x0, rows - high), (zoom, x1, rows - low)])
        self.credit = _credit_of(about, path)

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """An encoded tile; None where there is none. Raises SourceError."""
        try:
            with self._lock:
                row = self._file.execute(
                    "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? "
                    "AND tile_row = ?",
                    (zoom, x, 2**zoom - 1 - y),
                ).fetchone()
        except sqlite3.Error as error:
            raise SourceError(f"{self.name} is damaged ({error}); get it again") from error
        return row[0] if row and isinstance(row[0], bytes) else None


class PmTiles:
    """A PMTiles file. Format: https://github.com/protomaps/PMTiles (v3)."""

    def __init__(self, path: Path) -> None:
        summary = summary_of(path)
        if not summary.is_raster:
            raise SourceError(f"{path} holds no pictures but vector tiles; give another file")
        self.name = str(path)
        self._path = path
        self.zooms = summary.zooms
        self.bounds = summary.bounds
        self.credit = _credit_of(summary.about, path)

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """An encoded tile; None where there is none. Raises SourceError."""
        return read_tile(self._path, zoom, x, y)


def _credit_of(about: dict[str, Any], path: Path) -> ImageryCredit:
    """The credit in the metadata of an archive, without its HTML tags."""

    def text(key: str) -> str:
        return " ".join(re.sub(r"<[^>]*>", " ", str(about.get(key, ""))).split())[:500]

    return ImageryCredit(
        licence=text("license") or text("licence") or UNKNOWN_LICENCE,
        credit=text("attribution"),
        date=text("date"),
        source=path.name,
    )
