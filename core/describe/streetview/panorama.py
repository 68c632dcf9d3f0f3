"""Four views out of an equirectangular panorama: ahead, right, behind, left."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.arrays import F32
from core.describe.streetview.scene import Direction

if TYPE_CHECKING:
    from PIL import Image

YAWS: Final[dict[Direction, float]] = {"ahead": 0.0, "right": 90.0, "behind": 180.0, "left": 270.0}
_FIELD_DEG = 90.0
_MOST_SEAM = 14.0
"""Largest mean difference (of 255) between the left and right edge of a panorama, which meet."""


@dataclass(frozen=True, slots=True)
class PanoramaView:
    """One view and its direction; the middle of the panorama is ahead."""

    direction: Direction
    picture: "Image.Image"


def is_equirectangular(picture: "Image.Image") -> bool:
    """Whether a picture is twice as wide as high and its left and right edges meet."""
    if abs(picture.width - 2 * picture.height) > picture.width / 50:
        return False
    pixels = np.asarray(picture.convert("RGB").resize((512, 256)), dtype=np.float32)
    seam = float(np.abs(pixels[:, 0] - pixels[:, -1]).mean())
    inside = float(np.abs(pixels[:, 128] - pixels[:, 384]).mean())
    return seam <= _MOST_SEAM and seam < max(inside, 1.0)


def views_of(panorama: "Image.Image") -> tuple[PanoramaView, ...]:
    """The four views of 90 degrees, without a gap between them; each as wide as high."""
    import cv2
    from PIL import Image

    pixels = np.asarray(panorama.convert("RGB"))
    side = max(64, panorama.width // 4)
    views = []
    for direction, yaw in YAWS.items():
        x, y = _source_pixels(side, yaw, panorama.width, panorama.height)
        view = cv2.remap(pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        views.append(PanoramaView(direction, Image.fromarray(view)))
    return tuple(views)


def _source_pixels(side: int, yaw_deg: float, width: int, height: int) -> tuple[F32, F32]:
    """Column and row of the panorama for each pixel of a view: a gnomonic projection."""
    across = np.tan(np.radians(_FIELD_DEG / 2)) * (2 * (np.arange(side) + 0.5) / side - 1)
    right, down = np.meshgrid(across, across)
    turn = np.arctan2(right, 1.0) + np.radians(yaw_deg)
    rise = np.arctan2(-down, np.hypot(right, 1.0))
    x = (turn / (2 * np.pi) + 0.5) * width - 0.5
    y = (0.5 - rise / np.pi) * height - 0.5
    return (x % width).astype(np.float32), y.clip(0, height - 1).astype(np.float32)
