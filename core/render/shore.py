"""Estimates the sea of a map that has no coastline, from a coarse land polygon and what is mapped.

The sea is what Natural Earth calls sea, without the ground near anything mapped on land; and next
to it ground that Natural Earth calls land, if nothing at all is mapped in a wide circle. Where the
source has the outline of a water without its tags, as map tiles have of a wide river, the shore is
moved to it. How well this does is told in `assets/galleries/README.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.arrays import F64, Objects
from core.geo import Bounds
from core.render.coarse_land import land_in
from core.render.matching import ABSENT, Tags
from core.world import World

if TYPE_CHECKING:
    from geopandas import GeoSeries

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class _Shore:
    """Metres. Chosen on Monaco, Baltimore and New York with their coastlines taken away, swept over
    `wide_m` 60 to 200, `near_m` 25 and 40, `reach_m` 0 to 1500."""

    cell_m: float = 5.0
    beach_m: float = 8.0
    """The shore lies this far beyond what is mapped."""
    near_m: float = 40.0
    """Radius of a circle without anything mapped, where Natural Earth has sea."""
    wide_m: float = 120.0
    """The same where it has land."""
    reach_m: float = 500.0
    """From Natural Earth's sea, how far its land may become sea."""
    round_m: float = 15.0
    around_m: float = 1500.0
    """The ground around the tiles that is looked at; Natural Earth's own shore beyond it."""
    seen_m: float = 250.0
    """The ground around a tile whose map must be dense."""
    sparse: float = 0.2
    """Share of this ground without anything mapped nearby, above which a map is too sparse."""
    most_cells: int = 3000


_SHORE = _Shore()

_NOT_ON_LAND: dict[str, str] = {
    "natural": "water bay strait coastline reef shoal",
    "leisure": "marina nature_reserve swimming_area slipway",
    "landuse": "basin reservoir port harbour military",
    "route": "ferry",
    "man_made": "pier breakwater groyne pipeline submarine_cable mooring offshore_platform",
    "power": "cable line",
    "railway": "subway",
    "location": "underwater underground",
    "boundary": "",
    "waterway": "",
}
"""Tags of things that may lie on water, or under ground; "" for any value."""
_ON_LAND = (
    *("highway", "building", "landuse", "leisure", "natural", "amenity", "railway", "shop"),
    *("tourism", "addr:housenumber", "historic", "barrier", "office", "man_made"),
)
_ISLANDS = ("island", "islet", "square")


def estimated_sea(world: World, lats: F64, lons: F64, ground: Bounds) -> BaseGeometry | None:
    """The sea around tiles at `lats`, `lons` [N], in degrees; None where there is none.

    `ground` is the box of the map to draw. There is none, too, where the source has a coastline,
    and where its map is too sparse to tell unmapped land from water.
    """
    tags = world.features["tags"]
    if any(row.get("natural") == "coastline" for row in tags) or not len(lats):
        return None
    from geopandas import GeoSeries

    crs = world.metric_crs

    def in_metres(shapes: Sequence[BaseGeometry] | Objects) -> GeoSeries:
        return GeoSeries(shapes, crs=4326).to_crs(crs)

    frame = shapely.box(*in_metres([_box(ground)]).total_bounds)
    wide = frame.buffer(
        4 * max(np.ptp(shapely.get_coordinates(frame), axis=0)) + _SHORE.around_m,
        join_style="mitre",
    )
    far = Bounds(*GeoSeries([wide], crs=crs).to_crs(4326).total_bounds.tolist())
    coarse_sea = shapely.difference(_box(far), land_in(far))
    if coarse_sea.is_empty:
        return None
    sea = in_metres([coarse_sea]).iloc[0]
    around = frame.buffer(_SHORE.around_m, join_style="mitre")
    if shapely.distance(sea, frame) > _SHORE.reach_m:
        return None
    shapes = world.features.geometry.array
    dimensions = shapely.get_dimensions(np.asarray(shapes))
    on_land = [
        is_on_land(row, int(dimension)) for row, dimension in zip(tags, dimensions, strict=True)
    ]
    mapped = world.features.geometry[on_land].to_crs(crs)
    spots = GeoSeries.from_xy(lons, lats, crs=4326).to_crs(crs)
    is_bare = (dimensions == 1) & np.array([not row for row in tags])
    outlines = world.features.geometry[is_bare].to_crs(crs)
    near = _sea_near(mapped, outlines, spots, sea, frame, around)
    if near is None:
        return None
    whole = shapely.union_all([near, shapely.difference(sea, around)])
    return GeoSeries([whole], crs=crs).to_crs(4326).iloc[0]


def is_on_land(tags: Tags, dimension: int) -> bool:
    """Whether ground under a mapped thing is land; `dimension` is 0, 1 or 2 (point, line, area)."""
    for key, values in _NOT_ON_LAND.items():
        if (value := tags.get(key)) and (not values or value in values.split()):
            return False
    if any(tags.get(key, "no") not in ABSENT for key in ("bridge", "tunnel")):
        return False
    if any(key.startswith("seamark") for key in tags):
        return False
    if place := tags.get("place"):
        return dimension == 2 and place in _ISLANDS
    return any(tags.get(key) for key in _ON_LAND)


