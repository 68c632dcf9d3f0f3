"""Where a describer may stand: points along walkable ways, or on a grid where there are none."""

from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from core.arrays import F64, Objects
from core.errors import SourceError
from core.records import World

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
_CROWDING = 0.95
"""Viewpoints keep at least this share of the spacing from each other, across ways too."""


@dataclass(frozen=True, slots=True)
class Viewpoints:
    """N viewpoints in degrees, the street each is on ("" where unnamed), and whether by grid."""

    lats: F64
    lons: F64
    streets: list[str]
    on_grid: bool


def find_viewpoints(world: World, spacing_m: float, grid_m: float) -> Viewpoints:
    """Viewpoints every `spacing_m` metres: named streets and squares first, then the rest.

    A world without walkable ways gets a grid of `grid_m` over the ground that close to a feature.
    Raises SourceError where nothing at all can be stood beside.
    """
    crs = world.features.estimate_utm_crs()
    metric = world.features.geometry.to_crs(crs)
    shapes = np.asarray(metric.array, dtype=object)
    order = _walk_order(world)
    if (order < np.inf).any():
        points, streets = _along(shapes, order, world.features.name.to_numpy(), spacing_m)
        on_grid = False
    else:
        points = _grid(shapes, max(spacing_m, grid_m))
        streets, on_grid = [""] * len(points), True
    if not len(points):
        raise SourceError("the map has no walkable way and no place; nothing to stand beside")
    degrees = gpd.GeoSeries(shapely.points(points), crs=crs).to_crs(4326)
    return Viewpoints(degrees.y.to_numpy(), degrees.x.to_numpy(), streets, on_grid)


def _walk_order(world: World) -> F64:
    """For each feature the turn it comes in, inf for what nobody walks along."""
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
    cell = spacing_m * _CROWDING
    kept: list[tuple[float, float]] = []
    streets: list[str] = []
    for turn in (0, 1):
        for row in np.flatnonzero(order == turn):
            for x, y in _samples(shapes[row], spacing_m):
                if _is_free(taken, x, y, cell):
                    taken[int(x // cell), int(y // cell)].append((x, y))
                    kept.append((x, y))
                    streets.append(str(names[row]))
    return np.array(kept).reshape(-1, 2), streets


def _samples(shape: shapely.Geometry, spacing_m: float) -> F64:
    """Points every spacing along a line, half a spacing from its start; a grid inside an area."""
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
