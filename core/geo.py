"""Positions, bounds, distances and bearings on the ground; knows nothing of maps or tiles' content.

Latitude before longitude; bounds are west, south, east, north; metres and degrees.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import F32, F64, I64, Bools

EARTH_RADIUS_M = 6_371_000.0
"""The radius CVG-Text's metric uses (R = 6371 km)."""

METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180

_COMPASS = (
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
)

_TOGETHER, _RUN = 100, 512
"""Positions whose nearest ones are looked for in one go, and how many of the others at first."""


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

    def contains(self, lat: F64, lon: F64) -> Bools:
        """Which of the N positions lie inside, edges included."""
        inside: Bools = (
            (lat >= self.south) & (lat <= self.north) & (lon >= self.west) & (lon <= self.east)
        )
        return inside


def haversine_m(lat: float, lon: float, lats: F64, lons: F64) -> F64:
    """Great-circle metres from one position to N others (any shapes that broadcast)."""
    phi, phis = np.radians(lat), np.radians(lats)
    half_dlat = (phis - phi) / 2
    half_dlon = np.radians(np.asarray(lons) - lon) / 2
    a = np.sin(half_dlat) ** 2 + np.cos(phi) * np.cos(phis) * np.sin(half_dlon) ** 2
    metres: F64 = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(a, 0, 1)))
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


def haversine_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Kilometres between two positions, in the very steps of CVG-Text's metric."""
    half_dlat = math.radians(to_lat - lat) / 2
    half_dlon = math.radians(to_lon - lon) / 2
    a = math.sin(half_dlat) ** 2 + (
        math.cos(math.radians(lat)) * math.cos(math.radians(to_lat)) * math.sin(half_dlon) ** 2
    )
    return EARTH_RADIUS_M / 1000 * (2 * math.atan2(math.sqrt(a), math.sqrt(max(0.0, 1 - a))))


@dataclass(frozen=True, slots=True)
class Points:
    """N positions: `lats` and `lons` in degrees, `xyz` [N, 3] in metres from the earth's centre."""

    lats: F64
    lons: F64
    xyz: F64

    @classmethod
    def of(cls, lats: F64, lons: F64) -> "Points":
        """The points at some latitudes and longitudes."""
        phi, theta = np.radians(lats), np.radians(lons)
        xyz = np.stack(
            [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1
        )
        return cls(lats, lons, EARTH_RADIUS_M * xyz)


def nearest(of: Points, among: Points, k: int) -> I64:
    """Rows of the `k` positions nearest to each of Q others, [Q, k], in ascending row order.

    They are exactly those that a stable sort by `haversine_km` puts first. Positions that lie
    together look among what lies around them; those whose k-th neighbour might lie further out
    look again in a wider circle.
    """
    k = min(k, len(among.lats))
    found = np.empty((len(of.lats), k), dtype=np.int64)
    pending, wanted = np.arange(len(of.lats)), max(_RUN, 2 * k)
    while len(pending):
        again = []
        for rows in _together(of, pending):
            center = of.xyz[rows].mean(axis=0)
            away = _squared(among.xyz - center)
            edge = np.partition(away, wanted - 1)[wanted - 1] if wanted < len(away) else math.inf
            around = np.flatnonzero(away <= edge)
            found[rows], reach = _nearest_around(of, rows, among, around, k)
            again.append(rows[(np.sqrt(_squared(of.xyz[rows] - center)) + reach) ** 2 >= edge])
        pending, wanted = np.concatenate(again), 4 * wanted
    return found


def _squared(offsets: F64) -> F64:
    lengths: F64 = np.einsum("ij,ij->i", offsets, offsets)
    return lengths


def _together(of: Points, rows: I64) -> Iterator[I64]:
    """Rows in parts that lie close together: strips of latitude, each from west to east."""
    strips = max(1, round(math.sqrt(len(rows) / _TOGETHER)))
    strip = np.empty(len(rows), dtype=np.int64)
    strip[np.argsort(of.lats[rows])] = np.arange(len(rows)) * strips // len(rows)
    order = rows[np.lexsort((of.lons[rows], strip))]
    for start in range(0, len(rows), _TOGETHER):
        yield order[start : start + _TOGETHER]


def _smallest(values: F32, k: int) -> F32:
    """The `k` smallest of each row, the largest of them last.

    NumPy partitions runs of up to 512 more than twice as fast as longer ones.
    """
    count, width = values.shape
    if width > _RUN >= 2 * k:
        runs = math.ceil(width / _RUN)
        parts = np.full((count, runs * -(-width // runs)), np.inf, dtype=np.float32)
        parts[:, :width] = values
        values = _smallest(parts.reshape(count * runs, -1), k).reshape(count, -1)
    return np.partition(values, k - 1, axis=1)[:, :k]


def _nearest_around(of: Points, rows: I64, among: Points, around: I64, k: int) -> tuple[I64, F64]:
    """For C rows the `k` nearest of those `around` [C, k], and a bound on the k-th's metres [C].

    Squared chords in single precision settle all but the few that lie as far as the k-th within
    twice their error; for these the distance itself is computed.
    """
    center = of.xyz[rows].mean(axis=0)
    here, there = of.xyz[rows] - center, among.xyz[around] - center
    here2, there2 = _squared(here), _squared(there)
    left = np.column_stack([-2 * here, here2, np.ones(len(rows))]).astype(np.float32)
    right = np.column_stack([there, np.ones(len(around)), there2]).astype(np.float32)
    gaps = left @ right.T
    slack = 32 * np.finfo(np.float32).eps * max(here2.max(), there2.max()) + 1e-6
    cut = _smallest(gaps, k)[:, k - 1 : k]
    close = gaps <= cut + np.float32(slack)
    crowded = np.count_nonzero(close) > len(rows) * k
    for row in np.flatnonzero(np.count_nonzero(close, axis=1) > k) if crowded else ():
        sure = gaps[row] < cut[row] - slack
        doubtful = np.flatnonzero(close[row] & ~sure)
        lat, lon = float(of.lats[rows[row]]), float(of.lons[rows[row]])
        kilometres = [
            haversine_km(lat, lon, float(among.lats[one]), float(among.lons[one]))
            for one in around[doubtful]
        ]
        order = np.argsort(kilometres, kind="stable")
        close[row, doubtful[order[k - np.count_nonzero(sure) :]]] = False
    columns = np.flatnonzero(close).reshape(-1, k) - len(around) * np.arange(len(rows))[:, None]
    return around[columns], np.sqrt(np.maximum(cut[:, 0] + slack, 0))
