"""Words of a supported phrase that the map does not show: no pedantry about sizes."""

import pytest

from core.explain.ledger.unshown import unshown_words
from core.records import Evidence
from core.retrieval.phrases import Phrase


@pytest.mark.parametrize(
    ("phrase", "fact", "unshown"),
    [
        ("white wooden church", "white church", ("wooden",)),
        ("big cobbled square", "cobbled pedestrian square", ()),
        ("big old square", "pedestrian square", ("old",)),
        ("tiny park", "park", ()),
    ],
)
def test_looks_may_be_unknown_and_sizes_are_a_matter_of_taste(
    phrase: str, fact: str, unshown: tuple[str, ...]
) -> None:
    evidence = Evidence(phrase, 0, len(phrase), "facts", fact, 0.9, distance_m=20.0)
    assert unshown_words(Phrase(phrase, 0, len(phrase)), evidence) == unshown
