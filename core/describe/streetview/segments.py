"""Parts of a street scene without a model: sky, plants, road, walls, their colours, lines.

Our own classical rules, for machines without weights of an open-world model. They know surfaces,
not things: no cars, no people, no kinds of buildings; `NOTE` says so with every result.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from core.arrays import F32, Bools
from core.describe.streetview.scene import (
    SIDES,
    FacadeColour,
    Segments,
    Side,
    Surface,
    side_of,
)

if TYPE_CHECKING:
    from PIL import Image

METHOD: Final = "classical"
NOTE: Final = (
    "Without an open-world model, only sky, plants, road, walls, their colours and one main thing "
    "are told apart, and text on cars and people is not left out, except for number plates."
)
_WIDTH_PX = 256
_LINES_PX = 640
_LEAST_LINE = 0.08
"""Length of a straight line that counts, as a share of the longer side."""
_LEAST_SHARE = 0.12
"""A colour with a smaller share of a side's walls is not named."""
_LEAST_WALL = 0.15
"""Share of a side that must be wall for its colour to be named."""
_LEAST_GREEN = 0.08
_LIT_VALUE, _SHADE_VALUE, _SHADE_SHARE = 0.7, 0.5, 0.25
"""The value of a plain lit wall (its third quartile), and that below which a wall is in shade. A
wall in shade is named as if it were lit. A pale one has no name there: it may be white or grey. Set
by eye on four photographs of Lund."""
_PALE = ("beige", "dark", "grey", "pink", "white")


def segment(picture: "Image.Image") -> Segments:
    """Segments one view by colour, brightness, texture and connection to the edges."""
    pixels, hsv = _small(picture)
    sky = _connected(_sky_like(pixels, hsv), "top")
    green = _plants(pixels, hsv) & ~sky
    road = _connected(_road_like(hsv) & ~sky & ~green, "bottom")
    wall = ~(sky | green | road)
    columns = np.array([side_of((x + 0.5) / sky.shape[1]) for x in range(sky.shape[1])])
    upright, level = _lines(picture)
    masks: dict[Surface, Bools] = {"sky": sky, "vegetation": green, "road": road, "facade": wall}
    return Segments(
        shares={name: float(mask.mean()) for name, mask in masks.items()},
        method=METHOD,
        note=NOTE,
        colours=tuple(
            colour
            for side in SIDES
            for colour in _colours(side, hsv[:, columns == side], wall[:, columns == side])
        ),
        green_sides=tuple(
            side for side in SIDES if green[:, columns == side].mean() >= _LEAST_GREEN
        ),
        road_ahead=_leads_away(road),
        upright=upright,
        level=level,
    )


def _small(picture: "Image.Image") -> tuple[F32, F32]:
    """Red, green, blue (0..1), and hue (degrees), saturation, value (0..1) of a reduced picture."""
    import cv2

    height = max(1, round(_WIDTH_PX * picture.height / picture.width))
    small = picture.convert("RGB").resize((_WIDTH_PX, height))
    pixels: F32 = np.asarray(small).astype(np.float32) / np.float32(255)
    hsv: F32 = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    return pixels, hsv


def _sky_like(pixels: F32, hsv: F32) -> Bools:
    """Bright and smooth, and blue or without a colour."""
    import cv2

    grey = pixels.mean(axis=2)
    rough = np.abs(grey - cv2.blur(grey, (5, 5)))
    hue, saturation, value = np.moveaxis(hsv, 2, 0)
    blue = (hue > 170) & (hue < 265) & (saturation > 0.12) & (value > 0.3)
    pale = (saturation < 0.16) & (value > 0.62)
    like: Bools = (blue | pale) & (rough < 0.06)
    return like


def _plants(pixels: F32, hsv: F32) -> Bools:
    """Green that is greener than red and blue, as grass and leaves are."""
    hue, saturation, value = np.moveaxis(hsv, 2, 0)
    excess = 2 * pixels[:, :, 1] - pixels[:, :, 0] - pixels[:, :, 2]
    green: Bools = (hue > 52) & (hue < 165) & (saturation > 0.18) & (value > 0.08) & (excess > 0.05)
    return green


def _road_like(hsv: F32) -> Bools:
    """Without much colour, and in the lower part of the picture."""
    low = np.arange(hsv.shape[0])[:, None] > 0.5 * hsv.shape[0]
    like: Bools = (hsv[:, :, 1] < 0.28) & (hsv[:, :, 2] > 0.15) & low
    return like


