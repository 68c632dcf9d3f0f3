"""Positions, bounds, distances and bearings on the ground.

Latitude before longitude; bounds are west, south, east, north; metres and degrees.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.arrays import F64, I64, Bools

EARTH_RADIUS_M = 6_371_000.0
"""The radius in CVG-Text's metric (R = 6371 km)."""

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

BEYOND_DEG = 0.4
"""How far longitudes run on past 180 or -180, so that a town across the antimeridian is one piece:
about 40 km, the width of a large town."""

_TIED_M = 1e-6
"""Chords that differ by less count as tied: far above the rounding of `Points.xyz`, 1e-9 m."""


@dataclass(frozen=True, slots=True)
class Position:
    """A point on the ground, WGS 84 degrees. Near the antimeridian `lon` may run on past 180."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and abs(self.lon) <= 180 + BEYOND_DEG):
            raise ValueError(f"not a latitude and longitude: {self.lat}, {self.lon}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees. Across the antimeridian, `east` runs on past 180 or `west` past -180."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        end = 180 + BEYOND_DEG
        if not (-end <= self.west < self.east <= end and -90 <= self.south < self.north <= 90):
            raise ValueError(
                f"not bounds as west, south, east, north: "
                f"{self.west}, {self.south}, {self.east}, {self.north}"
            )

    @property
    def center(self) -> Position:
        """The middle in degrees."""
        return Position((self.south + self.north) / 2, (self.west + self.east) / 2)

    @property
    def bounds(self) -> "Bounds":
        """The box itself, as every area has one around it."""
        return self

    def contains(self, lat: F64, lon: F64) -> Bools:
        """Mask [N] of the positions inside, edges included."""
        is_between = np.zeros(np.shape(lon), dtype=bool)
        for turn in (0, 360, -360):
            is_between |= (lon + turn >= self.west) & (lon + turn <= self.east)
        inside: Bools = (lat >= self.south) & (lat <= self.north) & is_between
        return inside

    def overlaps(self, other: "Bounds", margin_deg: float = 0.0) -> bool:
        """Whether two boxes meet, or come as near as a margin; edges included."""
        return (
            self.south <= other.north + margin_deg
            and other.south <= self.north + margin_deg
            and any(
                self.west + turn <= other.east + margin_deg
                and other.west <= self.east + turn + margin_deg
                for turn in (0, 360, -360)
            )
        )


@dataclass(frozen=True, slots=True)
class Polygon:
    """An area with straight edges between its corners; the last one is joined to the first."""

    corners: tuple[Position, ...]

    def __post_init__(self) -> None:
        if len(self.corners) < 3 or not _spans(self.corners):
            raise ValueError(f"not an area: {len(self.corners)} corners, or all on one line")

    @property
    def bounds(self) -> Bounds:
        """The box around it."""
        lats, lons = self._edges()
        return Bounds(*map(float, (lons.min(), lats.min(), lons.max(), lats.max())))

    def contains(self, lat: F64, lon: F64) -> Bools:
        """Mask [N] of the positions inside. Where edges cross, every second part is inside."""
        lats, lons = self._edges()
        east = near_lons(np.asarray(lon, dtype=float), self.corners[0].lon)
        inside = np.zeros(np.shape(lat), dtype=bool)
        for row in range(len(lats)):
            (south, west), (north, other) = sorted(
                [(lats[row - 1], lons[row - 1]), (lats[row], lons[row])]
            )
            level = (lat >= south) & (lat < north)
            if south < north:
                inside ^= level & (east < west + (lat - south) / (north - south) * (other - west))
        return inside

    def _edges(self) -> tuple[F64, F64]:
        """Latitudes and longitudes of the corners; longitudes run on from the first one."""
        lats = np.array([one.lat for one in self.corners])
        lons = near_lons(np.array([one.lon for one in self.corners]), self.corners[0].lon)
        return lats, lons


Area = Bounds | Polygon
"""A part of the ground that limits a search."""


def _spans(corners: tuple[Position, ...]) -> bool:
    """Whether corners are more than one line from east to west or from south to north."""
    return all(len({getattr(one, axis) for one in corners}) > 1 for axis in ("lat", "lon"))


def wrapped(lon: float) -> float:
    """A longitude within -180 and 180."""
    return lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon


def near_lons(lons: F64, lon: float) -> F64:
    """Longitudes as they run on from another: each at most half a turn away from it."""
    turned: F64 = lons - 360 * np.round((lons - lon) / 360)
    return turned


def run_on(at: Position, lon: float) -> Position:
    """The same place with its longitude as it runs on from another, as far as it may."""
    near = float(near_lons(np.array([at.lon]), lon)[0])
    return Position(at.lat, near) if abs(near) <= 180 + BEYOND_DEG else at


def joined_lons(lons: F64) -> F64:
    """Longitudes of N positions of one town; across the antimeridian, those on its smaller side run
    on past it. They stay as they are where they would run on further than `BEYOND_DEG`."""
    if not len(lons) or np.ptp(lons) <= 180:
        return lons
    joined = near_lons(lons, 180.0 if np.median(lons % 360) <= 180 else -180.0)
    return joined if np.abs(joined).max() <= 180 + BEYOND_DEG else lons


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


def local_metres(lats: F64, lons: F64, at_lat: float) -> tuple[F64, F64]:
    """Metres east and north of latitude and longitude 0 in the equirectangular projection for one
    latitude. Differences within a city are right to a fraction of a metre."""
    return lons * (METRES_PER_DEGREE * np.cos(np.radians(at_lat))), lats * METRES_PER_DEGREE


def moved(lats: F64, lons: F64, east_m: F64, north_m: F64) -> tuple[F64, F64]:
    """Positions `east_m` and `north_m` metres from others, projected at the latitude of each."""
    east_per_degree = METRES_PER_DEGREE * np.cos(np.radians(lats))
    return lats + north_m / METRES_PER_DEGREE, lons + east_m / east_per_degree


def haversine_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Kilometres between two positions, computed in the same steps as CVG-Text's metric."""
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
        """Points at the given latitudes and longitudes."""
        phi, theta = np.radians(lats), np.radians(lons)
        xyz = np.stack(
            [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1
        )
        return cls(lats, lons, EARTH_RADIUS_M * xyz)


def nearest(of: Points, among: Points, k: int) -> I64:
    """Rows of the `k` positions nearest to each of Q others, [Q, k], in ascending row order.

    Exactly the first `k` of a stable sort by `haversine_km`: a k-d tree finds k + 1 by chord
    length, and where the last two are tied, all positions at that distance are sorted by
    kilometres.
    """
    from sklearn.neighbors import (
        KDTree,
    )  # imported here: it takes a second and is used nowhere else in this module

    if k >= len(among.lats) or not len(of.lats):
        return np.tile(np.arange(min(k, len(among.lats))), (len(of.lats), 1))
    tree = KDTree(among.xyz, leaf_size=20)
    chords, rows = tree.query(of.xyz, k + 1, sort_results=False)
    last = chords.argmax(axis=1, keepdims=True)
    beyond = np.take_along_axis(chords, last, axis=1)[:, 0]
    np.put_along_axis(chords, last, -np.inf, axis=1)
    edge = chords.max(axis=1)
    np.put_along_axis(rows, last, -1, axis=1)
    rows_of_nearest: I64 = np.sort(rows, axis=1)[:, 1:]
    tied = np.flatnonzero(beyond <= edge + _TIED_M)
    neighbourhoods = tree.query_radius(of.xyz[tied], edge[tied] + _TIED_M) if len(tied) else ()
    for row, near_rows in zip(tied, map(np.sort, neighbourhoods), strict=True):
        lat, lon = float(of.lats[row]), float(of.lons[row])
        kilometres = [
            haversine_km(lat, lon, float(among.lats[near]), float(among.lons[near]))
            for near in near_rows
        ]
        rows_of_nearest[row] = np.sort(near_rows[np.argsort(kilometres, kind="stable")[:k]])
    return rows_of_nearest
