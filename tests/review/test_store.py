"""The store on SQLite and on PostgreSQL: nothing is lost, doubled or changed."""

import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from tiny_cases import NOW, a_report, an_answer

from core.errors import CasesError
from core.review import schema
from core.review.connection import Database, address_of
from core.review.store import NewVerdict, Store, open_store

Say = Callable[..., str]


def test_a_verdict_is_there_when_the_store_is_opened_again(
    store: Store, address: str, case_ids: list[str], say: Say
) -> None:
    say("Ada", case_ids[0], "description wrong", note="no red house", took_ms=1200)
    store.close()
    (entry,) = open_store(address, NOW).history(case_ids[0])
    assert (entry.annotator, entry.verdict) == ("Ada", "description wrong")
    assert (entry.note, entry.took_ms, entry.standing) == ("no red house", 1200, True)


def test_a_retry_doubles_nothing(store: Store, case_ids: list[str]) -> None:
    said = NewVerdict(str(uuid.uuid4()), case_ids[0], "Ada", "model error")
    for _ in range(3):
        store.record(said, NOW)
    assert len(store.history(case_ids[0])) == 1


def test_an_id_cannot_mean_two_verdicts(store: Store, case_ids: list[str], say: Say) -> None:
    used = say("Ada", case_ids[0])
    with pytest.raises(CasesError, match="exists with another content"):
        store.record(NewVerdict(used, case_ids[0], "Ada", "cannot tell"), NOW)
    assert [entry.verdict for entry in store.history(case_ids[0])] == ["model error"]


def test_a_second_thought_replaces_the_first_and_both_are_remembered(
    store: Store, case_ids: list[str], say: Say
) -> None:
    say("Ada", case_ids[0], "model error")
    say("Ada", case_ids[0], "several places fit")
    assert [(entry.verdict, entry.standing) for entry in store.history(case_ids[0])] == [
        ("model error", False),
        ("several places fit", True),
    ]


def test_undoing_brings_back_what_was_said_before(
    store: Store, case_ids: list[str], say: Say
) -> None:
    say("Ada", case_ids[0], "model error")
    say("Ada", case_ids[0], "several places fit")
    undo = str(uuid.uuid4())
    for _ in range(2):  # a retry undoes nothing more
        assert store.undo("Ada", undo, NOW) == case_ids[0]
    history = store.history(case_ids[0])
    assert [entry.verdict for entry in history if entry.standing] == ["model error"]
    assert len(history) == 3
    assert store.undo("Ada", str(uuid.uuid4()), NOW) == case_ids[0]
    assert store.undo("Ada", str(uuid.uuid4()), NOW) is None
    assert store.undo("Ben", str(uuid.uuid4()), NOW) is None


def test_nobody_changes_or_removes_a_verdict(store: Store, case_ids: list[str], say: Say) -> None:
    say("Ada", case_ids[0])
    for statement in ("DELETE FROM verdicts", "UPDATE verdicts SET note = 'x'"):
        with pytest.raises(CasesError, match="never changed"):
            store.database.write(lambda one, told=statement: one.execute(text(told)))
    assert len(store.history(case_ids[0])) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"case_id": "none"}, "no case 'none'"),
        ({"annotator": "Eve"}, "no annotator 'Eve'"),
        ({"verdict": "nice"}, "is not a verdict"),
        ({"verdict_id": "7"}, "is not a UUID"),
        ({"annotator": " \0 "}, "needs a name"),
    ],
)
def test_what_makes_no_sense_is_not_written(
    store: Store, case_ids: list[str], change: dict[str, str], told: str
) -> None:
    given = {
        "verdict_id": str(uuid.uuid4()),
        "case_id": case_ids[0],
        "annotator": "Ada",
        "verdict": "model error",
    }
    with pytest.raises(CasesError, match=told):
        store.record(NewVerdict(**(given | change)), NOW)  # type: ignore[arg-type]
    assert store.history(case_ids[0]) == ()


def test_the_same_report_adds_nothing_and_more_controls_only_add(address: str) -> None:
    opened = open_store(address, NOW)
    report = a_report(an_answer(0), *(an_answer(number, 1, 0.0) for number in range(1, 9)))
    assert opened.add_report(report, 2, NOW).new == 3
    assert opened.add_report(report, 2, NOW).new == 0
    assert opened.add_report(report, 5, NOW).new == 3
    (listed,) = opened.reports()
    assert listed.kinds == {"control": 5, "failure": 1}
    assert listed.queries == 9


def test_an_older_store_becomes_a_newer_one_with_all_it_holds(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "STEPS", schema.STEPS[:1])
        old.setattr("core.review.store.STEPS", schema.STEPS[:1])
        opened = open_store(address, NOW)
        opened.add_report(a_report(), 0, NOW)
        opened.join("Ada", NOW)
        opened.close()
    opened = open_store(address, NOW)
    assert opened.names() == ("Ada",)
    assert opened.database.read(schema.version_of) == len(schema.STEPS) == 4


