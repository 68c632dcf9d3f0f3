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
        ("a sandy beach", ["sandy beach"]),
        ("harbour", ["harbour"]),
        ("3.5 metres wide", ["3.5 metres wide"]),
    ],
)
def test_cuts_fall_between_things_and_not_inside_words(
    description: str, phrases: list[str]
) -> None:
    assert texts_of(description) == phrases


@pytest.mark.parametrize(
    ("description", "bearings"),
    [
        ("a church to the north", {"church": 0.0}),
        ("north of me is a park", {"park": 0.0}),
        ("I am north of the bank", {"bank": 180.0}),
        ("a pub to the south-west, a school", {"pub": 225.0, "school": None}),
        ("a school on North Street", {"school on North Street": None}),
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
    ],
    ids=lambda text: f"{text[:4]!r}",
)
def test_no_text_of_the_longest_length_takes_a_second(description: str) -> None:
    started = time.process_time()
    split_phrases(description)
    assert time.process_time() - started < 1
