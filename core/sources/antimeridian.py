"""Shapes on both sides of the antimeridian as one piece: longitudes run on past 180 or -180."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.arrays import F64, Bools, Objects
from core.errors import SourceError
from core.geo import BEYOND_DEG, Bounds


def whole(shapes: Objects) -> Objects:
    """N shapes in degrees; each that crosses the antimeridian runs on past 180.

    Such a shape seems to reach around the earth, as its longitudes jump from 180 to -180.
    """
    edges = shapely.bounds(shapes)
    rows = np.flatnonzero(edges[:, 2] - edges[:, 0] > 180)
    for row in rows:
        lons = shapely.get_coordinates(shapes[row])[:, 0]
        inner = lons[np.abs(lons) < 180]  # on the line itself, both sides are the same
        if inner.size and np.ptp(inner % 360) < 180:
            shapes[row] = _run_on(shapes[row], to_east=True)
    return shapes


def joined_across(shapes: Objects) -> Objects:
    """N shapes in degrees; those of a map across the antimeridian are moved to its larger side.

    Maps that do not reach both sides, or reach around the earth, stay as they are. Raises
    SourceError if the smaller side is wider than longitudes may run on.
    """
    edges = shapely.bounds(shapes)
    if (edges[:, 2] - edges[:, 0] > 180).any():
        return shapes
    longitudes = shapely.get_coordinates(shapes)[:, 0]
    eastern = longitudes % 360
    if np.ptp(longitudes) <= 180 >= longitudes.max() or np.ptp(eastern) > 180:
        return shapes
    is_eastern = bool(np.median(eastern) <= 180)
    beyond = eastern.max() - 180 if is_eastern else 180 - eastern.min()
    if beyond > BEYOND_DEG:
        raise SourceError(
            f"the map reaches {beyond:.1f} degrees across the antimeridian; "
            f"{BEYOND_DEG} at most can be one gallery: choose a part of it with --bbox"
        )
    return np.array([_run_on(shape, is_eastern) for shape in shapes], dtype=object)


def _run_on(shape: BaseGeometry, to_east: bool) -> BaseGeometry:
    """A shape beside the antimeridian with all its longitudes on one side of zero."""

    def turned(points: F64) -> F64:
        lons = points[:, 0]
        turns = (lons < 0) * 360.0 if to_east else (lons > 0) * -360.0
        return np.column_stack([lons + turns, points[:, 1]])

    moved: BaseGeometry = shapely.transform(shape, turned)
    return moved


def inside(shapes: Objects, bbox: Bounds) -> Bools:
    """Which of N shapes in degrees touch a box, which may reach across the antimeridian."""
    is_inside = np.zeros(len(shapes), dtype=bool)
    for turn in (0, 360, -360):
        west, east = bbox.west + turn, bbox.east + turn
        box = shapely.box(west, bbox.south, east, bbox.north)
        is_inside |= shapely.intersects(shapes, box)
    return is_inside
