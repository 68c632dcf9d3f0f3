"""Web Mercator: degrees, metres and XYZ tiles."""

import math
from dataclasses import dataclass

import numpy as np

from core.arrays import F64
from core.geo import Bounds, Position

MAX_LAT = 85.051_128_779_806_6
RADIUS_M = 6_378_137.0
WORLD_M = 2 * math.pi * RADIUS_M
TILE_PX = 256


def to_mercator(points: F64) -> F64:
    """Converts longitudes and latitudes [N, 2] to metres [N, 2], rounded to centimetres."""
    radians = np.radians(points)
    radians[:, 1] = np.arctanh(np.sin(radians[:, 1]))
    return np.asarray(np.round(radians * RADIUS_M, 2), dtype=np.float64)


def position_m(position: Position) -> tuple[float, float]:
    """A position in Web Mercator metres."""
    x = math.radians(position.lon) * RADIUS_M
    return x, math.atanh(math.sin(math.radians(position.lat))) * RADIUS_M


def tile_box(zoom: int, x: int, y: int) -> Bounds:
    """The box of an XYZ tile in degrees."""
    count: int = 2**zoom

    def lat(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / count))))

    return Bounds(x / count * 360 - 180, lat(y + 1), (x + 1) / count * 360 - 180, lat(y))


@dataclass(frozen=True, slots=True)
class TileRange:
    """A block of XYZ tiles of one zoom: columns `x0` to `x1`, rows `y0` to `y1`, ends excluded."""

    zoom: int
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def count(self) -> int:
        """Number of tiles."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    @property
    def box_m(self) -> tuple[float, ...]:
        """Left, bottom, right, top in metres."""
        side = WORLD_M / 2**self.zoom
        half = WORLD_M / 2
        return (
            self.x0 * side - half,
            half - self.y1 * side,
            self.x1 * side - half,
            half - self.y0 * side,
        )

    def blocks(self, side: int) -> list["TileRange"]:
        """The range cut into blocks of at most `side` × `side` tiles."""
        return [
            TileRange(self.zoom, x, y, min(x + side, self.x1), min(y + side, self.y1))
            for y in range(self.y0, self.y1, side)
            for x in range(self.x0, self.x1, side)
        ]


def tiles_in(bounds: Bounds, zoom: int) -> TileRange:
    """The XYZ tiles of a zoom that touch a box; columns run on across the antimeridian."""
    count: int = 2**zoom
    west, north = position_m(Position(min(bounds.north, MAX_LAT - 1e-9), bounds.west))
    east, south = position_m(Position(max(bounds.south, -MAX_LAT + 1e-9), bounds.east))

    def index(metres: float) -> int:
        return math.floor((metres / WORLD_M + 0.5) * count)

    def row(metres: float) -> int:
        return min(max(index(metres), 0), count - 1)

    x0, x1 = index(west), index(east)
    if abs(bounds.west) <= 180 >= abs(bounds.east):
        x0, x1 = row(west), row(east)
    return TileRange(zoom, x0, row(-north), min(x1, x0 + count - 1) + 1, row(-south) + 1)