def _connected(mask: Bools, edge: str) -> Bools:
    """The parts of a mask that reach an edge of the picture."""
    import cv2

    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    row = labels[0] if edge == "top" else labels[-1]
    reached = np.unique(row)
    connected: Bools = np.isin(labels, reached[reached > 0])
    return connected


def _leads_away(road: Bools) -> bool:
    """Whether the road is wide at the bottom and narrow, about the middle, at its top."""
    rows = np.flatnonzero(road.any(axis=1))
    if len(rows) < road.shape[0] // 5:
        return False
    widths = road[rows].sum(axis=1)
    top, bottom = widths[: len(rows) // 4].mean(), widths[-len(rows) // 4 :].mean()
    middle = np.nonzero(road[rows[: len(rows) // 4]])[1].mean() / road.shape[1]
    return bool(bottom > 0.4 * road.shape[1] and top < 0.55 * bottom and 0.2 < middle < 0.8)


def _colours(side: Side, hsv: F32, wall: Bools) -> list[FacadeColour]:
    """The colours of a side's walls from the largest share, shadows left out."""
    if wall.mean() < _LEAST_WALL:
        return []
    hue, saturation, value = hsv[wall].T
    lit = value > min(0.3, float(np.median(value)))
    if not lit.any():
        return []
    bright = float(np.percentile(value[lit], 75))
    shade = bright < _SHADE_VALUE
    value = np.minimum(1, value * (_LIT_VALUE / bright)) if shade else value
    names = _names(hue[lit], saturation[lit], value[lit])
    if shade:
        names[names == "orange"] = "brown"  # brick and timber are commoner than orange walls
    found, counts = np.unique(names, return_counts=True)
    shares = counts / counts.sum()
    if shade:
        plain = ~np.isin(found, _PALE) & (shares >= _SHADE_SHARE)
        found, shares = found[plain], shares[plain]
    order = np.argsort(-shares)
    return [
        FacadeColour(side, str(found[row]), float(shares[row]))
        for row in order[:2]
        if shares[row] >= _LEAST_SHARE
    ]


def _names(hue: F32, saturation: F32, value: F32) -> npt.NDArray[np.str_]:
    """The word for each colour, as a wall of that colour is called. Chosen by eye."""
    names = np.full(len(hue), "grey", dtype="U8")
    for name, mask in (
        ("white", (saturation < 0.14) & (value > 0.72)),
        ("dark", value < 0.22),
        ("red", ((hue < 14) | (hue > 340)) & (saturation > 0.4)),
        ("pink", ((hue < 14) | (hue > 320)) & (saturation > 0.14) & (saturation <= 0.4)),
        ("yellow", (hue >= 34) & (hue < 66) & (saturation > 0.5) & (value > 0.36)),
        ("brown", (hue >= 14) & (hue < 36) & (saturation > 0.28) & (value <= 0.62)),
        ("beige", (hue >= 14) & (hue < 62) & (saturation > 0.14) & (saturation <= 0.42)),
        ("orange", (hue >= 14) & (hue < 32) & (saturation > 0.42) & (value > 0.62)),
        ("yellow", (hue >= 32) & (hue < 66) & (saturation > 0.42) & (value > 0.5)),
        ("green", (hue >= 66) & (hue < 170) & (saturation > 0.22)),
        ("blue", (hue >= 200) & (hue < 265) & (saturation > 0.45)),
    ):
        names[mask & (names == "grey")] = name
    return names


def _lines(picture: "Image.Image") -> tuple[int, int]:
    """Numbers of long straight lines that are upright and level, within 8 degrees."""
    import cv2

    share = _LINES_PX / max(picture.size)
    size = (max(2, round(picture.width * share)), max(2, round(picture.height * share)))
    grey = np.asarray(picture.convert("L").resize(size), dtype=np.uint8)
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    if found is None:
        return 0, 0
    ends = np.asarray(found, dtype=np.float32).reshape(-1, 4)
    dx, dy = np.abs(ends[:, 2] - ends[:, 0]), np.abs(ends[:, 3] - ends[:, 1])
    long = np.hypot(dx, dy) >= _LEAST_LINE * _LINES_PX
    slant = np.tan(np.radians(8))
    return int((long & (dx <= slant * dy)).sum()), int((long & (dy <= slant * dx)).sum())
