"""Kinds, groups and names from tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sources.tags import address_of, group_of, kind_of, main_name, names_of

words = st.text(max_size=20)
keys = st.sampled_from(
    [
        "name",
        "amenity",
        "shop",
        "building",
        "highway",
        "natural",
        "leisure",
        "railway",
        "tourism",
        "historic",
        "memorial",
        "brand",
        "addr:street",
        "kind",
        "ref",
        "cuisine",
        "religion",
    ]
)
tags = st.dictionaries(keys | words, words | st.sampled_from(["yes", "no", "cafe", ";", "a;b"]))


@pytest.mark.parametrize(
    ("given_tags", "word"),
    [
        ({"amenity": "cafe"}, "cafe"),
        ({"shop": "bakery"}, "bakery"),
        ({"highway": "steps"}, "steps"),
        ({"railway": "tram"}, "tram"),
        ({"historic": "memorial", "memorial": "statue"}, "statue"),
        ({"amenity": "restaurant", "cuisine": "thai;asian"}, "thai restaurant"),
        ({"building": "cathedral", "amenity": "place_of_worship"}, "cathedral"),
        ({"amenity": "place_of_worship", "religion": "muslim"}, "mosque"),
        ({"highway": "pedestrian", "area": "yes"}, "square"),
        ({"leisure": "playground"}, "playground"),
        ({"shop": "some_new_kind"}, "some new kind"),
        ({"kind": "lighthouse keeper"}, "lighthouse keeper"),
    ],
)
def test_a_feature_is_called_what_a_person_would_call_it(
    given_tags: dict[str, str], word: str
) -> None:
    assert word in kind_of(given_tags)


@pytest.mark.parametrize(
    "given_tags", [{}, {"surface": "asphalt"}, {"amenity": "no"}, {"addr:housenumber": "7"}]
)
def test_what_is_nothing_has_no_kind(given_tags: dict[str, str]) -> None:
    assert kind_of(given_tags) == ""


@given(tags)
def test_no_tags_whatever_are_an_error(given_tags: dict[str, str]) -> None:
    assert isinstance(kind_of(given_tags), str)
    names = names_of(given_tags)
    assert len(names) == len(set(names)) <= 40
    assert all(name.strip() for name in names)
    if main := main_name(given_tags):
        assert names[0] == main
    assert isinstance(address_of(given_tags), str)
    for dimension in (0, 1, 2):
        assert group_of(given_tags, dimension) in {
            "street",
            "path",
            "rail",
            "building",
            "water",
            "green",
            "area",
            "barrier",
            "place",
            "address",
        }


def test_several_names_in_one_tag_are_several_names() -> None:
    assert names_of({"name": "A", "alt_name": "B; C;;A"}) == ["A", "B", "C"]


def test_a_brand_stands_in_for_a_missing_name() -> None:
    assert main_name({"brand": "FoodMart"}) == "FoodMart"


def test_an_address_needs_a_street() -> None:
    assert address_of({"addr:housenumber": "7"}) == ""
    assert address_of({"addr:street": "Lime Street", "addr:housenumber": "7"}) == "Lime Street 7"


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"building": "yes", "historic": "city_gate"}, "old city gate"),
        ({"waterway": "waterfall"}, "waterfall"),
        ({"highway": "pedestrian", "place": "square"}, "square / plaza"),
        ({"amenity": "place_of_worship", "building": "yes"}, "place of worship"),
        ({"building": "castle"}, "castle"),
        ({"building": "commercial", "historic": "yes"}, "tourist attraction / sight"),
        ({"railway": "light_rail"}, "tourist attraction / sight"),
        ({"highway": "footway"}, "tourist attraction / sight"),
        ({}, "tourist attraction / sight"),
    ],
)
def test_a_sight_is_called_what_it_is_besides(tags: dict[str, str], kind: str) -> None:
    assert kind_of(tags | {"tourism": "attraction", "name": "Neues Tor"}) == kind
