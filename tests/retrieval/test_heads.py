"""What a phrase is about, and which kinds of things go by that."""

import pytest

from core.retrieval.heads import head_of, is_another, is_called


@pytest.mark.parametrize(("phrase", "noun"), [
    ("a small church in a park", "church"),
    ("tram stops at the crossing", "stop"),
    ("a row of lime trees", "tree"),
    ("conference center", "centre"),
    ("Steps going up", "step"),
    ("two benches", "bench"),
    ("rambling on and on", None),
    ("in the middle", None),
    ("", None),
    ("„“", None),
])  # fmt: skip
def test_the_head_is_the_noun_before_anything_else_is_said(phrase: str, noun: str | None) -> None:
    found = head_of(phrase)
    assert (found.noun if found else None) == noun


@pytest.mark.parametrize(("phrase", "kind", "called"), [
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
    ("water", "water slide", False),
    ("lake", "pond", True),
    ("shops", "clothes shop", True),
    ("small square", "pedestrian square", True),
    ("cafe on the corner", "street corner", False),
])  # fmt: skip
def test_a_kind_goes_by_its_noun_and_by_what_tells_it_apart(
    phrase: str, kind: str, called: bool
) -> None:
    head = head_of(phrase)
    assert head is not None
    assert is_called(kind, head) is called


def test_a_compound_is_another_thing() -> None:
    park, parking = head_of("a park"), head_of("a car park")
    assert park is not None
    assert parking is not None
    assert is_another("car park", park)
    assert is_another("bicycle parking", park)
    assert not is_another("car park", parking)
    assert not is_another("playground", park)
