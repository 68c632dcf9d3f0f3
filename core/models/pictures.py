"""Preparation of a picture for a tower: open, resize, crop, normalise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import SourceError
from core.sources.upright import as_shown

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Preparation:
    """Resizing and normalisation of pictures for a tower; saved with the weights.

    `crop`: resizes the shorter side to `size_px` and crops the middle, as CLIP does; else resizes
    both sides. `resample` is Pillow's number of the filter; `mean` and `std` are per channel, 0..1.
    """

    size_px: int
    mean: tuple[float, ...] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, ...] = (0.26862954, 0.26130258, 0.27577711)
    crop: bool = True
    resample: int = int(Image.Resampling.BICUBIC)

    def __post_init__(self) -> None:
        Image.Resampling(self.resample)
        if len(self.mean) != 3 or len(self.std) != 3 or 0 in self.std:
            raise ValueError(f"mean {self.mean} and std {self.std} are not of three channels")

    def pixels(self, picture: Image.Image) -> torch.Tensor:
        """A picture as float32 [3, S, S]."""
        import torch

        resample = Image.Resampling(self.resample)
        picture = picture.convert("RGB")
        width, height = self.size_px, self.size_px
        if self.crop:
            shorter = min(picture.size)
            width, height = (int(self.size_px * side / shorter) for side in picture.size)
        picture = picture.resize((width, height), resample)
        left, top = round((width - self.size_px) / 2), round((height - self.size_px) / 2)
        picture = picture.crop((left, top, left + self.size_px, top + self.size_px))
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        values = (np.asarray(picture, np.float32) / 255 - mean) / std
        return torch.from_numpy(values.transpose(2, 0, 1).copy())


def open_picture(path: Path) -> Image.Image:
    """Opens a picture and loads it completely, as viewers show it. Raises SourceError."""
    try:
        with Image.open(path) as picture:
            picture.load()
            return as_shown(picture)
    except UnidentifiedImageError as error:
        raise SourceError(f"{path} is not a picture; give JPEG, PNG, WebP or the like") from error
    except Image.DecompressionBombError as error:
        raise SourceError(f"{path} has too many pixels; make it smaller") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as a picture: {error}") from error