def test_a_store_of_a_newer_app_is_left_alone(store: Store, address: str) -> None:
    store.database.write(
        lambda one: one.execute(text("INSERT INTO schema_version VALUES (99, 'then')"))
    )
    with pytest.raises(CasesError, match="version 99"):
        open_store(address, NOW)


def test_the_tables_are_as_the_code_knows_them(store: Store) -> None:
    def columns(one: object) -> dict[str, set[str]]:
        looked = inspect(one)
        return {
            name: {column["name"] for column in looked.get_columns(name)}
            for name in schema.tables.tables
        }

    assert store.database.read(columns) == {
        name: {column.name for column in table.columns}
        for name, table in schema.tables.tables.items()
    }


def test_sqlite_writes_ahead_and_to_the_disk(tmp_path: Path) -> None:
    opened = open_store(str(tmp_path / "cases.sqlite"), NOW)
    asked = {
        name: opened.database.read(
            lambda one, what=name: one.exec_driver_sql(f"PRAGMA {what}").scalar()
        )
        for name in ("journal_mode", "synchronous", "foreign_keys", "application_id")
    }
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "application_id": schema.APPLICATION_ID,
    }


@pytest.mark.parametrize("content", [b"no database at all, " * 400, None])
def test_a_damaged_store_is_told_and_not_touched(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "cases.sqlite"
    if content is None:
        opened = open_store(str(file), NOW)
        opened.add_report(a_report(), 0, NOW)
        opened.close()
        whole = bytearray(file.read_bytes())
        whole[4096:12288] = b"\xff" * 8192
        content = bytes(whole)
    file.write_bytes(content)
    with pytest.raises(CasesError, match="damaged") as told:
        open_store(str(file), NOW)
    assert "\n" not in str(told.value)
    assert file.read_bytes() == content


def test_a_database_of_something_else_is_told_and_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = file.read_bytes()
    with pytest.raises(CasesError, match="another program"):
        open_store(str(file), NOW)
    assert file.read_bytes() == before


FULL = """
import resource, sys, uuid
from datetime import UTC, datetime
from core.review.store import open_store, NewVerdict
from core.errors import CasesError
store = open_store(sys.argv[1], datetime.now(UTC))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), -1))
try:
    for _ in range(500):
        store.record(NewVerdict(str(uuid.uuid4()), sys.argv[2], "Ada", "model error", "n" * 4000),
                     datetime.now(UTC))
        print("done", flush=True)
except CasesError as error:
    print("told", error)
"""


def test_on_a_full_disk_no_verdict_is_taken_that_is_not_there(tmp_path: Path) -> None:
    address = str(tmp_path / "cases.sqlite")
    opened = open_store(address, NOW)
    opened.add_report(a_report(an_answer(0)), 0, NOW)
    opened.join("Ada", NOW)
    case_id = opened.database.read(lambda one: one.execute(text("SELECT * FROM cases")).scalar())
    done = subprocess.run(
        [sys.executable, "-c", FULL, address, str(case_id), "400000"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    taken = done.stdout.count("done\n")
    assert "cannot be written" in done.stdout.splitlines()[-1]
    assert 0 < taken < 500
    assert len(opened.history(str(case_id))) == taken
    assert open_store(address, NOW).names() == ("Ada",)


def test_a_busy_store_is_waited_for_and_then_told(tmp_path: Path) -> None:
    file = tmp_path / "cases.sqlite"
    open_store(str(file), NOW).close()
    patient = open_store(str(file), NOW, wait_s=0.3)
    with sqlite3.connect(file, isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(CasesError, match=r"was busy for 0\.3 s"):
            patient.join("Ada", NOW)
        holder.execute("ROLLBACK")
    assert patient.join("Ada", NOW) == "Ada"


def test_an_absent_server_is_told_without_its_password() -> None:
    with pytest.raises(CasesError) as told:
        open_store("postgresql://me:secret@127.0.0.1:1/none", NOW, wait_s=0)
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("given", ["mysql://x/y", "nonsense://", "sqlite://", "://"])
def test_only_known_addresses_are_taken(given: str) -> None:
    with pytest.raises(CasesError, match="not an address of a store"):
        address_of(given)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CasesError, match="no folder"):
        Database(str(tmp_path / "none" / "cases.sqlite"), 1)


def test_times_are_kept_in_utc(store: Store, case_ids: list[str]) -> None:
    store.record(
        NewVerdict(str(uuid.uuid4()), case_ids[0], "Ada", "model error"),
        datetime.fromisoformat("2026-01-02T13:00:00+01:00"),
    )
    assert store.history(case_ids[0])[0].at == "2026-01-02T12:00:00.000+00:00"
