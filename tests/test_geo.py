"""Positions, bounds, distances and bearings, against values worked out by hand."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from core.geo import (
    EARTH_RADIUS_M,
    METRES_PER_DEGREE,
    Bounds,
    Points,
    Polygon,
    Position,
    bearing_deg,
    compass,
    haversine_km,
    haversine_m,
    local_metres,
    moved,
    nearest,
    tile_bounds,
)

latitudes = st.floats(-80, 80)
longitudes = st.floats(-170, 170)


@pytest.mark.parametrize(
    ("lat", "lon"), [(91, 0), (-90.1, 0), (0, 180.5), (math.nan, 0), (0, math.nan), (math.inf, 0)]
)
def test_a_position_off_the_earth_is_refused(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="not a latitude and longitude"):
        Position(lat, lon)


@pytest.mark.parametrize(
    "edges",
    [(2, 0, 1, 1), (0, 2, 1, 1), (0, 0, 0, 1), (0, 0, 181, 1), (0, -91, 1, 1), (math.nan, 0, 1, 1)],
)
def test_bounds_in_the_wrong_order_are_refused(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="west, south, east, north"):
        Bounds(*edges)


def test_bounds_include_their_edges() -> None:
    inside = Bounds(0, 0, 2, 1).contains(np.array([0, 1, 1.1, 0.5]), np.array([0, 2, 1, 2.1]))
    assert inside.tolist() == [True, True, False, False]


def test_the_middle_of_bounds() -> None:
    assert Bounds(0, 10, 2, 14).center == Position(12, 1)


def a_polygon(*corners: tuple[float, float]) -> Polygon:
    return Polygon(tuple(Position(lat, lon) for lat, lon in corners))


@pytest.mark.parametrize("shift", [0, 179.98, -179.98])
@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (0, 0.1), (0.1, 0)],
        [(0, 0), (0.1, 0.02), (0.2, 0), (0.1, 0.2)],
        [(0, 0), (0.1, 0.1), (0, 0.1), (0.1, 0)],  # its edges cross
        [(0, 0), (0, 0.1), (0.05, 0.1), (0.05, 0.1), (0.05, 0.05), (0.1, 0.05), (0.1, 0)],
    ],
)
def test_the_inside_of_a_polygon_is_that_of_shapely(
    corners: list[tuple[float, float]], shift: float
) -> None:
    random = np.random.default_rng(1)
    lats, lons = random.uniform(-0.05, 0.25, (2, 400))
    there = [(lat, lon + shift - 360 * (lon + shift > 180.3)) for lat, lon in corners]
    found = a_polygon(*there).contains(lats, (lons + shift + 180) % 360 - 180)
    rings = shapely.build_area(
        shapely.node(shapely.linearrings([[lon, lat] for lat, lon in corners]))
    )
    assert 20 < found.sum() < 300
    assert found.tolist() == shapely.contains_xy(rings, lons, lats).tolist()


def test_a_polygon_has_a_box_around_it() -> None:
    assert a_polygon((1, 2), (3, 5), (2, 9)).bounds == Bounds(2, 1, 9, 3)
    assert Bounds(2, 1, 9, 3).bounds == Bounds(2, 1, 9, 3)


@pytest.mark.parametrize("corners", [[], [(0, 0), (1, 1)], [(0, 0), (0, 1), (0, 2)]])
def test_a_line_is_no_polygon(corners: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="not an area"):
        a_polygon(*corners)


def test_a_quarter_of_the_globe_is_as_long_as_it_should_be() -> None:
    found = haversine_m(0, 0, np.array([90.0, 0.0]), np.array([0.0, 90.0]))
    assert found == pytest.approx([math.pi / 2 * EARTH_RADIUS_M] * 2)


def test_a_degree_of_longitude_at_sixty_north_is_half_a_degree_long() -> None:
    found = haversine_m(60, 24, np.array([60.0]), np.array([24.001]))
    assert found[0] == pytest.approx(METRES_PER_DEGREE * 0.001 / 2, rel=1e-4)


def test_opposite_points_of_the_globe_are_no_error() -> None:
    assert haversine_m(0, 0, np.array([0.0]), np.array([180.0])) == pytest.approx(
        math.pi * EARTH_RADIUS_M
    )


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_is_the_same_there_and_back(a: float, b: float, c: float, d: float) -> None:
    there = haversine_m(a, b, np.array([c]), np.array([d]))
    back = haversine_m(c, d, np.array([a]), np.array([b]))
    assert there == pytest.approx(back, abs=1e-6)


@given(latitudes, longitudes, latitudes, longitudes)
def test_haversine_agrees_with_the_angle_between_vectors(
    a: float, b: float, c: float, d: float
) -> None:
    def vector(lat: float, lon: float) -> np.ndarray:
        phi, lam = math.radians(lat), math.radians(lon)
        return np.array(
            [math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)]
        )

    one, other = vector(a, b), vector(c, d)
    angle = math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other))
    found = haversine_m(a, b, np.array([c]), np.array([d]))[0]
    assert found == pytest.approx(EARTH_RADIUS_M * angle, abs=0.5)


@pytest.mark.parametrize(
    ("to", "bearing", "word"),
    [
        ((1, 0), 0, "north"),
        ((0, 1), 90, "east"),
        ((-1, 0), 180, "south"),
        ((0, -1), 270, "west"),
        ((1, 1), 45, "north-east"),
        ((-1, -1), 225, "south-west"),
    ],
)
def test_bearings_read_as_compass_words(to: tuple[float, float], bearing: float, word: str) -> None:
    found = bearing_deg(0, 0, *to)
    assert found == pytest.approx(bearing, abs=0.1)
    assert compass(found) == word


@pytest.mark.parametrize(
    ("bearing", "word"), [(22.4, "north"), (22.6, "north-east"), (337.6, "north"), (359.9, "north")]
)
def test_compass_words_change_half_way(bearing: float, word: str) -> None:
    assert compass(bearing) == word


@given(st.floats(-75, 75), longitudes, st.floats(10, 2000))
def test_a_tiles_square_is_as_wide_as_high_on_the_ground(
    lat: float, lon: float, footprint_m: float
) -> None:
    box = tile_bounds(Position(lat, lon), footprint_m)
    height = haversine_m(box.south, lon, np.array([box.north]), np.array([lon]))[0]
    width = haversine_m(lat, box.west, np.array([lat]), np.array([box.east]))[0]
    assert height == pytest.approx(footprint_m, rel=1e-3)
    assert width == pytest.approx(footprint_m, rel=1e-3)
    assert box.center.lat == pytest.approx(lat)


# --- Metres on a plane --------------------------------------------------------------------------


def test_a_plane_is_as_wide_as_the_ground_at_its_latitude() -> None:
    east, north = local_metres(np.array([60.0, 60.001]), np.array([24.0, 24.002]), 60)
    assert np.diff(east) == pytest.approx(METRES_PER_DEGREE * 0.002 / 2)
    assert np.diff(north) == pytest.approx(METRES_PER_DEGREE * 0.001)


@given(st.floats(-70, 70), longitudes, st.floats(-900, 900), st.floats(-900, 900))
def test_who_moves_some_metres_is_that_far_away(
    lat: float, lon: float, east: float, north: float
) -> None:
    here = np.array([lat]), np.array([lon])
    there = moved(*here, np.array([east]), np.array([north]))
    back = local_metres(there[0] - here[0], there[1] - here[1], lat)
    assert np.concatenate(back) == pytest.approx([east, north], abs=1e-6)
    assert haversine_m(lat, lon, *there)[0] == pytest.approx(math.hypot(east, north), abs=0.5)


# --- The nearest --------------------------------------------------------------------------------


def test_kilometres_worked_out_by_hand() -> None:
    assert haversine_km(10, 20, 11, 20) == pytest.approx(6371 * math.pi / 180)
    assert haversine_km(60, 20, 60, 20.001) == pytest.approx(6371 * math.pi / 360_000, rel=1e-6)
    assert haversine_km(5, 5, 5, 5) == 0
    assert haversine_km(90, 0, -90, 0) == pytest.approx(6371 * math.pi)


@given(latitudes, longitudes, latitudes, longitudes)
def test_kilometres_are_a_thousandth_of_the_metres(
    lat: float, lon: float, to_lat: float, to_lon: float
) -> None:
    metres = haversine_m(lat, lon, np.array([to_lat]), np.array([to_lon]))[0]
    assert 1000 * haversine_km(lat, lon, to_lat, to_lon) == pytest.approx(metres, abs=0.2)


def plainly_sorted(of: Points, among: Points) -> list[list[int]]:
    """A stable sort of all by distance."""
    found = []
    for lat, lon in zip(of.lats.tolist(), of.lons.tolist(), strict=True):
        away = [
            haversine_km(lat, lon, *to)
            for to in zip(among.lats.tolist(), among.lons.tolist(), strict=True)
        ]
        found.append(sorted(range(len(away)), key=away.__getitem__))
    return found


def some_points(kind: str, count: int = 420) -> Points:
    random, side = np.random.default_rng(7), math.isqrt(count)
    lats, lons = {
        "around a city": (random.normal(40.7, 0.05, count), random.normal(-74, 0.06, count)),
        "around the globe": (random.uniform(-90, 90, count), random.uniform(-180, 180, count)),
        "on a grid": (
            -27 + np.repeat(np.arange(side), side) / 1000,
            153 + np.tile(np.arange(side), side) / 1000,
        ),
        "on a line": (np.full(count, 35.7), 139 + np.arange(count) / 1e5),
        "on few spots": (random.integers(0, 6, count) / 1000, random.integers(0, 6, count) / 1000),
        "on one spot": (np.full(count, 5.0), np.full(count, 5.0)),
        "in two towns": (
            np.where(np.arange(count) < 15, 10.0, 50.0) + random.random(count) / 50,
            random.random(count) / 50,
        ),
    }[kind]
    return Points.of(lats, lons)


@pytest.mark.parametrize(
    "kind",
    [
        "around a city",
        "around the globe",
        "on a grid",
        "on a line",
        "on few spots",
        "on one spot",
        "in two towns",
    ],
)
def test_the_nearest_are_those_of_a_stable_sort(kind: str) -> None:
    """Also with many ties: on a grid, or all at one spot."""
    points = some_points(kind)
    rows = plainly_sorted(points, points)
    for k in (1, 20, 420):
        assert nearest(points, points, k).tolist() == [sorted(row[:k]) for row in rows]


def test_the_nearest_of_other_places_are_found() -> None:
    among = some_points("around a city")
    of = Points.of(among.lats[:9] + 0.01, among.lons[:9] - 0.02)
    rows = plainly_sorted(of, among)
    assert nearest(of, among, 5).tolist() == [sorted(row[:5]) for row in rows]


def test_there_are_no_more_nearest_than_there_are() -> None:
    points = Points.of(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    assert nearest(points, points, 9).tolist() == [[0, 1], [0, 1]]
    nobody = Points.of(np.empty(0), np.empty(0))
    assert nearest(nobody, points, 1).shape == (0, 1)
    assert nearest(points, nobody, 3).shape == (2, 0)
