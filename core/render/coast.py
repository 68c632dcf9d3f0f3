"""Finds the sea beside coastlines.

OpenStreetMap stores the shore as lines with the land on their left, and no sea.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from core.arrays import F64


def sea_polygons(coast: Sequence[BaseGeometry], box: F64) -> list[Polygon]:
    """Parts of a box (left, bottom, right, top; metres) to the right of the coastlines.

    A line that ends inside the box, as in a cut-out of a larger map, is extended straight to the
    nearest edge. Areas among `coast` are islands.
    """
    islands = [shape for shape in coast if shapely.get_dimensions(shape) == 2]
    lines = [shape for shape in coast if shapely.get_dimensions(shape) == 1]
    if not lines:
        return []
    shore = list(shapely.get_parts(shapely.line_merge(shapely.union_all(lines), directed=True)))
    frame = shapely.box(*(box + np.array([-50.0, -50.0, 50.0, 50.0])))
    extensions = [
        extension for line in shore if not line.is_ring for extension in _to_edge(line, frame)
    ]
    faces = shapely.polygonize(
        shapely.get_parts(shapely.union_all([*shore, *extensions, frame.boundary]))
    )
    segments = _segments(shore)
    sea = [face for face in shapely.get_parts(faces) if _is_right_of(face, segments)]
    if islands and sea:
        open_sea = shapely.difference(shapely.union_all(sea), shapely.union_all(islands))
        return [part for part in shapely.get_parts(open_sea) if part.area > 0]
    return sea


def _to_edge(line: LineString, frame: Polygon) -> list[LineString]:
    ends = [shapely.get_point(line, 0), shapely.get_point(line, -1)]
    return [shapely.shortest_line(end, frame.boundary) for end in ends if frame.contains(end)]


def _segments(shore: Sequence[LineString]) -> F64:
    """Start and end [N, 4] of each piece of shore."""
    pieces = [np.hstack([xy[:-1], xy[1:]]) for xy in map(shapely.get_coordinates, shore)]
    return np.vstack(pieces)


def _is_right_of(face: Polygon, segments: F64) -> bool:
    """Whether most of the shore along a face has the face on its right."""
    start, end = segments[:, :2], segments[:, 2:]
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    middle = (start + end) / 2
    right = np.column_stack([along[:, 1], -along[:, 0]]) / np.maximum(length, 1e-9)[:, None]
    shapely.prepare(face)
    on_right = shapely.contains_xy(face, *(middle + 0.05 * right).T)
    on_left = shapely.contains_xy(face, *(middle - 0.05 * right).T)
    return bool(length[on_right].sum() > length[on_left].sum())
