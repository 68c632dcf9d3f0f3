"""The cases page without a browser: what a deed does, what is shown when, and what goes wrong."""

import json
import re
import sqlite3
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest
from tiny_answers import HOSTILE
from tiny_cases import NOW, a_report, an_answer

from core.review import queue
from core.review.exchange import rows_of
from core.review.export_format import Format
from core.review.formats import FORMATS
from core.review.key_bindings import RESERVED, default_keys, keys_of
from core.review.model import Report
from core.review.store import NewVerdict, Store, open_store
from core.review.verdicts import CASE_VERDICTS
from pages.review_page import (
    actions,
    agreement,
    card_view,
    export,
    history,
    report_import,
    sign_in,
)
from pages.review_page.places import Place, spots_of
from pages.review_page.session import ReviewSession

ROOT = Path(__file__).resolve().parent.parent.parent
NOWHERE = Place(None, None, "not here")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a store of three failures and a success, and no gallery for them."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    monkeypatch.delenv("SAYWHERE_CASES", raising=False)
    opened = open_store(str(tmp_path / "cases.sqlite"), NOW)
    opened.add_report(a_report(), 0, NOW)
    opened.close()
    return tmp_path


@pytest.fixture
def kept(home: Path) -> Store:
    return open_store(str(home / "cases.sqlite"), NOW)


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(ROOT / "pages" / "cases.py"), default_timeout=60)


def html_of(app: AppTest) -> str:
    shown = (one.proto.body for one in app.get("html"))
    return " ".join(body for body in shown if "<style" not in body)


def seated(store: Store, name: str = "Ada") -> ReviewSession:
    """An annotator before the next card."""
    store.join(name, NOW)
    seat = ReviewSession(name)
    lay(store, seat)
    return seat


def lay(store: Store, seat: ReviewSession) -> None:
    if not seat.case_id:
        card = queue.next_card(store, seat.name)
        seat.case_id = card.case_id if card else ""


def deed(seat: ReviewSession, act: str, **more: object) -> dict[str, object]:
    return {"act": act, "token": seat.token, **more}


def record(store: Store, seat: ReviewSession, verdict: str = "model error", **more: object) -> str:
    case_id = seat.case_id
    actions.apply_action(store, seat, deed(seat, "record", verdict=verdict, **more), NOW)
    lay(store, seat)
    return case_id


