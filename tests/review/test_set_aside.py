"""A store with values that cannot be read: set aside and told, and all else goes on."""

import json
import sqlite3
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from test_exchange import INTAKE, exported
from tiny_cases import NOW, a_report

from core.__main__ import main
from core.errors import CasesError
from core.review import queue
from core.review.agreement import agreement, disputes
from core.review.exchange import import_rows, read_store, rows_of
from core.review.formats import FORMATS
from core.review.importing import import_cases
from core.review.store import NewVerdict, Store, open_store

FAULTS = {
    "report_channels": "UPDATE reports SET channels = 'null'",
    "lat": "UPDATE answers SET lat = 6e39 WHERE number = 0",
    "top_lon": "UPDATE answers SET top_lon = 'x' WHERE number = 0",
    "rank": "UPDATE answers SET rank = '' WHERE number = 0",
    "confidence": "UPDATE answers SET confidence = 9e999 WHERE number = 0",
    "channels": "UPDATE answers SET channels = '{\"\\ud800\": 1}' WHERE number = 0",
    "signs": "UPDATE answers SET signs = '{' WHERE number = 0",
    "text": "UPDATE answers SET text = x'ff' WHERE number = 0",
    "difficulty": "UPDATE cases SET difficulty = 9e999 WHERE number = 0",
    "took_ms": "UPDATE verdicts SET took_ms = '' WHERE seq = 1",
    "final": "UPDATE verdicts SET final = 9e999 WHERE seq = 1",
    "at": "UPDATE verdicts SET at = 'then' WHERE seq = 1",
    "note": "UPDATE verdicts SET note = x'ff' WHERE seq = 1",
    "verdict": "UPDATE verdicts SET verdict = 'nice' WHERE seq = 1",
    "title": "UPDATE reports SET title = x'ff'",
}
WHOLE_CASE = ("lat", "top_lon", "text", "difficulty")
WHOLE_VERDICT = ("final", "verdict")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store of four cases; Ada and Ben differ on each, and each took back a verdict."""
    file = tmp_path / "cases.sqlite"
    opened = open_store(str(file), NOW)
    opened.add_report(a_report(), 0, NOW)
    for name in ("Ada", "Ben", "Zoe"):
        opened.join(name, NOW)
    for number, row in enumerate(reversed(rows_of(opened))):
        for name, verdict in (("Ada", "model error"), ("Ben", "cannot tell")):
            told = NewVerdict(str(uuid.uuid4()), row["case_id"], name, verdict, took_ms=1000)
            opened.record(told, NOW + timedelta(seconds=number))
    opened.close()
    return file


def spoil(file: Path, *statements: str) -> None:
    """Writes as an older app, or a hand, would have."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS verdicts_no_UPDATE")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("name", FAULTS)
def test_an_unreadable_value_is_told_and_all_else_goes_on(
    file: Path, tmp_path: Path, name: str
) -> None:
    spoil(file, FAULTS[name])
    store = open_store(str(file), NOW)
    content = read_store(store)
    (fault,) = content.set_aside
    assert f": {name} " in fault
    assert "\n" not in fault
    lost = 4 if name == "title" else int(name in WHOLE_CASE)
    assert len(content.rows) == 4 - lost
    assert len(store.reports()) == int(name != "title")
    verdicts = sum(len(row["verdicts"]) for row in content.rows)
    assert verdicts == 8 - 2 * lost - int(name in WHOLE_VERDICT)
    assert queue.progress(store, "Ada").pace_s == 1.0
    agreement(store)
    disputes(store)
    for kind in FORMATS:
        again = open_store(str(tmp_path / f"{kind}.sqlite"), NOW)
        path = exported(store, tmp_path, kind)
        import_cases(again, path, INTAKE, NOW)
        found = import_cases(store, path, INTAKE, NOW)
        assert (found["cases"], found["verdicts"]) == (0, 0)
        assert rows_of(again) == content.rows
        assert read_store(again).set_aside == ()
    store.close()


def test_the_queue_leaves_out_what_it_cannot_show(file: Path) -> None:
    spoil(file, FAULTS["lat"])
    store = open_store(str(file), NOW)
    before = queue.progress(store, "Zoe")
    assert (before.total, before.answered, before.set_aside) == (3, 0, 1)
    assert queue.progress(store, "Ada").answered == 3
    seen = []
    while card := queue.next_card(store, "Zoe"):
        seen.append(card.case_id)
        store.record(NewVerdict(str(uuid.uuid4()), card.case_id, "Zoe", "model error"), NOW)
    assert len(seen) == 3
    after = queue.progress(store, "Zoe")
    assert (after.total, after.answered) == (3, 3)
    (gone,) = {row["case_id"] for row in _all_ids(file)} - {*seen}
    with pytest.raises(CasesError, match=r"lat 6e\+39 is not a number .* set aside"):
        queue.card_of(store, gone, "Zoe")
    assert gone not in {dispute.case_id for dispute in disputes(store)}


