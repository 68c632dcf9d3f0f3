"""Positions, bounds, distances and bearings on the ground; knows nothing of maps or tiles' content.

Latitude before longitude; bounds are west, south, east, north; metres and degrees.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_M = 6_371_000.0
"""The radius CVG-Text's metric uses (R = 6371 km)."""

METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180

_COMPASS = ("north", "north-east", "east", "south-east",
            "south", "south-west", "west", "north-west")  # fmt: skip

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Position:
    """A point on the ground, WGS 84 degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError(f"not a latitude and longitude: {self.lat}, {self.lon}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees. Boxes across the antimeridian are not supported."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90):
            raise ValueError(
                f"not bounds as west, south, east, north: "
                f"{self.west}, {self.south}, {self.east}, {self.north}"
            )

    @property
    def center(self) -> Position:
        """The middle in degrees."""
        return Position((self.south + self.north) / 2, (self.west + self.east) / 2)

    def contains(self, lat: Floats, lon: Floats) -> npt.NDArray[np.bool_]:
        """Which of the N positions lie inside, edges included."""
        inside: npt.NDArray[np.bool_] = (
            (lat >= self.south) & (lat <= self.north) & (lon >= self.west) & (lon <= self.east)
        )
        return inside


def haversine_m(lat: float, lon: float, lats: Floats, lons: Floats) -> Floats:
    """Great-circle metres from one position to N others (any shapes that broadcast)."""
    phi, phis = np.radians(lat), np.radians(lats)
    half_dlat = (phis - phi) / 2
    half_dlon = np.radians(np.asarray(lons) - lon) / 2
    a = np.sin(half_dlat) ** 2 + np.cos(phi) * np.cos(phis) * np.sin(half_dlon) ** 2
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(a, 0, 1)))
    return metres


def bearing_deg(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Initial bearing from one position to another, 0 = north, clockwise, in [0, 360)."""
    phi, to_phi = math.radians(lat), math.radians(to_lat)
    dlon = math.radians(to_lon - lon)
    y = math.sin(dlon) * math.cos(to_phi)
    x = math.cos(phi) * math.sin(to_phi) - math.sin(phi) * math.cos(to_phi) * math.cos(dlon)
    return math.degrees(math.atan2(y, x)) % 360


def compass(bearing: float) -> str:
    """The nearest of eight compass words for a bearing in degrees."""
    return _COMPASS[round(bearing / 45) % 8]


def tile_bounds(center: Position, footprint_m: float) -> Bounds:
    """The square of `footprint_m` metres on the ground around a centre, as degrees."""
    half_lat = footprint_m / 2 / METRES_PER_DEGREE
    half_lon = half_lat / math.cos(math.radians(center.lat))
    return Bounds(
        center.lon - half_lon, center.lat - half_lat, center.lon + half_lon, center.lat + half_lat
    )
