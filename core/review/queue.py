"""The queue of cards for an annotator, and the details of a case after the verdict.

Review is blind: a card has no ranks, kinds, causes or other annotators' verdicts; `reveal` returns
them after the verdict.
"""

from datetime import datetime
from itertools import count
from statistics import median
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Select, case, exists, func, select, true

from core.errors import CasesError
from core.review.failure_cause import FailureSignals, suggested_cause
from core.review.field_checks import (
    ANSWER,
    CASE,
    ENTRY,
    OTHER_ANSWER,
    REPORT,
    annotator_name,
    readable,
    stamp,
    stored,
)
from core.review.model import Card, OtherAnswer, Progress, Reveal
from core.review.rows import Row
from core.review.schema import annotators, answers, cases, kept, reports, skips, standing, tasks
from core.review.selection import SHUFFLE_PRIME
from core.review.store import Store
from core.review.table_rows import INSERTS, entries

_CARD_FIELDS = (
    "case_id",
    "gallery",
    "model",
    "text",
    "tile_id",
    "lat",
    "lon",
    "top_tile",
    "top_lat",
    "top_lon",
    "distance_m",
)
_AHEAD = 20
_TOOK_MS = {"took_ms": ENTRY["took_ms"]}
_CASE = stored(CASE | ANSWER | {name: REPORT[name] for name in ("report_id", "gallery", "model")})


Focus = Literal["all", "second vote"]
"""The cases that come: all open ones, or only those that one other person has judged."""
FOCUSES: tuple[Focus, ...] = get_args(Focus)


def next_card(
    store: Store, annotator: str, except_case: str = "", focus: Focus = "all"
) -> Card | None:
    """The annotator's next open case, None when all are done.

    Assigned cases come first, skipped ones last. `except_case` is left out, to look ahead of the
    current case, and so are cases that cannot be read. Raises CasesError for an unknown annotator.
    """
    name = annotator_name(annotator)

    def work(connection: Connection) -> Card | None:
        row = connection.execute(select(annotators).where(annotators.c.name == name)).first()
        if row is None:
            raise CasesError(f"the store has no annotator {name!r}; join first")
        hardest_first = cases.c.difficulty.desc() if row.ordering == "hardest" else None
        open_cases = (
            select(cases.c.case_id)
            .outerjoin(skips, (skips.c.case_id == cases.c.case_id) & (skips.c.annotator == name))
            .outerjoin(tasks, (tasks.c.case_id == cases.c.case_id) & (tasks.c.annotator == name))
            .where(~answered_by(name), cases.c.case_id != except_case)
            .where(_votes() == 1 if focus == "second vote" else true())
            .order_by(
                case((skips.c.at.is_(None), ""), else_=skips.c.at),
                case((tasks.c.at.is_(None), 1), else_=0),
                *([] if hardest_first is None else [hardest_first]),
                (cases.c.lot * row.seed) % SHUFFLE_PRIME,
                cases.c.case_id,
            )
        )
        for start in count(0, _AHEAD):
            ids = connection.execute(open_cases.limit(_AHEAD).offset(start)).scalars().all()
            for case_id in ids:
                if readable_row := _case(connection, case_id, []):
                    return _card(connection, readable_row, name)
            if len(ids) < _AHEAD:
                break
        return None

    return store.database.read(work)


def card_of(store: Store, case_id: str, annotator: str) -> Card:
    """A case by its id, with the annotator's own verdict. Raises CasesError for an unknown case."""
    return store.database.read(
        lambda connection: _card(
            connection, _readable_case(connection, case_id), annotator_name(annotator)
        )
    )


def last_card(store: Store, annotator: str) -> Card | None:
    """The case that the annotator answered or skipped last, None at the start."""
    name = annotator_name(annotator)

    def work(connection: Connection) -> Card | None:
        skipped = connection.execute(
            select(skips.c.at, skips.c.case_id)
            .where(skips.c.annotator == name)
            .order_by(skips.c.at.desc())
            .limit(1)
        ).first()
        answered = connection.execute(
            select(standing.c.at, standing.c.case_id)
            .where(standing.c.annotator == name, standing.c.final == 0)
            .order_by(standing.c.seq.desc())
            .limit(1)
        ).first()
        last = max(
            (row for row in (skipped, answered) if row), key=lambda row: row.at, default=None
        )
        if last is None:
            return None
        return _card(connection, _readable_case(connection, last.case_id), name)

    return store.database.read(work)


def skip(store: Store, annotator: str, case_id: str, at: datetime) -> None:
    """Moves a case behind all open cases."""
    row = {"annotator": annotator_name(annotator), "case_id": case_id, "at": stamp(at)}

    def work(connection: Connection) -> None:
        _readable_case(connection, case_id)
        connection.execute(
            INSERTS[store.database.kind](skips).on_conflict_do_update(
                index_elements=["annotator", "case_id"], set_={"at": row["at"]}
            ),
            row,
        )

    store.database.write(work)


