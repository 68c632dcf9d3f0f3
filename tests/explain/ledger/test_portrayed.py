"""A bare statue is no equestrian one."""

import pytest

from core.explain.ledger.portrayed import lacks_subject


@pytest.mark.parametrize(
    ("phrase", "shown", "lacks"),
    [
        ("equestrian statue", ["statue"], True),
        ("statue of a horseman on a granite base", ["statue"], True),
        ("memorial to the fallen sailors", ["war memorial: Soldiers"], True),
        ("memorial to the fallen sailors", ["memorial", "Monument to the Sailors"], False),
        ("lion sculpture", ["sculpture: The Lion"], False),
        ("statue of Alexander", ["statue of Alexander"], False),
        ("large bronze statue of a man", ["statue"], False),
        ("famous old statue in the middle", ["statue"], False),
        ("war memorial", ["war memorial"], False),
        ("church of the saint", ["church"], False),
    ],
)
def test_what_a_thing_portrays_must_be_on_the_map(
    phrase: str, shown: list[str], lacks: bool
) -> None:
    assert lacks_subject(phrase, shown) == lacks
