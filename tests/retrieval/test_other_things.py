"""What is named or said otherwise is no evidence: another street, rank, shop or size."""

import pytest

from core.retrieval.head_nouns import head_of_phrase, is_location_only, matches_kind
from core.retrieval.kind_fit import has_other_noun, lacks_modifier, may_have_other_noun
from core.retrieval.proper_names import proper_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("on a road called Boulevard d'Italie", {"ditalie"}),
        ("a back street called Clara-Zetkin-Straße", {"clara", "zetkin"}),
        ("beside Sainte Devote church", {"sainte", "devote"}),
    ],
)
def test_what_tells_a_name_is_neither_its_article_nor_its_street(
    text: str, names: set[str]
) -> None:
    assert proper_names(text, 0, len(text)) - {"boulevard"} == names


@pytest.mark.parametrize(
    ("phrase", "kind", "lacks"),
    [
        ("major street", "residential street", True),
        ("major street", "main road", False),
        ("narrow side street", "main road", True),
        ("narrow side street", "residential street", False),
        ("wide main street", "wide through street", False),
        ("houseware shop", "clothes shop", True),
        ("massive brick department store", "department store", False),
        ("nice shop", "clothes shop", False),
        ("residential building", "residential street", True),
    ],
)
def test_a_street_of_another_rank_or_another_shop_is_not_meant(
    phrase: str, kind: str, *, lacks: bool
) -> None:
    head = head_of_phrase(phrase)
    assert head is not None
    assert lacks_modifier(kind, head) is lacks


def test_a_play_street_is_no_residential_street() -> None:
    head = head_of_phrase("play street")
    assert head is not None
    assert not matches_kind("residential street", head)
    assert matches_kind("quiet living street", head)


def test_what_is_rented_is_no_place_to_park_it() -> None:
    assert may_have_other_noun("rent some bikes")
    assert has_other_noun("bicycle parking", "rent some bikes")
    assert not has_other_noun("bike rental station", "rent some bikes")
    assert not has_other_noun("bicycle parking", "some bikes")


def test_the_course_of_a_street_is_no_thing() -> None:
    assert is_location_only("the street comes to a turn-off")
    assert not is_location_only("a street with trees")
