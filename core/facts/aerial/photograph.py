"""An aerial photograph in even colours: blocks of ground with neutral roads and dark shadows.

Cameras, haze and seasons differ in cast, brightness and contrast. Asphalt is grey everywhere, and
what lies in shadow is nearly black, so red, green and blue are each moved and stretched until the
median pixel of the mapped roads and the mean of the darkest pixels are fixed colours. The second is
dark-object subtraction (Chavez 1988), which takes the blue of the haze away.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely
from PIL import Image, ImageDraw

from core.arrays import F32, F64, I32, I64, U8, Bools, Objects
from core.errors import SourceError
from core.facts.aerial.colours import lab_of
from core.geo import Bounds, Position, tile_bounds

_BLOCK_M = 640.0
STEP_M = 540.0
"""Blocks overlap, so that a large hall lies whole in one of them."""
_FINEST_M = 0.8
_COARSEST_M = 1.5
_ROAD_SAMPLE = 12
_ROAD_L = 62.0
"""Lightness of asphalt after balancing; the median of roads in the two photographs of
`SOURCES.md` lies between 55 and 68."""
_DARK = (13.0, 26.5, 34.0)
"""Red, green and blue of the darkest hundredth after balancing: those of Pardubice, by whose roofs
and grounds the colours were named. Before it the ones of Châteaugiron are (31, 43, 49), and hardly
a tree was green there."""
_DARKEST, _SHADOW = 0.01, 0.4
"""The darkest pixels, and the share of a road's brightness below which they lie in shadow; a
picture without shadows is only stretched."""
_GAIN = (0.6, 2.2)


class Picture(Protocol):
    """A square of ground: `rgb` [S, S, 3] and `valid` [S, S]."""

    rgb: U8
    valid: Bools


class Photograph(Protocol):
    """Imagery that gives pictures of any place, north up; `core.sources.imagery` has one."""

    bounds: Bounds
    metres_per_px: float

    def picture(self, lat: float, lon: float, side_m: float, size_px: int) -> Any:
        """The `Picture` of a square of `side_m` metres around a position."""


@dataclass(frozen=True, slots=True)
class ColourBalance:
    """Factors and then summands [3] of red, green and blue."""

    gains: F32
    offsets: F32

    def __call__(self, rgb: U8) -> F32:
        """The balanced colours [..., 3]; some may lie outside 0..255."""
        balanced: F32 = rgb.astype(np.float32) * self.gains + self.offsets
        return balanced


UNBALANCED = ColourBalance(np.ones(3, dtype=np.float32), np.zeros(3, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Block:
    """A square of ground: `rgb` [S, S, 3] as taken, `valid` [S, S], and how its colours are
    balanced."""

    center: Position
    bounds: Bounds
    rgb: U8
    valid: Bools
    balance: ColourBalance

    @property
    def metres_per_px(self) -> float:
        """The ground width of a pixel."""
        return _BLOCK_M / len(self.valid)

    def pixels(self, lonlat: F64) -> F64:
        """Columns and rows [N, 2] of positions [N, 2], longitude first."""
        size = len(self.valid)
        at = np.empty_like(lonlat)
        at[:, 0] = (lonlat[:, 0] - self.bounds.west) / (self.bounds.east - self.bounds.west)
        at[:, 1] = (self.bounds.north - lonlat[:, 1]) / (self.bounds.north - self.bounds.south)
        return at * size

    def lab(self, rows: I64) -> F32:
        """The balanced colours, in CIELAB, of pixels by their number."""
        return lab_of(self.balance(self.rgb.reshape(-1, 3)[rows]))

    def drawn(self, shapes: Objects, labels: I32, width_px: int = 0) -> I32:
        """A picture [S, S] of the labels of shapes in degrees, 0 where there is none.

        Later shapes cover earlier ones. Lines are drawn `width_px` wide.
        """
        size = len(self.valid)
        picture = Image.new("I", (size, size), 0)
        pen = ImageDraw.Draw(picture)
        for shape, label in zip(shapes, labels.tolist(), strict=True):
            for part in shapely.get_parts(shape):
                if part.geom_type == "Polygon":
                    self._fill(pen, part, label)
                elif part.geom_type == "LineString" and width_px:
                    points = self.pixels(shapely.get_coordinates(part)).ravel().tolist()
                    pen.line(points, fill=label, width=width_px)
        return np.asarray(picture, dtype=np.int32)

    def _fill(self, pen: ImageDraw.ImageDraw, part: shapely.Polygon, label: int) -> None:
        outline = self.pixels(shapely.get_coordinates(part.exterior))
        if len(outline) < 3:
            return
        pen.polygon(outline.ravel().tolist(), fill=label)
        for hole in part.interiors:
            pen.polygon(self.pixels(shapely.get_coordinates(hole)).ravel().tolist(), fill=0)


class BalancedPhotograph:
    """A photograph of an area, its colours balanced by its roads (`roads`: lines in degrees).

    Raises SourceError if it shows none of the area.
    """

    def __init__(self, photograph: Photograph, area: Bounds, roads: Objects, seed: int = 0) -> None:
        self._photograph = photograph
        self.metres_per_px = min(max(photograph.metres_per_px, _FINEST_M), _COARSEST_M)
        self._size = round(_BLOCK_M / self.metres_per_px)
        self.area = _shared(area, photograph.bounds)
        self.centers = _centers(self.area)
        self.balance = UNBALANCED
        self.balance = self._balance(roads, np.random.default_rng(seed))

    def block(self, center: Position) -> Block:
        """One block."""
        picture: Picture = self._photograph.picture(center.lat, center.lon, _BLOCK_M, self._size)
        return Block(
            center, tile_bounds(center, _BLOCK_M), picture.rgb, picture.valid, self.balance
        )

    def blocks(self) -> Iterator[Block]:
        """All blocks that show something."""
        for center in self.centers:
            block = self.block(center)
            if block.valid.any():
                yield block

    def _balance(self, roads: Objects, rng: np.random.Generator) -> ColourBalance:
        """What makes the median road a fixed grey, and the darkest pixels a fixed dark colour."""
        if not len(roads) or not self.centers:
            return UNBALANCED
        tree, on_roads, anywhere = shapely.STRtree(roads), [], []
        for row in rng.permutation(len(self.centers))[:_ROAD_SAMPLE]:
            block = self.block(self.centers[row])
            edges = block.bounds
            near = tree.query(shapely.box(edges.west, edges.south, edges.east, edges.north))
            on_road = block.drawn(roads[near], np.ones(len(near), dtype=np.int32), 2) > 0
            pixels = block.rgb[on_road & block.valid]
            if len(pixels) > 100:
                on_roads.append(pixels[rng.integers(0, len(pixels), 1000)])
                seen = block.rgb[block.valid]
                anywhere.append(seen[rng.integers(0, len(seen), 5000)])
        if not on_roads:
            return UNBALANCED
        return balance_of(np.concatenate(on_roads), np.concatenate(anywhere))


def balance_of(on_roads: U8, anywhere: U8) -> ColourBalance:
    """The balance by pixels of roads [N, 3] and of the whole ground [M, 3]."""
    brightness = on_roads.sum(axis=1, dtype=np.int64)
    road = np.median(on_roads[brightness >= np.percentile(brightness, 40)], axis=0)
    grey, aim, dark = _grey_of(_ROAD_L), np.zeros(3), np.zeros(3)
    brightness = anywhere.sum(axis=1, dtype=np.int64)
    seen, brightness = anywhere[brightness > 0], brightness[brightness > 0]  # margins may be black
    if not len(seen):
        return UNBALANCED
    darkest = seen[brightness <= np.percentile(brightness, 100 * _DARKEST)].mean(axis=0)
    if darkest.sum() < _SHADOW * road.sum():
        aim, dark = np.array(_DARK), darkest
    gains = np.clip((grey - aim) / np.maximum(road - dark, 1), *_GAIN)
    return ColourBalance(gains.astype(np.float32), (grey - road * gains).astype(np.float32))


def _shared(area: Bounds, seen: Bounds) -> Bounds:
    """The part of an area that is seen. Raises SourceError for none."""
    west, south = max(area.west, seen.west), max(area.south, seen.south)
    east, north = min(area.east, seen.east), min(area.north, seen.north)
    if west >= east or south >= north:
        raise SourceError(
            "the imagery shows other ground than the map; give imagery of the same place"
        )
    return Bounds(west, south, east, north)


def _grey_of(lightness: float) -> float:
    """The grey value, 0..255, of a lightness."""
    greys = np.arange(256, dtype=np.float32)
    return float(np.argmin(np.abs(lab_of(np.stack([greys] * 3, axis=1))[:, 0] - lightness)))


def _centers(area: Bounds) -> list[Position]:
    """Centres of blocks that cover an area."""
    step = tile_bounds(area.center, STEP_M)
    lat_step, lon_step = step.north - step.south, step.east - step.west
    rows = max(math.ceil((area.north - area.south) / lat_step), 0)
    columns = max(math.ceil((area.east - area.west) / lon_step), 0)
    return [
        Position(area.south + (row + 0.5) * lat_step, area.west + (column + 0.5) * lon_step)
        for row in range(rows)
        for column in range(columns)
    ]
