"""Writes imagery as a pyramid of tiles, once, into the folder of a gallery."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from core.arrays import F32
from core.errors import GalleryError
from core.gallery.aerial import encoded
from core.gallery.staging import Progress
from core.geo import Bounds
from core.sources.imagery.layer import Square
from core.sources.imagery.mosaic import Imagery
from core.sources.imagery.pyramid import ground_metres
from core.web_tiles.archive import RasterTile, write_archive
from core.web_tiles.mercator import TILE_PX, tile_box, tiles_in

_QUALITY: Final = 80
_DEEPEST_ZOOM: Final = 22
_BLOCK: Final = 2
"""Zooms between the squares that are read from the source at once and the finest tiles."""
_COARSER: Final = 1.05
"""The finest tiles may have pixels this many times as wide as those of the source."""
_MOST_TOP_TILES: Final = 4


def write_pyramid(path: Path, imagery: Imagery, bounds: Bounds, progress: Progress) -> range:
    """Writes the part of imagery that touches `bounds` as a pyramid of WebP tiles to a PMTiles
    file; returns its zooms.

    Each piece is read once from the source, at the finest zoom; coarser tiles are made of finer
    ones. Raises GalleryError for imagery that may not be stored, or that is not there.
    """
    if not imagery.credit.may_be_stored:
        raise GalleryError(
            f"the imagery of {imagery.credit.source} may be looked at but not stored, so no "
            f"gallery can hold it; choose another source"
        )
    area = common(bounds, imagery.bounds)
    zooms = zooms_for(area, imagery.metres_per_px)
    tiles = _Tiles(imagery, area, zooms, progress).all()
    first = next(tiles, None)
    if first is None:
        raise GalleryError(
            f"the imagery shows nothing around {area.center.lat:.4f}, {area.center.lon:.4f}; give "
            f"imagery of this place"
        )
    credit = imagery.credit.credit or imagery.credit.licence
    write_archive(path, chain((first,), tiles), area, credit)
    return zooms


def zooms_for(area: Bounds, metres_per_px: float) -> range:
    """From a zoom with a handful of tiles to the first that is as fine as the source."""
    lat = area.center.lat
    finest = next(
        (
            zoom
            for zoom in range(_DEEPEST_ZOOM)
            if ground_metres(zoom, lat) <= metres_per_px * _COARSER
        ),
        _DEEPEST_ZOOM,
    )
    widest = max(
        zoom for zoom in range(finest + 1) if tiles_in(area, zoom).count <= _MOST_TOP_TILES
    )
    return range(widest, finest + 1)


def common(bounds: Bounds, other: Bounds) -> Bounds:
    """The part of a map's bounds that imagery has. Raises GalleryError for none."""
    edges = (
        max(bounds.west, other.west),
        max(bounds.south, other.south),
        min(bounds.east, other.east),
        min(bounds.north, other.north),
    )
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        raise GalleryError(
            f"the imagery lies around {other.center.lat:.4f}, {other.center.lon:.4f}, the map "
            f"around {bounds.center.lat:.4f}, {bounds.center.lon:.4f}; give both of one place"
        )
    return Bounds(*edges)


class _Tiles:
    """The tiles of a pyramid, each made of the four finer ones below it."""

    def __init__(self, imagery: Imagery, area: Bounds, zooms: range, progress: Progress) -> None:
        self._imagery = imagery
        self._area = area
        self._zooms = zooms
        self._block_zoom = max(zooms.start, zooms.stop - 1 - _BLOCK)
        self._progress = progress
        self._blocks = tiles_in(area, self._block_zoom).count
        self._done = 0
        self._ready: list[RasterTile] = []

    def all(self) -> Iterator[RasterTile]:
        """Every tile that holds something, the finer ones of a place first."""
        top = tiles_in(self._area, self._zooms.start)
        for y in range(top.y0, top.y1):
            for x in range(top.x0, top.x1):
                yield from self._below(self._zooms.start, x, y, [])

    def _below(self, zoom: int, x: int, y: int, parts: list[F32 | None]) -> Iterator[RasterTile]:
        """The tiles of a place; its own pixels are added to `parts`."""
        if zoom == self._block_zoom:
            yield from self._block(x, y, parts)
            return
        inside = tiles_in(self._area, zoom + 1)
        quarters: list[F32 | None] = []
        for down in (0, 1):
            for across in (0, 1):
                at = (2 * x + across, 2 * y + down)
                if inside.x0 <= at[0] < inside.x1 and inside.y0 <= at[1] < inside.y1:
                    yield from self._below(zoom + 1, *at, quarters)
                else:
                    quarters.append(None)
        pixels = _halved(quarters)
        if pixels is not None:
            yield self._tile(zoom, x, y, pixels)
        parts.append(pixels)

    def _block(self, x: int, y: int, parts: list[F32 | None]) -> Iterator[RasterTile]:
        """The tiles of a square that is read from the source at once."""
        zoom, finest = self._block_zoom, self._zooms.stop - 1
        side = 2 ** (finest - zoom)
        square = Square(tile_box(zoom, x % 2**zoom, y), side * TILE_PX)
        picture = self._imagery.square(square)
        alpha = picture.valid[..., None].astype(np.float32)
        pixels: F32 = np.concatenate([picture.rgb * alpha, alpha], axis=-1, dtype=np.float32)
        self._done += 1
        self._progress("imagery", self._done, self._blocks)
        if not picture.valid.any():
            parts.append(None)
            return
        for at in range(finest, zoom - 1, -1):
            count = 2 ** (at - zoom)
            for down in range(count):
                for across in range(count):
                    top, left = down * TILE_PX, across * TILE_PX
                    part = pixels[top : top + TILE_PX, left : left + TILE_PX]
                    if part[..., 3].any():
                        yield self._tile(at, x * count + across, y * count + down, part)
            if at > zoom:
                pixels = _mean_of_four(pixels)
        parts.append(pixels)

    def _tile(self, zoom: int, x: int, y: int, pixels: F32) -> RasterTile:
        alpha = pixels[..., 3]
        rgb = pixels[..., :3] / np.maximum(alpha, 1e-3)[..., None]
        picture = encoded(rgb.round().clip(0, 255).astype(np.uint8), alpha > 0.5, _QUALITY)
        return RasterTile(zoom, x % 2**zoom, y, picture)


def _halved(quarters: list[F32 | None]) -> F32 | None:
    """Four tiles, row by row, as one of half their scale; None where all are empty."""
    if all(quarter is None for quarter in quarters):
        return None
    empty = np.zeros((TILE_PX, TILE_PX, 4), dtype=np.float32)
    parts = [empty if quarter is None else quarter for quarter in quarters]
    rows = [np.concatenate(parts[:2], axis=1), np.concatenate(parts[2:], axis=1)]
    return _mean_of_four(np.concatenate(rows, axis=0))


def _mean_of_four(pixels: F32) -> F32:
    height, width, bands = pixels.shape
    mean: F32 = pixels.reshape(height // 2, 2, width // 2, 2, bands).mean(axis=(1, 3))
    return mean
