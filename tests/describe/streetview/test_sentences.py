"""Descriptions by rules, and the meaning and noise of what is read on signs."""

import pytest

from core.describe.streetview.checks import form_faults, sign_faults
from core.describe.streetview.meanings import meaning_of
from core.describe.streetview.scene import Box, FacadeColour, Scene, SeenThing, Segments, Sign
from core.describe.streetview.sentences import described_by_rules, sign_words, text_without_signs
from core.describe.streetview.signposts import pointing
from core.describe.streetview.signs import cleaned, is_number_plate

SHARES = {"sky": 0.2, "vegetation": 0.05, "road": 0.3, "facade": 0.45}
SEGMENTS = Segments(
    SHARES,
    "classical",
    colours=(
        FacadeColour("left", "yellow", 0.7),
        FacadeColour("right", "white", 0.5),
        FacadeColour("right", "grey", 0.4),
        FacadeColour("ahead", "dark", 0.9),
    ),
    green_sides=("right",),
    road_ahead=True,
)
SIGNS = (
    Sign("APOTHEKE", 0.98, "left", "pharmacy", "German", size=0.05),
    Sign("Lindenhof", 0.95, "right", size=0.04),
    Sign("12", 0.9, "ahead"),
)


def test_a_description_follows_the_paths_and_skips_what_is_not_there() -> None:
    text = described_by_rules([Scene(SIGNS, SEGMENTS)])
    assert text == (
        "A street leads away ahead. On the left is a pharmacy, “APOTHEKE”. On the right I read "
        "“Lindenhof”. Ahead is the number “12”. The building on the left is yellow. The building "
        "on the right is white. There are green plants on the right."
    )
    grey = (FacadeColour("ahead", "grey", 0.9),)
    only = Segments({**SHARES, "vegetation": 0.0}, "classical", colours=grey)
    assert described_by_rules([Scene((), only)]) == "A grey building stands ahead."
    bare = Segments({**SHARES, "facade": 0.0}, "classical")
    assert described_by_rules([Scene((), bare)]) == ""


def test_the_views_of_a_panorama_are_told_apart_by_direction() -> None:
    walls = Segments(SHARES, "classical", colours=(FacadeColour("left", "red", 0.8),))
    scenes = [Scene(SIGNS[:1], walls, direction="behind"), Scene((), SEGMENTS, direction="left")]
    text = described_by_rules(scenes)
    assert "Behind me is a pharmacy, “APOTHEKE”." in text
    assert "The walls behind me are red." in text
    assert "A street leads away on the left." in text


def test_still_things_are_listed_by_side_and_moving_ones_are_not() -> None:
    box, aside = Box(0.4, 0.2, 0.6, 0.8), Box(0.8, 0.2, 1.0, 0.8)
    things = tuple(SeenThing(noun, 0.9, box) for noun in ("church", "bench", "bench", "car"))
    found = Segments(SHARES, "m", things=(*things, SeenThing("statue", 0.5, aside)))
    text = described_by_rules([Scene((), found)])
    assert text == "Ahead I see a church and two benches. On the right I see a statue."


def test_a_dropped_sign_takes_its_sentence_with_it() -> None:
    text = described_by_rules([Scene(SIGNS, SEGMENTS)])
    without = text_without_signs(text, ["APOTHEKE", "12"])
    assert "APOTHEKE" not in without
    assert "12" not in without
    assert "“Lindenhof”" in without
    assert text_without_signs(text, []) == text


@pytest.mark.parametrize(
    ("text", "english", "language"),
    [
        ("APOTHEKE", "pharmacy", "German"),
        ("PHARMACIE DU CENTRE", "pharmacy", "French"),
        ("Bäckerei Krause", "bakery", "German"),
        ("Tandläkare", "dentist", "Swedish"),
        ("аптека", "pharmacy", "Polish"),
        ("薬局", "pharmacy", "Japanese"),
        ("Hotel Adler", "hotel", "English"),
        ("PISCINE", "swimming pool", "Spanish"),
        ("STOP", "stop sign", "English"),
        ("Ap0theke", "pharmacy", "German"),
        ("PECTOPAH", "restaurant", "Russian"),
        ("CRÊPERIE DU CHÂTEAU", "restaurant", "French"),
        ("CENTRE CULTUREL", "arts centre", "French"),
        ("Casa de la Cultura", "arts centre", "Spanish"),
        ("BANCO SANTANDER", "bank", "Spanish"),
    ],
)
def test_the_word_on_a_sign_names_a_kind_of_thing(text: str, english: str, language: str) -> None:
    meaning = meaning_of(text)
    assert meaning is not None
    assert meaning.english == english
    assert meaning.language == language or english in {"pharmacy", "swimming pool", "stop sign"}


