"""The head noun of a phrase, and the kinds of things it can refer to."""

import pytest

from core.retrieval.head_nouns import (
    head_of_phrase,
    is_location_only,
    matches_kind,
    without_distance,
)
from core.retrieval.kind_fit import is_false_friend, is_of_other_size, is_part_of, lacks_modifier


@pytest.mark.parametrize(
    ("phrase", "noun"),
    [
        ("a small church in a park", "church"),
        ("tram stops at the crossing", "stop"),
        ("a row of lime trees", "tree"),
        ("conference center", "centre"),
        ("Steps going up", "step"),
        ("two benches", "bench"),
        ("make-up shop", "shop"),
        ("Further away there is a big department store", "store"),
        ("not too far away there is a pub", "pub"),
        ("corner that crazy old tower", "tower"),
        ("Across the corner are tall office blocks", "block"),
        ("at the corner a small pub", "pub"),
        ("corner of two streets", "corner"),
        ("corner shop", "shop"),
        ("some 20 steps away", None),
        ("rambling on and on", None),
        ("in the middle", None),
        ("", None),
        ("„“", None),
    ],
)
def test_the_head_is_the_noun_before_anything_else_is_said(phrase: str, noun: str | None) -> None:
    found = head_of_phrase(phrase)
    assert (found.noun if found else None) == noun


@pytest.mark.parametrize(
    ("phrase", "kind", "called"),
    [
        ("church in a park", "lutheran church", True),
        ("church in a park", "park", False),
        ("stone church", "memorial stone", False),
        ("tram stop", "tram stop", True),
        ("tram stop", "bus stop", False),
        ("stop", "bus stop", True),
        ("railway station", "petrol station", False),
        ("station", "petrol station", False),
        ("park", "large park", True),
        ("park", "car park", False),
        ("car park", "car park", True),
        ("old stone gate", "boom gate", False),
        ("boom gate", "boom gate", True),
        ("water", "water slide", False),
        ("lake", "pond", True),
        ("shops", "clothes shop", True),
        ("small square", "pedestrian square", True),
        ("cafe on the corner", "street corner", False),
        ("petrol station", "petrol station", True),
        ("gas station", "petrol station", True),
        ("petrol station", "police station", False),
        ("station", "fire station", False),
        ("station", "railway station", True),
        ("big car park", "park", False),
        ("river bank", "bank", False),
        ("block", "concrete block", False),
        ("Japanese restaurant", "thai restaurant", False),
        ("restaurant", "thai restaurant", True),
        ("orthodox church", "lutheran church", False),
        ("book shops", "bookshop", True),
        ("book shops", "copy shop", False),
    ],
)
def test_a_kind_goes_by_its_noun_and_by_what_tells_it_apart(
    phrase: str, kind: str, called: bool
) -> None:
    head = head_of_phrase(phrase)
    assert head is not None
    assert matches_kind(kind, head) is called


def test_a_compound_is_another_thing() -> None:
    park, parking = head_of_phrase("a park"), head_of_phrase("a car park")
    assert park is not None
    assert parking is not None
    assert is_false_friend("car park", park)
    assert is_false_friend("bicycle parking", park)
    assert not is_false_friend("car park", parking)
    assert not is_false_friend("playground", park)


def test_an_entrance_is_that_of_what_is_said() -> None:
    of_shops, of_metro = (
        head_of_phrase("shopping centre entrance"),
        head_of_phrase("metro entrance"),
    )
    assert of_shops is not None
    assert of_metro is not None
    assert lacks_modifier("metro station entrance", of_shops)
    assert not lacks_modifier("metro station entrance", of_metro)


def test_a_noun_before_another_is_a_part() -> None:
    tower = head_of_phrase("an old hotel tower")
    assert tower is not None
    assert is_part_of("hotel", tower)
    assert not is_part_of("tower", tower)


def test_how_far_away_a_thing_is_is_not_the_thing() -> None:
    assert without_distance("twenty steps away").strip() == ""
    assert without_distance("a pub 30 m from here").strip() == "a pub"
    assert without_distance("steps going up") == "steps going up"


@pytest.mark.parametrize(
    ("phrase", "fact", "other"),
    [
        ("small public park", "large park: Kaisaniemi", True),
        ("big street", "narrow path", True),
        ("small park", "park: Large Meadow", False),
        ("park", "large park", False),
        ("big park", "large park", False),
    ],
)
def test_the_small_is_not_the_large(phrase: str, fact: str, other: bool) -> None:
    assert is_of_other_size(phrase, fact) is other


@pytest.mark.parametrize(
    ("phrase", "nothing"),
    [
        ("south", True),
        ("on the left-hand side", True),
        ("within arm's reach", True),
        ("few steps away", True),
        ("Towards the west", True),
        ("", True),
        ("a steep slope", False),
        ("steps", False),
        ("Kiasma", False),
        ("west gate", False),
    ],
)
def test_where_something_is_is_no_thing(phrase: str, nothing: bool) -> None:
    assert is_location_only(phrase) is nothing
