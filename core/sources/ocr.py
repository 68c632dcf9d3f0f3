"""Text in pictures, read by PP-OCR.

The networks come with the package `rapidocr` (Apache-2.0), so nothing is downloaded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from core.arrays import F32
from core.sources.ocr_lines import ReadLine

_MIN_SCORE = 0.6
_MIN_LETTERS = 2
_SMALLEST_PX, _LARGEST_PX = 736, 2000
"""Least and largest length of the longer side for detection."""
_MAX_ASPECT = 4
"""Largest ratio of the sides; the engine fails on narrower pictures, so they get a margin."""

_TALL = 1.5
"""A box that is so many times as high as wide holds a line that runs up or down, for the engine as
well."""


class PictureReader:
    """Detects and recognizes lines of text, on `threads` threads (0: chosen by the engine)."""

    def __init__(self, threads: int = 0) -> None:
        from rapidocr import RapidOCR  # takes two seconds of processor time

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
        read = self.located_lines(picture, _MIN_SCORE)
        return tuple(dict.fromkeys(line.text for line in read))

    def located_lines(self, picture: Image.Image, least_score: float) -> tuple[ReadLine, ...]:
        """All lines of two letters or more, from the top, with their places; also lines that are
        rotated or seen from the side."""
        sized = _resized(picture.convert("RGB"))
        result = self._engine(np.ascontiguousarray(np.asarray(sized.picture)[:, :, ::-1]))
        if result.boxes is None:
            return ()
        rows = zip(result.txts, result.scores, result.boxes, strict=True)
        return tuple(
            _located(" ".join(text.split()), float(score), np.asarray(box), sized)
            for text, score, box in rows
            if score >= least_score and sum(map(str.isalnum, text)) >= _MIN_LETTERS
        )


@dataclass(frozen=True, slots=True)
class _Sized:
    """An enlarged picture, and the size of the part of it that is the picture."""

    picture: Image.Image
    width: int
    height: int


def _located(text: str, score: float, corners: F32, sized: _Sized) -> ReadLine:
    """A line from the four corners of its box in pixels, from the top left in reading order."""
    x, y = corners.mean(axis=0)
    along = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    if np.hypot(*down) >= _TALL * np.hypot(*along):
        along, down = down, along
    turn_deg = float(np.degrees(np.arctan2(along[1], along[0])))
    return ReadLine(
        text,
        score,
        min(1.0, float(x) / sized.width),
        min(1.0, float(y) / sized.height),
        float(np.hypot(*along)) / sized.width,
        float(np.hypot(*down)) / sized.height,
        (turn_deg + 45) % 180 - 45,
    )


def _resized(picture: Image.Image) -> _Sized:
    """Enlarges a picture to the size that detection needs; a narrow one gets a margin."""
    larger = max(1.0, _SMALLEST_PX / max(picture.size))
    width, height = (max(1, round(larger * side)) for side in picture.size)
    sized = Image.new("RGB", (max(width, height // _MAX_ASPECT), max(height, width // _MAX_ASPECT)))
    sized.paste(picture.resize((width, height), Image.Resampling.BICUBIC))
    return _Sized(sized, width, height)