def progress(store: Store, annotator: str) -> Progress:
    """The progress and pace of an annotator; cases that cannot be read are no part of it.

    Raises CasesError for an unknown annotator.
    """
    name = annotator_name(annotator)

    def work(connection: Connection) -> Progress:
        def number_of(query: Select[Any]) -> int:
            return int(
                connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            )

        order = connection.execute(
            select(annotators.c.ordering).where(annotators.c.name == name)
        ).scalar()
        if order is None:
            raise CasesError(f"the store has no annotator {name!r}; join first")
        unreadable = _unreadable(connection, store)
        all_cases = select(cases.c.case_id).where(cases.c.case_id.not_in(unreadable))
        skipped = all_cases.join(skips, skips.c.case_id == cases.c.case_id)
        assigned = all_cases.join(tasks, tasks.c.case_id == cases.c.case_id).where(
            tasks.c.annotator == name
        )
        times = (
            connection.execute(
                select(kept.c.took_ms).where(
                    kept.c.annotator == name, kept.c.final == 0, kept.c.took_ms.is_not(None)
                )
            )
            .scalars()
            .all()
        )
        times = [
            row["took_ms"]
            for took_ms in times
            if (row := readable({"took_ms": took_ms}, _TOOK_MS, "", []))
            and row["took_ms"] is not None
        ]
        return Progress(
            order,
            number_of(all_cases),
            number_of(all_cases.where(answered_by(name))),
            number_of(skipped.where(skips.c.annotator == name, ~answered_by(name))),
            median(times) / 1000 if times else None,
            len(unreadable),
            number_of(assigned),
            number_of(assigned.where(answered_by(name))),
            number_of(all_cases.where(~answered_by(name), _votes() == 1)),
        )

    return store.database.read(work)


def reveal(store: Store, case_id: str, annotator: str) -> Reveal:
    """The details of a case: the report's result, all verdicts and the probable cause.

    Raises CasesError until the annotator has answered.
    """
    name = annotator_name(annotator)

    def work(connection: Connection) -> Reveal:
        _readable_case(connection, case_id)
        if _own(connection, case_id, name) is None:
            raise CasesError(f"{name} has not answered this case yet; answer it first")
        return reveal_of(connection, case_id)

    return store.database.read(work)


def reveal_of(connection: Connection, case_id: str) -> Reveal:
    """The details of a case, without a check of the reader. Raises CasesError as `card_of` does."""
    row = _readable_case(connection, case_id)
    signals = FailureSignals(row["rank"], row["distance_m"], row["said"], row["signs"])
    return Reveal(
        row["kind"],
        row["rank"],
        row["confidence"],
        row["said"],
        row["channels"],
        suggested_cause(signals),
        entries(connection, [case_id]),
    )


def _the_answer() -> Any:
    return (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number)


def answered_by(name: str) -> Any:
    """The condition that the annotator has a current verdict on the row's case."""
    return exists().where(
        standing.c.case_id == cases.c.case_id, standing.c.annotator == name, standing.c.final == 0
    )


def _votes() -> Any:
    """The number of annotators who have a current verdict on the row's case."""
    return (
        select(func.count())
        .select_from(standing)
        .where(standing.c.case_id == cases.c.case_id, standing.c.final == 0)
        .scalar_subquery()
    )


def _case_values() -> Select[Any]:
    return (
        select(cases, answers, reports.c.gallery, reports.c.model)
        .join(answers, _the_answer())
        .join(reports, reports.c.report_id == cases.c.report_id)
    )


def _case(connection: Connection, case_id: str, faults: list[str]) -> Row | None:
    """The values of a case, None if it is not there or cannot be read."""
    query = _case_values().where(cases.c.case_id == case_id)
    values = connection.execute(query).mappings().first()
    if values is None:
        return None
    row = readable(values, _CASE, f"case {case_id[:40]!a}", faults)
    return row and row | {"query_key": values["query_key"]}


def _unreadable(connection: Connection, store: Store) -> list[str]:
    """The cases that cannot be read. A case never changes, so that each is tried once."""
    tried = store.readable_cases
    ids = connection.execute(select(cases.c.case_id)).scalars().all()
    if any(case_id not in tried for case_id in ids):
        for values in connection.execute(_case_values()).mappings():
            tried[values["case_id"]] = readable(values, _CASE, "", []) is not None
    return [case_id for case_id in ids if not tried.get(case_id, False)]


def _readable_case(connection: Connection, case_id: str) -> Row:
    """The values of a case. Raises CasesError if it is not there or cannot be read."""
    faults: list[str] = []
    row = _case(connection, case_id, faults)
    if row is None and faults:
        raise CasesError(f"{faults[-1]}; the case is set aside, see python -m core cases list")
    if row is None:
        raise CasesError(f"the store has no case {case_id[:60]!r}; see python -m core cases list")
    return row


def _own(connection: Connection, case_id: str, name: str) -> Any:
    """The annotator's current verdict and note on a case, None if there is none."""
    return connection.execute(
        select(standing.c.verdict, standing.c.note).where(
            standing.c.case_id == case_id, standing.c.annotator == name, standing.c.final == 0
        )
    ).first()


def _card(connection: Connection, row: Row, name: str) -> Card:
    own = _own(connection, row["case_id"], name)
    others = connection.execute(
        select(
            reports.c.title,
            reports.c.model,
            reports.c.scope,
            answers.c.top_tile,
            answers.c.top_lat,
            answers.c.top_lon,
            answers.c.distance_m,
        )
        .join(reports, reports.c.report_id == answers.c.report_id)
        .where(answers.c.query_key == row["query_key"], answers.c.report_id != row["report_id"])
        .order_by(reports.c.imported_at, reports.c.report_id)
    ).mappings()
    readable_others = [readable(other, OTHER_ANSWER, "", []) for other in others]
    return Card(
        others=tuple(OtherAnswer(**other) for other in readable_others if other),
        was=own.verdict if own else None,
        note=own.note if own else "",
        **{name: row[name] for name in _CARD_FIELDS},
    )
