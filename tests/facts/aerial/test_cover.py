"""What covers the ground: trees, open ground by its colour, waters by width, garden colonies."""

from pathlib import Path

import numpy as np
import pytest
from geopandas import GeoSeries
from painted_ground import Colour, PaintedGround
from test_aerial_facts import ASPHALT, texts_of
from tiny_osm import Town

from core.facts.aerial import things_from_above
from core.sources.world import read_world

LEAVES, SHADE = (60, 95, 45), (28, 45, 22)


def field_town() -> tuple[Town, PaintedGround]:
    """A street on ground that has no colour to tell."""
    town = Town()
    town.way([(0, 0), (400, 0), (400, 350)], highway="residential", name="Long Street")
    ground = PaintedGround(town, ground=(90, 90, 90), reach_m=500)
    ground.paint(0, -6, 406, 12, ASPHALT)
    ground.paint(394, 0, 12, 350, ASPHALT)
    return town, ground


def paint_trees(ground: PaintedGround, x: float, y: float, side: float) -> None:
    """Crowns of 3 m with shade between them."""
    ground.paint(x, y, side, side, LEAVES)
    for row in range(int(side / 3)):
        for column in range(row % 2, int(side / 3), 2):
            ground.paint(x + 3 * column, y + 3 * row, 3, 3, SHADE)


def test_trees_are_rough_and_green_and_a_wood_is_large(tmp_path: Path) -> None:
    town, ground = field_town()
    paint_trees(ground, 50, 50, 30)
    paint_trees(ground, 200, 100, 100)
    texts = texts_of(town, ground, tmp_path)
    assert texts.count("group of trees or bushes") == 2
    assert texts.count("stand of dense trees") == 1


@pytest.mark.parametrize(
    ("colour", "text"),
    [
        ((90, 130, 60), "stretch of grass or crops"),
        ((190, 180, 60), "yellow field"),
        ((130, 95, 70), "stretch of brown ground, bare or dry"),
        ((215, 205, 195), "stretch of pale open ground"),
    ],
)
def test_open_ground_is_told_by_its_colour(colour: Colour, text: str, tmp_path: Path) -> None:
    town, ground = field_town()
    ground.paint(100, 60, 120, 120, colour)
    texts = texts_of(town, ground, tmp_path)
    assert [one for one in texts if "ground" in one or "field" in one or "grass" in one] == [text]


def test_what_is_built_or_small_or_a_car_park_is_no_open_ground(tmp_path: Path) -> None:
    town, ground = field_town()
    ground.paint(0, 60, 30, 30, (90, 130, 60))
    ground.paint(100, 60, 100, 100, (215, 205, 195))
    town.box(100, 60, 100, 100, amenity="parking")
    ground.paint(250, 60, 100, 100, (215, 205, 195))
    town.box(250, 60, 100, 100, building="warehouse")
    texts = texts_of(town, ground, tmp_path)
    assert not any("ground" in one or "grass" in one for one in texts)


def test_trees_stand_where_they_were_painted(tmp_path: Path) -> None:
    town, ground = field_town()
    paint_trees(ground, 200, 100, 60)
    world = read_world([town.write(tmp_path / "town.osm")])
    things = things_from_above(world, ground)
    rows = [row for row, fact in enumerate(things.facts) if fact.text.startswith("group")]
    low, high = town.position(200, 100), town.position(260, 160)
    west, south, east, north = (
        GeoSeries(things.shapes[rows], crs=world.metric_crs).to_crs(4326).total_bounds
    )
    metre = 1 / 70_000
    assert np.allclose(
        [west, south, east, north], [low.lon, low.lat, high.lon, high.lat], atol=8 * metre
    )


def test_waters_are_told_by_their_width(tmp_path: Path) -> None:
    town, _ = field_town()
    town.box(0, 50, 200, 60, natural="water")
    town.box(0, 200, 200, 5, natural="water")
    town.box(0, 300, 200, 11, natural="water")
    texts = texts_of(town, None, tmp_path)
    assert texts.count("wide stretch of water") == 1
    assert texts.count("narrow strip of water") == 1


@pytest.mark.parametrize(("ground_colour", "colonies"), [((90, 130, 60), 1), (ASPHALT, 0)])
def test_small_huts_among_plants_are_a_garden_colony(
    ground_colour: Colour, colonies: int, tmp_path: Path
) -> None:
    town, ground = field_town()
    ground.paint(80, 80, 160, 120, ground_colour)
    for row in range(9):
        town.box(120 + 25 * (row % 3), 110 + 25 * (row // 3), 4, 5, building="yes")
    texts = texts_of(town, ground, tmp_path)
    assert texts.count("garden colony with many small huts") == colonies
