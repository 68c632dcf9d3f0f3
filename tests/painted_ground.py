"""A photograph from above that tests paint in metres, with a cast of colour if they want one."""

from dataclasses import dataclass, field

import numpy as np
from tiny_osm import Town

from core.arrays import F32, U8, Bools
from core.geo import Bounds, Position, tile_bounds

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Patch:
    """A rectangle of one colour, in metres from the town's corner."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour


@dataclass(frozen=True)
class Painted:
    """One picture: `rgb` and `valid`."""

    rgb: U8
    valid: Bools


@dataclass
class PaintedGround:
    """Ground of one colour with patches on it; `cast` multiplies red, green and blue."""

    town: Town
    ground: Colour = (120, 150, 90)
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    reach_m: float = 2_000.0
    metres_per_px: float = 0.5
    patches: list[Patch] = field(default_factory=list)

    def paint(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.patches.append(Patch(x, y, width, height, colour))

    @property
    def bounds(self) -> Bounds:
        low = self.town.position(-self.reach_m, -self.reach_m)
        high = self.town.position(self.reach_m, self.reach_m)
        return Bounds(low.lon, low.lat, high.lon, high.lat)

    def picture(self, lat: float, lon: float, side_m: float, size_px: int) -> Painted:
        rgb: F32 = np.empty((size_px, size_px, 3), dtype=np.float32)
        rgb[:] = self.ground
        edges = tile_bounds(Position(lat, lon), side_m)
        for patch in self.patches:
            low = self.town.position(patch.x, patch.y)
            high = self.town.position(patch.x + patch.width, patch.y + patch.height)
            left, right = (
                round((at - edges.west) / (edges.east - edges.west) * size_px)
                for at in (low.lon, high.lon)
            )
            top, bottom = (
                round((edges.north - at) / (edges.north - edges.south) * size_px)
                for at in (high.lat, low.lat)
            )
            rgb[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = patch.colour
        cast = np.clip(rgb * np.array(self.cast, dtype=np.float32), 0, 255).astype(np.uint8)
        step = (np.arange(size_px) + 0.5) / size_px
        lats = edges.north - step * (edges.north - edges.south)
        lons = edges.west + step * (edges.east - edges.west)
        valid = self.bounds.contains(lats[:, None], lons[None, :])
        return Painted(cast, np.asarray(valid, dtype=bool))
