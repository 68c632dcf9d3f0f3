"""The dark palette, and base maps in it: a tile's colours are exchanged for those of the dark.

A tile holds colours of the style alone (`core.render.encode`), so nothing is drawn again, and a
gallery needs no second base map. Each colour keeps its hue; its lightness in OKLab follows one
curve for areas and one for lines and letters (https://bottosson.github.io/posts/oklab/).
"""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageColor

from core.arrays import F64, I64, U8
from core.render import lines, palette
from core.render.encode import area_colours, nearest_colours, style_colours


@dataclass(frozen=True, slots=True)
class _Curve:
    """Lightness in the dark by lightness in the light, piecewise linear, and a factor of chroma."""

    light: tuple[float, ...]
    dark: tuple[float, ...]
    chroma: float


_AREAS = _Curve(
    (0.0, 0.5, 0.70, 0.76, 0.865, 0.957, 1.0), (0.9, 0.75, 0.52, 0.44, 0.33, 0.25, 0.25), 0.6
)
_INKS = _Curve(
    (0.0, 0.28, 0.5, 0.6, 0.7, 0.78, 0.87, 1.0), (1.0, 0.92, 0.82, 0.74, 0.62, 0.5, 0.4, 0.34), 0.9
)
_ROADS = _Curve((0.0, 0.8, 1.0), (0.6, 0.5, 0.42), 0.7)
_FIXED: Mapping[str, str] = {
    palette.LAND: "#1f2428",
    palette.WATER: "#12344f",
    palette.WHITE: "#343b41",
    lines.RAILS[1].colour: "#666d72",
}
"""Ground, water, what is white in the light (small streets, and the ground of letters), rails."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@functools.lru_cache(maxsize=1024)
def recoloured(picture: bytes) -> bytes:
    """A tile of a base map in the dark palette, as PNG."""
    with Image.open(io.BytesIO(picture)) as opened:
        numbers = nearest_colours(np.asarray(opened.convert("RGB")))
    dark = Image.fromarray(numbers)
    dark.putpalette(_dark_colours().tobytes())
    buffer = io.BytesIO()
    dark.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


@functools.cache
def _dark_colours() -> U8:
    """The colour [C, 3] in the dark of each colour of the style."""
    roads = {_rgb(road.fill) for road in lines.ROADS}
    fixed = {_rgb(light): _rgb(dark) for light, dark in _FIXED.items()}
    areas = {_rgb(text) for text in area_colours()}
    return np.array(
        [
            fixed.get(colour)
            or _moved(colour, _ROADS if colour in roads else _AREAS if colour in areas else _INKS)
            for colour in map(tuple, style_colours().tolist())
        ],
        dtype=np.uint8,
    )


def _rgb(text: str) -> tuple[int, ...]:
    return ImageColor.getrgb(text[:7])


def _moved(colour: tuple[int, ...], curve: _Curve) -> tuple[int, ...]:
    """A colour at its lightness in the dark."""
    lab = _TO_LAB @ np.cbrt(_TO_LMS @ _linear(np.array(colour)))
    lab[1:] *= curve.chroma
    lab[0] = np.interp(lab[0], curve.light, curve.dark)
    return _shown(np.linalg.inv(_TO_LMS) @ (np.linalg.inv(_TO_LAB) @ lab) ** 3)


def _linear(colour: I64) -> F64:
    """Linear light of a colour in sRGB."""
    value = colour / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _shown(light: F64) -> tuple[int, ...]:
    """The colour in sRGB of linear light."""
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return tuple(np.rint(255 * value).astype(int).tolist())
