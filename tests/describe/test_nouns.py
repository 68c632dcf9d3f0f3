"""Noun phrases: number, adjectives, names."""

import re
from dataclasses import replace

import numpy as np
import pytest

from core.describe.simulate.nouns import is_sayable, noun
from core.describe.simulate.visible_scene import VisibleObject
from core.vocabulary.grammar import sign
from core.vocabulary.kinds import SAID_KINDS, calls

BENCH = VisibleObject(
    kind="bench",
    words=(),
    name="",
    group="place",
    distance_m=10.0,
    bearing_deg=0.0,
    extent_deg=0.0,
    size_m=0.0,
    rarity=0.5,
)


def called(one: VisibleObject, name: str = "", count: int = 80) -> set[str]:
    return {noun(one, np.random.default_rng(seed), name).text for seed in range(count)}


def test_two_things_are_told_in_the_plural() -> None:
    said = called(replace(BENCH, count=2))
    assert all(re.search("benches|seats|places to sit", text) for text in said)
    assert not any(text.startswith(("a bench", "an ")) for text in said)


def test_many_things_are_not_counted() -> None:
    assert not any(
        re.match(r"(?:two|three|a couple|a pair)\b", text)
        for text in called(replace(BENCH, count=12))
    )


def test_what_has_no_singular_gets_no_article() -> None:
    said = called(replace(BENCH, kind="tram tracks"))
    assert {"tram tracks", "some tram tracks", "rails in the road"} <= said
    assert not any(text.startswith("a tram tracks") for text in said)


def test_floors_and_colours_are_told_in_several_ways_and_sometimes_left_out() -> None:
    block = replace(
        BENCH,
        kind="apartment building",
        group="building",
        words=("5-storey", "yellow", "brick", "unheard-of"),
    )
    phrases = " / ".join(called(block, count=300))
    for phrase in ("five-storey", "5-storey", "five floors high", "mid-rise", "yellow", "brick"):
        assert phrase in phrases
    assert "unheard-of" not in phrases
    assert "an apartment building" in called(block, count=300)


def test_names_stand_beside_the_kind_or_alone() -> None:
    said = called(replace(BENCH, kind="bakery", name="Zorn"), "Zorn")
    assert {"Zorn", "a bakery called Zorn", "the bakery Zorn", "Zorn, a bakery"} <= said
    assert called(replace(BENCH, kind="street", name="Elm", group="street"), "Elm") == {"Elm"}


def test_signs_are_read_up_to_the_first_of_several_names_and_a_length() -> None:
    assert sign("Turku;Åbo") == "Turku"
    assert sign("x" * 60) == ""


@pytest.mark.parametrize(
    ("kind", "name", "sayable"),
    [
        ("bakery", "Corner", True),
        ("italian restaurant", "Roma", True),
        ("BigMart", "", False),
        ("zorn", "Zorn", False),
        ("zorn shop", "Zorn", False),
    ],
)
def test_a_kind_that_tells_a_name_is_not_sayable(kind: str, name: str, sayable: bool) -> None:
    assert is_sayable(replace(BENCH, kind=kind, name=name)) is sayable


def test_every_phrase_that_the_table_gives_is_whole() -> None:
    phrases = [(kind, phrase) for kind in SAID_KINDS for phrase in calls(kind)]
    assert {kind for kind, _ in phrases} == set(SAID_KINDS)
    for kind, phrase in phrases:
        whole = re.fullmatch(r"~?[A-Za-zéü'\-]+\*?(?: [A-Za-zéü'\-]+\*?)*", phrase)
        assert whole, (kind, phrase)
        assert phrase.count("*") <= 1, (kind, phrase)


@pytest.mark.parametrize("count", [1, 2])
def test_every_kind_is_told_in_whole_words(count: int) -> None:
    said = {
        kind: called(replace(BENCH, kind=kind, count=count), count=25)
        for kind in sorted(SAID_KINDS)
    }
    assert len(said) > 300
    for kind, texts in said.items():
        assert texts, kind
        broken = [text for text in texts if re.search(r"[~*|]|ss\b(?<!ss)|  ", text)]
        assert not broken, kind
