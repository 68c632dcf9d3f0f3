"""Windows of raster files, and their way to pictures with north up."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from core.arrays import F64, U8
from core.geo import Bounds
from core.sources.imagery.layer import AerialPicture

_CELLS: Final = 4
"""Cells along a side of a picture between whose corners places are interpolated. Over 2 km in UTM
the error is below 1 cm."""

_EVEN_PX: Final = 0.05


def grid_points(bounds: Bounds) -> tuple[F64, F64]:
    """Longitudes and latitudes [CELLS + 1, CELLS + 1] over a box, rows from the north."""
    lons = np.linspace(bounds.west, bounds.east, _CELLS + 1)
    lats = np.linspace(bounds.north, bounds.south, _CELLS + 1)
    across, down = np.meshgrid(lons, lats)
    return across, down


@dataclass(frozen=True, slots=True)
class SourceWindow:
    """A window of a raster file, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Its pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Its pixels from top to bottom."""
        return self.bottom - self.top

    def shape(self, step: float) -> tuple[int, int]:
        """Height and width when `step` pixels become one."""
        return max(1, round(self.height / step)), max(1, round(self.width / step))

    def part_of(self, decoded: U8, shape: tuple[int, int]) -> U8:
        """The window of a decoded file [H, W, C], reduced to `shape`."""
        part = decoded[self.top : self.bottom, self.left : self.right]
        if part.shape[:2] == shape:
            return part
        reduced = Image.fromarray(part).resize(shape[::-1], Image.Resampling.BOX)
        return np.asarray(reduced)


@dataclass(frozen=True, slots=True)
class SourceGrid:
    """Columns and rows [CELLS + 1, CELLS + 1] of a raster file under the points of a picture."""

    columns: F64
    rows: F64

    def window(self, size: tuple[int, int], margin_px: float) -> SourceWindow | None:
        """The window of a file of `size` (width, height) under the picture; None for none."""
        left = max(0, math.floor(self.columns.min() - margin_px))
        top = max(0, math.floor(self.rows.min() - margin_px))
        right = min(size[0], math.ceil(self.columns.max() + margin_px))
        bottom = min(size[1], math.ceil(self.rows.max() + margin_px))
        if left >= right or top >= bottom:
            return None
        return SourceWindow(left, top, right, bottom)

    @property
    def is_north_up(self) -> bool:
        """Whether columns run east and rows south, evenly, to within a twentieth of a pixel."""
        across = np.linspace(self.columns[0, 0], self.columns[0, -1], _CELLS + 1)
        down = np.linspace(self.rows[0, 0], self.rows[-1, 0], _CELLS + 1)
        return bool(
            across[0] < across[-1]
            and down[0] < down[-1]
            and np.abs(self.columns - across).max() < _EVEN_PX
            and np.abs(self.rows - down[:, None]).max() < _EVEN_PX
        )

    def is_within(self, window: SourceWindow) -> bool:
        """Whether the window lies under the whole picture."""
        return bool(
            self.columns.min() >= window.left
            and self.columns.max() <= window.right
            and self.rows.min() >= window.top
            and self.rows.max() <= window.bottom
        )


def upright(colours: U8, window: SourceWindow, grid: SourceGrid, size_px: int) -> AerialPicture:
    """The picture of `size_px` of a window's `colours` [H, W, 3], or [H, W, 4] with alpha."""
    if colours.shape[2] == 3 and not grid.is_within(window):
        colours = np.concatenate([colours, np.full_like(colours[..., :1], 255)], axis=-1)
    height, width = colours.shape[:2]
    x = (grid.columns - window.left) * (width / window.width)
    y = (grid.rows - window.top) * (height / window.height)
    source = Image.fromarray(np.ascontiguousarray(colours))
    if grid.is_north_up and grid.is_within(window):
        box = (float(x[0, 0]), float(y[0, 0]), float(x[-1, -1]), float(y[-1, -1]))
        picture = source.resize((size_px, size_px), Image.Resampling.BILINEAR, box)
    else:
        picture = source.transform(
            (size_px, size_px),
            Image.Transform.MESH,
            _mesh(x, y, size_px),
            Image.Resampling.BILINEAR,
        )
    pixels = np.asarray(picture)
    if pixels.shape[2] == 3:
        return AerialPicture(pixels.copy(), np.ones(pixels.shape[:2], dtype=bool))
    valid = pixels[..., 3] > 127
    return AerialPicture(np.where(valid[..., None], pixels[..., :3], np.uint8(0)), valid)


def _mesh(x: F64, y: F64, size_px: int) -> list[Any]:
    """The cells of a picture, each with the corners in the source, as Pillow wants them."""
    edges = np.linspace(0, size_px, _CELLS + 1).round().astype(int).tolist()
    share = np.array(edges) / size_px * _CELLS
    x, y = _between(x, share), _between(y, share)
    mesh: list[Any] = []
    for down in range(_CELLS):
        for across in range(_CELLS):
            box = (edges[across], edges[down], edges[across + 1], edges[down + 1])
            below, beside = down + 1, across + 1
            corners = ((down, across), (below, across), (below, beside), (down, beside))
            quad = [float(value) for at in corners for value in (x[at], y[at])]
            if box[0] < box[2] and box[1] < box[3]:
                mesh.append((box, quad))
    return mesh


def _between(values: F64, at: F64) -> F64:
    """A grid at the places `at` [CELLS + 1] between its rows and columns, counted in cells."""
    cells = np.arange(_CELLS + 1)
    rows = np.array([np.interp(at, cells, row) for row in values])
    between: F64 = np.array([np.interp(at, cells, column) for column in rows.T]).T
    return between