class TestDeeds:
    def test_a_verdict_is_in_the_store_when_the_card_changes(self, kept: Store) -> None:
        seat = seated(kept)
        case_id = record(kept, seat, "description wrong", note="no house", took_ms=1500)
        assert seat.case_id != case_id
        assert seat.last == case_id
        (entry,) = kept.history(case_id)
        assert (entry.annotator, entry.verdict) == ("Ada", "description wrong")
        assert (entry.note, entry.took_ms) == ("no house", 1500)

    def test_the_same_deed_reported_again_is_written_once(self, kept: Store) -> None:
        seat = seated(kept)
        case_id = seat.case_id
        again = deed(seat, "record", verdict="model error")
        for _ in range(3):
            actions.apply_action(kept, seat, again, NOW)
            lay(kept, seat)
        assert queue.progress(kept, "Ada").answered == 1
        assert len(kept.history(case_id)) == 1

    def test_a_run_that_ends_after_writing_doubles_nothing(self, kept: Store) -> None:
        seat = seated(kept)
        reported = deed(seat, "record", verdict="model error")
        kept.record(NewVerdict(seat.token, seat.case_id, "Ada", "model error"), NOW)
        actions.apply_action(kept, seat, reported, NOW)
        assert seat.problem == ""
        assert queue.progress(kept, "Ada").answered == 1

    def test_a_deed_that_failed_is_not_done_again_by_its_echo(self, kept: Store) -> None:
        seat = seated(kept)
        bad = deed(seat, "record", verdict="nice", once="1")
        for _ in range(2):
            actions.apply_action(kept, seat, bad, NOW)
        assert seat.deeds == 1
        actions.apply_action(kept, seat, deed(seat, "record", verdict="model error", once="2"), NOW)
        assert queue.progress(kept, "Ada").answered == 1

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"act": "record"},
            {"act": "format", "token": "t"},
            {"act": ["record"]},
            {"act": "record", "token": "old", "verdict": "model error"},
        ],
    )
    def test_what_is_not_about_this_card_is_left_out(
        self, kept: Store, given: dict[str, object]
    ) -> None:
        seat = seated(kept)
        before = seat.case_id
        actions.apply_action(kept, seat, given, NOW)
        assert (seat.case_id, seat.problem) == (before, "")
        assert queue.progress(kept, "Ada").answered == 0

    @pytest.mark.parametrize(
        "more",
        [
            {"verdict": None},
            {"verdict": "nice"},
            {"verdict": {"a": 1}},
            {},
        ],
    )
    def test_nonsense_from_the_browser_is_told_and_not_written(
        self, kept: Store, more: dict[str, object]
    ) -> None:
        seat = seated(kept)
        before, token = seat.case_id, seat.token
        actions.apply_action(kept, seat, deed(seat, "record", **more), NOW)
        assert "is not a verdict" in seat.problem
        assert (seat.case_id, seat.token) == (before, token)
        assert kept.history(before) == ()

    @pytest.mark.parametrize("given", [-1, 10**9, "soon", 1.5, None])
    def test_a_time_that_cannot_be_true_is_left_out(self, kept: Store, given: object) -> None:
        case_id = record(kept, seated(kept), took_ms=given)
        assert kept.history(case_id)[0].took_ms is None

    def test_similar_cases_get_the_same_verdict_and_undo_takes_all_back(self, kept: Store) -> None:
        seat = seated(kept)
        shown = seat.case_id
        others = [row["case_id"] for row in rows_of(kept) if row["case_id"] != shown][:2]
        actions.apply_action(kept, seat, deed(seat, "together"), NOW)
        assert seat.gathering
        seat.together = tuple(others)
        reported = deed(seat, "record", verdict="several places fit", took_ms=900)
        for _ in range(2):
            actions.apply_action(kept, seat, reported, NOW)
            lay(kept, seat)
        assert queue.progress(kept, "Ada").answered == 3
        said = [kept.history(one) for one in (shown, *others)]
        assert [[entry.verdict for entry in history] for history in said] == [
            ["several places fit"]
        ] * 3
        assert [history[0].took_ms for history in said] == [900, None, None]
        assert (seat.gathering, seat.together) == (False, ())
        actions.apply_action(kept, seat, deed(seat, "undo"), NOW)
        assert seat.case_id == shown
        assert queue.progress(kept, "Ada").answered == 0

    def test_only_what_the_page_offered_is_judged_together(self, kept: Store) -> None:
        seat = seated(kept)
        seat.together = (rows_of(kept)[-1]["case_id"],)
        record(kept, seat)
        assert queue.progress(kept, "Ada").answered == 1, "nothing was gathered"

    def test_undo_brings_the_card_back_open(self, kept: Store) -> None:
        seat = seated(kept)
        first = record(kept, seat)
        actions.apply_action(kept, seat, deed(seat, "undo"), NOW)
        assert seat.case_id == first
        assert queue.card_of(kept, first, "Ada").was is None
        assert seat.last == ""

    def test_undoing_nothing_is_told(self, kept: Store) -> None:
        seat = seated(kept)
        actions.apply_action(kept, seat, deed(seat, "undo"), NOW)
        assert "no verdict of yours" in seat.problem

    def test_a_skipped_card_comes_last_and_back_goes_to_it(self, kept: Store) -> None:
        seat = seated(kept)
        first = seat.case_id
        actions.apply_action(kept, seat, deed(seat, "skip"), NOW)
        lay(kept, seat)
        assert seat.case_id != first
        actions.apply_action(kept, seat, deed(seat, "back"), NOW)
        assert seat.case_id == first

    def test_back_goes_on_back_and_a_second_thought_replaces_the_first(self, kept: Store) -> None:
        seat = seated(kept)
        first, _ = record(kept, seat), record(kept, seat)
        for _ in range(2):
            actions.apply_action(kept, seat, deed(seat, "back"), NOW)
        assert seat.case_id == first
        record(kept, seat, "several places fit")
        assert queue.card_of(kept, first, "Ada").was == "several places fit"

    def test_a_full_disk_is_told_and_the_card_stays_with_all_before_it(self, kept: Store) -> None:
        seat = seated(kept)
        first = record(kept, seat, note="kept")
        full(kept)
        before, token = seat.case_id, seat.token
        note = "n" * 4000
        for _ in range(40):
            record(kept, seat, note=note)
            if seat.problem:
                break
            actions.apply_action(kept, seat, deed(seat, "back"), NOW)
            before, token = seat.case_id, seat.token
        assert "is the disk full?" in seat.problem
        assert "\n" not in seat.problem
        assert (seat.case_id, seat.token) == (before, token)
        assert kept.history(first)[0].note == "kept"


