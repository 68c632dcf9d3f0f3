"""Encodes a rendered picture as a small WebP file.

Anti-aliasing gives a map thousands of colours that nobody can distinguish. Each pixel takes the
nearest colour of the style, the picture is reduced to the colours that it needs most, and the
result is stored without loss: half the bytes of lossy WebP at equal error, and crisp letters.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor

from core.arrays import F64, I32, U8
from core.render import lines, marks, palette

PICTURE_COLOURS = 20
"""Number of colours in a picture; few, because a gallery may have 15,000 pictures."""

_CLOSE = 30
"""Line and ink colours nearer than this (sum over red, green, blue) are merged."""

_CELL_BITS = 6


def webp(picture: Image.Image, colours: int | None = PICTURE_COLOURS) -> bytes:
    """Encodes a picture as lossless WebP in at most `colours` style colours, None for all."""
    numbers = nearest_colours(np.asarray(picture.convert("RGB")))
    table = style_colours()
    if colours is not None:
        numbers = _most_needed(numbers, colours)[numbers]
    buffer = io.BytesIO()
    Image.fromarray(table[numbers]).save(buffer, "WEBP", lossless=True, quality=60, method=3)
    return buffer.getvalue()


def nearest_colours(pixels: U8) -> U8:
    """Number [H, W] of the style's colour nearest to each pixel [H, W, 3]."""
    return _nearest()[_cells(pixels)]


def area_colours() -> set[str]:
    """The colours of the ground and of areas; the others are those of lines and letters."""
    return _all_colours()[0]


def _cells(pixels: U8) -> I32:
    """Cell of the colour cube [H, W] for each pixel [H, W, 3]."""
    coarse = pixels.astype(np.int32) >> (8 - _CELL_BITS)
    cells: I32 = (
        (coarse[..., 0] << 2 * _CELL_BITS) | (coarse[..., 1] << _CELL_BITS) | coarse[..., 2]
    )
    return cells


def _most_needed(numbers: U8, colours: int) -> U8:
    """Replacement [C] for each colour of the style, one of the `colours` most needed ones.

    Greedy: the next colour is the one whose pixels have the largest summed distance to all
    selected colours.
    """
    distances = _distances()
    counts = np.bincount(numbers.ravel(), minlength=len(distances)).astype(np.float64)
    selected = [int(counts.argmax())]
    while len(selected) < colours:
        error = counts * distances[:, selected].min(axis=1)
        worst = int(error.argmax())
        if error[worst] == 0:
            break
        selected.append(worst)
    replacements: U8 = np.array(selected, dtype=np.uint8)[distances[:, selected].argmin(axis=1)]
    return replacements


def _all_colours() -> tuple[set[str], set[str]]:
    """All colours of the style: those of areas, and those of lines and text."""
    tables: tuple[Sequence[object], ...] = (
        palette.AREAS,
        palette.BUILDINGS,
        lines.ROADS,
        lines.PATHS,
        lines.RAILS,
        lines.WATERWAYS,
        lines.BARRIERS,
        marks.DOTS,
        marks.POIS,
    )
    fills = {palette.LAND, palette.WATER, palette.WHITE}
    others = {
        palette.INK,
        palette.PATH_INK,
        palette.WATER_INK,
        palette.PLACE_INK,
        palette.NUMBER_INK,
        palette.UNKNOWN_INK,
        palette.UNKNOWN_LINE,
    }
    for row in (row for table in tables for row in table):
        fills.add(str(getattr(row, "fill", palette.WHITE))[:7])
        for part in ("outline", "label", "casing", "colour", "ink"):
            others.add(str(getattr(row, part, "") or palette.INK)[:7])
    return fills, others


@functools.cache
def style_colours() -> U8:
    """All colours [C, 3] that a picture may have, C at most 256."""
    fills, others = _all_colours()
    table = [np.array(ImageColor.getrgb(text)[:3], dtype=np.float64) for text in sorted(fills)]
    inks = [np.array(ImageColor.getrgb(text)[:3], dtype=np.float64) for text in sorted(others)]
    # Half-tones are for the soft edges of letters on their white halo.
    for colour in [*inks, *(ink / 2 + 127.5 for ink in inks)]:
        if min(np.abs(colour - known).sum() for known in table) >= _CLOSE:
            table.append(colour)
    return np.round(np.array(table[:256])).astype(np.uint8)


@functools.cache
def _distances() -> F64:
    table = style_colours().astype(np.float64)
    squared: F64 = ((table[:, None] - table[None]) ** 2).sum(axis=2)
    return squared


@functools.cache
def _nearest() -> U8:
    """Number of the style's colour nearest to the centre of each cell of the colour cube."""
    table = style_colours().astype(np.float32)
    steps = (np.arange(1 << _CELL_BITS, dtype=np.float32) + 0.5) * (1 << (8 - _CELL_BITS))
    nearest = np.empty((len(steps),) * 3, dtype=np.uint8)
    green, blue = np.meshgrid(steps, steps, indexing="ij")
    for number, red in enumerate(steps):
        middle = np.stack([np.full_like(green, red), green, blue], axis=-1).reshape(-1, 3)
        # |a - b|² without |a|², which is the same for all
        scores = (table**2).sum(axis=1) - 2 * middle @ table.T
        nearest[number] = scores.argmin(axis=1).reshape(green.shape)
    # A colour of the style maps to itself.
    nearest.reshape(-1)[_cells(style_colours())] = np.arange(len(table), dtype=np.uint8)
    return nearest.reshape(-1)
