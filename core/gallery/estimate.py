"""The size of a gallery before it is built: tiles, time and disk."""

import math
from dataclasses import dataclass

from core.arrays import F64
from core.errors import SourceError
from core.gallery.aerial_pyramid import common
from core.gallery.imagery_builder import grid
from core.gallery.imagery_stage import kept_bounds
from core.gallery.viewpoints import find_viewpoints
from core.geo import METRES_PER_DEGREE, Bounds
from core.sources.imagery import Imagery
from core.world import World


@dataclass(frozen=True, slots=True)
class BuildCost:
    """What a build takes: so much at least, and so much for each tile.

    Disk is fitted to the four bundled galleries (693 to 6,292 tiles: 11 to 31 MB). Seconds are an
    estimate from the rates of drawing and embedding on one core, not fitted to builds.
    """

    least_s: float = 20.0
    tile_s: float = 0.1
    least_mb: float = 9.0
    tile_mb: float = 0.0035


COST = BuildCost()


@dataclass(frozen=True, slots=True)
class BuildSize:
    """Number of tiles of a gallery, about how long and how large its build will be, and the
    `bounds` of the tiles' centres (west, south, east, north; degrees)."""

    tiles: int
    about_s: float
    about_mb: float
    bounds: tuple[float, float, float, float]


def build_size(world: World, bbox: Bounds | None, spacing_m: float, grid_m: float) -> BuildSize:
    """The size of a gallery of a map, or of its part within `bbox`. Raises SourceError where no
    tile is left."""
    views = find_viewpoints(world, spacing_m, grid_m)
    lats, lons = views.lats, views.lons
    if bbox is not None:
        inside = bbox.contains(lats, lons)
        lats, lons = lats[inside], lons[inside]
    tiles = len(lats)
    if not tiles:
        raise SourceError("the map has no place to stand in this box; choose another one")
    return BuildSize(
        tiles,
        round(COST.least_s + COST.tile_s * tiles, 1),
        round(COST.least_mb + COST.tile_mb * tiles, 1),
        _edges(lats, lons),
    )


def _edges(lats: F64, lons: F64) -> tuple[float, float, float, float]:
    west, south, east, north = lons.min(), lats.min(), lons.max(), lats.max()
    return (
        round(float(west), 6),
        round(float(south), 6),
        round(float(east), 6),
        round(float(north), 6),
    )


@dataclass(frozen=True, slots=True)
class ImageryCost:
    """What a build of imagery alone takes: so much at least, so much for each tile, and bytes for
    each pixel of the ground that is kept.

    Measured on 576 tiles of Pardubice's centre: 21.7 s of processor time, 4.0 MB, of them 0.5 bytes
    a pixel; over the whole town 0.28 bytes a pixel.
    """

    least_s: float = 5.0
    tile_s: float = 0.03
    tile_bytes: float = 600.0
    pixel_bytes: float = 0.4


IMAGERY_COST = ImageryCost()


def imagery_size(
    imagery: Imagery, bbox: Bounds | None, spacing_m: float, footprint_m: float
) -> BuildSize:
    """The size of a gallery of imagery alone, on a grid over it or over `bbox`. Raises GalleryError
    for more tiles than a gallery can have."""
    lats, lons = grid(bbox or imagery.bounds, spacing_m)
    kept = common(kept_bounds(lats, lons, footprint_m), imagery.bounds)
    up = (kept.north - kept.south) * METRES_PER_DEGREE
    across = (kept.east - kept.west) * METRES_PER_DEGREE
    pixels = up * across * math.cos(math.radians(kept.center.lat)) / imagery.metres_per_px**2
    tiles, cost = len(lats), IMAGERY_COST
    return BuildSize(
        tiles,
        round(cost.least_s + cost.tile_s * tiles, 1),
        round((cost.tile_bytes * tiles + cost.pixel_bytes * pixels) / 1e6, 1),
        _edges(lats, lons),
    )
