"""Layout labels: the classes of map features in each cell of a tile's picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from PIL import Image, ImageDraw

from core.arrays import Bools
from core.geo import EARTH_RADIUS_M, Position
from core.world import World

_MERCATOR_RADIUS_M = 6_378_137.0
_FINE = 2
"""Points along the side of a cell when shapes are rasterized, so that thin shapes are not lost."""


def frequent_kinds(worlds: Iterable[World], at_least: int) -> tuple[str, ...]:
    """The C classes: kinds and groups with at least `at_least` features, in alphabetical order."""
    counts: Counter[str] = Counter()
    for world in worlds:
        counts.update(world.features.kind)
        counts.update(f"any {group}" for group in world.features.group)
    return tuple(sorted(kind for kind, n in counts.items() if kind and n >= at_least))


class Layouts:
    """The layout labels of square pictures around any centre."""

    def __init__(self, world: World, kinds: Sequence[str]) -> None:
        row_of = {kind: row for row, kind in enumerate(kinds)}
        pairs = zip(world.features.kind, world.features.group, strict=True)
        classes = [
            [row_of[name] for name in (kind, f"any {group}") if name in row_of]
            for kind, group in pairs
        ]
        has_class = np.array([bool(row) for row in classes], dtype=bool)
        shapes = world.features.geometry.to_crs(3857).to_numpy()
        self._count = len(kinds)
        self._shapes = shapes[has_class]
        self._classes = [row for row in classes if row]
        self._tree = shapely.STRtree(self._shapes)

    def grid(self, center: Position, footprint_m: float, cells: int) -> Bools:
        """[C, cells, cells]: True where a feature of the class is in the cell.

        Rows go from north to south, columns from west to east. The square is that of
        `Renderer.tile_picture`.
        """
        x = math.radians(center.lon) * _MERCATOR_RADIUS_M
        y = math.asinh(math.tan(math.radians(center.lat))) * _MERCATOR_RADIUS_M
        enlargement = _MERCATOR_RADIUS_M / EARTH_RADIUS_M / math.cos(math.radians(center.lat))
        half = footprint_m / 2 * enlargement
        edges = (x - half, y - half, x + half, y + half)
        near = np.sort(self._tree.query(shapely.box(*edges)))
        parts = shapely.clip_by_rect(self._shapes[near], *edges)
        points = cells * _FINE
        scale = points / (2 * half)
        fine = np.zeros((self._count, points, points), dtype=bool)
        for row, part in zip(near, parts, strict=True):
            if not part.is_empty:
                fine[self._classes[row]] |= _rasterize(part, edges[0], edges[3], scale, points)
        return np.asarray(fine.reshape(self._count, cells, _FINE, cells, _FINE).any(axis=(2, 4)))


def _rasterize(
    shape: shapely.Geometry, west: float, north: float, scale: float, points: int
) -> Bools:
    """[points, points]: True inside a shape and outside its holes."""
    canvas = Image.new("1", (points, points))
    draw = ImageDraw.Draw(canvas)

    def pixels(part: shapely.Geometry) -> list[tuple[float, float]]:
        at = (shapely.get_coordinates(part) - (west, north)) * (scale, -scale)
        return [(float(x), float(y)) for x, y in np.clip(at, 0, points - 1e-3) // 1]

    # A shape inside a hole is smaller than the shape around it, and is drawn later.
    parts = shapely.get_parts(shapely.get_parts(shape))  # a collection may contain collections
    for part in sorted(parts, key=lambda part: -shapely.envelope(part).area):
        if part.geom_type == "Polygon":
            draw.polygon(pixels(part.exterior), fill=1, outline=1)
            for hole in part.interiors:
                draw.polygon(pixels(hole), fill=0, outline=1)
        elif part.geom_type == "Point":
            draw.point(pixels(part), fill=1)
        else:
            draw.line(pixels(part), fill=1)
    return np.asarray(canvas)
