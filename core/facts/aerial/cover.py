"""What covers the ground in an aerial photograph: trees, and open ground by its colour.

A grid of cells of some 4 m over the photograph holds the mean colour and the roughness of each.
Trees look as the map's own woods do (`core.facts.aerial.taught_ground`); where the map has too few,
they are green or dark and rough. Open ground is smooth. Buildings, roads and waters come from the
map. Our own rules; the thresholds were chosen by eye in the western part of Pardubice.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from geopandas import GeoSeries
from pyproj import CRS
from rasterio.transform import Affine
from scipy import ndimage

from core.arrays import F32, Bools, Objects
from core.facts.aerial.colours import lab_of
from core.facts.aerial.photograph import Block
from core.facts.aerial.taught_ground import TREES, class_shares
from core.facts.things import Fact, Things
from core.geo import METRES_PER_DEGREE, Bounds

_CELL_M = 4.0
_TREE_M2, _WOOD_M2, _OPEN_M2 = 150.0, 4000.0, 3000.0
_WOOD_CORE_M = 16.0
_COLONY_PLANTS = 0.35
_SIMPLER_M = 3.0
_SHADE_L, _CANOPY_L = 24.0, 40.0
_ROUGH, _SMOOTH = 3.0, 4.5
"""Standard deviations of the lightness within 5 m of a canopy, at least, and of open ground."""
_GREEN_A = -3.0
"""Mean a of CIELAB below which a cell is green: 5 to 95 % of the cells of mapped roofs and roads
have −4 to 3 in Châteaugiron and −6 to 10 in Pardubice, half of those of woods less than −5 and
−10."""
_TREE_SHARE = 0.55
_PLANTS = (TREES, "grass", "fields")


@dataclass(frozen=True, slots=True)
class MappedGround:
    """Outlines in degrees of what a map has: `woods`, `grass`, `fields`, `buildings`, `waters`,
    `roads`, `lots`, `rails` and `courts` (sports grounds and playgrounds)."""

    woods: Objects
    grass: Objects
    fields: Objects
    buildings: Objects
    waters: Objects
    roads: Objects
    lots: Objects
    rails: Objects
    courts: Objects


class CoverMeter:
    """Collects the cells of a photograph block by block."""

    def __init__(self, area: Bounds) -> None:
        up = _CELL_M / METRES_PER_DEGREE
        across = up / math.cos(math.radians(area.center.lat))
        self.rows = max(1, math.ceil((area.north - area.south) / up))
        self.columns = max(1, math.ceil((area.east - area.west) / across))
        self.transform = Affine(across, 0, area.west, 0, -up, area.north)
        self._plants: F32 = np.zeros((self.rows, self.columns), dtype=np.float32)
        self._sums = np.zeros((7, self.rows * self.columns), dtype=np.float32)

    def add(self, block: Block) -> None:
        """Adds the pixels of a block; where blocks overlap, both count."""
        size, edges = len(block.valid), block.bounds
        lab = lab_of(block.balance(block.rgb.reshape(-1, 3)))
        light = lab[:, 0].reshape(size, size)
        width = max(3, round(5.0 / block.metres_per_px) // 2 * 2 + 1)
        mean = ndimage.uniform_filter(light, width)
        square = ndimage.uniform_filter(light * light, width)
        rough = np.sqrt(np.maximum(square - mean * mean, 0)).ravel()
        hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        brown = (chroma > 7) & (((hue + 20) % 360) < 115) & (lab[:, 0] < 64)
        yellow = (chroma > 28) & (hue > 82) & (hue < 112)
        half = 0.5 / size
        along = np.linspace(half, 1 - half, size)
        lons = edges.west + along * (edges.east - edges.west)
        lats = edges.north - along * (edges.north - edges.south)
        column = np.floor((lons - self.transform.c) / self.transform.a).astype(np.int64)
        row = np.floor((lats - self.transform.f) / self.transform.e).astype(np.int64)
        inside = block.valid & ((row >= 0) & (row < self.rows))[:, None]
        inside &= ((column >= 0) & (column < self.columns))[None]
        cells = (row[:, None] * self.columns + column[None])[inside]
        kept = inside.ravel()
        parts = (np.ones(len(kept)), light.ravel(), lab[:, 1], lab[:, 2], rough, brown, yellow)
        for number, part in enumerate(parts):
            self._sums[number] += np.bincount(cells, part[kept], self._sums.shape[1])

    def things(self, mapped: MappedGround, crs: CRS) -> Things:
        """The facts about what covers the ground, with shapes in metres of `crs`."""
        seen = (self._sums[0] > 0).reshape(self.rows, self.columns)
        light, a, b, rough, brown, yellow = (
            np.where(
                seen, part.reshape(seen.shape) / np.maximum(self._sums[0], 1).reshape(seen.shape), 0
            )
            for part in self._sums[1:]
        )
        built, water = self._drawn(mapped.buildings), self._drawn(mapped.waters)
        free = seen & (_share(built, 3) < 0.25) & (_share(water, 3) < 0.3)
        green = a < _GREEN_A
        roads, parking = self._drawn(mapped.roads), self._drawn(mapped.lots)
        taught = {
            "fields": self._drawn(mapped.fields),
            "grass": self._drawn(mapped.grass),
            TREES: self._drawn(mapped.woods),
            "paved": roads | parking | built,
            "water": water,
        }
        shares = class_shares((light, a, b, rough), taught, seen)
        if shares is None:
            plants = _mean(green | (light < _SHADE_L), 3)
            trees = free & (plants > 0.6) & (_mean(light, 3) < _CANOPY_L)
            trees &= (_mean(rough, 3) > _ROUGH) & (_mean(green, 3) > 0.25)
        else:
            plants = _mean(np.sum([shares[n] for n in _PLANTS if n in shares], axis=0), 3)
            trees = free & (_mean(shares[TREES], 3) > _TREE_SHARE)
        lots = _share(parking, 3) + _share(roads, 3)
        lots += 3 * _share(self._drawn(mapped.rails), 5)
        open_ground = free & ~trees & (_mean(rough, 3) < _SMOOTH) & (lots < 0.3)
        open_ground &= _share(built, 7) < 0.12
        open_ground = ndimage.binary_opening(open_ground, _disk(3))
        wood = ndimage.binary_opening(trees, _disk(round(_WOOD_CORE_M / _CELL_M)))
        found = [
            (text, shape)
            for text, mask, least_m2 in (
                ("group of trees or bushes", trees, _TREE_M2),
                ("stand of dense trees", wood, _WOOD_M2),
            )
            for shape in self._regions(mask, least_m2)
        ]
        courts = _share(self._drawn(mapped.courts), 3)
        found += self._open_regions(
            open_ground, green, light, np.where(courts > 0.3, 0, brown), yellow
        )
        self._plants = plants
        flat = np.array([shape for _, shape in found], dtype=object)
        metric = np.asarray(GeoSeries(flat, crs=4326).to_crs(crs).array, dtype=object)
        facts = [Fact(text, text, [], view="photograph") for text, _ in found]
        return Things(shapely.simplify(metric, _SIMPLER_M), facts)

    def is_planted(self, shape: shapely.Geometry) -> bool:
        """Whether plants cover enough of a shape in degrees for gardens."""
        cells = self._drawn(np.array([shape], dtype=object))
        return bool(cells.any()) and float(self._plants[cells].mean()) >= _COLONY_PLANTS

    def _drawn(self, shapes: Objects) -> Bools:
        """The cells [R, C] that shapes cover."""
        pairs = [(shape, 1) for shape in shapes if not shape.is_empty]
        if not pairs:
            return np.zeros((self.rows, self.columns), dtype=bool)
        drawn = rasterio.features.rasterize(
            pairs, out_shape=(self.rows, self.columns), transform=self.transform, dtype="uint8"
        )
        covered: Bools = drawn > 0
        return covered

    def _regions(self, mask: Bools, least_m2: float) -> Iterator[shapely.Geometry]:
        """The connected parts of at least some size, in degrees."""
        numbers, _ = ndimage.label(mask)
        sizes = np.bincount(numbers.ravel()) * _CELL_M**2
        kept = mask & (sizes >= least_m2)[numbers]
        for outline, _ in rasterio.features.shapes(
            kept.astype(np.uint8), mask=kept, transform=self.transform
        ):
            yield shapely.geometry.shape(outline)

    def _open_regions(
        self, mask: Bools, green: Bools, light: F32, brown: F32, yellow: F32
    ) -> Iterator[tuple[str, shapely.Geometry]]:
        """Open ground by its colour; grey ground is paved, or has no colour to tell."""
        greens, light, brown, yellow = (_mean(part, 5) for part in (green, light, brown, yellow))
        bare = (greens <= 0.3) & (yellow <= 0.5)
        for text, coloured in (
            ("yellow field", yellow > 0.5),
            ("stretch of grass or crops", (greens > 0.5) & (yellow <= 0.5)),
            ("stretch of brown ground, bare or dry", bare & (brown > 0.6)),
            ("stretch of pale open ground", bare & (brown <= 0.6) & (light > 62)),
        ):
            for shape in self._regions(ndimage.binary_opening(mask & coloured, _disk(2)), _OPEN_M2):
                yield text, shape


def _mean(values: F32 | Bools, width: int) -> F32:
    mean: F32 = ndimage.uniform_filter(values.astype(np.float32), width)
    return mean


_share = _mean


def _disk(radius: int) -> Bools:
    down, across = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk: Bools = down**2 + across**2 <= radius**2
    return disk
