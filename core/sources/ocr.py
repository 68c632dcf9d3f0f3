"""Text in pictures, read by PP-OCR.

The networks come with the package `rapidocr` (Apache-2.0), so nothing is downloaded.
"""

from typing import Any

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

_MIN_SCORE = 0.6
_MIN_LETTERS = 2
_SMALLEST_PX, _LARGEST_PX = 736, 2000
"""Least and largest length of the longer side for detection."""
_MAX_ASPECT = 4
"""Largest ratio of the sides; the engine fails on narrower pictures, so they get a margin."""


class PictureReader:
    """Detects and recognizes lines of text, on `threads` threads (0: chosen by the engine)."""

    def __init__(self, threads: int = 0) -> None:
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Det.limit_type": "max",
                "Det.limit_side_len": _LARGEST_PX,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads or -1,
            }
        )

    def lines(self, picture: Image.Image) -> tuple[str, ...]:
        """Distinct lines of text, from the top, without single letters and unsure lines."""
        pixels = np.ascontiguousarray(np.asarray(_resized(picture.convert("RGB")))[:, :, ::-1])
        result = self._engine(pixels)
        lines = zip(result.txts or (), result.scores or (), strict=True)
        sure = (" ".join(text.split()) for text, score in lines if score >= _MIN_SCORE)
        return tuple(
            dict.fromkeys(line for line in sure if sum(map(str.isalnum, line)) >= _MIN_LETTERS)
        )


def _resized(picture: Image.Image) -> Image.Image:
    """Enlarges a picture to the size that detection needs; a narrow one gets a margin."""
    larger = max(1.0, _SMALLEST_PX / max(picture.size))
    width, height = (max(1, round(larger * side)) for side in picture.size)
    sized = Image.new("RGB", (max(width, height // _MAX_ASPECT), max(height, width // _MAX_ASPECT)))
    sized.paste(picture.resize((width, height), Image.Resampling.BICUBIC))
    return sized
