"""A piece of imagery, and the pictures that it gives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.arrays import U8, Bools
from core.geo import METRES_PER_DEGREE, Bounds, Position, tile_bounds


@dataclass(frozen=True, slots=True)
class AerialPicture:
    """A picture from above, north up: `rgb` [S, S, 3] and `valid` [S, S], which is false where the
    imagery holds nothing; there `rgb` is black."""

    rgb: U8
    valid: Bools

    @classmethod
    def empty(cls, size_px: int) -> "AerialPicture":
        """A picture without content."""
        return cls(
            np.zeros((size_px, size_px, 3), dtype=np.uint8),
            np.zeros((size_px, size_px), dtype=bool),
        )


@dataclass(frozen=True, slots=True)
class Square:
    """The ground that a picture of `size_px` × `size_px` shows; pixels divide degrees evenly."""

    bounds: Bounds
    size_px: int

    @classmethod
    def around(cls, center: Position, side_m: float, size_px: int) -> "Square":
        """The square of `side_m` metres around a position."""
        return cls(tile_bounds(center, side_m), size_px)

    @property
    def metres_per_px(self) -> float:
        """The ground height of a pixel."""
        return (self.bounds.north - self.bounds.south) * METRES_PER_DEGREE / self.size_px


class Layer(Protocol):
    """A piece of imagery: one raster file, or a pyramid of tiles."""

    @property
    def bounds(self) -> Bounds:
        """The box around it, in degrees."""

    @property
    def metres_per_px(self) -> float:
        """The ground width of its finest pixels."""

    def picture(self, square: Square) -> AerialPicture:
        """The part that lies in a square. Raises SourceError for damaged files."""
