"""What lies in which part of a tile's picture, as a grid; knows geometry, not how it is drawn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from PIL import Image, ImageDraw

from core.arrays import Bools
from core.geo import EARTH_RADIUS_M, Position
from core.records import World

_MERCATOR_RADIUS_M = 6_378_137.0
_FINE = 2
"""A cell is drawn as this many points along its side, so that thin things are not lost."""


def frequent_kinds(worlds: Iterable[World], at_least: int) -> tuple[str, ...]:
    """Kinds and groups that occur so often, in the order of the alphabet: the C classes."""
    counts: Counter[str] = Counter()
    for world in worlds:
        counts.update(world.features.kind)
        counts.update(f"any {group}" for group in world.features.group)
    return tuple(sorted(kind for kind, n in counts.items() if kind and n >= at_least))


class Layouts:
    """Which classes lie in which cell of a square picture around any centre."""

    def __init__(self, world: World, kinds: Sequence[str]) -> None:
        number = {kind: row for row, kind in enumerate(kinds)}
        pairs = zip(world.features.kind, world.features.group, strict=True)
        classes = [
            [number[name] for name in (kind, f"any {group}") if name in number]
            for kind, group in pairs
        ]
        kept = np.array([bool(row) for row in classes], dtype=bool)
        shapes = world.features.geometry.to_crs(3857).to_numpy()
        self._count = len(kinds)
        self._shapes = shapes[kept]
        self._classes = [row for row in classes if row]
        self._tree = shapely.STRtree(self._shapes)

    def grid(self, center: Position, footprint_m: float, cells: int) -> Bools:
        """[C, cells, cells], rows from north, columns from west: whether any of a class is there.

        The square is the one `Renderer.tile_picture` draws.
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
                fine[self._classes[row]] |= _drawn(part, edges[0], edges[3], scale, points)
        return np.asarray(fine.reshape(self._count, cells, _FINE, cells, _FINE).any(axis=(2, 4)))


def _drawn(shape: shapely.Geometry, west: float, north: float, scale: float, points: int) -> Bools:
    """[points, points]: where a shape lies, its holes left out."""
    canvas = Image.new("1", (points, points))
    draw = ImageDraw.Draw(canvas)

    def pixels(part: shapely.Geometry) -> list[tuple[float, float]]:
        at = (shapely.get_coordinates(part) - (west, north)) * (scale, -scale)
        return [(float(x), float(y)) for x, y in np.clip(at, 0, points - 1e-3) // 1]

    # What lies in a hole is smaller than what the hole is in, and drawn after it.
    parts = shapely.get_parts(shapely.get_parts(shape))  # a collection may hold collections
    for part in sorted(parts, key=lambda one: -shapely.envelope(one).area):
        if part.geom_type == "Polygon":
            draw.polygon(pixels(part.exterior), fill=1, outline=1)
            for hole in part.interiors:
                draw.polygon(pixels(hole), fill=0, outline=1)
        elif part.geom_type == "Point":
            draw.point(pixels(part), fill=1)
        else:
            draw.line(pixels(part), fill=1)
    return np.asarray(canvas)
