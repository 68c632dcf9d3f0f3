"""Articles, plurals, and one of several wordings."""

import re

import numpy as np
import pytest

from core.vocabulary.grammar import plural, quoted, with_article
from core.vocabulary.kinds import KINDS
from core.vocabulary.templates import number_word, vary


@pytest.mark.parametrize(
    ("bare", "said"),
    [
        ("bank", "a bank"),
        ("optician", "an optician"),
        ("university", "a university"),
        ("one-way street", "a one-way street"),
        ("unpaved path", "an unpaved path"),
        ("hour glass", "an hour glass"),
    ],
)
def test_articles_follow_the_sound(bare: str, said: str) -> None:
    assert with_article(bare) == said


def test_quotation_marks_inside_others_are_single() -> None:
    assert quoted("read “KAPPELI”") == "“read ‘KAPPELI’”"
    assert quoted("a bank") == "“a bank”"


def test_one_alternative_is_taken_from_each_bracket_innermost_first() -> None:
    found = {vary("[a|b [c|d]] e", np.random.default_rng(seed)) for seed in range(50)}
    assert found == {"a e", "b c e", "b d e"}


def test_plurals_end_as_plurals_do_and_keep_the_rest_of_the_noun() -> None:
    assert plural("bench") == "benches"
    assert plural("row of trees") == "rows of trees"
    assert plural("bakery") == "bakeries"
    assert plural("quay") == "quays"
    assert plural("street under construction") == "streets under construction"
    assert plural("house in a row") == "houses in a row"
    assert plural("building around a courtyard") == "buildings around a courtyard"
    assert plural("yard full of white vans") == "yards full of white vans"
    for noun in KINDS:
        several = plural(noun)
        head = re.split(r" (?:of|for|with|under) ", several)[0]
        assert head.endswith("s"), several
        assert plural(several) == several or head.endswith("ss") or head.endswith("es"), several


def test_small_numbers_are_words_and_now_and_then_digits() -> None:
    said = {number_word(3, np.random.default_rng(seed)) for seed in range(80)}
    assert said == {"three", "3"}
    assert number_word(13, np.random.default_rng(0)) == "13"