def _all_ids(file: Path) -> list[dict[str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        return [{"case_id": one} for (one,) in connection.execute("SELECT case_id FROM cases")]


def test_nothing_of_a_spoilt_store_is_changed_by_reading_it(file: Path) -> None:
    spoil(file, *FAULTS.values())
    with closing(sqlite3.connect(file)) as connection:
        before = list(connection.iterdump())
    store = open_store(str(file), NOW)
    assert read_store(store).set_aside
    store.close()
    with closing(sqlite3.connect(file)) as connection:
        assert list(connection.iterdump()) == before


@pytest.mark.parametrize("action", ["list", "export", "agreement"])
def test_the_command_tells_what_is_set_aside(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    spoil(file, FAULTS["lat"], FAULTS["took_ms"], FAULTS["report_channels"])
    out = [str(tmp_path / "out.jsonl")] if action == "export" else []
    assert main(["cases", action, *out, "--store", str(file), "--json"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    if action == "agreement":
        assert document["cases"] == 4
        return
    assert document["set_aside"] == 3
    assert told.err.count("saywhere: set aside: ") == 3
    assert len(told.err.splitlines()) == 3


def test_many_faults_are_counted_and_the_first_are_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(
        file,
        "UPDATE verdicts SET took_ms = '', at = 'then', note = x'ff'",
    )
    assert main(["cases", "list", "--store", str(file), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["set_aside"] == 24
    assert "4 more" in told.err.splitlines()[-1]


def test_text_that_is_no_utf_8_does_not_stop_a_store(file: Path) -> None:
    spoil(file, "UPDATE verdicts SET note = CAST(x'61ff' AS TEXT) WHERE seq = 1")
    notes = [
        entry["note"] for row in rows_of(open_store(str(file), NOW)) for entry in row["verdicts"]
    ]
    assert sorted(notes)[-1] == "a\ufffd"


def back_in_time(store: Store, case_ids: list[str]) -> list[str | None]:
    """A clock that is set back again and again, between verdicts and before an undo."""
    hours = iter((5, 4, 3, 2, 1))
    for verdict in ("model error", "several places fit", "cannot tell"):
        told = NewVerdict(str(uuid.uuid4()), case_ids[0], "Ada", verdict)
        store.record(told, NOW + timedelta(hours=next(hours)))
    store.undo("Ada", str(uuid.uuid4()), NOW + timedelta(hours=next(hours)))
    told = NewVerdict(str(uuid.uuid4()), case_ids[1], "Ada", "model error")
    store.record(told, NOW + timedelta(hours=next(hours)))
    return [entry.verdict for entry in store.history(case_ids[0]) if entry.standing]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_clock_that_goes_back_changes_neither_order_nor_import(
    store: Store, case_ids: list[str], tmp_path: Path, kind: str
) -> None:
    assert back_in_time(store, case_ids) == ["several places fit"]
    path = exported(store, tmp_path, kind)
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    for _ in range(2):
        import_cases(other, path, INTAKE, NOW)
        assert rows_of(other) == rows_of(store)
    # The last verdict of all is still the one on the other case.
    assert other.undo("Ada", str(uuid.uuid4()), NOW) == case_ids[1]


def test_an_export_of_before_keeps_the_order_within_each_case(
    store: Store, case_ids: list[str], tmp_path: Path
) -> None:
    """Without `seq` there are only times and the order of the lines."""
    back_in_time(store, case_ids)
    rows = json.loads(json.dumps(rows_of(store)))
    entries = [entry for row in rows for entry in row["verdicts"]]
    assert len(entries) == 5
    for entry in entries:
        del entry["seq"]
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    import_rows(other, rows)
    assert [entry.verdict for entry in other.history(case_ids[0]) if entry.standing] == [
        "several places fit"
    ]
    assert [entry.verdict_id for entry in other.history(case_ids[0])] == [
        entry.verdict_id for entry in store.history(case_ids[0])
    ]


def test_a_csv_of_before_has_no_column_for_the_order(
    store: Store, case_ids: list[str], tmp_path: Path
) -> None:
    import csv

    back_in_time(store, case_ids)
    path = exported(store, tmp_path, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    names = [name for name in lines[0] if name != "seq"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    assert import_cases(other, path, INTAKE, NOW)["verdicts"] == 5
