"""Small bright things that no map has: the white vehicles of yards.

Pools were tried and left out: half of the blue spots were lorries and courts. A vehicle is a filled
rectangle. Of the four yards of Pardubice that were found by size alone one was an empty pool; the
two that are left with the shape are right, and a third, of grey army lorries, is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage

from core.arrays import F32, F64, I32, Bools
from core.facts.aerial.photograph import STEP_M, Block
from core.geo import tile_bounds

_VEHICLE_M2 = (6.0, 45.0)
_WIDTH_M, _LONGEST_M, _FILLED = (1.5, 3.6), 15.0, 0.85
"""Sides of the rectangle with a spot's second moments, and the least share of it that is filled.
Within 75 m of the middles of the four yards 36, 52, 5 and, in the pool, 3 spots have such a
shape."""


@dataclass(frozen=True, slots=True)
class SpotSort:
    """A sort of spot by the sizes in m² that it may have."""

    name: str
    size_m2: tuple[float, float]


SORTS: tuple[SpotSort, ...] = (SpotSort("white vehicle", _VEHICLE_M2),)


def _masks(rgb: F32) -> Mapping[str, Bools]:
    """The pixels that a spot of each sort may have, from balanced colours [S, S, 3]."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    low = np.minimum(np.minimum(red, green), blue)
    high = np.maximum(np.maximum(red, green), blue)
    return {"white vehicle": (low > 208) & (high - low < 28)}


class SpotFinder:
    """Collects spots block by block: positions in degrees by sort, longitude first."""

    def __init__(self) -> None:
        self._places: dict[str, list[F64]] = {sort.name: [] for sort in SORTS}

    def add(self, block: Block, buildings: I32) -> None:
        """Adds the spots of a block that lie outside `buildings` [S, S]."""
        size = len(block.valid)
        pixel_m2 = block.metres_per_px**2
        rgb = block.balance(block.rgb)
        free = block.valid & (ndimage.maximum_filter(buildings, 3) == 0)
        core = tile_bounds(block.center, STEP_M)
        masks = _masks(rgb)
        for sort in SORTS:
            numbers, count = ndimage.label(masks[sort.name] & free)
            if not count:
                continue
            area = np.bincount(numbers.ravel())[1:] * pixel_m2
            is_sized = (area >= sort.size_m2[0]) & (area <= sort.size_m2[1])
            rows = np.flatnonzero(is_sized & _vehicle_shaped(numbers, block.metres_per_px))
            if not len(rows):
                continue
            middle = np.array(ndimage.center_of_mass(numbers > 0, numbers, rows + 1))
            edges = block.bounds
            lons = edges.west + (middle[:, 1] + 0.5) / size * (edges.east - edges.west)
            lats = edges.north - (middle[:, 0] + 0.5) / size * (edges.north - edges.south)
            inside = core.contains(lats, lons)
            self._places[sort.name].append(np.column_stack([lons, lats])[inside])

    def places(self, sort: str) -> F64:
        """The positions [N, 2] of all spots of a sort."""
        return np.concatenate([np.empty((0, 2)), *self._places[sort]])


def _vehicle_shaped(numbers: I32, metres_per_px: float) -> Bools:
    """Which of the spots 1 to N in a picture [S, S] of their numbers are narrow filled rectangles.

    A rectangle a × b has the variances a² / 12 and b² / 12 along its axes.
    """
    at = np.flatnonzero(numbers)
    spot = numbers.ravel()[at] - 1
    y, x = np.divmod(at.astype(np.float64), numbers.shape[1])
    pixels = np.bincount(spot).astype(np.float64)

    def mean(values: F64) -> F64:
        return np.bincount(spot, values) / pixels

    x, y = x - mean(x)[spot], y - mean(y)[spot]
    across, down, both = mean(x * x) + 1 / 12, mean(y * y) + 1 / 12, mean(x * y)
    middle, apart = (across + down) / 2, np.hypot((across - down) / 2, both)
    length = metres_per_px * np.sqrt(12 * (middle + apart))
    width = metres_per_px * np.sqrt(12 * np.maximum(middle - apart, 1e-6))
    filled = pixels * metres_per_px**2 / (length * width)
    is_wide = (width >= _WIDTH_M[0]) & (width <= _WIDTH_M[1])
    shaped: Bools = is_wide & (length <= _LONGEST_M) & (filled >= _FILLED)
    return shaped


def crowded(points: F64, within_m: float, least: int) -> Bools:
    """Whether at least `least` of N points in metres lie within a distance of each."""
    if not len(points):
        return np.zeros(0, dtype=bool)
    shapes = shapely.points(points)
    left, _ = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m)
    many: Bools = np.bincount(left, minlength=len(points)) >= least
    return many
