"""Claims of phrases, by hand."""

import pytest

from core.explain.ledger.claims import denied, is_distinctive, looks_in, looks_of, storeys


@pytest.mark.parametrize(
    ("phrase", "absent"),
    [
        ("no shops at all", "shops"),
        ("No sea", "sea"),
        ("there are no trees here", "trees"),
        ("without any benches", "benches"),
        ("no tram tracks", "tram tracks"),
        ("not a single tree", "tree"),
        ("not a church", "church"),
        ("no shops anywhere", "shops"),
        ("no space to stop", ""),
        ("north of the church", ""),
        ("hardly any cars", ""),
        ("a church without a tower", ""),
        ("", ""),
    ],
)
def test_a_phrase_denies_what_it_begins_by_denying(phrase: str, absent: str) -> None:
    assert denied(phrase) == absent


@pytest.mark.parametrize(
    ("phrase", "count"),
    [
        ("six-storey building", 6),
        ("a 10 storey block", 10),
        ("five floors", 5),
        ("single-storey house", 1),
        ("two levels", 2),
        ("five or six floors", 6),
        ("two floors up there is a bar", 0),
        ("third floor", 0),
        ("tall building", 0),
        ("2 storey house beside a 7 storey one", 0),
    ],
)
def test_storeys_are_read_where_they_are_certain(phrase: str, count: int) -> None:
    assert storeys(phrase) == count


def test_looks_are_those_of_the_thing_and_not_of_its_parts() -> None:
    assert [look.word for look in looks_of("big white wooden church", "church")] == [
        "white",
        "wooden",
    ]
    assert looks_of("church, red roof", "church") == []
    assert looks_of("a red door", "church") == []


def test_looks_exclude_each_other_only_within_a_family_and_without_a_common_class() -> None:
    (white,), (red,), (cream,), (brick,) = map(looks_in, ("white", "red", "cream", "brick"))
    assert white.excludes(red)
    assert not white.excludes(cream)
    assert not white.excludes(brick)
    assert [look.word for look in looks_in("light grey")] == ["light grey"]


def test_a_name_is_telling_by_a_word_of_its_own() -> None:
    common = frozenset({"station", "railway"})
    assert is_distinctive(("swan", "pond"), common)
    assert not is_distinctive(("railway", "stations"), common)
    assert not is_distinctive(("the", "bar"), common)
