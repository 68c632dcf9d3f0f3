"""Cases with their histories as plain rows, read from a store and written into another.

Nothing is imported twice.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.errors import CasesError
from core.review.agreement import settled
from core.review.model import VerdictEntry
from core.review.rows import (
    ANSWER_FIELDS,
    ENTRY_FIELDS,
    JSON_FIELDS,
    QUEUE_FIELDS,
    REPORT_FIELDS,
    Row,
)
from core.review.schema import annotators, answers, cases, reports, verdicts
from core.review.selection import key_of
from core.review.store import (
    Store,
    add_entry,
    annotator_name,
    annotator_row,
    checked_uuid,
    checked_verdict,
    clean,
    entries,
    put,
)


@dataclass(frozen=True, slots=True)
class RowCount:
    """The result of importing rows: new cases, new verdicts, and verdicts already there."""

    cases: int
    verdicts: int
    known: int


def rows_of(store: Store) -> list[Row]:
    """All cases of a store, hardest first, each with its whole history."""
    return store.database.read(_rows)


def _rows(connection: Connection) -> list[Row]:
    history: dict[str, list[VerdictEntry]] = defaultdict(list)
    for entry in entries(connection):
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
    return [
        dict(row)
        | {name: json.loads(row[name]) for name in JSON_FIELDS}
        | {
            "settled": settled(history[row["case_id"]]),
            "verdicts": [
                {name: asdict(entry)[name] for name in ENTRY_FIELDS}
                for entry in history[row["case_id"]]
            ],
        }
        for row in result
    ]


def import_rows(store: Store, rows: Iterable[Row]) -> RowCount:
    """Writes rows into a store, all or none; existing cases and verdicts stay unchanged.

    Raises CasesError for incomplete rows, and for rows that contradict the store.
    """
    imported = list(rows)

    def work(connection: Connection) -> RowCount:
        before = [_count(connection, table) for table in (cases, verdicts)]
        known = 0
        try:
            for row in imported:
                _put_case(connection, row)
            # An entry may undo a verdict of another row.
            for row, entry in _in_order(imported):
                known += not _put_entry(connection, row, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CasesError(
                f"the file has an incomplete case ({error!r:.120}); nothing was imported"
            ) from error
        after = [_count(connection, table) for table in (cases, verdicts)]
        return RowCount(after[0] - before[0], after[1] - before[1], known)

    return store.database.write(work)


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _in_order(rows: Iterable[Row]) -> list[tuple[Row, Row]]:
    """All entries with their rows by time, so that an undoing follows its verdict."""
    pairs = [(row, entry) for row in rows for entry in row.get("verdicts", ())]
    return sorted(pairs, key=lambda pair: str(pair[1]["at"]))


def _put_case(connection: Connection, row: Row) -> None:
    report = {name: _text(row[name]) for name in REPORT_FIELDS}
    put(connection, reports, [report | {"channels": json.dumps(row["report_channels"])}])
    answer = {name: _text(row[name]) for name in ANSWER_FIELDS} | {
        "report_id": row["report_id"],
        "channels": json.dumps(row["channels"]),
        "signs": json.dumps(row["signs"]),
        "query_key": key_of(_text(row["text"]), _text(row["tile_id"])),
    }
    put(connection, answers, [answer])
    put(
        connection,
        cases,
        [
            {name: row[name] for name in QUEUE_FIELDS}
            | {"report_id": row["report_id"], "number": row["number"]}
        ],
    )


def _text(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _put_entry(connection: Connection, row: Row, entry: Mapping[str, Any]) -> bool:
    name = annotator_name(entry["annotator"])
    put(connection, annotators, [annotator_row(name, "hardest", entry["at"])])
    undoes = entry["undoes"] or None
    return add_entry(
        connection,
        {
            "verdict_id": checked_uuid(entry["verdict_id"]),
            "case_id": row["case_id"],
            "annotator": name,
            "verdict": None if undoes else checked_verdict(entry["verdict"]),
            "undoes": undoes,
            "final": int(entry["final"]),
            "note": clean(entry["note"]),
            "took_ms": entry["took_ms"],
            "at": _text(entry["at"]),
        },
    )