def test_the_first_letter_of_a_sign_is_guessed_at_the_edge_of_the_picture() -> None:
    meaning = meaning_of("ANQUE POPULAIRE", cut=True)
    assert meaning is not None
    assert meaning.english == "bank"
    assert meaning_of("ANQUE POPULAIRE") is None


def test_small_signs_above_each_other_are_a_signpost() -> None:
    post = [
        Sign("Camping", 0.9, "ahead", "camping site", x=0.4, y=0.70, size=0.013),
        Sign("Salles des Sports", 0.9, "ahead", x=0.41, y=0.69, size=0.012),
    ]
    house = Sign("CAMPING DU LAC", 0.9, "right", "camping site", x=0.8, y=0.6, size=0.06)
    found = {sign.text: sign.points_away for sign in pointing([*post, house])}
    assert found == {"Camping": True, "Salles des Sports": True, "CAMPING DU LAC": False}
    assert not any(sign.points_away for sign in pointing(post[:1]))
    text = described_by_rules([Scene((*pointing(post),), SEGMENTS)])
    assert "Ahead a signpost names “Camping”." in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("← Centre d'art", "Centre d'art"),
        ("RENNES 22 km", "RENNES 22 km"),
        ("Camping 500m", "Camping 500m"),
    ],
)
def test_an_arrow_or_a_distance_points_away_also_alone(text: str, shown: str) -> None:
    beside = Sign("du Lac", 0.9, "ahead", x=0.5, y=0.51, size=0.012)
    (found,) = pointing([Sign(text, 0.9, "ahead", x=0.5, y=0.5, size=0.04)])
    assert (found.text, found.points_away) == (shown, True)
    small = pointing([Sign(text, 0.9, "ahead", x=0.5, y=0.5, size=0.012), beside])
    assert [sign.points_away for sign in small] == [True, True]


@pytest.mark.parametrize("text", ["30 km/h", "Motel 6", "Salon M", "Lindenhof 12 Mitte"])
def test_a_number_that_is_no_distance_does_not_point_away(text: str) -> None:
    (found,) = pointing([Sign(text, 0.9, "ahead", size=0.04)])
    assert not found.points_away


def test_a_wall_beside_another_of_its_colour_is_told_once() -> None:
    walls = tuple(FacadeColour(side, "white", 0.8) for side in ("left", "right"))
    text = described_by_rules([Scene((), Segments(SHARES, "classical", colours=walls))])
    assert text == "The buildings on the left and on the right are white."


def test_a_thing_in_the_plural_has_no_article() -> None:
    assert sign_words(Sign("ESCALIER", 0.9, "left", "steps")) == "are steps, “ESCALIER”"
    assert sign_words(Sign("MAIRIE", 0.9, "left", "town hall")) == "is a town hall, “MAIRIE”"


@pytest.mark.parametrize("text", ["RENNES", "50 Places", "Lindenhof 3", "Marktstraße", "12", ""])
def test_a_name_means_no_kind_of_thing(text: str) -> None:
    assert meaning_of(text) is None


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ("tttttttttt", ""),
        ("MmmM", ""),
        ("X", ""),
        ("18062008", ""),
        ('囚Camping"', "Camping"),
        ("薬局", "薬局"),
        ("·Café ·", "Café"),
        ("11", "11"),
    ],
)
def test_noise_is_cleaned_out_of_what_was_read(read: str, kept: str) -> None:
    assert cleaned(read) == kept


def test_number_plates_are_text_on_moving_things() -> None:
    for plate in ("AB-123-CD", "B MW 1234", "ABC 12D", "AB12 CDE"):
        assert is_number_plate(plate), plate
    for sign in ("APOTHEKE", "RUE 12", "Route 66", "B 96"):
        assert not is_number_plate(sign), sign


def test_form_and_signs_of_a_text_are_checked() -> None:
    scene = Scene(SIGNS, SEGMENTS)
    good = described_by_rules([scene])
    assert not [*form_faults(good), *sign_faults(good, [scene])]
    bad = "Sure! In this photo I see **a wall** at 52.51234, 13.4; it says “ICE CREAM PALACE”."
    faults = [*form_faults(bad), *sign_faults(bad, [scene])]
    for part in ("mentions the photograph", "markup", "coordinates", "ICE CREAM", "APOTHEKE"):
        assert any(part in fault for fault in faults), part
    assert "it has only 2 words, fewer than 8" in [*form_faults("A wall.")]
