"""Cases with their histories as plain rows, read from a store and written into another.

Nothing is imported twice. What a store holds and cannot be read is set aside: it stays where it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.errors import CasesError
from core.review.agreement import settled
from core.review.field_checks import ANSWER, CASE, REPORT, checked_rows, readable, stored
from core.review.model import VerdictEntry
from core.review.rows import CASE_FIELDS, ENTRY_FIELDS, QUEUE_FIELDS, REPORT_FIELDS, Row
from core.review.schema import annotators, answers, cases, reports, standing, verdicts
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

_HEADER, _STORED = stored(REPORT), stored(CASE | ANSWER)

_BATCH = 500


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
    headers = _headers(connection, faults)
    history: dict[str, list[VerdictEntry]] = defaultdict(list)
    told = entries(connection, faults=faults)
    for entry in told:
        history[entry.case_id].append(entry)
    result = connection.execute(
        select(
            *(cases.c[name] for name in QUEUE_FIELDS),
            *(answers.c[name] for name in ANSWER),
            cases.c.report_id,
        )
        .join(
            answers,
            (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number),
        )
        .order_by(cases.c.difficulty.desc(), cases.c.case_id)
    ).mappings()
    rows = []
    for values in result:
        row = readable(values, _STORED, f"case {str(values['case_id'])[:40]!a}", faults)
        if row and values["report_id"] in headers:
            rows.append(headers[values["report_id"]] | row)
    read = {row["case_id"] for row in rows}
    in_order = (entry.verdict_id for entry in told if entry.case_id in read)
    seq = {verdict_id: number for number, verdict_id in enumerate(in_order)}
    return StoreContent([_row(row, history[row["case_id"]], seq) for row in rows], tuple(faults))


def _headers(connection: Connection, faults: list[str]) -> dict[str, Row]:
    """The readable reports by id."""
    result = connection.execute(
        select(
            *(reports.c[name] for name in REPORT_FIELDS),
            reports.c.channels.label("report_channels"),
        ).order_by(reports.c.report_id)
    ).mappings()
    found = (
        readable(values, _HEADER, f"report {str(values['report_id'])[:40]!a}", faults)
        for values in result
    )
    return {row["report_id"]: row for row in found if row}


def _row(values: Row, history: Sequence[VerdictEntry], seq: Mapping[str, int]) -> Row:
    row = values | {"settled": settled(history)}
    return {name: row[name] for name in CASE_FIELDS} | {
        "verdicts": [_entry_row(entry, seq[entry.verdict_id]) for entry in history]
    }


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
        _put_cases(connection, imported)
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


def _put_cases(connection: Connection, imported: Iterable[Row]) -> None:
    """Inserts new cases. Raises CasesError for a case that the store has with another content."""
    rows = [_accepted(connection, row) for row in imported]
    names = (*QUEUE_FIELDS, "report_id", "number")
    put(connection, reports, [report_row(row) for row in rows])
    put(connection, answers, [answer_row(row["report_id"], row) for row in rows])
    put(connection, cases, [{name: row[name] for name in names} for row in rows])
    by_id = {row["case_id"]: row for row in rows}
    ids = list(by_id)
    for start in range(0, len(ids), _BATCH):
        existing = connection.execute(
            select(
                *(cases.c[name] for name in ("case_id", "report_id", "number")),
                *(answers.c[name] for name in ("tile_id", "top_tile")),
            )
            .join(
                answers,
                (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number),
            )
            .where(cases.c.case_id.in_(ids[start : start + _BATCH]))
        ).mappings()
        for values in existing:
            if any(values[name] != by_id[values["case_id"]][name] for name in values):
                raise CasesError(
                    f"the case {values['case_id'][:60]!a} exists with another content; nothing "
                    "was changed"
                )


def _accepted(connection: Connection, row: Row) -> Row:
    """A row as the database accepts it; PostgreSQL takes no NUL."""
    if connection.dialect.name != "postgresql":
        return row
    return {
        name: value.replace("\0", "") if isinstance(value, str) else value
        for name, value in row.items()
    }


def _put_entry(connection: Connection, row: Row, entry: Mapping[str, Any]) -> bool:
    """Appends an entry; False if it is already there.

    An entry with a `version_id` was made elsewhere and may have been edited there. Where its id is
    known, it is a new version if it differs from what stands of its annotator and is not older.
    One that `reverts` an edit is as it was written here, and counts where that edit stands.
    """
    put(connection, annotators, [annotator_row(entry["annotator"], "hardest", entry["at"])])
    added = {name: entry[name] for name in ENTRY_FIELDS if name not in ("standing", "seq")}
    added |= {"case_id": row["case_id"], "final": int(entry["final"])}
    if entry["undoes"]:
        _check_undo(connection, added)
    if entry["version_id"] is None:
        return add_entry(connection, added)
    same_id = select(verdicts.c.seq).where(verdicts.c.verdict_id == entry["verdict_id"])
    if not entry["reverts"] and connection.execute(same_id).first() is None:
        return add_entry(connection, added)
    stands = connection.execute(
        select(standing.c.verdict, standing.c.note, standing.c.at).where(
            standing.c.case_id == row["case_id"],
            standing.c.annotator == entry["annotator"],
            standing.c.final == 0,
        )
    ).first()
    if stands is None or entry["at"] < stands.at:
        return False
    if (stands.verdict, stands.note) == (entry["verdict"], entry["note"]):
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
