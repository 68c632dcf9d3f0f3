"""The store of cases: reports, annotators and verdicts, each durable before a call returns.

The caller gives the times and the ids of verdicts, so that a repeated call, after a crash or a lost
connection, changes nothing.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import Connection, func, select

from core.errors import CasesError
from core.review.connection import Database
from core.review.field_checks import (
    ANSWER,
    CASE,
    MAX_NOTE_CHARS,
    REPORT,
    annotator_name,
    checked_uuid,
    checked_values,
    checked_verdict,
    clean,
    readable,
    stamp,
    stored,
)
from core.review.model import Report, ReportSummary, VerdictEntry
from core.review.schema import (
    STEPS,
    annotators,
    answers,
    cases,
    kept,
    migrate,
    reports,
    standing,
    verdicts,
    version_of,
)
from core.review.selection import key_of, select_cases
from core.review.table_rows import (
    add_entry,
    annotator_row,
    answer_row,
    checked_report,
    entries,
    put,
)
from core.review.verdicts import ORDERS, CaseVerdict, Kind, Order

WAIT_S = 20.0
"""Longest time in seconds to wait for a busy or absent database."""
_REPORT = stored(REPORT)


@dataclass(frozen=True, slots=True)
class ImportCount:
    """The result of importing a report: the number of new cases, and of those already there."""

    report_id: str
    new: int
    known: int


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A verdict to record; `verdict_id` is a UUID made by the client."""

    verdict_id: str
    case_id: str
    annotator: str
    verdict: CaseVerdict
    note: str = ""
    took_ms: int | None = None
    final: bool = False


class Store:
    """An open store. May be used from several threads, and by many processes at once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.readable_cases: dict[str, bool] = {}
        """Whether each case that was tried can be read."""

    @property
    def name(self) -> str:
        """The address, without a password."""
        return self.database.name

    def close(self) -> None:
        """Ends all connections."""
        self.database.close()

    def add_report(
        self, report: Report, control: int, at: datetime, only: Collection[int] | None = None
    ) -> ImportCount:
        """Adds a report and its cases, with `control` successes; existing cases stay unchanged.

        With `only`, the answers with these numbers become the cases, whatever they are. Raises
        CasesError, with the store unchanged, if a value is beyond its type or range.
        """
        report_id = _report_id(report)
        header = checked_report(report_id, report, at)
        answered = [
            checked_values(asdict(answer), ANSWER, f"query {answer.query_id[:40]!a}")
            for answer in report.answers
        ]
        selected = list(select_cases(report_id, report, control, only))
        for row in selected:
            checked_values(asdict(row), CASE, f"the case of query number {row.number}")

        def work(connection: Connection) -> ImportCount:
            before = _count(connection, report_id)
            put(connection, reports, [header])
            put(connection, answers, [answer_row(report_id, answer) for answer in answered])
            put(connection, cases, [{"report_id": report_id} | asdict(row) for row in selected])
            after = _count(connection, report_id)
            return ImportCount(report_id, after - before, before)

        return self.database.write(work)

    def join(self, name: str, at: datetime, order: Order | None = None) -> str:
        """Adds an annotator, or changes the order of a known one; returns the name as stored.

        Raises CasesError for an empty name or an unknown order.
        """
        name = annotator_name(name)
        if order is not None and order not in ORDERS:
            raise CasesError(f"{order!r} is not an order; give one of {', '.join(ORDERS)}")

        def work(connection: Connection) -> str:
            put(connection, annotators, [annotator_row(name, order or ORDERS[0], stamp(at))])
            if order is not None:
                connection.execute(
                    annotators.update().where(annotators.c.name == name).values(ordering=order)
                )
            return name

        return self.database.write(work)

    def record(self, verdict: NewVerdict, at: datetime) -> None:
        """Writes a verdict; does nothing if the same verdict is already there under its id.

        Raises CasesError for an unknown case or annotator, and for the id of another verdict.
        """
        self.record_all([verdict], at)

    def record_all(self, given: Sequence[NewVerdict], at: datetime) -> None:
        """Writes several verdicts in one transaction, all or none, as `record` writes one."""
        rows = [
            {
                "verdict_id": checked_uuid(verdict.verdict_id),
                "case_id": verdict.case_id,
                "annotator": annotator_name(verdict.annotator),
                "verdict": checked_verdict(verdict.verdict),
                "undoes": None,
                "final": int(verdict.final),
                "note": clean(verdict.note)[:MAX_NOTE_CHARS],
                "took_ms": verdict.took_ms,
                "at": stamp(at),
            }
            for verdict in given
        ]

        def work(connection: Connection) -> None:
            for row in rows:
                add_entry(connection, row)

        self.database.write(work)

    def undo(
        self, annotator: str, undo_id: str, at: datetime, *, final: bool = False
    ) -> str | None:
        """Undoes the annotator's last verdict; returns its case, None if there is no verdict.

        The verdict stays in the history, and the annotator's verdict before it on that case becomes
        current again.
        """
        name, undo_id = annotator_name(annotator), checked_uuid(undo_id)

        def work(connection: Connection) -> str | None:
            undone_case = connection.execute(
                select(verdicts.c.case_id).where(verdicts.c.verdict_id == undo_id)
            ).scalar()
            if undone_case is not None:
                return str(undone_case)
            last = connection.execute(
                select(kept)
                .where(kept.c.annotator == name, kept.c.final == int(final))
                .order_by(kept.c.seq.desc())
                .limit(1)
            ).first()
            if last is None:
                return None
            connection.execute(
                verdicts.insert().values(
                    verdict_id=undo_id,
                    case_id=last.case_id,
                    annotator=name,
                    verdict=None,
                    undoes=last.verdict_id,
                    final=int(final),
                    note="",
                    took_ms=None,
                    at=stamp(at),
                )
            )
            return str(last.case_id)

        return self.database.write(work)

    def history(self, case_id: str) -> tuple[VerdictEntry, ...]:
        """All verdicts on a case in order, including those undone."""
        return self.database.read(lambda connection: entries(connection, [case_id]))

    def reports(self) -> tuple[ReportSummary, ...]:
        """The reports in the store, in the order of import."""
        return self.database.read(_report_summaries)

    def names(self) -> tuple[str, ...]:
        """The names of the annotators, sorted."""
        return self.database.read(
            lambda connection: tuple(
                name
                for name in connection.execute(select(annotators.c.name).order_by("name")).scalars()
                if isinstance(name, str)
            )
        )


def open_store(address: str, at: datetime, wait_s: float = WAIT_S, schema: str = "") -> Store:
    """Opens the store at an address; makes a new one, or migrates an older one.

    `schema` is PostgreSQL's schema for its tables. Raises CasesError, without any change, if the
    database is damaged, has other tables, or was written by a newer app.
    """
    database = Database(address, wait_s, schema)
    file = database.file
    is_new = file is not None and not file.exists()
    version = 0
    if file is None or (file.exists() and file.stat().st_size):
        version = database.read(_checked_version)
    try:
        if version != len(STEPS):
            if file is not None:
                database.enable_write_ahead_log()
            database.write(lambda connection: migrate(connection, stamp(at)))
    except CasesError:
        database.close()
        if file is not None and is_new:
            _remove_empty(file)
        raise
    return Store(database)


def _remove_empty(file: Path) -> None:
    """Deletes a store in which nothing was written, as on a full disk, and its lock."""
    if file.exists() and not file.stat().st_size:
        for name in (file.name, f"{file.name}-turn"):
            file.with_name(name).unlink(missing_ok=True)


def _checked_version(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        fault = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if fault != "ok":
            raise CasesError(
                f"the store is damaged ({fault}); restore a backup, or "
                "move it away and import an export"
            )
    version = version_of(connection)
    if version > len(STEPS):
        raise CasesError(
            f"the store has version {version}, this app reads up to {len(STEPS)}; update the app"
        )
    return version


def _report_id(report: Report) -> str:
    """The id of a run's content, independent of the file name."""
    content = asdict(report) | {"title": ""}
    del content["outside"]  # newer than the ids in old stores
    return key_of(json.dumps(content, sort_keys=True))


