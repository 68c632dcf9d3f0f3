"""Names of colours in the CIELAB space: lightness, chroma and hue."""

from dataclasses import dataclass

import numpy as np

from core.arrays import F32, I64

_LINEAR = np.where(
    np.arange(256) / 255 <= 0.04045,
    np.arange(256) / 255 / 12.92,
    ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4,
).astype(np.float32)
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    dtype=np.float32,
)
_WHITE = np.array([0.95047, 1.0, 1.08883], dtype=np.float32)


def lab_of(rgb: F32) -> F32:
    """CIELAB (D65) of sRGB values [N, 3] in 0..255: lightness 0..100, a and b."""
    xyz = _LINEAR[np.clip(rgb, 0, 255).astype(np.uint8)] @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.empty_like(root)
    lab[:, 0] = 116 * root[:, 1] - 16
    lab[:, 1] = 500 * (root[:, 0] - root[:, 1])
    lab[:, 2] = 200 * (root[:, 1] - root[:, 2])
    return lab


@dataclass(frozen=True, slots=True)
class ColourBox:
    """A colour word and its ranges of lightness, chroma and hue (degrees)."""

    word: str
    lightness: tuple[float, float]
    chroma: tuple[float, float]
    hue: tuple[float, float] = (0.0, 360.0)


COLOUR_BOXES: tuple[ColourBox, ...] = (
    ColourBox("blue", (20, 90), (15, 200), (232, 300)),
    ColourBox("turquoise", (35, 90), (13, 200), (178, 232)),
    ColourBox("green", (38, 90), (11, 200), (140, 178)),
    ColourBox("green", (38, 90), (20, 200), (108, 140)),
    ColourBox("red", (20, 75), (19, 200), (-20, 38)),
    ColourBox("red", (20, 50), (19, 200), (38, 48)),
    ColourBox("red", (20, 75), (48, 200), (-20, 45)),
    ColourBox("orange", (50, 80), (12, 200), (38, 72)),
    ColourBox("yellow", (60, 101), (35, 200), (76, 108)),
    ColourBox("beige", (66, 101), (10, 35), (72, 105)),
    ColourBox("brown", (15, 50), (7, 200), (-10, 95)),
    ColourBox("brown", (50, 62), (7, 19), (-10, 38)),
    ColourBox("white", (80, 101), (0, 11)),
    ColourBox("light grey", (69, 80), (0, 11)),
    ColourBox("grey", (43, 69), (0, 6)),
    ColourBox("grey", (43, 69), (0, 14), (200, 300)),
    ColourBox("dark grey", (0, 43), (0, 6)),
    ColourBox("dark grey", (0, 43), (0, 15), (200, 300)),
)
"""The words of `core.vocabulary.attributes` that are told apart from above; of two boxes the
first counts, and colours between them have no name. Chosen by eye on roofs of the western part of
Pardubice."""
COLOUR_WORDS = tuple(dict.fromkeys(box.word for box in COLOUR_BOXES))
NO_COLOUR = -1


def colour_codes(lab: F32) -> I64:
    """The row in `COLOUR_WORDS` of each colour [N, 3], `NO_COLOUR` for none."""
    lightness, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    codes = np.full(len(lab), NO_COLOUR, dtype=np.int64)
    for box in reversed(COLOUR_BOXES):
        inside = (lightness >= box.lightness[0]) & (lightness < box.lightness[1])
        inside &= (chroma >= box.chroma[0]) & (chroma < box.chroma[1])
        low, high = box.hue
        inside &= ((hue - low) % 360) <= high - low
        codes[inside] = COLOUR_WORDS.index(box.word)
    return codes
