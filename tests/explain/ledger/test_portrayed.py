"""A bare statue is no equestrian one."""

import pytest

from core.explain.ledger.portrayed import lacks_subject


@pytest.mark.parametrize(
    ("phrase", "fact", "lacks"),
    [
        ("equestrian statue", "statue", True),
        ("statue of a horseman on a granite base", "statue", True),
        ("memorial to the fallen sailors", "war memorial", True),
        ("lion sculpture", "small sculpture", True),
        ("statue of a tsar in the middle", "statue: Alexander II", False),
        ("large bronze statue of a man", "statue", False),
        ("four stone statues of famous men", "two statues", False),
        ("famous old statue in the middle", "statue", False),
        ("sculpture full of holes, made of iron", "sculpture", False),
        ("war memorial", "war memorial", False),
        ("church of the saint", "church", False),
    ],
)
def test_what_a_bare_thing_portrays_is_not_on_the_map(phrase: str, fact: str, lacks: bool) -> None:
    assert lacks_subject(phrase, fact) == lacks


def test_names_that_the_fact_does_not_show_count_and_unknown_words_do_not() -> None:
    assert lacks_subject("memorial to the sailors", "memorial")
    assert not lacks_subject("memorial to the sailors", "memorial", ["Monument to the Sailors"])
    assert not lacks_subject("keihas statue", "statue", own=False)
