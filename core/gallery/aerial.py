"""The imagery of an opened gallery, from whose pyramid the pictures of tiles are cut."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from core.arrays import U8, Bools
from core.gallery.manifest import AerialStamp
from core.geo import Position
from core.sources.imagery.layer import AerialPicture, Square
from core.sources.imagery.pyramid import PyramidLayer
from core.sources.imagery.tile_archives import PmTiles

ARCHIVE: Final = "aerial.pmtiles"
LEAST_COVER: Final = 0.5
"""Least part of a tile that imagery must show for it to count as covered."""
_QUALITY: Final = 90


class AerialArchive:
    """The imagery of an opened gallery; several threads may read it."""

    def __init__(self, path: Path, stamp: AerialStamp) -> None:
        self.path = path
        self.stamp = stamp
        store = PmTiles(path)
        self.zooms = store.zooms
        self._pyramid = PyramidLayer(store)

    def picture(self, center: Position, side_m: float, size_px: int) -> AerialPicture:
        """The square of `side_m` metres around a position, north up."""
        return self._pyramid.picture(Square.around(center, side_m, size_px))


def webp_of(picture: AerialPicture, quality: int = _QUALITY) -> bytes:
    """A picture as WebP, transparent where the imagery holds nothing."""
    return encoded(picture.rgb, picture.valid, quality)


def encoded(rgb: U8, valid: Bools, quality: int) -> bytes:
    """Pixels [H, W, 3] as WebP, transparent where they are not `valid` [H, W]."""
    picture = Image.fromarray(rgb)
    if not valid.all():
        picture.putalpha(Image.fromarray(valid.astype(np.uint8) * 255))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
