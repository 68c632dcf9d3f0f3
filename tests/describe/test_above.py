"""What is seen from above in simulated descriptions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from tiny_osm import Town

from core.describe.simulate.above import REACH_M, ViewFromAbove, as_from_above
from core.describe.simulate.generator import Style, describe
from core.describe.simulate.visibility import VisibilityMap
from core.describe.simulate.visible_scene import VisibleObject
from core.facts.things import Fact, Things
from core.sources.world import read_world


def hall(text: str) -> Fact:
    return Fact(text, text.partition(" with ")[0], [], view="photograph")


def test_things_around_have_distance_direction_and_number() -> None:
    shapes = [
        shapely.box(-20, 40, 20, 70),
        shapely.box(50, -5, 60, 5),
        shapely.box(80, -5, 90, 5),
        shapely.box(REACH_M + 1, -5, REACH_M + 20, 5),
    ]
    facts = [
        hall("large hall with a blue roof"),
        hall("detached house with an orange roof"),
        hall("detached house with an orange roof"),
        hall("huge hall"),
    ]
    above = ViewFromAbove(Things(np.array(shapes, dtype=object), facts), "EPSG:32633")
    first, second = above.around(shapely.Point(0, 0))
    assert (first.kind, first.words) == ("large hall", ("blue roof",))
    assert first.distance_m == pytest.approx(40)
    assert first.bearing_deg == pytest.approx(0)
    assert (second.kind, second.words, second.count) == ("detached house", ("orange roof",), 2)
    assert second.bearing_deg == pytest.approx(90)
    assert second.rarity < first.rarity


def test_a_description_tells_of_the_roof(tmp_path: Path) -> None:
    town = Town()
    town.way([(-100, 0), (100, 0)], highway="residential")
    world = read_world([town.write(tmp_path / "town.osm")])
    at = town.position(0, 0)
    (scene,) = VisibilityMap(world).scenes(np.array([at.lat]), np.array([at.lon]))
    thing = VisibleObject("large hall", ("blue roof",), "", "building", 30.0, 0.0, 40.0, 40.0, 1.0)
    scene = replace(scene, things=(thing,))
    texts = [
        describe(scene, np.random.default_rng(seed), Style(False, "medium", "careful", "compass"))
        for seed in range(30)
    ]
    told = [text for text in texts if "large hall with a blue roof" in text.lower()]
    assert len(told) > len(texts) / 2


def test_most_texts_from_above_have_compass_directions() -> None:
    rng = np.random.default_rng(0)
    style = Style(False, "short", "careful", "heading")
    turned = [as_from_above(style, rng).orientation for _ in range(200)]
    assert 100 < turned.count("compass") < 170


def test_what_only_a_person_in_the_street_sees_can_be_left_out(tmp_path: Path) -> None:
    town = Town()
    town.way([(-100, 0), (100, 0)], highway="residential")
    town.box(0, 20, 20, 12, building="yes")
    town.point(10, -8, amenity="bench")
    town.point(-10, -8, natural="tree")
    world = read_world([town.write(tmp_path / "town.osm")])
    at = town.position(0, 0)
    lats, lons = np.array([at.lat]), np.array([at.lon])
    nothing = ViewFromAbove(Things(np.array([], dtype=object), []), world.metric_crs)
    seen = VisibilityMap(world)
    (both,) = nothing.added(seen.scenes(lats, lons), lats, lons)
    (scene,) = nothing.alone(seen.scenes(lats, lons), lats, lons)
    left_out = {thing.kind for thing in both.things} - {thing.kind for thing in scene.things}
    assert left_out == {"bench"}
    assert {"tree", "building"} <= {thing.kind for thing in scene.things}
