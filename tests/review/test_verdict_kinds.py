"""Stores made before the list of verdicts could grow, and a ninth verdict in them."""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from tiny_cases import NOW

from core.errors import CasesError
from core.review import schema
from core.review.agreement import agreement
from core.review.exchange import import_rows, rows_of
from core.review.formats import FORMATS
from core.review.formats.label_studio import label_config
from core.review.importing import import_cases
from core.review.schema import version_of
from core.review.simulated_annotator import Workload, planned_verdicts
from core.review.store import NewVerdict, Store, open_store
from core.review.verdicts import CASE_VERDICTS, VerdictKind

OLD = Path(__file__).with_name("store_of_version_2.sql")
"""The statements by which the app made a store while the tables held the list of eight verdicts,
with `{sequence}` for the column that counts, and one of each kind of row."""
SEQUENCES = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
TRIGGERS = {
    "sqlite": [
        f"CREATE TRIGGER verdicts_no_{verb} BEFORE {verb} ON verdicts "
        "BEGIN SELECT RAISE(ABORT, 'verdicts are never changed'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION verdicts_stay() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'verdicts are never changed'; END $$",
        "CREATE TRIGGER verdicts_stay BEFORE UPDATE OR DELETE ON verdicts "
        "FOR EACH ROW EXECUTE FUNCTION verdicts_stay()",
    ],
}
NINTH = "two places of one name"
CASE = "c0"


def kind_of(address: str) -> str:
    return "postgresql" if "://" in address else "sqlite"


def run(address: str, *statements: str) -> None:
    """Runs SQL statements without the app, as an older app or a person would."""
    if kind_of(address) == "postgresql":
        import psycopg

        with psycopg.connect(address) as server:
            for statement in statements:
                server.execute(statement.encode())
        return
    with closing(sqlite3.connect(address)) as file:
        for statement in statements:
            file.execute(statement)
        file.commit()


@pytest.fixture
def old(address: str) -> str:
    """The address of a store of version 2: three verdicts, of which one was undone."""
    kind = kind_of(address)
    made = OLD.read_text(encoding="utf-8").replace("{sequence}", SEQUENCES[kind]).split(";\n")
    run(address, *(one for one in made if one.strip()), *TRIGGERS[kind])
    return address


@pytest.fixture
def ninth(monkeypatch: pytest.MonkeyPatch) -> str:
    """A ninth verdict, added as a row of the table."""
    monkeypatch.setitem(CASE_VERDICTS, NINTH, VerdictKind(NINTH, "8"))
    return NINTH


def record(store: Store, annotator: str, verdict: str, **more: Any) -> None:
    store.record(NewVerdict(str(uuid.uuid4()), CASE, annotator, verdict, **more), NOW)


def rows_in(address: str, table: str = "verdicts") -> list[tuple[Any, ...]]:
    """All rows, read without the app."""
    asked = f"SELECT * FROM {table} ORDER BY 1"
    if kind_of(address) == "postgresql":
        import psycopg

        with psycopg.connect(address) as server:
            return server.execute(asked.encode()).fetchall()
    with closing(sqlite3.connect(address)) as file:
        return file.execute(asked).fetchall()


def test_the_old_store_refuses_a_ninth_verdict(old: str) -> None:
    """The premise of this file; without it the other tests would prove nothing."""
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        run(
            old,
            "INSERT INTO verdicts (verdict_id, case_id, annotator, verdict, undoes, final, note, "
            f"took_ms, at) VALUES ('x', '{CASE}', 'Ada', '{NINTH}', NULL, 0, '', NULL, 'now')",
        )


def test_an_old_store_takes_a_ninth_verdict_and_keeps_what_it_held(old: str, ninth: str) -> None:
    before = {table: rows_in(old, table) for table in ("verdicts", "kept", "standing", "skips")}
    assert len(before["verdicts"]) == 4
    opened = open_store(old, NOW)
    assert {table: rows_in(old, table) for table in before} == before
    record(opened, "Ada", ninth, note="both are called Mill Lane")
    history = opened.history(CASE)
    assert [entry.verdict for entry in history] == [
        "model error",
        "several places fit",
        None,
        "cannot tell",
        NINTH,
    ]
    assert {entry.annotator: entry.verdict for entry in history if entry.standing} == {
        "Ada": NINTH,
        "Ben": "cannot tell",
    }
    assert opened.undo("Ada", str(uuid.uuid4()), NOW) == CASE
    assert [entry.verdict for entry in opened.history(CASE) if entry.standing] == [
        "model error",
        "cannot tell",
    ]
    seqs = [row[0] for row in rows_in(old)]
    assert seqs == sorted(set(seqs))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_ninth_verdict_is_counted_exported_and_taken_in(
    old: str, ninth: str, tmp_path: Path, kind: str
) -> None:
    from test_exchange import INTAKE, exported

    opened = open_store(old, NOW)
    for name in ("Ada", "Ben"):
        record(opened, name, ninth)
    found = agreement(opened)
    assert (found.cases, found.disputed, found.pairs[0].alike) == (1, 0, 1.0)
    assert rows_of(opened)[0]["settled"] == NINTH
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    assert import_cases(other, exported(opened, tmp_path, kind), INTAKE, NOW)["verdicts"] == 6
    assert rows_of(other) == rows_of(opened)


