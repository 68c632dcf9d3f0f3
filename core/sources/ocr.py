"""The text that is written in a picture, as PP-OCR reads it; knows no tiles.

The networks come in the package `rapidocr` (Apache-2.0), so nothing is downloaded.
"""

from typing import Any

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

_LEAST_SURE = 0.6
_LEAST_LETTERS = 2
_SMALLEST_PX, _LARGEST_PX = 736, 2000
"""Detection sees the longer side within these."""
_NARROWEST = 4
"""Times as long as wide; the engine fails on what is narrower, so that gets a margin."""


class PictureReader:
    """Detection and recognition of text lines, on `threads` threads (0 leaves the choice)."""

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
        """The distinct lines of text, from the top; single letters and guesses are left out."""
        pixels = np.ascontiguousarray(np.asarray(_sized(picture.convert("RGB")))[:, :, ::-1])
        found = self._engine(pixels)
        lines = zip(found.txts or (), found.scores or (), strict=True)
        sure = (" ".join(text.split()) for text, score in lines if score >= _LEAST_SURE)
        return tuple(
            dict.fromkeys(line for line in sure if sum(map(str.isalnum, line)) >= _LEAST_LETTERS)
        )


def _sized(picture: Image.Image) -> Image.Image:
    """The picture enlarged to what detection needs, and with a margin where it is narrow."""
    larger = max(1.0, _SMALLEST_PX / max(picture.size))
    width, height = (max(1, round(larger * side)) for side in picture.size)
    sized = Image.new("RGB", (max(width, height // _NARROWEST), max(height, width // _NARROWEST)))
    sized.paste(picture.resize((width, height), Image.Resampling.BICUBIC))
    return sized
