"""Definitions of the verdicts, keys of annotators, and assignment of cases."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from test_verdict_kinds import OLD, SEQUENCES, TRIGGERS
from tiny_cases import NOW, a_report, an_answer

from core.errors import CasesError
from core.review import queue
from core.review.agreement import agreement, settled
from core.review.guidelines import MAX_CHARS, guidelines_of, reword
from core.review.key_bindings import bind, default_keys, keys_of
from core.review.schema import STEPS, version_of
from core.review.store import Store, open_store
from core.review.tasks import TaskLoad, assign, release, workloads
from core.review.verdicts import CASE_VERDICTS, VerdictKind

Say = Callable[..., str]
VAGUE = "description too vague"


class TestGuidelines:
    def test_every_verdict_has_a_definition_which_people_may_reword(self, store: Store) -> None:
        before = guidelines_of(store)
        assert list(before) == list(CASE_VERDICTS)
        assert all(one.text and not one.author for one in before.values())
        assert reword(store, VAGUE, "  Fits half\nthe town. ", "Ada", NOW)
        assert not reword(store, VAGUE, "Fits half the town.", "Ben", NOW)
        found = guidelines_of(store)[VAGUE]
        assert (found.text, found.author) == ("Fits half the town.", "Ada")
        assert reword(store, VAGUE, "", "Ben", NOW)
        assert guidelines_of(store) == before

    @pytest.mark.parametrize(
        ("verdict", "text", "author"),
        [("nice", "x", "Ada"), (VAGUE, "x" * (MAX_CHARS + 1), "Ada"), (VAGUE, "x", " ")],
    )
    def test_a_wrong_wording_is_refused(
        self, store: Store, verdict: str, text: str, author: str
    ) -> None:
        before = guidelines_of(store)
        with pytest.raises(CasesError):
            reword(store, verdict, text, author, NOW)
        assert guidelines_of(store) == before


class TestKeys:
    def test_everyone_has_their_own_keys(self, store: Store) -> None:
        assert keys_of(store, "Ada") == default_keys()
        bind(
            store, "Ada", {"model error": "x", "skip": "1", "right place, another name for it": "S"}
        )
        assert keys_of(store, "Ada")["model error"] == "X"
        assert keys_of(store, "Ada")["skip"] == "1"
        assert keys_of(store, "Ben") == default_keys()
        bind(store, "Ada", default_keys())
        assert keys_of(store, "Ada") == default_keys()

    @pytest.mark.parametrize(
        "keys",
        [{"skip": "B"}, {"skip": "L"}, {"skip": ""}, {"skip": "é"}, {"skip": "12"}, {"fly": "F"}],
    )
    def test_a_key_that_cannot_be_is_refused(self, store: Store, keys: dict[str, str]) -> None:
        with pytest.raises(CasesError):
            bind(store, "Ada", keys)
        with pytest.raises(CasesError, match="no annotator"):
            bind(store, "Zoe", {"skip": "X"})
        assert keys_of(store, "Ada") == default_keys()

    def test_a_new_verdict_takes_no_key_that_somebody_chose(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bind(store, "Ada", {"skip": "8"})
        monkeypatch.setitem(CASE_VERDICTS, "ninth", VerdictKind("ninth", "8"))
        assert keys_of(store, "Ada")["ninth"] == ""
        assert keys_of(store, "Ada")["skip"] == "8"


class TestTasks:
    def test_each_case_gets_two_people_and_each_person_as_much(
        self, store: Store, case_ids: list[str], say: Say
    ) -> None:
        store.join("Cat", NOW)
        say("Ada", case_ids[0])
        given = assign(store, ["Ada", "Ben", "Cat"], NOW)
        assert sum(given.values()) == 2 * len(case_ids) - 1
        held = Counter({one.annotator: one.assigned for one in workloads(store)})
        assert max(held.values()) - min(held.values()) <= 1
        assert assign(store, ["Ada", "Ben", "Cat"], NOW) == {}, "nothing is given twice"

    def test_assigned_cases_come_first_and_are_counted(
        self, store: Store, case_ids: list[str], say: Say
    ) -> None:
        store.add_report(a_report(an_answer(9, 2), title="other", model="m"), 0, NOW)
        easiest = next(one for one in store.reports() if one.title == "other")
        assign(store, ["Ada"], NOW, votes=1, report_id=easiest.report_id)
        first = queue.next_card(store, "Ada")
        assert first is not None
        assert first.case_id not in case_ids
        say("Ada", first.case_id)
        done = queue.progress(store, "Ada")
        assert (done.assigned, done.assigned_done) == (1, 1)
        assert workloads(store)[0] == TaskLoad("Ada", 1, 1)

    def test_the_work_of_somebody_who_left_is_given_to_others(
        self, store: Store, case_ids: list[str], say: Say
    ) -> None:
        assign(store, ["Ada", "Ben"], NOW)
        say("Ada", case_ids[0])
        assert release(store, "Ada") == len(case_ids) - 1
        store.join("Cat", NOW)
        assert assign(store, ["Ben", "Cat"], NOW) == {"Cat": len(case_ids) - 1}

    def test_too_few_people_and_strangers_are_told(self, store: Store) -> None:
        with pytest.raises(CasesError, match="2 votes"):
            assign(store, ["Ada", "Ada"], NOW)
        with pytest.raises(CasesError, match="no annotator 'Zoe'"):
            assign(store, ["Ada", "Zoe"], NOW)


class TestVotes:
    def test_nothing_is_settled_before_two_people_have_judged(
        self, store: Store, case_ids: list[str], say: Say
    ) -> None:
        say("Ada", case_ids[0], VAGUE)
        say("Ada", case_ids[0], VAGUE, final=True)
        assert settled(store.history(case_ids[0])) is None
        assert agreement(store).waiting == 1
        say("Ben", case_ids[0], VAGUE)
        assert settled(store.history(case_ids[0])) == VAGUE
        assert agreement(store).waiting == 0

    def test_cases_that_need_another_vote_can_be_asked_for(
        self, store: Store, case_ids: list[str], say: Say
    ) -> None:
        say("Ada", case_ids[2])
        assert queue.progress(store, "Ben").second_votes == 1
        card = queue.next_card(store, "Ben", focus="second vote")
        assert card is not None
        assert card.case_id == case_ids[2]
        say("Ben", case_ids[2])
        assert queue.next_card(store, "Ben", focus="second vote") is None
        assert queue.next_card(store, "Ada", focus="second vote") is None


def test_only_the_wanted_answers_become_cases_with_the_ids_they_always_have(store: Store) -> None:
    report = a_report(*(an_answer(number, 1 + number) for number in range(5)), title="flips")
    added = store.add_report(report, 0, NOW, only=[0, 3])
    assert (added.new, added.known) == (2, 0)
    again = store.add_report(report, 5, NOW)
    assert (again.new, again.known) == (3, 2)


def test_a_store_of_version_2_gets_guidelines_keys_and_tasks(tmp_path: Path) -> None:
    address = str(tmp_path / "old.sqlite")
    made = OLD.read_text(encoding="utf-8").replace("{sequence}", SEQUENCES["sqlite"]).split(";\n")
    with closing(sqlite3.connect(address)) as file:
        for statement in (*made, *TRIGGERS["sqlite"]):
            file.execute(statement)
        file.commit()
    opened = open_store(address, NOW)
    assert opened.database.read(version_of) == len(STEPS)
    assert reword(opened, VAGUE, "Fits everywhere.", "Ada", NOW)
    assert assign(opened, ["Ada", "Ben"], NOW) == {}, "both have judged the only case"
    bind(opened, "Ben", {"skip": "X"})
    opened.close()
    again = open_store(address, NOW)
    assert keys_of(again, "Ben")["skip"] == "X"
    again.close()
