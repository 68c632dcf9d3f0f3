"""Every spelling of a street gives the same tokens; house numbers are read as people type them."""

import pytest

from core.vocabulary.countries import is_country
from core.vocabulary.street_words import (
    HouseNumber,
    NumberBefore,
    house_numbers,
    local_letters,
    number_after,
    number_before,
    split_numbers,
    street_tokens,
    tokens_of,
    variants,
)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("W. 43rd St.", "West 43rd Street"),
        ("w43rd street", "West 43rd Street"),
        ("west forty-third street", "West 43rd Street"),
        ("W 43 St", "West 43rd Street"),
        ("5 Ave", "Fifth Avenue"),
        ("St Marks Place", "Saint Mark's Place"),
        ("Turmstr.", "Turmstraße"),
        ("Turm Straße", "Turmstraße"),
        ("TURMSTRASSE", "Turmstraße"),
        ("Bd d’Italie", "Boulevard d'Italie"),
        ("Av. 18 de Julio", "Avenida 18 de Julio"),
        ("Gral. Flores", "General Flores"),
    ],
)
def test_spellings_of_a_street_are_one(spelling: str, name: str) -> None:
    assert street_tokens(spelling) == street_tokens(name)


def test_different_streets_stay_different() -> None:
    names = ["West 43rd Street", "East 43rd Street", "West 44th Street", "3rd Avenue", "3rd Street"]
    assert len({street_tokens(name) for name in names}) == len(names)


def test_a_letter_stands_for_a_word_only_where_the_map_has_it() -> None:
    paris = local_letters({"rue", "grimaldi"})
    assert street_tokens("r. Grimaldi", paris) == street_tokens("Rue Grimaldi")
    assert street_tokens("r. Grimaldi") != street_tokens("Rue Grimaldi")


def test_a_street_may_be_said_without_its_kind_or_title() -> None:
    short = {variant.tokens: variant.certainty for variant in variants(("w", "43th", "st"))}
    assert short[("w", "43th", "st")] == 1
    assert short[("43th",)] < short[("w", "43th")] < 1
    assert all(tokens != ("w", "st") for tokens in short)


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("22", [HouseNumber(22)]),
        ("12 A", [HouseNumber(12, "a")]),
        ("4bis", [HouseNumber(4, "bis")]),
        ("1554,1568", [HouseNumber(1554), HouseNumber(1568)]),
        ("10-14", [HouseNumber(10), HouseNumber(12), HouseNumber(14)]),
        ("9-7", [HouseNumber(9), HouseNumber(7)]),
        ("none", []),
    ],
)
def test_house_numbers_of_a_tag(value: str, numbers: list[HouseNumber]) -> None:
    assert list(house_numbers(value)) == numbers


def test_an_address_is_split_before_its_number() -> None:
    assert split_numbers("Avenida 18 de Julio 1234") == ("Avenida 18 de Julio", "1234")
    assert split_numbers("Solís 1554,1568") == ("Solís", "1554,1568")
    assert split_numbers("Avenida 18 de Julio") == ("Avenida 18 de Julio", "")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Turmstraße 22", HouseNumber(22)),
        ("Turmstraße Nr. 22", HouseNumber(22)),
        ("Turmstraße 12 A, links", HouseNumber(12, "a")),
        ("Turmstraße 12a", HouseNumber(12, "a")),
        ("Turmstraße 12 a big house", HouseNumber(12)),
        ("Turmstraße links", None),
    ],
)
def test_the_number_behind_a_street(text: str, number: HouseNumber | None) -> None:
    after = number_after(tokens_of(text), 2, text)
    assert (after.number if after else None) == number


def test_of_several_numbers_all_belong_to_the_address() -> None:
    text = "Turmstraße 18-20, 17033"
    after = number_after(tokens_of(text), 2, text)
    assert after is not None
    assert (after.number, after.behind) == (HouseNumber(18), 4)


def test_the_number_before_a_street() -> None:
    text = "22 rue Grimaldi"
    assert number_before(tokens_of(text), 1, text) == NumberBefore(HouseNumber(22), 0)
    assert number_before(tokens_of(text), 0, text) is None
    text = "number 22 on rue Grimaldi"
    assert number_before(tokens_of(text), 3, text) == NumberBefore(HouseNumber(22), 1)
    text = "the 22 on rue Grimaldi"
    assert number_before(tokens_of(text), 3, text) is None


def test_a_letter_may_be_left_out_but_not_differ() -> None:
    assert HouseNumber(14).agrees(HouseNumber(14, "a"))
    assert not HouseNumber(14, "b").agrees(HouseNumber(14, "a"))
    assert not HouseNumber(4).agrees(HouseNumber(14, "a"))
    assert HouseNumber(4).steps_to(HouseNumber(6)) < HouseNumber(4).steps_to(HouseNumber(5)) + 1


@pytest.mark.parametrize("name", ["Deutschland", "URUGUAY", "united kingdom", "Россия"])
def test_countries_are_known_in_their_own_language(name: str) -> None:
    assert is_country(name)
    assert not is_country(name + "straße")
