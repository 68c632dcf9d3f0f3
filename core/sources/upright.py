"""Pictures as viewers show them: turned as their metadata say, with 8 bits a channel."""

import contextlib
import struct
from typing import Final

import numpy as np
from PIL import Image, ImageOps

_ORIENTATION: Final = 0x0112
_TURNED: Final = range(2, 9)


def as_shown(picture: Image.Image) -> Image.Image:
    """The picture as viewers show it; itself where that is how its pixels are.

    Pillow cuts grey values of 16 bits at 255, which turns them white.
    """
    with contextlib.suppress(OSError, SyntaxError, TypeError, ValueError, struct.error):
        if picture.getexif().get(_ORIENTATION) in _TURNED:
            picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    return picture
