"""Words for attributes: one table each, and the contradictions between them."""

from collections import Counter

import pytest

from core.facts.viewpoint_facts import adjectives, colour_word
from core.vocabulary import attributes
from core.vocabulary.attributes import (
    COLOUR_CODES,
    COLOURS,
    LOOKS,
    MATERIALS,
    ROOFS,
    SURFACES,
    nearest_colour,
)

TABLES = (COLOURS, SURFACES, MATERIALS, ROOFS)


@pytest.mark.parametrize("table", TABLES)
def test_a_word_has_one_row_and_is_good_for_something(
    table: tuple[attributes.Attribute | attributes.Colour, ...],
) -> None:
    assert table
    words = Counter(row.word for row in table)
    assert max(words.values()) == 1
    assert all(row.classes or row.said for row in table)


def test_a_tag_has_one_word() -> None:
    for table in (SURFACES, ROOFS):
        tags = Counter(tag for row in table for tag in row.tags.split())
        assert tags
        assert max(tags.values()) == 1


def test_every_colour_with_a_code_is_a_word_of_the_table_and_nearest_to_itself() -> None:
    assert len(COLOUR_CODES) == 15
    assert set(COLOUR_CODES) <= {row.word for row in COLOURS if row.said}
    for word, code in COLOUR_CODES.items():
        assert nearest_colour(code) == word
        assert colour_word("#" + "".join(f"{part:02x}" for part in code)) == word


def test_looks_exclude_each_other_where_they_share_no_class() -> None:
    colours, surfaces, materials, roofs = LOOKS
    assert not colours["red"] & colours["white"]
    assert colours["red"] & colours["dark red"]
    assert not surfaces["cobbled"] & surfaces["gravel"]
    assert materials["wooden"] & materials["timber"]
    assert set(roofs) == {"domed", "onion domed", "flat roofed", "pyramid roofed"}


def test_every_word_that_facts_use_is_one_that_people_are_given_words_for() -> None:
    assert attributes.SURFACE_OF_TAG
    for tag, word in attributes.SURFACE_OF_TAG.items():
        assert adjectives("street", {"surface": tag}, 0.0) == [word]
        assert word in attributes.SAID_SURFACES
    assert attributes.ROOF_OF_TAG
    for tag, word in attributes.ROOF_OF_TAG.items():
        assert adjectives("building", {"roof:shape": tag}, 0.0) == [word]
        assert word in attributes.SAID_ROOFS


def test_numbers_count_from_zero() -> None:
    assert attributes.NUMBER_WORDS[0] == "no"
    assert attributes.NUMBER_WORDS[12] == "twelve"
    assert len(attributes.NUMBER_WORDS) == 13
