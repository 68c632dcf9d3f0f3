"""Lines of sight: the first wall along each ray, and its distance."""

import numpy as np
import pytest
import shapely

from core.describe.simulate.occlusion import RAYS, SIGHT_M, Horizon, Walls, bearings


def walls_of(*buildings: shapely.Geometry) -> Walls:
    return Walls(np.array(buildings, dtype=object))


def look(walls: Walls, *points: tuple[float, float]) -> Horizon:
    return walls.horizon(np.array(points, dtype=np.float64))


def naive(buildings: list[shapely.Geometry], x: float, y: float) -> list[tuple[float, int]]:
    """The first wall along each ray, intersection by intersection."""
    here = shapely.Point(x, y)
    walls = []
    for ray in range(RAYS):
        angle = np.radians(ray + 0.5)
        end = (x + 400 * np.sin(angle), y + 400 * np.cos(angle))
        line = shapely.LineString([(x, y), end])
        best = (np.inf, -1)
        for number, building in enumerate(buildings):
            if building.contains(here):
                continue
            crossed = line.intersection(building.boundary)
            if not crossed.is_empty and building.boundary.distance(here) <= SIGHT_M:
                best = min(best, (crossed.distance(here), number))
        walls.append(best)
    return walls


def test_a_wall_ten_metres_to_the_east_stops_the_look_east_only() -> None:
    horizon = look(walls_of(shapely.box(10, -5, 20, 5)), (0, 0))
    assert horizon.distance_m[0, 89] == pytest.approx(10 / np.cos(np.radians(0.5)))
    assert horizon.building[0, 90] == 0
    # the corners (10, ±5) lie at 63.4 and 116.6 degrees
    assert set(np.flatnonzero(horizon.building[0] == 0)) == set(range(63, 117))
    assert np.isinf(horizon.distance_m[0, [0, 62, 117, 180, 270]]).all()


def test_the_nearer_of_two_buildings_is_met() -> None:
    horizon = look(walls_of(shapely.box(-5, 40, 5, 50), shapely.box(-5, 10, 5, 20)), (0, 0))
    assert horizon.building[0, 0] == 1
    assert horizon.distance_m[0, 0] == pytest.approx(10, abs=0.01)


def test_a_building_around_the_point_does_not_stop_the_look_but_its_neighbour_does() -> None:
    horizon = look(walls_of(shapely.box(-5, -5, 5, 5), shapely.box(-5, 10, 5, 20)), (0, 0))
    assert horizon.building[0, 0] == 1
    assert (horizon.building[0] != 0).all()


def test_a_courtyard_is_looked_at_from_within() -> None:
    yard = shapely.box(-50, -50, 50, 50).difference(shapely.box(-8, -8, 8, 8))
    horizon = look(walls_of(yard), (0, 0))
    assert (horizon.building[0] == 0).all()
    assert horizon.distance_m[0, 0] == pytest.approx(8, abs=0.01)


def test_random_buildings_are_met_as_the_naive_way_meets_them() -> None:
    rng = np.random.default_rng(3)
    buildings: list[shapely.Geometry] = []
    for _ in range(40):
        corners = rng.uniform(-130, 130, 2) + rng.normal(0, 9, (6, 2))
        buildings.append(shapely.convex_hull(shapely.multipoints(corners)))
    points = [(0.0, 0.0), (31.5, -20.25), (-77.0, 60.0)]
    horizon = look(walls_of(*buildings), *points)
    for number, (x, y) in enumerate(points):
        expected = naive(buildings, x, y)
        assert len(expected) > 8
        for ray, (distance, building) in enumerate(expected):
            if distance <= SIGHT_M:
                assert horizon.distance_m[number, ray] == pytest.approx(distance, abs=1e-6)
                assert horizon.building[number, ray] == building
            else:
                assert horizon.distance_m[number, ray] > SIGHT_M


def test_without_buildings_one_looks_on_for_ever() -> None:
    horizon = look(walls_of(), (0, 0), (5, 5))
    assert horizon.distance_m.shape == (2, RAYS)
    assert np.isinf(horizon.distance_m).all()
    assert (horizon.building == -1).all()


def test_bearings_count_clockwise_from_north() -> None:
    steps = np.array([[0, 1], [1, 1], [1, 0], [0, -1], [-1, 0], [-1e-20, 1]], dtype=np.float64)
    assert bearings(steps).tolist() == pytest.approx([0, 45, 90, 180, 270, 0])
    assert (bearings(steps) < 360).all()
