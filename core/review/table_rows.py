"""Rows of the tables of a store: inserted once, and the history of cases read."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from core.errors import CasesError
from core.review.field_checks import ANSWER, ENTRY, REPORT, checked_values, readable, stamp, stored
from core.review.model import Report, VerdictEntry
from core.review.schema import standing, verdicts
from core.review.selection import key_of
from core.review.verdicts import Order

_BATCH = 500
_ENTRY = stored(ENTRY)
_Insert = Callable[[Table], "sqlite.Insert | postgresql.Insert"]
INSERTS: dict[str, _Insert] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The `insert` of each database; both have `on_conflict_…`, which SQLAlchemy's own lacks."""
_APPEND = {
    kind: make(verdicts)
    .on_conflict_do_nothing(index_elements=["verdict_id"])
    .returning(verdicts.c.seq)
    for kind, make in INSERTS.items()
}


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows whose keys are new."""
    make = INSERTS[connection.dialect.name]
    for start in range(0, len(rows), _BATCH):
        connection.execute(make(table).on_conflict_do_nothing(), rows[start : start + _BATCH])


def add_entry(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Appends a row to `verdicts`; False if the same row is already there.

    Raises CasesError for an unknown case, annotator or verdict to undo, and if the id belongs to a
    different row.
    """
    try:
        added = connection.execute(_APPEND[connection.dialect.name], row).first()
    except IntegrityError as error:
        raise CasesError(
            f"the store has no case {row['case_id'][:60]!r}, no annotator "
            f"{row['annotator'][:60]!r} or no such verdict to undo; nothing was written"
        ) from error
    if added is not None:
        return True
    stored_row = (
        connection.execute(select(verdicts).where(verdicts.c.verdict_id == row["verdict_id"]))
        .mappings()
        .one()
    )
    # As it is read: an export of a store with unreadable values has them replaced.
    existing = readable(stored_row, _ENTRY, "", [])
    fields = ("annotator", "verdict", "undoes", "final", "note")
    if (
        existing is None
        or stored_row["case_id"] != row["case_id"]
        or any(existing[name] != row[name] for name in fields)
    ):
        raise CasesError(
            f"the verdict {row['verdict_id']} exists with another content; nothing was changed"
        )
    return False


def entries(
    connection: Connection,
    case_ids: Sequence[str] | None = None,
    faults: list[str] | None = None,
) -> tuple[VerdictEntry, ...]:
    """The history of some cases, or of all, in order.

    Unreadable verdicts are left out; each adds a line to `faults`.
    """
    query = select(verdicts, standing.c.seq.is_not(None).label("stands")).outerjoin(
        standing, standing.c.seq == verdicts.c.seq
    )
    if case_ids is not None:
        query = query.where(verdicts.c.case_id.in_(case_ids))
    told = [] if faults is None else faults
    found: dict[str, VerdictEntry] = {}
    for row in connection.execute(query.order_by(verdicts.c.seq)).mappings():
        what = f"verdict {str(row['verdict_id'])[:40]!a}"
        values = readable(row, _ENTRY, what, told)
        if values is None:
            continue
        entry = VerdictEntry(case_id=row["case_id"], standing=bool(row["stands"]), **values)
        if entry.undoes and not may_undo(entry, found.get(entry.undoes)):
            told.append(f"{what}: undoes no readable verdict of this annotator on this case")
            continue
        found[entry.verdict_id] = entry
    return tuple(found.values())


def may_undo(undo: VerdictEntry, undone: Any) -> bool:
    """Whether an entry undoes a verdict of its own annotator on its own case."""
    return (
        undone is not None
        and undone.verdict is not None
        and (undone.case_id, undone.annotator, bool(undone.final))
        == (undo.case_id, undo.annotator, undo.final)
    )


def report_row(header: Mapping[str, Any]) -> dict[str, Any]:
    """The table row of a report."""
    row = {name: header[name] for name in REPORT if name != "report_channels"}
    return row | {"channels": json.dumps(header["report_channels"])}


def checked_report(report_id: str, report: Report, imported_at: datetime) -> dict[str, Any]:
    """The table row of a new report. Raises CasesError for a value beyond its type or range."""
    header = {
        "report_id": report_id,
        "title": report.title,
        "source": report.source,
        "gallery": report.gallery,
        "model": report.model,
        "scope": report.scope,
        "imported_at": stamp(imported_at),
        "report_channels": list(report.channels),
    }
    return report_row(checked_values(header, REPORT, "the report"))


def answer_row(report_id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The table row of an answer; `query_key` is equal in all reports with the same query."""
    row = {name: answer[name] for name in ANSWER} | {
        "report_id": report_id,
        "query_key": key_of(answer["text"], answer["tile_id"]),
    }
    return row | {name: json.dumps(row[name]) for name in ("channels", "signs")}


def annotator_row(name: str, order: Order, at: str) -> dict[str, Any]:
    """The table row of a new annotator; the seed of the order comes from the name."""
    seed = 1 + int(key_of(name), 16) % (2**31 - 2)
    return {"name": name, "seed": seed, "ordering": order, "joined_at": at}