def _count(connection: Connection, report_id: str) -> int:
    count = connection.execute(
        select(func.count()).select_from(cases).where(cases.c.report_id == report_id)
    ).scalar_one()
    return int(count)


def _report_summaries(connection: Connection) -> tuple[ReportSummary, ...]:
    def counts(query: Any) -> dict[Any, int]:
        return {tuple(row[:-1]): int(row[-1]) for row in connection.execute(query)}

    queries = counts(select(answers.c.report_id, func.count()).group_by(answers.c.report_id))
    kinds = counts(
        select(cases.c.report_id, cases.c.kind, func.count()).group_by(
            cases.c.report_id, cases.c.kind
        )
    )
    judged = counts(
        select(cases.c.report_id, func.count(cases.c.case_id.distinct()))
        .join(standing, standing.c.case_id == cases.c.case_id)
        .group_by(cases.c.report_id)
    )
    summaries = []
    query = select(
        *(reports.c[name] for name in REPORT if name != "report_channels"),
        reports.c.channels.label("report_channels"),
    )
    for row in connection.execute(
        query.order_by(reports.c.imported_at, reports.c.report_id)
    ).mappings():
        values = readable(row, _REPORT, "report", [])  # `read_store` tells what is set aside
        if values is None:
            continue
        report_id = values["report_id"]
        summaries.append(
            ReportSummary(
                channels=tuple(values.pop("report_channels")),
                queries=queries.get((report_id,), 0),
                kinds={
                    kind: kinds[report_id, kind]
                    for kind in sorted(get_args(Kind))
                    if (report_id, kind) in kinds
                },
                judged=judged.get((report_id,), 0),
                **values,
            )
        )
    return tuple(summaries)