def test_every_list_of_verdicts_has_the_ninth(ninth: str, tmp_path: Path) -> None:
    assert f'<Choice value="{ninth}" hotkey="8"/>' in label_config()
    part = Workload("", "", "run", 0, tuple(map(str, range(9))), tmp_path / "log")
    assert {said.verdict for said in planned_verdicts(part)} == set(CASE_VERDICTS)


def test_the_keys_of_verdicts_are_one_digit_each_and_differ() -> None:
    keys = [kind.key for kind in CASE_VERDICTS.values()]
    assert len(set(keys)) == len(keys) >= 8
    assert all(len(key) == 1 and key.isdecimal() for key in keys)
    assert CASE_VERDICTS["cannot tell"].key == "0"


def test_an_unknown_verdict_is_refused_in_a_new_store_too(old: str) -> None:
    opened = open_store(old, NOW)
    with pytest.raises(CasesError, match="is not a verdict"):
        record(opened, "Ada", NINTH)
    rows = rows_of(opened)
    rows[0]["verdicts"][0] |= {"verdict": NINTH, "verdict_id": str(uuid.uuid4())}
    with pytest.raises(CasesError, match="is not a verdict"):
        import_rows(opened, rows)
    assert len(opened.history(CASE)) == 4


def shape_of(address: str) -> dict[str, Any]:
    """Columns, indexes, keys to other tables, checks and views of the tables of a store."""

    def work(connection: Any) -> dict[str, Any]:
        looked = inspect(connection)
        shape: dict[str, Any] = {
            table: (
                [(one["name"], str(one["type"])) for one in looked.get_columns(table)],
                sorted((one["name"], one["column_names"]) for one in looked.get_indexes(table)),
                sorted(
                    (one["constrained_columns"], one["referred_table"])
                    for one in looked.get_foreign_keys(table)
                ),
                sorted(one["sqltext"] for one in looked.get_check_constraints(table)),
            )
            for table in looked.get_table_names()
        }
        shape["views"] = {
            name: looked.get_view_definition(name) for name in looked.get_view_names()
        }
        if connection.dialect.name == "sqlite":
            asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
            shape["triggers"] = [tuple(row) for row in connection.execute(asked)]
        return shape

    opened = open_store(address, NOW)
    try:
        return opened.database.read(work)
    finally:
        opened.close()


def test_an_old_store_becomes_what_a_new_one_is(old: str, tmp_path: Path) -> None:
    grown = shape_of(old)
    if kind_of(old) == "sqlite":
        assert grown == shape_of(str(tmp_path / "new.sqlite"))
    assert set(grown["views"]) == {"kept", "standing"}
    assert [name for name, _ in grown["verdicts"][1] if name.startswith("verdicts_")]
    assert (["undoes"], "verdicts") in grown["verdicts"][2]
    assert not [check for check in grown["verdicts"][3] if "cannot tell" in check]
    assert len(grown["verdicts"][3]) == 1


@pytest.mark.parametrize("verb", ["DELETE FROM verdicts", "UPDATE verdicts SET note = 'x'"])
def test_a_migrated_store_is_still_append_only(old: str, verb: str) -> None:
    opened = open_store(old, NOW)
    with pytest.raises(CasesError, match="never changed"):
        opened.database.write(lambda one: one.execute(text(verb)))
    assert len(opened.history(CASE)) == 4


def test_a_migration_that_stops_midway_leaves_the_old_store(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_in(old)
    steps = schema.STEPS[2][kind_of(old)]
    assert steps
    for done in range(len(steps)):
        stopped = (*steps[: done + 1], "SELECT nothing FROM nowhere")
        with monkeypatch.context() as cut:
            cut.setattr(schema, "STEPS", (*schema.STEPS[:2], {kind_of(old): stopped}))
            with pytest.raises(CasesError, match="nothing was changed"):
                open_store(old, NOW)
        assert rows_in(old) == before
        assert [row[0] for row in rows_in(old, "schema_version")] == [1, 2]
    opened = open_store(old, NOW)
    assert opened.database.read(version_of) == len(schema.STEPS)
    assert rows_in(old) == before


def test_a_store_that_a_hand_half_migrated_is_told_and_left_alone(old: str) -> None:
    run(
        old,
        "CREATE TABLE verdicts_of_any_kind (seq INTEGER)"
        if kind_of(old) == "sqlite"
        else "ALTER TABLE verdicts DROP CONSTRAINT verdicts_verdict_check",
    )
    before = rows_in(old)
    with pytest.raises(CasesError, match="nothing was changed") as told:
        open_store(old, NOW)
    assert "\n" not in str(told.value)
    assert "sqlalche.me" not in str(told.value)
    assert rows_in(old) == before
    assert [row[0] for row in rows_in(old, "schema_version")] == [1, 2]
