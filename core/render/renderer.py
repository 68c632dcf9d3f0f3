"""Renders map pictures and base maps with Mapnik."""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from PIL import Image

from core.errors import SourceError
from core.geo import EARTH_RADIUS_M, Bounds, Position
from core.render import marks, palette, sheet, style
from core.render.encode import webp
from core.render.symbols import write_symbols
from core.web_tiles.archive import RasterTile, write_archive
from core.web_tiles.mercator import MAX_LAT, RADIUS_M, TILE_PX, TileRange, position_m, tiles_in

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from core.world import World

Progress = Callable[[int, int], None]
"""Called with the number of tiles done and their total."""

_METATILE = 16
"""Tiles along the side of a block that is rendered at once (16 × 256 px: 64 MB)."""

_MAP_COLOURS = 24
"""Number of colours in a tile of a base map."""

_SEA_CREDIT = "Shore estimated (Natural Earth)"

_PICTURE_STRETCH = math.sqrt(2)
"""Enlargement of Mercator at 45° latitude; the zoom of a picture is that of a web map there."""


class Renderer:
    """Renders the features of one `World`. Threads may share it; each process needs its own.

    Raises SourceError if Mapnik or a needed part of it is not installed.
    """

    def __init__(self, world: World, sea: BaseGeometry | None = None) -> None:
        """`sea` is an estimated one, in degrees; base maps show it, and pictures of tiles do not,
        since what is searched shall be mapped."""
        self._mapnik = _load_mapnik()
        from core.render.layers import layers_of, sea_layer

        self._licence = f"{world.licence}. {_SEA_CREDIT}" if sea is not None else world.licence
        self._folder = tempfile.TemporaryDirectory(prefix="saywhere-symbols-")
        symbols = [(poi.symbol, poi.ink) for poi in marks.POIS]
        write_symbols(Path(self._folder.name), [*symbols, ("dot", palette.UNKNOWN_INK)])
        self._sources = {
            name: self._mapnik.CreateDatasource(type="geojson", inline=text)
            for name, text in (layers_of(world) | sea_layer(sea)).items()
        }
        self._maps: dict[tuple[float, bool], Any] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Removes the temporary files; the renderer cannot be used afterwards."""
        self._maps.clear()
        self._sources.clear()
        self._folder.cleanup()

    def tile_picture(self, center: Position, footprint_m: float, size_px: int = 256) -> bytes:
        """Renders the square of `footprint_m` ground metres around a centre as WebP, north up.

        Equal ground scales look equal at every latitude, and the edge cuts no name.
        """
        return webp(self.tile_image(center, footprint_m, size_px))

    def tile_image(self, center: Position, footprint_m: float, size_px: int = 256) -> Image.Image:
        """As `tile_picture`, but not encoded."""
        if not (footprint_m > 0 and size_px > 0 and abs(center.lat) < MAX_LAT):
            raise ValueError(
                f"cannot draw {footprint_m} m in {size_px} px at latitude {center.lat}: sizes must "
                f"be positive, and Web Mercator ends at {MAX_LAT:.2f}"
            )
        enlargement = 1 / math.cos(math.radians(center.lat))
        x, y = position_m(center)
        # Ground metres as in `core.geo`, so that the picture covers `tile_bounds` exactly.
        half = footprint_m / 2 * enlargement * RADIUS_M / EARTH_RADIUS_M
        # Steps of 1 %, so that neighbouring centres share one prepared map.
        stretch = round(enlargement / _PICTURE_STRETCH, 2)
        return self._render((x - half, y - half, x + half, y + half), (size_px, size_px), stretch)

    def base_map(
        self, bounds: Bounds, zooms: range, path: Path, progress: Progress | None = None
    ) -> Path:
        """Renders the XYZ tiles of some zooms that touch `bounds` into one PMTiles file.

        The file is written atomically: it appears only after the last tile.
        """
        ranges = [tiles_in(bounds, zoom) for zoom in zooms]
        if not ranges:
            raise ValueError("a base map needs at least one zoom")
        return write_archive(path, self._tiles(ranges, progress), bounds, self._licence)

    def _tiles(self, ranges: list[TileRange], progress: Progress | None) -> Iterator[RasterTile]:
        total, done = sum(tiles.count for tiles in ranges), 0
        for tiles in ranges:
            for block in tiles.blocks(_METATILE):
                size = ((block.x1 - block.x0) * TILE_PX, (block.y1 - block.y0) * TILE_PX)
                picture = self._render(block.box_m, size, 1.0, is_base_map=True)
                for y in range(block.y0, block.y1):
                    for x in range(block.x0, block.x1):
                        left, top = (x - block.x0) * TILE_PX, (y - block.y0) * TILE_PX
                        tile = picture.crop((left, top, left + TILE_PX, top + TILE_PX))
                        yield RasterTile(block.zoom, x % 2**block.zoom, y, webp(tile, _MAP_COLOURS))
                done += block.count
                if progress is not None:
                    progress(done, total)

    def _render(
        self,
        box_m: tuple[float, ...],
        size_px: tuple[int, int],
        stretch: float,
        *,
        is_base_map: bool = False,
    ) -> Image.Image:
        mapnik = self._mapnik
        canvas = mapnik.Image(*size_px)
        with self._lock:
            if (stretch, is_base_map) not in self._maps:
                self._maps[stretch, is_base_map] = self._prepare(stretch, is_base_map)
            prepared = self._maps[stretch, is_base_map]
            prepared.resize(*size_px)
            prepared.zoom_to_box(mapnik.Box2d(*box_m))
            mapnik.render(prepared, canvas)
        return Image.frombytes("RGBA", size_px, canvas.to_string()).convert("RGB")

    def _prepare(self, stretch: float, is_base_map: bool) -> Any:
        mapnik = self._mapnik
        prepared = mapnik.Map(TILE_PX, TILE_PX)
        markup = style.style_sheet(stretch).decode()
        mapnik.load_map_from_string(prepared, markup, True, self._folder.name)
        prepared.aspect_fix_mode = mapnik.aspect_fix_mode.RESPECT
        for number, spec in enumerate(style.LAYERS):
            source = self._sources.get(spec.features)
            if source is None or (spec.of_base_map and not is_base_map):
                continue
            layer = mapnik.Layer(f"{number}-{spec.features}", sheet.SRS)
            layer.datasource = source
            layer.cache_features = len(spec.styles) > 1
            if spec.tight:
                layer.buffer_size = 0
            for name in spec.styles:
                layer.styles.append(name)
            prepared.layers.append(layer)
        return prepared


def _load_mapnik() -> Any:
    try:
        import mapnik
    except ImportError as error:
        raise SourceError(
            "drawing maps needs Mapnik, which is not installed; pip install mapnik (it has wheels "
            "for Linux and macOS), or use a gallery that has its pictures"
        ) from error
    missing = {*sheet.FACES} - {*mapnik.FontEngine.face_names()}
    if missing or "geojson" not in list(mapnik.DatasourceCache.plugin_names()):
        raise SourceError(
            f"this Mapnik lacks {', '.join(sorted(missing)) or 'its geojson plugin'}, which the "
            "wheel on PyPI brings: pip install --force-reinstall mapnik"
        )
    return mapnik
