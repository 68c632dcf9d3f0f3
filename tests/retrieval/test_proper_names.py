"""Proper names that evidence must carry."""

import pytest

from core.retrieval.proper_names import complement, numbered_otherwise, proper_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("near the Eiffel Tower", {"eiffel"}),
        ("outside Stockmann", {"stockmann"}),
        ("the Lutheran church", set()),
        ("a Victorian house", set()),
        ("Crowds everywhere", set()),
        ("Sainte Devote church", {"sainte", "devote"}),
        ("a red church", set()),
        ("neben der Kirche und dem Rathaus am Markt steht das Haus der Kultur", set()),
    ],
)
def test_a_capital_makes_a_name_unless_it_means_nothing(text: str, names: set[str]) -> None:
    assert proper_names(text, 0, len(text)) == names


def test_another_rulers_number_is_another_thing() -> None:
    assert numbered_otherwise("statue of Alexander I", ["Aleksanteri II", "Alexander II"])
    assert not numbered_otherwise("statue of Alexander II", ["Aleksanteri II", "Alexander II"])
    assert not numbered_otherwise("statue of Alexander", ["Alexander II"])


def test_the_words_after_of_name_what_a_thing_shows() -> None:
    assert complement("statues of apostles") == {"apostles"}
    assert complement("a shop called Moomin") == {"moomin"}
    assert complement("a row of trees") == set()