def full(store: Store) -> None:
    """Lets the file of a store grow no more: SQLite then says that the disk is full."""

    def work(connection: object) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()  # type: ignore[attr-defined]
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    store.database.read(work)


class TestAdjudication:
    def torn(self, store: Store) -> str:
        """A case on which Ada and Ben differ."""
        case_id = record(store, seated(store, "Ada"), "model error", note="it is <b>there</b>")
        record(store, seated(store, "Ben"), "description wrong")
        return case_id

    def test_an_adjudicated_verdict_settles_a_dispute_and_undo_opens_it(self, kept: Store) -> None:
        case_id = self.torn(kept)
        record(kept, seated(kept, "Chair"), "model error")
        seat = ReviewSession("Chair", "agreement", case_id)
        actions.apply_action(kept, seat, deed(seat, "record", verdict="model error"), NOW)
        assert actions.disputes_for(kept, "Chair") == ()
        (row,) = [one for one in rows_of(kept) if one["case_id"] == case_id]
        assert row["settled"] == "model error"
        actions.apply_action(kept, seat, deed(seat, "undo"), NOW)
        assert seat.case_id == case_id
        assert len(actions.disputes_for(kept, "Chair")) == 1

    def test_a_link_to_an_answered_case_begins_with_the_next_one(self, kept: Store) -> None:
        ada = seated(kept, "Ada")
        case_id = record(kept, ada)
        back = ReviewSession("Ada", case_id=case_id)
        sign_in._pass_answered(kept, back)
        assert (back.case_id, back.last, back.trail) == ("", case_id, [case_id])
        ben = ReviewSession("Ben", case_id=case_id)
        kept.join("Ben", NOW)
        sign_in._pass_answered(kept, ben)
        assert ben.case_id == case_id

    def test_who_still_answers_sees_only_disputes_they_have_answered(self, kept: Store) -> None:
        self.torn(kept)
        assert len(actions.disputes_for(kept, "Ada")) == 1
        cleo = seated(kept, "Cleo")
        actions.apply_action(kept, cleo, deed(cleo, "skip"), NOW)
        lay(kept, cleo)
        record(kept, cleo)
        assert actions.disputes_for(kept, "Cleo") == ()
        assert actions.disputes_for(kept, "a chair without cases") == ()

    def test_the_counts_have_a_row_for_every_verdict(self, kept: Store) -> None:
        self.torn(kept)
        table = agreement.counts(rows_of(kept))
        assert table.count("<tr>") == 1 + len(CASE_VERDICTS)
        assert '<th scope="row">model error</th>' in table


