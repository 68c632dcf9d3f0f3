"""Occlusion: the distance from a point to the first wall in each direction."""

from dataclasses import dataclass

import numpy as np
import shapely

from core.arrays import F64, I64, Objects

RAYS = 360
"""Rays from each point, one for each degree; ray r looks along r + 0.5 degrees."""

SIGHT_M = 150.0
"""Length of a ray."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The first wall along each ray of N points: metres (inf without one) and the building (-1)."""

    distance_m: F64
    building: I64


class Walls:
    """The walls of B buildings (polygons in metres), courtyards included."""

    def __init__(self, buildings: Objects) -> None:
        self._buildings = shapely.STRtree(buildings)
        parts, part_of = shapely.get_parts(buildings, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        corners, corner_of = shapely.get_coordinates(rings, return_index=True)
        joined = corner_of[1:] == corner_of[:-1]
        self._starts = corners[:-1][joined]
        self._ends = corners[1:][joined]
        self._owner = part_of[ring_of][corner_of[:-1][joined]]
        self._edges = shapely.STRtree(
            shapely.linestrings(np.stack([self._starts, self._ends], axis=1))
        )

    def horizon(self, points: F64) -> Horizon:
        """First wall in each direction of points [N, 2]; a building around a point is ignored."""
        views = shapely.points(points)
        view, edge = self._edges.query(views, predicate="dwithin", distance=SIGHT_M)
        inside, around = self._buildings.query(views, predicate="within")
        count = len(self._buildings)
        free = ~np.isin(view * count + self._owner[edge], inside * count + around)
        view, edge = view[free], edge[free]
        pair, ray, distance = _crossings(
            self._starts[edge] - points[view], self._ends[edge] - points[view]
        )
        key = view[pair] * RAYS + ray
        order = np.lexsort((distance, key))
        keys, first = np.unique(key[order], return_index=True)
        nearest = order[first]
        distances = np.full(len(points) * RAYS, np.inf)
        buildings = np.full(len(points) * RAYS, -1, dtype=np.int64)
        distances[keys] = distance[nearest]
        buildings[keys] = self._owner[edge[pair[nearest]]]
        return Horizon(distances.reshape(-1, RAYS), buildings.reshape(-1, RAYS))


def bearings(steps: F64) -> F64:
    """Bearing of each step [L, 2] east and north, in [0, 360)."""
    degrees: F64 = np.degrees(np.arctan2(steps[:, 0], steps[:, 1])) % 360
    return np.where(degrees < 360, degrees, 0.0)


def _crossings(starts: F64, ends: F64) -> tuple[I64, I64, F64]:
    """Edge, ray and distance of each crossing of a ray from the origin with E edges [E, 2]."""
    bearing = bearings(starts)
    span = (bearings(ends) - bearing + 180) % 360 - 180
    low = np.where(span < 0, bearing + span, bearing) * RAYS / 360 - 0.5
    first = np.ceil(low).astype(np.int64)
    counts = np.floor(low + np.abs(span) * RAYS / 360).astype(np.int64) - first + 1
    edge = np.repeat(np.arange(len(starts)), counts)
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    ray = first[edge] + step
    angle = np.radians((ray + 0.5) * 360 / RAYS)
    along = np.column_stack([np.sin(angle), np.cos(angle)])
    start, wall = starts[edge], ends[edge] - starts[edge]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (start[:, 0] * wall[:, 1] - start[:, 1] * wall[:, 0]) / (
            along[:, 0] * wall[:, 1] - along[:, 1] * wall[:, 0]
        )
    met = np.isfinite(distance) & (distance >= 0)
    return edge[met], ray[met] % RAYS, distance[met]
