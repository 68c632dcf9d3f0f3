"""Facts that are seen from above, on ground that the tests draw and paint."""

from pathlib import Path

import numpy as np
import pytest
from painted_ground import Colour, PaintedGround
from tiny_osm import Town

from core.errors import SourceError
from core.facts.aerial import things_from_above
from core.facts.aerial.colours import COLOUR_BOXES, COLOUR_WORDS, colour_codes, lab_of
from core.facts.viewpoint_facts import facts_around, tile_texts
from core.sources.world import read_world
from core.vocabulary.attributes import COLOURS

ASPHALT, WHITE = (150, 150, 150), (252, 252, 252)


def texts_of(town: Town, ground: PaintedGround | None, folder: Path) -> list[str]:
    world = read_world([town.write(folder / "town.osm")])
    return [fact.text for fact in things_from_above(world, ground).facts]


def street_with_hall(roof: Colour, cast: tuple[float, float, float]) -> tuple[Town, PaintedGround]:
    """A street of asphalt, and a hall of 40 × 50 m beside it."""
    town = Town()
    town.way([(0, 0), (400, 0)], highway="residential", name="Long Street")
    town.box(100, 20, 40, 50, building="industrial")
    ground = PaintedGround(town, cast=cast)
    ground.paint(-50, -6, 500, 12, ASPHALT)
    ground.paint(100, 20, 40, 50, roof)
    return town, ground


PLAIN, WARM, COLD = (1.0, 1.0, 1.0), (1.0, 0.88, 0.75), (0.8, 0.9, 1.0)
"""Casts of cameras."""


@pytest.mark.parametrize(
    ("roof", "look", "cast"),
    [
        ((250, 250, 250), "a white", WARM),
        ((250, 250, 250), "a white", COLD),
        ((220, 140, 80), "an orange", COLD),
        ((40, 110, 190), "a blue", WARM),
        ((190, 60, 50), "a red", PLAIN),
        ((190, 60, 50), "a red", COLD),
        ((70, 160, 160), "a turquoise", WARM),
    ],
)
def test_a_roof_has_its_colour_whatever_the_cast_of_the_camera(
    roof: Colour, look: str, cast: tuple[float, float, float], tmp_path: Path
) -> None:
    town, ground = street_with_hall(roof, cast)
    assert f"large hall with {look} roof" in texts_of(town, ground, tmp_path)


def test_without_a_photograph_only_the_shape_is_told(tmp_path: Path) -> None:
    town, _ = street_with_hall((0, 0, 0), (1.0, 1.0, 1.0))
    assert "large hall" in texts_of(town, None, tmp_path)


def test_a_roof_in_shadow_has_no_colour(tmp_path: Path) -> None:
    town, ground = street_with_hall((190, 60, 50), (1.0, 1.0, 1.0))
    ground.paint(100, 20, 40, 40, (12, 10, 10))
    assert "large hall" in texts_of(town, ground, tmp_path)


def test_a_roof_that_the_photograph_does_not_reach_has_no_colour(tmp_path: Path) -> None:
    town, ground = street_with_hall((190, 60, 50), (1.0, 1.0, 1.0))
    ground.reach_m = 60
    assert "large hall" in texts_of(town, ground, tmp_path)


def test_imagery_of_another_place_is_refused(tmp_path: Path) -> None:
    town, ground = street_with_hall((190, 60, 50), (1.0, 1.0, 1.0))
    ground.town = Town(lat=10.0)
    with pytest.raises(SourceError, match="other ground"):
        texts_of(town, ground, tmp_path)


