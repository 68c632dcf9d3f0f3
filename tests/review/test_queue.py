"""The order of an annotator's cases, and the details hidden until the verdict."""

import dataclasses
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from tiny_cases import NOW, a_report, an_answer

from core.errors import CasesError
from core.review.model import Card
from core.review.queue import card_of, last_card, next_card, progress, reveal, skip
from core.review.store import Store, open_store

Say = Callable[..., str]


def shown(card: Card | None) -> str:
    assert card is not None
    return card.case_id


def order_of(store: Store, name: str, say: Say) -> list[str]:
    """The cases in the order in which an annotator answers them."""
    met = []
    while card := next_card(store, name):
        met.append(card.case_id)
        say(name, card.case_id)
    return met


def test_the_hardest_case_comes_first(store: Store, case_ids: list[str], say: Say) -> None:
    assert order_of(store, "Ada", say) == case_ids
    assert order_of(store, "Ben", say) == case_ids


def test_one_can_look_ahead_of_a_case(store: Store, case_ids: list[str], say: Say) -> None:
    assert shown(next_card(store, "Ada", case_ids[0])) == case_ids[1]
    assert shown(next_card(store, "Ada", case_ids[1])) == case_ids[0]
    for case_id in case_ids[1:]:
        say("Ada", case_id)
    assert next_card(store, "Ada", case_ids[0]) is None


def test_shuffled_everybody_has_an_order_of_their_own(address: str) -> None:
    opened = open_store(address, NOW)
    opened.add_report(a_report(*(an_answer(number) for number in range(40))), 0, NOW)
    met: dict[str, list[str]] = {}
    for name in ("Ada", "Ben"):
        opened.join(name, NOW, "shuffled")
        met[name] = []
        for count in range(40):
            card = shown(next_card(opened, name))
            met[name].append(card)
            skip(opened, name, card, NOW + timedelta(seconds=count))
    assert sorted(met["Ada"]) == sorted(met["Ben"])
    assert met["Ada"] != met["Ben"]


def test_what_was_skipped_comes_back_at_the_end(
    store: Store, case_ids: list[str], say: Say
) -> None:
    skip(store, "Ada", case_ids[0], NOW)
    skip(store, "Ada", case_ids[1], NOW + timedelta(seconds=1))
    assert shown(last_card(store, "Ada")) == case_ids[1]
    assert shown(next_card(store, "Ben")) == case_ids[0]
    assert order_of(store, "Ada", say) == [*case_ids[2:], *case_ids[:2]]


def test_undoing_brings_the_case_back(store: Store, case_ids: list[str], say: Say) -> None:
    say("Ada", case_ids[0])
    assert shown(next_card(store, "Ada")) == case_ids[1]
    assert store.undo("Ada", str(uuid.uuid4()), NOW) == case_ids[0]
    assert shown(next_card(store, "Ada")) == case_ids[0]


def test_one_can_go_back_and_see_what_one_said(store: Store, case_ids: list[str], say: Say) -> None:
    assert last_card(store, "Ada") is None
    say("Ada", case_ids[0], "several places fit", note="three of them")
    say("Ben", case_ids[1])
    card = last_card(store, "Ada")
    assert card is not None
    assert (card.case_id, card.was, card.note) == (
        case_ids[0],
        "several places fit",
        "three of them",
    )
    assert card_of(store, case_ids[0], "Ben").was is None


def test_a_card_tells_neither_rank_nor_kind_nor_what_others_said(
    store: Store, case_ids: list[str], say: Say
) -> None:
    say("Ben", case_ids[0], "description wrong", note="Ben was here")
    card = next_card(store, "Ada")
    assert card is not None
    fields = {field.name for field in dataclasses.fields(card)}
    assert not fields & {"rank", "kind", "confidence", "said", "difficulty", "suggestion", "signs"}
    assert "Ben" not in repr(card)
    assert "description wrong" not in repr(card)
    with pytest.raises(CasesError, match="answer it first"):
        reveal(store, case_ids[0], "Ada")


def test_after_the_answer_all_is_told(store: Store, case_ids: list[str], say: Say) -> None:
    say("Ben", case_ids[0], "description wrong")
    say("Ada", case_ids[0])
    seen = reveal(store, case_ids[0], "Ada")
    assert (seen.kind, seen.rank) == ("failure", 9)
    assert {entry.annotator for entry in seen.entries} == {"Ada", "Ben"}
    assert seen.suggestion is not None
    assert seen.suggestion.verdict == "model error"


def test_the_other_models_answer_is_on_the_card(store: Store, case_ids: list[str]) -> None:
    same = an_answer(3, 1, 0.0)
    store.add_report(a_report(same, title="other.json", model="planet"), 0, NOW)
    (other,) = card_of(store, case_ids[0], "Ada").others
    assert (other.model, other.title, other.distance_m) == ("planet", "other.json", 0.0)
    assert card_of(store, case_ids[1], "Ada").others == ()


def test_progress_and_pace(store: Store, case_ids: list[str], say: Say) -> None:
    assert progress(store, "Ada").pace_s is None
    for case_id, took in zip(case_ids, (1000, 4000, 9000), strict=False):
        say("Ada", case_id, took_ms=took)
    skip(store, "Ada", case_ids[3], NOW)
    found = progress(store, "Ada")
    assert (found.order, found.total, found.answered, found.skipped, found.pace_s) == (
        "hardest",
        4,
        3,
        1,
        4.0,
    )


def test_strangers_and_unknown_cases_are_told(store: Store) -> None:
    for ask in (next_card, progress):
        with pytest.raises(CasesError, match="has no annotator 'Eve'"):
            ask(store, "Eve")
    for call in (lambda: card_of(store, "x", "Ada"), lambda: skip(store, "Ada", "x", NOW)):
        with pytest.raises(CasesError, match="no case 'x'"):
            call()
