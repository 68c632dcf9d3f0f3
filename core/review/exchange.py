"""Cases with their histories as plain rows, read from a store and written into another.

Nothing is imported twice. What a store holds and cannot be read is set aside: it stays where it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.errors import CasesError
from core.review.agreement import settled
from core.review.field_checks import ANSWER, CASE, REPORT, checked_rows, readable, stored
from core.review.model import VerdictEntry
from core.review.rows import ANSWER_FIELDS, ENTRY_FIELDS, QUEUE_FIELDS, REPORT_FIELDS, Row
from core.review.schema import annotators, answers, cases, reports, verdicts
from core.review.store import Store
from core.review.table_rows import (
    add_entry,
    annotator_row,
    answer_row,
    entries,
    may_undo,
    put,
    report_row,
)

_STORED = stored(CASE | REPORT | ANSWER)


@dataclass(frozen=True, slots=True)
class RowCount:
    """The result of importing rows: new cases, new verdicts, and verdicts already there."""

    cases: int
    verdicts: int
    known: int


@dataclass(frozen=True, slots=True)
class StoreContent:
    """The readable cases of a store, and a line for each value or row that is set aside."""

    rows: list[Row]
    set_aside: tuple[str, ...]


def rows_of(store: Store) -> list[Row]:
    """All readable cases of a store, hardest first, each with its whole history."""
    return read_store(store).rows


def read_store(store: Store) -> StoreContent:
    """All readable cases of a store, hardest first, and what is set aside."""
    return store.database.read(_content)


def _content(connection: Connection) -> StoreContent:
    faults: list[str] = []
    history: dict[str, list[VerdictEntry]] = defaultdict(list)
    seq: dict[str, int] = {}
    for entry in entries(connection, faults=faults):
        seq[entry.verdict_id] = len(seq)
        history[entry.case_id].append(entry)
    result = connection.execute(
        select(
            *(cases.c[name] for name in QUEUE_FIELDS),
            *(reports.c[name] for name in REPORT_FIELDS),
            *(answers.c[name] for name in ANSWER_FIELDS),
            reports.c.channels.label("report_channels"),
            answers.c.channels,
            answers.c.signs,
        )
        .join(
            answers,
            (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number),
        )
        .join(reports, reports.c.report_id == cases.c.report_id)
        .order_by(cases.c.difficulty.desc(), cases.c.case_id)
    ).mappings()
    rows = []
    for values in result:
        row = readable(values, _STORED, f"case {str(values['case_id'])[:40]!a}", faults)
        if row is None:
            continue
        told = history[row["case_id"]]
        rows.append(
            row
            | {
                "settled": settled(told),
                "verdicts": [_entry_row(entry, seq[entry.verdict_id]) for entry in told],
            }
        )
    return StoreContent(rows, tuple(faults))


def _entry_row(entry: VerdictEntry, seq: int) -> Row:
    values = asdict(entry) | {"seq": seq}
    return {name: values[name] for name in ENTRY_FIELDS}


def import_rows(store: Store, rows: Iterable[Row]) -> RowCount:
    """Writes rows into a store, all or none; existing cases and verdicts stay unchanged.

    All values are checked before the first row is written. Raises CasesError for missing and wrong
    values, and for rows that contradict the store.
    """
    imported = checked_rows(list(rows))

    def work(connection: Connection) -> RowCount:
        before = [_count(connection, table) for table in (cases, verdicts)]
        known = 0
        for row in imported:
            _put_case(connection, row)
        for row, entry in _in_order(imported):
            known += not _put_entry(connection, row, entry)
        after = [_count(connection, table) for table in (cases, verdicts)]
        return RowCount(after[0] - before[0], after[1] - before[1], known)

    return store.database.write(work)


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _in_order(rows: Iterable[Row]) -> list[tuple[Row, Row]]:
    """All entries with their rows in the order of the history.

    Entries without `seq` are ordered by time. The entries of a case keep their order in any case,
    also where a clock was set back, so that the same verdict stands.
    """
    keyed = []
    for row in rows:
        latest = ""
        for entry in row["verdicts"]:
            latest = max(latest, entry["at"])
            number = entry["seq"]
            keyed.append(((number is None, number or 0, latest), row, entry))
    return [(row, entry) for _, row, entry in sorted(keyed, key=lambda item: item[0])]


def _put_case(connection: Connection, given: Row) -> None:
    row = given
    if connection.dialect.name == "postgresql":  # it takes no NUL
        row = {
            name: value.replace("\0", "") if isinstance(value, str) else value
            for name, value in given.items()
        }
    put(connection, reports, [report_row(row)])
    put(connection, answers, [answer_row(row["report_id"], row)])
    case = {name: row[name] for name in (*QUEUE_FIELDS, "report_id", "number")}
    put(connection, cases, [case])
    existing = (
        connection.execute(
            select(cases.c.report_id, cases.c.number, answers.c.tile_id, answers.c.top_tile)
            .join(
                answers,
                (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number),
            )
            .where(cases.c.case_id == row["case_id"])
        )
        .mappings()
        .one()
    )
    if any(existing[name] != row[name] for name in existing):
        raise CasesError(
            f"the case {row['case_id'][:60]!a} exists with another content; nothing was changed"
        )


def _put_entry(connection: Connection, row: Row, entry: Mapping[str, Any]) -> bool:
    """Appends an entry; False if it is already there.

    An entry with a `version_id` was made elsewhere and may have been edited there. It is known if
    its id has the same verdict and note, and a new version if it has others.
    """
    put(connection, annotators, [annotator_row(entry["annotator"], "hardest", entry["at"])])
    added = {name: entry[name] for name in ENTRY_FIELDS if name not in ("standing", "seq")}
    added |= {"case_id": row["case_id"], "final": int(entry["final"])}
    if entry["undoes"]:
        _check_undo(connection, added)
    if entry["version_id"] is None:
        return add_entry(connection, added)
    first = (
        connection.execute(
            select(verdicts.c.verdict, verdicts.c.note).where(
                verdicts.c.verdict_id == entry["verdict_id"]
            )
        )
        .mappings()
        .first()
    )
    if first is None:
        return add_entry(connection, added)
    if all(first[name] == entry[name] for name in first):
        return False
    return add_entry(connection, added | {"verdict_id": entry["version_id"]})


def _check_undo(connection: Connection, undo: Row) -> None:
    """Raises CasesError unless the undone verdict is of the same annotator on the same case."""
    undone = connection.execute(
        select(verdicts).where(verdicts.c.verdict_id == undo["undoes"])
    ).first()
    entry = VerdictEntry(**undo | {"final": bool(undo["final"])})
    if not may_undo(entry, undone):
        raise CasesError(
            f"the entry {undo['verdict_id']} undoes no verdict of {undo['annotator'][:40]!a} on "
            "that case; nothing was imported"
        )
