"""Pictures cut from a pyramid of square tiles in Web Mercator, wherever it is kept."""

import io
import math
import threading
from collections import OrderedDict
from typing import Final, Protocol

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.arrays import U8
from core.errors import SourceError
from core.geo import Bounds
from core.sources.imagery.layer import AerialPicture, Square
from core.sources.upright import as_shown
from core.web_tiles.mercator import RADIUS_M, TILE_PX, WORLD_M, TileRange, tiles_in

_DECODED_TILES: Final = 256
_MOST_TILES: Final = 1024
"""Most tiles of one picture."""


class TileStore(Protocol):
    """Tiles by zoom, column and row."""

    @property
    def zooms(self) -> range:
        """The zooms that it has."""

    @property
    def bounds(self) -> Bounds:
        """The box around its tiles, in degrees."""

    @property
    def name(self) -> str:
        """Its name for people."""

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """An encoded tile; None where it has none. Raises SourceError."""


class PyramidLayer:
    """A pyramid of tiles as one picture."""

    def __init__(self, store: TileStore) -> None:
        self.store = store
        self.bounds = store.bounds
        self._decoded: OrderedDict[tuple[int, ...], U8 | None] = OrderedDict()
        self._lock = threading.Lock()
        self.metres_per_px = ground_metres(store.zooms.stop - 1, self.bounds.center.lat)

    def picture(self, square: Square) -> AerialPicture:
        """The part that lies in a square. Raises SourceError for a damaged tile."""
        zoom = self._zoom_for(square)
        tiles = tiles_in(square.bounds, zoom)
        while tiles.count > _MOST_TILES and zoom > 0:
            zoom -= 1
            tiles = tiles_in(square.bounds, zoom)
        canvas = self._mosaic(tiles)
        if canvas is None:
            return AerialPicture.empty(square.size_px)
        side = canvas.shape[0] / (tiles.y1 - tiles.y0)
        box = _box_px(square.bounds, tiles, side)
        size = (square.size_px, square.size_px)
        picture = Image.fromarray(canvas).resize(size, Image.Resampling.BILINEAR, box=box)
        pixels = np.asarray(picture)
        if pixels.shape[2] == 3:
            return AerialPicture(pixels.copy(), np.ones(size, dtype=bool))
        valid = pixels[..., 3] > 127
        return AerialPicture(np.where(valid[..., None], pixels[..., :3], np.uint8(0)), valid)

    def _zoom_for(self, square: Square) -> int:
        """The first zoom that is as fine as the wanted picture, among those that there are."""
        zooms, lat = self.store.zooms, square.bounds.center.lat
        finer = [zoom for zoom in zooms if ground_metres(zoom, lat) <= square.metres_per_px * 1.001]
        return finer[0] if finer else zooms.stop - 1

    def _mosaic(self, tiles: TileRange) -> U8 | None:
        """Tiles side by side [H, W, 3], or [H, W, 4] with alpha where some are not whole; None
        where there is none."""
        rows = [
            [
                self._tile_or_part(tiles.zoom, x % 2**tiles.zoom, y)
                for x in range(tiles.x0, tiles.x1)
            ]
            for y in range(tiles.y0, tiles.y1)
        ]
        shapes = {(0, 0) if tile is None else tile.shape[1:] for row in rows for tile in row}
        side = max(width for width, _ in shapes)
        if not side:
            return None
        bands = 3 if all(bands == 3 for _, bands in shapes) else 4
        canvas = np.zeros((len(rows) * side, len(rows[0]) * side, bands), dtype=np.uint8)
        for down, row in enumerate(rows):
            for across, tile in enumerate(row):
                if tile is None:
                    continue
                repeat = side // tile.shape[0]
                part = tile.repeat(repeat, axis=0).repeat(repeat, axis=1)
                top, left = down * side, across * side
                place = canvas[top : top + part.shape[0], left : left + part.shape[1]]
                place[..., 3:] = 255
                place[..., : part.shape[2]] = part
        return canvas

    def _tile_or_part(self, zoom: int, x: int, y: int) -> U8 | None:
        """A tile, or where it is missing the part of a coarser one, enlarged."""
        for up in range(zoom - self.store.zooms.start + 1):
            tile = self._tile(zoom - up, x >> up, y >> up)
            if tile is None:
                continue
            if up == 0:
                return tile
            side = tile.shape[0] >> up
            if side == 0:
                return None
            left, top = (x % 2**up) * side, (y % 2**up) * side
            return tile[top : top + side, left : left + side].repeat(2**up, 0).repeat(2**up, 1)
        return None

    def _tile(self, zoom: int, x: int, y: int) -> U8 | None:
        """A decoded tile; None where there is none, or none that touches the store's bounds: no
        server is asked for more than was told before the download."""
        inside = tiles_in(self.store.bounds, zoom)
        is_across = (x - inside.x0) % 2**zoom < inside.x1 - inside.x0
        if not is_across or not inside.y0 <= y < inside.y1:
            return None
        key = (zoom, x, y)
        with self._lock:
            if key in self._decoded:
                self._decoded.move_to_end(key)
                return self._decoded[key]
        encoded = self.store.tile(zoom, x, y)
        tile = None if encoded is None else decoded(encoded, f"{self.store.name} {zoom}/{x}/{y}")
        with self._lock:
            self._decoded[key] = tile
            while len(self._decoded) > _DECODED_TILES:
                self._decoded.popitem(last=False)
        return tile


def ground_metres(zoom: int, lat: float) -> float:
    """The ground width in metres of a pixel of a 256 px tile."""
    count: int = 2**zoom
    return WORLD_M / count / TILE_PX * math.cos(math.radians(lat))


def decoded(encoded: bytes, name: str) -> U8:
    """A tile [S, S, 3], or [S, S, 4] where it is not opaque. Raises SourceError."""
    try:
        with Image.open(io.BytesIO(encoded)) as picture:
            rgba = np.asarray(as_shown(picture).convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        problem = str(error)[:80]
        if encoded.lstrip()[:1] == b"<":
            problem = "it is a web page"
        elif isinstance(error, UnidentifiedImageError):
            problem = "it is neither PNG, JPEG nor WebP"
        raise SourceError(f"the tile {name} is not a picture: {problem}") from error
    if rgba.shape[0] != rgba.shape[1]:
        raise SourceError(f"the tile {name} is not square but {rgba.shape[1]} × {rgba.shape[0]} px")
    return np.ascontiguousarray(rgba[..., :3]) if rgba[..., 3].min() == 255 else rgba


def _box_px(bounds: Bounds, tiles: TileRange, side: float) -> tuple[float, float, float, float]:
    """Bounds as left, top, right, bottom in the pixels of tiles that are side by side.

    Rows of a picture divide latitude evenly, rows of Web Mercator do not; across 2 km the
    difference is below 0.3 m up to latitude 60.
    """

    count: int = 2**tiles.zoom

    def x_px(lon: float) -> float:
        return ((lon / 360 + 0.5) * count - tiles.x0) * side

    def y_px(lat: float) -> float:
        metres = math.atanh(math.sin(math.radians(lat))) * RADIUS_M
        return ((0.5 - metres / WORLD_M) * count - tiles.y0) * side

    box = (x_px(bounds.west), y_px(bounds.north), x_px(bounds.east), y_px(bounds.south))
    width, height = (tiles.x1 - tiles.x0) * side, (tiles.y1 - tiles.y0) * side
    return (
        min(max(box[0], 0.0), width),
        min(max(box[1], 0.0), height),
        min(max(box[2], 0.0), width),
        min(max(box[3], 0.0), height),
    )
