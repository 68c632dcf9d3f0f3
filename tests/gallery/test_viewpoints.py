"""Viewpoints along walkable ways."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tiny_osm import Town, tiny_city

from core.errors import SourceError
from core.gallery.viewpoints import Viewpoints, find_viewpoints
from core.sources.world import read_world
from core.world import World

Read = Callable[[Town], World]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda town: read_world([town.write(tmp_path / "town.osm")])


def metres(views: Viewpoints, town: Town) -> np.ndarray:
    """Viewpoints [N, 2] in the drawing's own metres."""
    step = np.array([town.position(1, 0).lon - town.lon, town.position(0, 1).lat - town.lat])
    return (np.column_stack([views.lons, views.lats]) - [town.lon, town.lat]) / step


def test_a_straight_street_gets_a_viewpoint_every_thirty_metres(read: Read) -> None:
    town = Town()
    town.way([(0, 0), (300, 0)], highway="residential", name="Lime Street")
    views = find_viewpoints(read(town), 30, 50)
    placed = metres(views, town)
    assert placed[:, 0] == pytest.approx(np.arange(15, 300, 30), abs=1)
    assert placed[:, 1] == pytest.approx(0, abs=1)
    assert views.streets == ["Lime Street"] * 10
    assert not views.on_grid


def test_an_address_far_from_every_way_gets_a_viewpoint(read: Read) -> None:
    town = Town()
    town.way([(0, 0), (300, 0)], highway="residential", name="Lime Street")
    for x, y in ((150, 60), (150, 200), (160, 210)):
        town.point(x, y, addr__street="Farm", addr__housenumber=str(y))
    placed = metres(find_viewpoints(read(town), 30, 50), town)
    assert len(placed) == 11
    assert placed[-1] == pytest.approx([150, 200], abs=1)


def test_every_walkable_way_has_a_viewpoint_near_and_none_crowds_another(read: Read) -> None:
    town = tiny_city()
    world = read(town)
    placed = metres(find_viewpoints(world, 30, 50), town)
    gaps = np.hypot(*(placed[:, None] - placed[None]).transpose(2, 0, 1))
    assert gaps[~np.eye(len(placed), dtype=bool)].min() > 25
    streets = world.features[world.features.group == "street"].geometry
    step = np.array([town.position(1, 0).lon - town.lon, town.position(0, 1).lat - town.lat])
    assert len(streets) > 3
    for street in streets:
        drawn = shapely.transform(street, lambda at: (at - [town.lon, town.lat]) / step)
        along = shapely.line_interpolate_point(
            drawn.boundary if drawn.geom_type == "Polygon" else drawn,
            np.linspace(0, 1, 20),
            normalized=True,
        )
        points = shapely.get_coordinates(along)
        assert len(points) == 20
        for at in points:
            assert np.hypot(*(placed - at).T).min() < 45


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "motorway"}, False),
        ({"highway": "residential", "tunnel": "yes"}, False),
        ({"highway": "residential", "access": "private"}, False),
        ({"highway": "residential", "access": "no", "foot": "yes"}, True),
        ({"railway": "rail"}, False),
    ],
)
def test_only_ways_that_people_walk_are_stood_on(
    tags: dict[str, str], walked: bool, read: Read
) -> None:
    town = Town()
    town.way([(0, 0), (200, 0)], highway="residential", name="Lime Street")
    town.way([(0, 500), (200, 500)], **tags)
    placed = metres(find_viewpoints(read(town), 30, 50), town)
    assert bool((placed[:, 1] > 400).any()) is walked


def test_a_street_shorter_than_the_spacing_has_one_viewpoint(read: Read) -> None:
    town = Town()
    town.way([(0, 0), (8, 0)], highway="residential", name="Short Street")
    assert len(find_viewpoints(read(town), 30, 50).lats) == 1


def test_named_streets_come_before_nameless_paths(read: Read) -> None:
    town = Town()
    town.way([(0, 2), (300, 2)], highway="footway")
    town.way([(0, 0), (300, 0)], highway="residential", name="Lime Street")
    assert set(find_viewpoints(read(town), 30, 50).streets) == {"Lime Street"}


def test_points_alone_get_a_grid_around_them(tmp_path: Path) -> None:
    path = tmp_path / "places.geojson"
    frame = gpd.GeoDataFrame(
        {"name": ["A", "B"]}, geometry=gpd.points_from_xy([24.94, 24.99], [60.17, 60.17]), crs=4326
    )
    frame.to_file(path)
    views = find_viewpoints(read_world([path]), 30, 50)
    assert views.on_grid
    assert len(views.lats) == 18
    assert not any(views.streets)


def test_a_square_too_small_to_stand_in_is_one_clear_line(read: Read) -> None:
    town = Town()
    town.box(0, 0, 4, 4, place="square", name="Tiny Square")
    try:
        views = find_viewpoints(read(town), 30, 50)
    except SourceError as error:
        assert str(error)  # noqa: PT017
    else:
        assert len(views.lats)
