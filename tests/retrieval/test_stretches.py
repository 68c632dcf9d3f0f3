"""The stretches of a description, each about one thing, with its direction."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.retrieval.phrases import split_phrases
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.stretches import stretches_of

if TYPE_CHECKING:
    from core.arrays import F32


def read(text: str) -> EncodedQuery:
    phrases = split_phrases(text)
    embeddings: F32 = np.eye(len(phrases), 8, dtype=np.float32)
    return EncodedQuery(text, None, phrases, [], np.zeros(8, dtype=np.float32), embeddings)


def told(text: str) -> dict[str, float | None]:
    return {stretch.text: stretch.bearing_deg for stretch in stretches_of(read(text))}


def test_a_direction_that_comes_first_holds_until_the_sentence_ends() -> None:
    bearings = told("To the south, behind a hedge, a long hall. A wide river.")
    assert bearings == {"hedge": 180, "long hall": 180, "wide river": None}


def test_a_direction_after_a_thing_is_its_own() -> None:
    assert told("a church to the north, a pond") == {"church": 0, "pond": None}


def test_what_follows_with_belongs_to_the_thing_before_it() -> None:
    (stretch,) = stretches_of(read("a large hall with a blue roof"))
    assert stretch.text == "large hall with blue roof"
    assert stretch.embedding[:2] == pytest.approx([np.sqrt(0.5)] * 2)


def test_phrases_without_a_thing_are_left_out() -> None:
    assert list(told("a hall, mostly white, one yellow, a pond on the west side")) == [
        "hall",
        "pond",
    ]


def test_cars_may_have_gone_but_a_car_park_has_not() -> None:
    passing = {one.text: one.passing for one in stretches_of(read("a few cars, a car park"))}
    assert list(passing.values()) == [True, False]
