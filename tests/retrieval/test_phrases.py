"""Descriptions are split into phrases with their offsets."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.retrieval.phrases import MAX_PHRASES, split_phrases

spoken = st.lists(
    st.sampled_from(
        [
            "a white church",
            "and",
            ", ",
            ". ",
            " near ",
            "the",
            "north of",
            "I'm at",
            "\n",
            " – ",
            "(",
            ")",
            "Café Ångström",
            "площадь",
            "🏰",
            "\u200f",
            "'",
            "42",
        ]
    )
    | st.text(max_size=8)
).map("".join)


def texts_of(description: str) -> list[str]:
    return [phrase.text for phrase in split_phrases(description)]


@settings(max_examples=300, deadline=None)
@given(spoken | st.text())
def test_offsets_are_those_of_the_text(description: str) -> None:
    phrases = split_phrases(description)
    assert len(phrases) <= MAX_PHRASES
    end = 0
    for phrase in phrases:
        assert phrase.text == description[phrase.start : phrase.end]
        assert any(character.isalnum() for character in phrase.text)
        assert phrase.text == phrase.text.strip()
        assert phrase.start >= end, "phrases follow each other and do not overlap"
        end = phrase.end


def test_a_description_falls_into_the_things_it_names() -> None:
    found = texts_of("A white cathedral above wide steps, a big cobbled square with a statue.")
    assert found == ["white cathedral above wide steps", "big cobbled square", "statue"]


@pytest.mark.parametrize(
    ("description", "phrases"),
    [
        ("I'm standing in the park next to a fountain", ["park", "fountain"]),
        ("church north of the station", ["church", "station"]),
        ("pharmacy; bakery | bank", ["pharmacy", "bakery", "bank"]),
        ("tower – bridge", ["tower", "bridge"]),
        ("a bar two blocks away from the bank", ["bar", "bank"]),
        ("half a block from the bank is a church", ["bank", "church"]),
        ("a sandy beach", ["sandy beach"]),
        ("harbour", ["harbour"]),
        ("3.5 metres wide", ["3.5 metres wide"]),
        ("next to the pharmacy is a pub", ["pharmacy", "pub"]),
        ("the pharmacy is opposite a pub", ["pharmacy", "pub"]),
        ("beside the street there is a tall tower", ["street", "tall tower"]),
        ("by the river with the Eiffel Tower right behind me", ["river", "Eiffel Tower"]),
        (
            "between two apartment blocks there is a playground",
            ["two apartment blocks", "playground"],
        ),
        ("at Turmstr. Nr. 22, beside a church", ["Turmstr. Nr. 22", "church"]),
        ("in front of St. John's church. A pub", ["St. John's church", "pub"]),
        ("on the left of the park is a large school", ["park", "large school"]),
        ("a grassy area and a play area", ["grassy area", "play area"]),
        ("The scene shows a wide street", ["wide street"]),
        (
            "a short, wide street of red and white houses",
            ["short, wide street of red and white houses"],
        ),
        ("houses of two and three floors", ["houses of two and three floors"]),
        ("next to the city gate a brick tower", ["city gate", "brick tower"]),
        ("opposite the statue of a man", ["statue of a man"]),
        ("beside the road leading to a bridge", ["road leading to a bridge"]),
        ("past the old mill a block away", ["old mill a block away"]),
        ("a church, small park and big shop", ["church", "small park", "big shop"]),
        ("on the other side a bay, behind them a square", ["bay", "square"]),
        ("across the road a wood a block away", ["across the road", "wood a block away"]),
        ("on the right, some way off, a tower", ["tower"]),
        (
            "square without benches, no trams and a pub",
            ["square", "without benches", "no trams", "pub"],
        ),
    ],
)
def test_cuts_fall_between_things_and_not_inside_words(
    description: str, phrases: list[str]
) -> None:
    assert texts_of(description) == phrases


def test_a_long_caption_falls_into_things_of_a_few_words() -> None:
    caption = (
        "In this picture we see a busy four lane road lined with tall trees on both sides, on the "
        "left side of the road is a large brick building of about five floors that has a "
        "supermarket on its ground floor while on the right there is a small park surrounded by a "
        "low iron fence with a playground and a few benches along the path leading towards the "
        "pond in the middle, in the far distance a glass tower with big letters on top can be seen "
        "above the roofs of the houses and directly ahead of the viewer the road crosses another "
        "street at a set of traffic lights beside a bus stop called Grand Avenue, an old stone "
        "church of grey colour with a pointed spire stands at the corner next to a pharmacy with a "
        "green cross and a bakery, and behind the viewer there is a wide square with a fountain"
    )
    found = texts_of(caption)
    assert len(caption.split()) > 140
    wanted = {"busy four lane road", "tall trees on both sides", "few benches", "fountain"}
    assert wanted < set(found)
    assert max(len(text.split()) for text in found) <= 14


@pytest.mark.parametrize(
    ("description", "bearings"),
    [
        ("a church to the north", {"church": 0.0}),
        ("north of me is a park", {"park": 0.0}),
        ("I am north of the bank", {"bank": 180.0}),
        ("a pub to the south-west, a school", {"pub": 225.0, "school": None}),
        ("a school on North Street", {"school on North Street": None}),
        ("To the north, a tower and a pub", {"tower": 0.0, "pub": None}),
        ("A park. On the west side: five trees", {"park": None, "trees": 270.0}),
        ("West side a low hall with a dark roof", {"hall": 270.0, "roof": None}),
        ("to my east there are steps. To the south two towers", {"steps": 90.0, "tower": 180.0}),
        ("trees to the west and south, a kiosk", {"trees": 270.0, "kiosk": None}),
        ("I'm facing north, a kiosk", {"kiosk": None}),
    ],
)
def test_directions_are_those_from_the_describer_to_the_thing(
    description: str, bearings: dict[str, float | None]
) -> None:
    found = {phrase.text: phrase.bearing_deg for phrase in split_phrases(description)}
    assert bearings
    for word, bearing in bearings.items():
        assert [found[text] for text in found if word in text] == [bearing]


@pytest.mark.parametrize("description", ["", " ", "...", "🏰🌳", "\x00\x01", "!?-–"])
def test_what_has_no_word_has_no_phrase(description: str) -> None:
    assert split_phrases(description) == []


def test_a_long_stretch_without_a_break_is_cut_between_words() -> None:
    found = texts_of(" ".join(f"word{number}" for number in range(60)))
    assert len(found) > 1
    assert " ".join(found).split() == [f"word{number}" for number in range(60)]


def test_there_are_never_too_many_phrases() -> None:
    assert len(split_phrases("tree, " * 5000)) == MAX_PHRASES


@pytest.mark.parametrize(
    "description",
    [
        "a" + "~" * 19_998 + "b",
        "a" + "\x01" * 19_998 + "b",
        "." * 19_999 + "a",
        " " * 19_999 + "a",
        "- " * 10_000 + "x",
        "one block " * 2_000,
        "a " * 10_000,
        "the " * 5_000,
        "right " * 3_300 + "x",
        "north " * 3_300,
        "a" * 20_000,
        "\n," * 10_000 + "x",
        "no " * 6_600,
        "no tree, " * 2_200,
        "neither a nor b " * 1_250,
        "near the " + "is a " * 4_000,
        "a. " * 6_600,
    ],
    ids=lambda text: f"{text[:4]!r}",
)
def test_no_text_of_the_longest_length_takes_a_second(description: str) -> None:
    started = time.process_time()
    split_phrases(description)
    assert time.process_time() - started < 1