@pytest.mark.parametrize(
    ("width_m", "length_m", "vans"),
    [pytest.param(2.6, 7, 16, id="vans"), pytest.param(4.2, 4.6, 0, id="slabs of a pool")],
)
def test_a_yard_of_white_vans_is_found(
    width_m: float, length_m: float, vans: int, tmp_path: Path
) -> None:
    town, ground = street_with_hall((190, 60, 50), (1.0, 1.0, 1.0))
    ground.paint(0, 100, 80, 60, ASPHALT)
    for row in range(16):
        ground.paint(
            5 + (width_m + 1.8) * (row % 8), 105 + 11 * (row // 8), width_m, length_m, WHITE
        )
    texts = texts_of(town, ground, tmp_path)
    assert texts.count("yard full of white vans, lorries or buses") == vans


def test_shapes_of_buildings(tmp_path: Path) -> None:
    town = Town()
    town.way([(0, 0), (400, 0)], highway="residential")
    town.box(0, 20, 60, 12, building="yes")
    town.box(100, 20, 12, 10, building="house")
    for row in range(5):
        town.box(200 + 8 * row, 20, 8, 12, building="house")
    outer, inner = town.box(0, 100, 50, 50), town.box(15, 115, 20, 20)
    town.courtyard(outer, inner, building="yes")
    texts = texts_of(town, None, tmp_path)
    assert {"long building", "detached house", "row of terraced houses"} <= set(texts)
    assert texts.count("house in a row") == 5
    assert "building around a courtyard" in texts


def test_courses_of_roads(tmp_path: Path) -> None:
    town = Town()
    for x in (0, 300, 600):
        town.way([(x, -200), (x, 0), (x, 200)], highway="residential")
    town.way([(-200, 0), (0, 0), (300, 0), (450, 0)], highway="residential")
    town.way([(600, 0), (750, 0), (750, 150)], highway="residential")
    texts = texts_of(town, None, tmp_path)
    assert texts.count("crossroads") == 2
    assert texts.count("T-junction") == 1
    assert "bend in the road" in texts
    assert "roundabout" not in texts


@pytest.mark.parametrize("junction", [{}, {"junction": "roundabout"}])
def test_a_circle_of_road_is_a_roundabout_with_its_tag_and_without(
    junction: dict[str, str], tmp_path: Path
) -> None:
    town = Town()
    circle = [(15 * np.cos(at), 15 * np.sin(at)) for at in np.linspace(0, 2 * np.pi, 25)]
    town.way(circle[:13], highway="residential", **junction)
    town.way(circle[12:], highway="residential", **junction)
    for place in (0, 6, 12, 18):
        x, y = circle[place]
        town.way([(x, y), (10 * x, 10 * y)], highway="residential")
    town.way([(300, 0), (360, 0), (360, 60), (300, 60), (300, 0)], highway="residential")
    texts = texts_of(town, None, tmp_path)
    assert texts.count("roundabout") == (2 if junction else 1)
    assert "T-junction" not in texts


def test_a_court_has_its_colour_and_a_grey_one_none(tmp_path: Path) -> None:
    town, ground = street_with_hall(ASPHALT, (1.0, 1.0, 1.0))
    town.box(100, 100, 40, 20, leisure="pitch")
    town.box(200, 100, 40, 20, leisure="pitch")
    ground.paint(100, 100, 40, 20, ASPHALT)
    ground.paint(200, 100, 40, 20, (200, 60, 50))
    texts = texts_of(town, ground, tmp_path)
    assert texts.count("red sports court") == 1
    assert not any("grey" in text and "court" in text for text in texts)


def test_viewpoints_get_the_facts_and_whole_tiles_do_not(tmp_path: Path) -> None:
    town, ground = street_with_hall((40, 110, 190), (1.0, 1.0, 1.0))
    world = read_world([town.write(tmp_path / "town.osm")])
    at = town.position(120, 0)
    facts = facts_around(
        world,
        np.array([at.lat]),
        np.array([at.lon]),
        above=things_from_above(world, ground),
    )
    row = facts.table.index[facts.table.text == "large hall with a blue roof"][0]
    link = facts.links[facts.links.fact == row].iloc[0]
    assert facts.table["view"][row] == "photograph"
    assert link.distance_m == pytest.approx(20, abs=0.5)
    assert link.bearing_deg % 360 == pytest.approx(0, abs=2)
    assert "hall" not in tile_texts(facts, 1, 100)[0]


def test_colours_are_words_of_the_vocabulary_and_white_is_100() -> None:
    assert {box.word for box in COLOUR_BOXES} <= {colour.word for colour in COLOURS}
    lab = lab_of(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], dtype=np.float32))
    assert lab[0] == pytest.approx([100, 0, 0], abs=0.1)
    assert lab[1] == pytest.approx([0, 0, 0], abs=0.1)
    assert lab[2] == pytest.approx([53.24, 80.09, 67.2], abs=0.1)
    assert COLOUR_WORDS[colour_codes(lab)[2]] == "red"