class TestWhatIsTold:
    def test_a_card_tells_nothing_of_rank_kind_or_others(self, home: Path, page: AppTest) -> None:
        store = open_store(str(home / "cases.sqlite"), NOW)
        record(store, seated(store, "Ben"), "description wrong", note="ben was here")
        app = begun(page, "Ada")
        shown = html_of(app)
        assert "a red house" in shown
        for hidden in ("rank", "failure", "Suggested", "ben was here", "Ben"):
            assert hidden not in shown

    def test_the_case_before_is_revealed(self, kept: Store) -> None:
        record(kept, seated(kept, "Ben"), "description wrong")
        seat = seated(kept)
        case_id = record(kept, seat)
        strip = history.previous("Ada", queue.reveal(kept, case_id, "Ada"), same=False)
        for part in ("You said <b>model error</b>", "rank", "Suggested", "Ben: description wrong"):
            assert part in strip
        strip = history.previous("Ada", queue.reveal(kept, case_id, "Ada"), same=True)
        assert "Suggested" not in strip
        assert "on rank" not in strip

    def test_others_answers_have_letters_and_one_place_has_one_pin(self, kept: Store) -> None:
        kept.add_report(
            a_report(
                *(an_answer(number, 6 + number) for number in range(4)),
                title="other.json",
                model="other",
            ),
            0,
            NOW,
        )
        card = queue.card_of(kept, seated(kept).case_id, "Ada")
        assert [one.letters for one in spots_of(card)] == ["T", "AB"]
        assert "the same as A" in card_view.others(card)

    def test_no_answer_is_left_out_where_there_are_more_than_letters(self, kept: Store) -> None:
        kept.add_report(
            a_report(
                *(an_answer(number, 6 + number) for number in range(4)),
                title="other.json",
                model="other",
            ),
            0,
            NOW,
        )
        card = queue.card_of(kept, seated(kept).case_id, "Ada")
        many = replace(card, others=card.others * 30)
        assert card_view.others(many).count("<tr>") == 30
        assert len(spots_of(many)[1].letters) == 31

    @pytest.mark.parametrize("hostile", HOSTILE)
    def test_what_a_file_or_a_person_says_is_shown_and_never_run(
        self, kept: Store, hostile: str
    ) -> None:
        answer = replace(an_answer(0), text=hostile, tile_id=hostile, top_tile=f"{hostile}2")
        kept.add_report(
            Report(hostile, "evaluate", hostile, hostile, "full", (), (answer,)), 0, NOW
        )
        seat = seated(kept, hostile)
        seat.case_id = next(row["case_id"] for row in rows_of(kept) if row["title"] == hostile)
        case_id = record(kept, seat, note=hostile)
        card = queue.card_of(kept, case_id, seat.name)
        reveal = queue.reveal(kept, case_id, seat.name)
        shown = (
            card_view.description(card, None)
            + card_view.pictures(card, NOWHERE)
            + card_view.others(card)
            + history.verdicts(reveal.entries, reveal)
            + history.previous("x", reveal, same=False)
        )
        assert "<img" not in shown
        assert "<script" not in shown
        assert "`" not in shown


def begun(page: AppTest, name: str) -> AppTest:
    page.run()
    page.text_input(key="cases-name").set_value(name)
    page.button[-1].click().run()
    assert not page.exception
    return page


