"""Viewpoints: points along walkable ways, or on a grid where there are none."""

from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from core.arrays import F64, Objects
from core.errors import SourceError
from core.geo import near_lons
from core.world import World

_WALKABLE = frozenset(
    {
        "primary",
        "primary_link",
        "secondary",
        "secondary_link",
        "tertiary",
        "tertiary_link",
        "residential",
        "living_street",
        "unclassified",
        "pedestrian",
        "road",
        "footway",
        "steps",
        "path",
        "cycleway",
    }
)
_CLOSED = frozenset({"no", "private"})
_MIN_SPACING = 0.95
"""Least distance of two viewpoints, also of different ways, as a share of the spacing."""
_ADDRESS_M = 75.0
"""An address farther than this from every way gets a viewpoint of its own: an answer counts as
right within 100 m."""


@dataclass(frozen=True, slots=True)
class Viewpoints:
    """N viewpoints in degrees and the street of each ("" if unnamed); `on_grid` if not on ways."""

    lats: F64
    lons: F64
    streets: list[str]
    on_grid: bool


def find_viewpoints(world: World, spacing_m: float, grid_m: float) -> Viewpoints:
    """Places viewpoints every `spacing_m` metres: named streets and squares first, then the rest,
    then addresses far from all of them.

    A map without walkable ways gets a grid of `grid_m`, limited to cells near a feature.
    Raises SourceError if the map has no features to stand beside.
    """
    crs = world.metric_crs
    metric = world.features.geometry.to_crs(crs)
    shapes = np.asarray(metric.array, dtype=object)
    order = _walk_order(world)
    if (order < np.inf).any():
        points, streets = _along(shapes, order, world.features.name.to_numpy(), spacing_m)
        remote = _remote_addresses(shapes[(world.features.address != "").to_numpy()], points)
        points, streets = np.concatenate([points, remote]), [*streets, *[""] * len(remote)]
        on_grid = False
    else:
        points = _grid(shapes, max(spacing_m, grid_m))
        streets, on_grid = [""] * len(points), True
    if not len(points):
        raise SourceError("the map has no walkable way and no place; choose another file")
    degrees = gpd.GeoSeries(shapely.points(points), crs=crs).to_crs(4326)
    west, _, east, _ = world.features.total_bounds
    lons = near_lons(degrees.x.to_numpy(), (west + east) / 2)
    return Viewpoints(degrees.y.to_numpy(), lons, streets, on_grid)


def _walk_order(world: World) -> F64:
    """Order of each feature: 0 for named ways, 1 for the rest, inf for ways nobody walks along."""
    order = np.full(len(world.features), np.inf)
    rows = zip(world.features.tags, world.features.name, world.features.geometry, strict=True)
    for row, (tags, name, shape) in enumerate(rows):
        highway = tags.get("highway", "")
        if shape.geom_type.endswith("Point") or tags.get("tunnel", "no") == "yes":
            continue
        if tags.get("access") in _CLOSED and tags.get("foot") not in ("yes", "designated"):
            continue
        if highway in _WALKABLE or tags.get("place") == "square":
            order[row] = 0 if name else 1
        elif highway == "service" and name:
            order[row] = 1
    return order


def _along(
    shapes: Objects,
    order: F64,
    names: Objects,
    spacing_m: float,
) -> tuple[F64, list[str]]:
    taken: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    cell = spacing_m * _MIN_SPACING
    points: list[tuple[float, float]] = []
    streets: list[str] = []
    for turn in (0, 1):
        for row in np.flatnonzero(order == turn):
            for x, y in _samples(shapes[row], spacing_m):
                if _is_free(taken, x, y, cell):
                    taken[int(x // cell), int(y // cell)].append((x, y))
                    points.append((x, y))
                    streets.append(str(names[row]))
    return np.array(points).reshape(-1, 2), streets


def _remote_addresses(shapes: Objects, points: F64) -> F64:
    """Points [M, 2] of addresses farther than `_ADDRESS_M` from all viewpoints and each other."""
    tree = shapely.STRtree(shapely.points(points))
    _, distances = tree.query_nearest(shapes, return_distance=True, all_matches=False)
    places = shapely.get_coordinates(shapely.point_on_surface(shapes[distances > _ADDRESS_M]))
    kept: list[F64] = []
    for place in places:
        if all(np.hypot(*(place - other)) > _ADDRESS_M for other in kept):
            kept.append(place)
    return np.array(kept).reshape(-1, 2)


def _samples(shape: shapely.Geometry, spacing_m: float) -> F64:
    """Points along a line, half a spacing from its start; a grid inside an area."""
    if shape.geom_type.endswith("Polygon"):
        west, south, east, north = shape.bounds
        xs, ys = np.meshgrid(
            np.arange(west + spacing_m / 2, east, spacing_m),
            np.arange(south + spacing_m / 2, north, spacing_m),
        )
        inside = shapely.contains_xy(shape, xs.ravel(), ys.ravel())
        return np.column_stack([xs.ravel()[inside], ys.ravel()[inside]])
    parts = []
    for line in shapely.get_parts(shape):
        steps = max(1, int(line.length / spacing_m))
        along = (np.arange(steps) + 0.5) * line.length / steps
        parts.append(shapely.get_coordinates(shapely.line_interpolate_point(line, along)))
    return np.concatenate(parts) if parts else np.empty((0, 2))


def _is_free(
    taken: dict[tuple[int, int], list[tuple[float, float]]], x: float, y: float, cell: float
) -> bool:
    column, row = int(x // cell), int(y // cell)
    return not any(
        (x - other_x) ** 2 + (y - other_y) ** 2 < cell * cell
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        for other_x, other_y in taken.get((column + dx, row + dy), ())
    )


def _grid(shapes: Objects, spacing_m: float) -> F64:
    """Centres of the grid cells that have a feature within one spacing."""
    cells: set[tuple[int, int]] = set()
    for x, y in shapely.get_coordinates(shapely.point_on_surface(shapes)):
        column, row = int(x // spacing_m), int(y // spacing_m)
        cells.update((column + dx, row + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    return (np.array(sorted(cells)).reshape(-1, 2) + 0.5) * spacing_m
