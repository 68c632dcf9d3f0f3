"""A piece of imagery, and the pictures that it gives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.arrays import U8, Bools
from core.geo import Bounds, Position, tile_bounds


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
    """The square of ground that a picture shows: `side_m` metres around `center`."""

    center: Position
    side_m: float
    size_px: int

    @property
    def bounds(self) -> Bounds:
        """Its edges in degrees; pixels divide them evenly."""
        return tile_bounds(self.center, self.side_m)

    @property
    def metres_per_px(self) -> float:
        """The ground width of a pixel."""
        return self.side_m / self.size_px


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
