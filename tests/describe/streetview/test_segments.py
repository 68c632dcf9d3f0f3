"""Surfaces, colours and lines of drawn scenes, by the classical rules."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.describe.streetview.scene import SIDES
from core.describe.streetview.segments import METHOD, NOTE, segment


def street(left: str = "#d9a520", right: str = "#8a2b20") -> Image.Image:
    """A street between two rows of houses under a blue sky, with a hedge on the right."""
    picture = Image.new("RGB", (800, 600), "#6fa0e0")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 60), (330, 250), (330, 330), (0, 520)], left)
    draw.polygon([(800, 60), (470, 250), (470, 330), (800, 520)], right)
    draw.polygon([(0, 600), (0, 515), (380, 315), (420, 315), (800, 515), (800, 600)], "#8c8a88")
    draw.polygon([(520, 380), (800, 420), (800, 530), (520, 400)], "#2f7d2b")
    for x in (60, 140, 220):
        draw.rectangle((x, 230, x + 30, 300), outline="black", width=3)
    return picture


def test_a_street_scene_has_its_surfaces_and_colours() -> None:
    found = segment(street())
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-6)
    assert found.shares["sky"] == pytest.approx(0.32, abs=0.08)
    assert found.shares["road"] == pytest.approx(0.25, abs=0.08)
    assert found.shares["vegetation"] == pytest.approx(0.04, abs=0.02)
    assert found.road_ahead
    first = {side: [one.colour for one in found.colours if one.side == side][:1] for side in SIDES}
    assert first["left"] == ["yellow"]
    assert first["right"] == ["red"]
    assert found.green_sides == ("right",)
    assert found.upright >= 6
    assert (found.method, found.note) == (METHOD, NOTE)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#f4f2ee", "white"),
        ("#808080", "grey"),
        ("#d8c8a0", "beige"),
        ("#e07020", "orange"),
        ("#c02020", "red"),
        ("#6b4020", "brown"),
        ("#2060c0", "blue"),
    ],
)
def test_a_wall_is_called_by_its_colour(colour: str, name: str) -> None:
    picture = Image.new("RGB", (400, 400), "#303030")
    picture.paste(colour, (0, 0, 400, 300))
    # a rough wall, or it would be sky
    pixels = np.asarray(picture, dtype=np.int16) + np.random.default_rng(1).integers(
        -14, 15, (400, 400, 1)
    )
    pixels[::8] -= 40
    found = segment(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    assert next(one.colour for one in found.colours if one.side == "ahead") == name


def test_a_wall_in_shade_is_called_by_its_colour_or_not_at_all() -> None:
    grain = np.random.default_rng(2).integers(-9, 10, (400, 400, 1))
    for colour, names in (((110, 84, 34), {"yellow"}), ((92, 96, 104), set())):
        pixels = np.full((400, 400, 3), colour, dtype=np.int16) + grain
        pixels[::8] -= 30
        pixels[300:] = 48
        found = segment(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
        assert {one.colour for one in found.colours if one.side == "ahead"} == names


def test_a_picture_of_nothing_has_nothing() -> None:
    found = segment(Image.new("RGB", (64, 64), "black"))
    assert found.shares["sky"] == found.shares["vegetation"] == 0
    assert not found.road_ahead
    assert (found.upright, found.level) == (0, 0)