def _box(bounds: Bounds) -> BaseGeometry:
    box: BaseGeometry = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    return box


def _sea_near(
    mapped: GeoSeries,
    outlines: GeoSeries,
    spots: GeoSeries,
    coarse_sea: BaseGeometry,
    frame: BaseGeometry,
    around: BaseGeometry,
) -> BaseGeometry | None:
    """The sea in the box `around`, in metres; None if the map is too sparse to tell, or without."""
    from rasterio.features import shapes as areas_of
    from rasterio.transform import from_origin
    from scipy.ndimage import distance_transform_edt, label

    west, south, east, north = around.bounds
    cell_m = max(_SHORE.cell_m, max(east - west, north - south) / _SHORE.most_cells)
    size = int((north - south) / cell_m) + 1, int((east - west) / cell_m) + 1
    transform = from_origin(west, north, cell_m, cell_m)

    def burnt(shapes: Sequence[BaseGeometry] | GeoSeries, *, touched: bool = False) -> Mask:
        return _burnt([one for one in shapes if one and not one.is_empty], size, transform, touched)

    def metres_to(mask: Mask) -> F64:
        if not mask.any():
            return np.full(size, np.inf)
        return np.asarray(distance_transform_edt(~mask) * cell_m, dtype=np.float64)

    is_coarse = burnt([coarse_sea])
    free_m = metres_to(burnt(mapped, touched=True)) - _SHORE.beach_m
    seen = burnt([spots.buffer(_SHORE.seen_m, quad_segs=4).union_all()]) & ~is_coarse
    if not seen.any() or (free_m[seen] > _SHORE.wide_m).mean() > _SHORE.sparse:
        return None
    in_sea = (free_m > _SHORE.near_m) & is_coarse
    # beyond the frame nothing may be mapped at all, so the reach ends there bit by bit
    reached = metres_to(is_coarse) + metres_to(burnt([frame])) < _SHORE.reach_m
    in_land = (free_m > _SHORE.wide_m) & reached & ~is_coarse
    parts, _ = label(in_sea | in_land)
    open_sea = np.isin(parts, np.unique(parts[in_sea & (free_m > _SHORE.wide_m)]))
    if not open_sea.any():
        return None

    def area_of(cells: Mask) -> BaseGeometry:
        found = areas_of(cells.astype(np.uint8), mask=cells, transform=transform)
        area = shapely.union_all([shapely.geometry.shape(one) for one, _ in found])
        return shapely.simplify(area, cell_m)

    sea = shapely.union(
        shapely.buffer(area_of(open_sea & in_sea), _SHORE.near_m),
        shapely.buffer(area_of(open_sea & in_land), _SHORE.wide_m),
    )
    sea = _rounded(sea, _SHORE.round_m)
    if len(outlines):
        in_frame, estimate = burnt([frame.buffer(_SHORE.reach_m)]), burnt([sea])
        # lines end somewhere far beyond the frame, so only what is near can be cut off
        is_line = burnt(outlines, touched=True) | ~in_frame
        deep = open_sea & in_sea & (free_m > _SHORE.wide_m)
        moved = _moved(estimate, is_line, free_m <= -_SHORE.beach_m, deep)
        is_sea = np.where(in_frame, moved, estimate)
        sea = _rounded(area_of(is_sea), cell_m)
    return shapely.intersection(sea, around)


def _moved(is_sea: Mask, is_line: Mask, is_mapped: Mask, is_open: Mask) -> Mask:
    """An estimated sea, moved to outlines: without its parts that lines cut off from the open sea,
    with the parts of the land that they cut off from all that is mapped."""
    from scipy.ndimage import label

    parts, _ = label(is_sea & ~is_line)
    open_parts = np.unique(parts[is_open & is_sea & ~is_line])
    still_sea = np.isin(parts, open_parts[open_parts > 0])
    parts, _ = label(~is_sea & ~is_line)
    land_parts = np.unique(parts[is_mapped & ~is_sea & ~is_line])
    empty = (parts > 0) & ~np.isin(parts, land_parts)
    # cut off by a line, and the estimate has it beside the open sea
    beside, _ = label(empty | still_sea)
    sea: Mask = np.isin(beside, np.unique(beside[still_sea])) & (empty | still_sea)
    return sea


def _rounded(area: BaseGeometry, radius_m: float) -> BaseGeometry:
    """An area without sharp corners."""
    wider = shapely.buffer(shapely.buffer(area, radius_m), -2 * radius_m)
    return shapely.buffer(wider, radius_m)


def _burnt(
    shapes: list[BaseGeometry], size: tuple[int, int], transform: Any, touched: bool
) -> Mask:
    """The cells that shapes cover."""
    from rasterio.features import rasterize

    if not shapes:
        return np.zeros(size, dtype=bool)
    burnt = rasterize(
        ((one, 1) for one in shapes),
        out_shape=size,
        transform=transform,
        all_touched=touched,
        dtype="uint8",
    )
    return np.asarray(burnt, dtype=bool)
