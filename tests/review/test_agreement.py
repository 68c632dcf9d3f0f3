"""Kappa against hand-worked cases and naive twins; disputes and their adjudication."""

from collections.abc import Callable
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_cases import NOW

from core.review.agreement import agreement, cohen, disputes, fleiss
from core.review.exchange import rows_of
from core.review.store import Store

Say = Callable[..., str]


def naive_cohen(first: list[str], second: list[str]) -> float | None:
    """Chance taken literally: every verdict of the one with every verdict of the other."""
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / len(first)
    pairs = list(product(first, second))
    chance = sum(a == b for a, b in pairs) / len(pairs)
    return None if chance == 1 else (observed - chance) / (1 - chance)


def naive_fleiss(judged: list[list[str]]) -> float | None:
    """Agreement as the share of alike pairs of annotators, chance from drawing with return."""
    shares = []
    for verdicts in judged:
        pairs = list(combinations(verdicts, 2))
        shares.append(sum(a == b for a, b in pairs) / len(pairs))
    observed = sum(shares) / len(shares)
    every = [verdict for verdicts in judged for verdict in verdicts]
    chance = sum(a == b for a, b in product(every, every)) / len(every) ** 2
    return None if chance == 1 else (observed - chance) / (1 - chance)


def test_cohens_kappa_worked_out_by_hand() -> None:
    """20 both yes, 5 and 10 apart, 15 both no: (0.7 - 0.5) / (1 - 0.5)."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen(first, second) == pytest.approx(0.4)


def test_fleiss_kappa_worked_out_by_hand() -> None:
    """The usual example of ten subjects, fourteen raters and five categories: 0.210."""
    table = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    judged = ["".join(str(place) * count for place, count in enumerate(row)) for row in table]
    assert fleiss(judged) == pytest.approx(0.210, abs=0.0005)


def test_kappa_is_none_where_chance_alone_agrees() -> None:
    assert cohen([], []) is None
    assert cohen(["a", "a"], ["a", "a"]) is None
    assert fleiss([]) is None
    assert fleiss([["a"], ["b"]]) is None
    assert fleiss([["a", "a"], ["a", "a"]]) is None


pairs = st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=1, max_size=30)
tables = st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=5), min_size=1, max_size=12)


@given(pairs)
def test_cohens_kappa_is_that_of_its_naive_twin(both: list[tuple[str, str]]) -> None:
    first, second = [a for a, _ in both], [b for _, b in both]
    assert cohen(first, second) == pytest.approx(naive_cohen(first, second))


@given(tables)
def test_fleiss_kappa_is_that_of_its_naive_twin(judged: list[list[str]]) -> None:
    assert fleiss(judged) == pytest.approx(naive_fleiss(judged))


def test_disputes_wait_for_an_adjudicator_and_then_end(
    store: Store, case_ids: list[str], say: Say
) -> None:
    store.join("Cleo", NOW)
    say("Ada", case_ids[0], "model error")
    say("Ben", case_ids[0], "model error")
    for name, verdict in (("Ada", "model error"), ("Ben", "cannot tell"), ("Cleo", "model error")):
        say(name, case_ids[1], verdict)
    say("Ada", case_ids[2], "description wrong")
    say("Ben", case_ids[2], "several places fit")
    assert [one.case_id for one in disputes(store)] == [case_ids[2], case_ids[1]]
    assert {entry.annotator for entry in disputes(store)[0].reveal.entries} == {"Ada", "Ben"}
    say("Cleo", case_ids[2], "description too vague", final=True)
    assert [one.case_id for one in disputes(store)] == [case_ids[1]]
    found = agreement(store)
    assert (found.cases, found.disputed, found.adjudicated) == (3, 2, 1)
    assert [(one.first, one.second, one.cases) for one in found.pairs] == [
        ("Ada", "Ben", 3),
        ("Ada", "Cleo", 1),
        ("Ben", "Cleo", 1),
    ]
    assert {row["case_id"]: row["settled"] for row in rows_of(store)} == {
        case_ids[0]: "model error",
        case_ids[1]: None,
        case_ids[2]: "description too vague",
        case_ids[3]: None,
    }
