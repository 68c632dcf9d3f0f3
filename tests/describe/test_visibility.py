"""Visible scenes: occlusion by buildings, directions, and the way of the viewpoint."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_osm import Town, tiny_city

from core.describe.simulate.visibility import VisibilityMap
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene
from core.sources.world import read_world

Look = Callable[[Town, float, float], VisibleScene]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """The scene at a point of a drawing, in metres from its corner."""

    def run(town: Town, x: float, y: float) -> VisibleScene:
        at = town.position(x, y)
        world = read_world([town.write(tmp_path / "town.osm")])
        return VisibilityMap(world).scene(at.lat, at.lon)

    return run


def street(**tags: str) -> Town:
    """A street that runs north from the corner, 200 m long."""
    town = Town()
    town.way([(0, 0), (0, 100), (0, 200)], highway="residential", name="Long Lane", **tags)
    return town


def seen(scene: VisibleScene, kind: str) -> VisibleObject | None:
    found = [one for one in scene.things if one.kind == kind]
    assert len(found) <= 1, f"{kind} is seen {len(found)} times"
    return found[0] if found else None


def test_a_thing_is_seen_with_distance_and_bearing(look: Look) -> None:
    town = street()
    town.point(30, 140, historic="memorial", memorial="statue", name="Statue of Ada")
    statue = seen(look(town, 0, 100), "statue")
    assert statue is not None
    assert statue.name == "Statue of Ada"
    assert statue.distance_m == pytest.approx(50, abs=0.3)
    assert statue.bearing_deg == pytest.approx(np.degrees(np.arctan2(30, 40)), abs=0.3)


def test_a_building_hides_what_is_behind_it_and_nothing_else_does(look: Look) -> None:
    def town(*, built: bool) -> Town:
        drawing = street()
        drawing.point(40, 100, historic="memorial", memorial="statue")
        drawing.point(-40, 100, amenity="fountain")
        if built:
            drawing.box(10, 80, 15, 40, building="yes")
        return drawing

    hidden, free = look(town(built=True), 0, 100), look(town(built=False), 0, 100)
    assert seen(hidden, "statue") is None
    assert seen(hidden, "building") is not None
    assert seen(hidden, "fountain") is not None
    assert seen(free, "statue") is not None


def test_a_building_further_off_hides_nothing_nearer(look: Look) -> None:
    town = street()
    town.point(20, 100, historic="memorial", memorial="statue")
    town.box(30, 80, 15, 40, building="yes")
    assert seen(look(town, 0, 100), "statue") is not None


def test_a_shop_is_seen_through_its_own_front_but_not_through_the_back(look: Look) -> None:
    town = street()
    town.box(10, 80, 40, 40, building="commercial")
    town.point(13, 100, shop="bakery")
    town.point(47, 100, shop="butcher")
    scene = look(town, 0, 100)
    assert seen(scene, "bakery") is not None
    assert seen(scene, "butcher") is None


def test_a_shop_behind_another_building_is_not_seen(look: Look) -> None:
    town = street()
    town.box(10, 80, 10, 40, building="yes")
    town.box(25, 80, 20, 40, building="commercial")
    town.point(27, 100, shop="bakery")
    assert seen(look(town, 0, 100), "bakery") is None


def test_roofs_on_posts_and_what_is_underground_do_not_stop_the_eye(look: Look) -> None:
    town = street()
    town.point(40, 100, historic="memorial", memorial="statue")
    town.box(10, 80, 15, 40, building="roof")
    town.box(10, 80, 15, 40, building="yes", layer="-1")
    scene = look(town, 0, 100)
    assert seen(scene, "statue") is not None
    assert seen(scene, "building") is None


def test_a_building_fills_its_angle_and_keeps_its_looks(look: Look) -> None:
    town = street()
    town.box(20, 80, 15, 40, building="apartments", building__levels="5", building__colour="yellow")
    block = seen(look(town, 0, 100), "apartment building")
    assert block is not None
    assert block.words == ("5-storey", "yellow")
    assert block.distance_m == pytest.approx(20, abs=0.1)
    assert block.extent_deg == pytest.approx(90, abs=2)
    assert look(town, 0, 100).walls_m[9] == pytest.approx(20, abs=0.5)
    assert np.isinf(look(town, 0, 100).walls_m[27])


def test_the_way_stood_on_is_told_with_what_runs_along_it(look: Look) -> None:
    town = street(surface="sett", lanes="3", oneway="yes", cycleway="lane")
    town.way([(2, 0), (2, 200)], railway="tram")
    for y in (80, 100, 120):
        town.point(8, y, natural="tree")
    way = look(town, 0, 100).way
    assert way is not None
    assert (way.kind, way.name, way.surface) == ("residential street", "Long Lane", "cobbled")
    assert way.lanes == 3
    assert way.is_one_way
    assert way.has_tram
    assert way.has_cycle_lane
    assert way.bearing_deg is not None
    assert np.sin(np.radians(way.bearing_deg)) == pytest.approx(0, abs=0.01)
    sides = (False, True) if way.bearing_deg < 90 else (True, False)
    assert (way.trees_left, way.trees_right) == sides


def test_a_bare_street_is_told_bare(look: Look) -> None:
    way = look(street(), 0, 100).way
    assert way is not None
    assert not way.has_tram
    assert not way.has_cycle_lane
    assert not way.is_one_way
    assert not way.is_bridge
    assert not way.trees_left
    assert not way.trees_right
    assert way.surface == ""


def test_the_street_is_told_and_not_its_own_pavement(look: Look) -> None:
    town = street()
    town.way([(5, 0), (5, 200)], highway="footway", footway="sidewalk")
    way = look(town, 5, 100).way
    assert way is not None
    assert way.name == "Long Lane"


@pytest.mark.parametrize(("west", "kind"), [(0, "T-junction"), (-80, "crossroads")])
def test_a_junction_is_known_by_its_arms_and_the_other_street(
    look: Look, west: float, kind: str
) -> None:
    town = street()
    points = [(west, 100), (0, 100), (80, 100)] if west else [(0, 100), (80, 100)]
    town.way([(float(x), float(y)) for x, y in points], highway="tertiary", name="Cross Road")
    at, before = look(town, 0, 92), look(town, 0, 60)
    assert at.corner is not None
    assert (at.corner.kind, at.corner.name) == (kind, "Cross Road")
    assert before.corner is None
    assert before.junctions[0].distance_m == pytest.approx(40, abs=0.3)
    assert look(street(), 0, 100).corner is None


def test_who_stands_in_a_park_is_inside_it(look: Look) -> None:
    town = street()
    town.box(-60, 40, 120, 120, leisure="park", name="Rose Garden")
    scene = look(town, 0, 100)
    assert [one.name for one in scene.inside] == ["Rose Garden"]
    assert seen(scene, "park") is None


def test_benches_on_one_side_are_counted_as_one_thing(look: Look) -> None:
    town = street()
    for y in (95, 100, 105):
        town.point(15, y, amenity="bench")
    benches = seen(look(town, 0, 100), "bench")
    assert benches is not None
    assert benches.count == 3
    assert benches.distance_m == pytest.approx(15, abs=0.1)


def test_what_is_rare_on_the_map_is_rarer_than_what_is_common(look: Look) -> None:
    town = street()
    for y in range(60, 140, 10):
        town.point(15, y, amenity="bench")
    town.point(-15, 100, historic="monument")
    scene = look(town, 0, 100)
    benches = [thing.rarity for thing in scene.things if thing.kind == "bench"]
    monument = seen(scene, "monument")
    assert monument is not None
    assert 0 <= max(benches) < monument.rarity <= 1


def test_in_the_middle_of_nowhere_nothing_is_seen(look: Look) -> None:
    scene = look(street(), 900, 900)
    assert scene.way is None
    assert scene.corner is None
    assert scene.things == scene.inside == scene.junctions == ()


def test_a_map_of_a_single_place_shows_that_place(look: Look) -> None:
    town = Town()
    town.point(0, 20, amenity="fountain")
    scene = look(town, 0, 0)
    assert scene.way is None
    fountain = seen(scene, "fountain")
    assert fountain is not None
    assert fountain.distance_m == pytest.approx(20, abs=0.1)


def test_many_viewpoints_give_what_each_gives_alone(tmp_path: Path) -> None:
    town = tiny_city()
    observer = VisibilityMap(read_world([town.write(tmp_path / "town.osm")]))
    places = [town.position(x, y) for x in (0, 65, 130, 255) for y in (5, 118, 241, 352)]
    lats, lons = (np.array([getattr(at, name) for at in places]) for name in ("lat", "lon"))
    together = list(observer.scenes(lats, lons))
    assert together == [observer.scene(at.lat, at.lon) for at in places]
    assert sum(len(scene.things) for scene in together) > 60
