"""The size of a gallery before it is built: tiles, time and disk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import F64
from core.errors import SourceError
from core.gallery.aerial_pyramid import common
from core.gallery.imagery_builder import grid
from core.gallery.imagery_stage import kept_bounds
from core.gallery.inspection import Ring, joined_ground
from core.gallery.job_imagery import ImagerySize
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
    `bounds` of the tiles' centres (west, south, east, north; degrees). `outline` has the ways that
    they follow as polygons, empty where nobody asked or there are too many. `imagery` tells of the
    pictures from above, None without any."""

    tiles: int
    about_s: float
    about_mb: float
    bounds: tuple[float, float, float, float]
    outline: Sequence[Sequence[Ring]] = ()
    imagery: ImagerySize | None = None


_OUTLINED_TILES = 30_000
_OUTLINE_M = 36.0
"""Width of a way in the outline; tiles are some 30 m apart."""
_OUTLINE_SMOOTH_DEG = 5e-5


def build_size(
    world: World,
    bbox: Bounds | None,
    spacing_m: float,
    footprint_m: float,
    outlined: bool = False,
) -> BuildSize:
    """The size of a gallery of a map, or of its part within `bbox`. Raises SourceError where no
    tile is left."""
    views = find_viewpoints(world, spacing_m, footprint_m / 2)
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
        joined_ground(lats, lons, _OUTLINE_M, _OUTLINE_SMOOTH_DEG)
        if outlined and tiles <= _OUTLINED_TILES
        else (),
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
    about_s, about_mb = _imagery_cost(imagery, len(lats), kept_bounds(lats, lons, footprint_m))
    return BuildSize(len(lats), round(about_s, 1), round(about_mb, 1), _edges(lats, lons))


def twin_size(size: BuildSize, imagery: Imagery, footprint_m: float) -> BuildSize:
    """The size of a gallery of a map with imagery, from that of the map's alone. Servers are asked
    for a few tiles. Raises GalleryError where the imagery lies elsewhere, and SourceError."""
    west, south, east, north = size.bounds
    kept = kept_bounds(np.array([south, north]), np.array([west, east]), footprint_m)
    about_s, about_mb = _imagery_cost(imagery, size.tiles, kept)
    downloads = [server.estimate() for server in imagery.servers]
    wait_s = sum(one.seconds for one in downloads)
    credit = imagery.credit
    told = ImagerySize(
        credit.source,
        credit.licence,
        credit.credit,
        credit.date,
        sum(one.missing for one in downloads),
        round(sum(one.megabytes for one in downloads), 1),
        round(wait_s, 1),
    )
    return replace(
        size,
        about_s=round(size.about_s + about_s + wait_s, 1),
        about_mb=round(size.about_mb + about_mb, 1),
        imagery=told,
    )


def _imagery_cost(imagery: Imagery, tiles: int, kept: Bounds) -> tuple[float, float]:
    """Seconds and megabytes for the imagery of a number of tiles and the ground around them."""
    kept = common(kept, imagery.bounds)
    up = (kept.north - kept.south) * METRES_PER_DEGREE
    across = (kept.east - kept.west) * METRES_PER_DEGREE
    pixels = up * across * math.cos(math.radians(kept.center.lat)) / imagery.metres_per_px**2
    cost = IMAGERY_COST
    return (
        cost.least_s + cost.tile_s * tiles,
        (cost.tile_bytes * tiles + cost.pixel_bytes * pixels) / 1e6,
    )