@pytest.mark.usefixtures("home")
class TestThePage:
    def test_an_empty_store_says_what_to_do(
        self, tmp_path: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path / "new"))
        page.run()
        assert not page.exception
        assert "core cases import" in page.code[0].value
        assert next(one for one in page.button if one.label == "Begin").disabled
        page.button(key="cases-bundled").click().run()
        assert not page.exception
        assert "new cases" in page.success[0].value
        assert not next(one for one in page.button if one.label == "Begin").disabled

    def test_a_card_without_its_gallery_can_be_judged(self, page: AppTest) -> None:
        app = begun(page, "Ada")
        assert "This machine lacks the gallery" in app.info[0].value
        assert "a red house" in html_of(app)
        assert "case" in app.query_params

    def test_the_link_never_holds_the_name(self, page: AppTest) -> None:
        app = begun(page, "Ada Lovelace")
        assert "Ada" not in json.dumps(dict(app.query_params))

    def test_a_link_opens_its_case_and_nonsense_opens_the_next(
        self, page: AppTest, kept: Store
    ) -> None:
        last = rows_of(kept)[-1]["case_id"]
        page.query_params["case"] = last
        app = begun(page, "Ada")
        assert f'data-case="{last}"' in html_of(app)
        again = AppTest.from_file(str(ROOT / "pages" / "cases.py"), default_timeout=60)
        again.query_params["case"] = "<script>"
        again.query_params["view"] = "`${x}`"
        assert "data-case" in html_of(begun(again, "Ada"))

    def test_agreement_and_export_are_there_without_a_name(self, page: AppTest) -> None:
        page.query_params["view"] = "agreement"
        page.run()
        assert not page.exception
        assert "Fleiss" in html_of(page)
        page.button(key="view-export").click().run()
        assert not page.exception
        assert len(page.get("download_button")) == len(FORMATS)

    def test_when_all_is_answered_it_says_so(self, page: AppTest, kept: Store) -> None:
        seat = seated(kept)
        while seat.case_id:
            record(kept, seat)
        assert "All 4 cases are answered" in html_of(begun(page, "Ada"))

    @pytest.mark.parametrize("what", ["garbage", "newer", "other"])
    def test_a_store_that_cannot_be_used_is_told_in_one_line_and_left_alone(
        self, home: Path, page: AppTest, what: str
    ) -> None:
        file = home / "cases.sqlite"
        if what == "newer":
            opened = open_store(str(file), NOW)
            opened.database.write(
                lambda one: one.execute(text("INSERT INTO schema_version VALUES (99, 'then')"))
            )
            opened.close()
        else:
            file.unlink()
            if what == "garbage":
                file.write_bytes(b"no store at all " * 500)
            else:
                with sqlite3.connect(file) as connection:
                    connection.execute("CREATE TABLE recipes (name TEXT)")
        before = file.read_bytes()
        page.run()
        assert not page.exception
        (line,) = page.error
        assert {"garbage": "damaged", "newer": "update the app", "other": "another program"}[
            what
        ] in line.value.replace("\\", "")
        assert file.read_bytes() == before

    def test_a_server_that_is_away_is_told_without_its_password(
        self, page: AppTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SAYWHERE_CASES", "postgresql://me:secret@127.0.0.1:1/none")
        monkeypatch.setattr("core.review.store.WAIT_S", 0.0)
        monkeypatch.setattr(open_store, "__defaults__", (0.0, ""))
        page.run()
        assert not page.exception
        (line,) = page.error
        assert "secret" not in line.value

    def test_a_store_put_in_place_of_another_is_seen(
        self, home: Path, page: AppTest, kept: Store
    ) -> None:
        app = begun(page, "Ada")
        kept.close()
        for file in home.glob("cases.sqlite*"):
            file.unlink()
        app.run()
        assert not app.exception
        assert "join first" in app.error[0].value.replace("\\", "")


class TestFiles:
    @pytest.mark.parametrize("offer", FORMATS.values(), ids=lambda one: one.name)
    def test_every_export_comes_back_without_doubles(
        self, kept: Store, tmp_path: Path, offer: Format
    ) -> None:
        record(kept, seated(kept), note="=1+1")
        content = export.made(kept, offer)
        if offer.inside:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                content = archive.read("cases-fiftyone/samples.json")
        name = "back.json" if offer.inside else offer.file_name
        good, line = report_import.import_file(kept, name, content)
        assert (good, "nothing new" in line) == (True, True)
        fresh = open_store(str(tmp_path / "fresh.sqlite"), NOW)
        good, line = report_import.import_file(fresh, name, content)
        assert "4 new cases and 1 verdicts" in line

    def test_a_bundled_report_is_imported_as_it_is(self, kept: Store) -> None:
        report = ROOT / "assets" / "reports" / "helsinki-by-hand-all.json.gz"
        good, line = report_import.import_file(kept, report.name, report.read_bytes())
        assert (good, "new cases" in line) == (True, True), line
        assert "gz" in report_import._ENDINGS

    @pytest.mark.parametrize(
        ("name", "content", "told_of"),
        [
            ("x.csv", b"a,b\n1,2\n", "no column"),
            ("x.json", b"{", "neither a report nor an export"),
            ("x.json", b"\xff\xfe\x00", "is not UTF-8 text"),
            ("../x.json", b"[]", ""),
            ("x.json", b'{"queries": [], "gallery": "nowhere", "scope": "full"}', "no queries"),
        ],
    )
    def test_a_file_that_is_none_is_told_in_one_line(
        self, kept: Store, name: str, content: bytes, told_of: str
    ) -> None:
        before = rows_of(kept)
        good, line = report_import.import_file(kept, name, content)
        assert good is (told_of == "")
        assert told_of in line
        assert "\n" not in line
        assert "/tmp" not in line
        assert rows_of(kept) == before

    @pytest.mark.parametrize("name", ["a\0b.json", "..", "", "x" * 300 + ".json", "\ud800.json"])
    def test_a_name_that_is_no_files_name_is_no_trouble(self, kept: Store, name: str) -> None:
        good, line = report_import.import_file(kept, name, b'{"queries": 7}')
        assert not good
        assert "\n" not in line

    @pytest.mark.parametrize("view", ["", "review", "agreement", "export"])
    def test_unreadable_values_are_told_and_the_page_goes_on(
        self, home: Path, page: AppTest, view: str
    ) -> None:
        with sqlite3.connect(home / "cases.sqlite") as connection:
            connection.execute("UPDATE reports SET channels = 'null'")
            connection.execute("UPDATE answers SET lat = 6e39 WHERE number = 0")
        page.query_params["view"] = view
        app = begun(page, "Ada") if view == "review" else page.run()
        assert not app.exception
        assert not app.error
        told = [line.value for line in app.warning if "set aside" in line.value]
        assert len(told) == int(view in ("agreement", "export"))
        if view == "review":
            assert "a red house" in html_of(app)


def test_a_token_is_made_anew_for_every_card() -> None:
    seat = ReviewSession("Ada")
    tokens = {seat.token}
    for _ in range(3):
        seat.turn()
        tokens.add(seat.token)
    assert len(tokens) == 4
    assert all(uuid.UUID(one) for one in tokens)
    act: Callable[[], None] = seat.leave
    act()
    assert (seat.name, seat.trail) == ("", [])


class TestGuidelines:
    @pytest.fixture
    def page(self, page: AppTest, kept: Store) -> AppTest:
        kept.join("Ada", NOW)
        kept.join("Ben", NOW)
        page.session_state["seat"] = ReviewSession("Ada", "guidelines", written={})
        page.run()
        assert not page.exception
        return page

    def test_a_definition_is_reworded_and_hostile_text_is_shown(self, page: AppTest) -> None:
        hostile = "`${x}` <b>bold</b> [a](b)"
        page.text_area[0].set_value(hostile)
        page.button(key="cases-guide-save").click().run()
        assert not page.exception
        assert "1 definitions changed" in page.success[0].value
        assert page.text_area[0].value == hostile
        assert len(page.text_area) == len(CASE_VERDICTS)

    def test_keys_are_chosen_and_two_actions_never_share_one(
        self, page: AppTest, kept: Store
    ) -> None:
        boxes = {one.label: one for one in page.text_input}
        boxes["Skip"].set_value("x")
        page.button(key="cases-keys-save").click().run()
        assert keys_of(kept, "Ada")["skip"] == "X"
        {one.label: one for one in page.text_input}["Back"].set_value("X")
        page.button(key="cases-keys-save").click().run()
        assert "give each its own" in page.error[0].value
        page.button(key="cases-keys-usual").click().run()
        assert keys_of(kept, "Ada")["skip"] == "S"

    def test_cases_are_assigned_and_taken_back(self, page: AppTest, kept: Store) -> None:
        page.multiselect(key="cases-tasks-names").set_value(["Ada", "Ben"])
        page.button(key="cases-tasks-assign").click().run()
        assert "4 to Ada\\, 4 to Ben" in page.success[0].value
        assert queue.progress(kept, "Ada").assigned == 4
        page.button(key="cases-tasks-release").click().run()
        assert "8 cases" in page.success[0].value
        assert queue.progress(kept, "Ada").assigned == 0


def test_the_pages_keys_are_nobodys_own() -> None:
    shown = set(re.findall(r"\"([A-Z])\"", (ROOT / "pages" / "cases.py").read_text("utf-8")))
    assert {"V", "A", "G", "E", "L"} <= shown <= RESERVED
    assert not set(default_keys().values()) & RESERVED
    assert all(form.key.isalpha() for form in FORMATS.values()), "a digit is for a verdict only"
    assert not {form.key for form in FORMATS.values()} & RESERVED
