"""The signal that weighs what lies around by its rarity."""

import pytest

from core.retrieval.channels.surroundings import CHOICES, colour_factors
from core.retrieval.stretches import stated_bearing


@pytest.mark.parametrize(
    ("phrase", "parsed", "bearing"),
    [
        ("To the north-east opens a pedestrian square", None, 45),
        ("On the west side a long narrow shed", None, 270),
        ("South of me a long block of flats", None, 180),
        ("East side is a school type sports ground", None, 90),
        ("narrow street going south", None, None),
        ("road running north-south", None, None),
        ("a street between north and south", None, None),
        ("a church", 90.0, 90),
        ("a church", None, None),
    ],
)
def test_the_direction_of_a_phrase(
    phrase: str, parsed: float | None, bearing: float | None
) -> None:
    assert stated_bearing(phrase, parsed) == bearing


def test_a_phrase_with_a_colour_counts_less_for_things_of_another_one() -> None:
    factors = colour_factors("large hall with a blue roof")
    assert factors["blue"] > 1
    assert factors["red"] == CHOICES.other_colour
    assert factors[""] == CHOICES.no_colour
    assert set(colour_factors("large hall").values()) == {1.0}


def test_shades_of_one_colour_agree() -> None:
    factors = colour_factors("pale flat-roofed building")
    assert factors["white"] == 1.0
    assert factors["dark grey"] == 1.0
    assert factors["red"] < 1
