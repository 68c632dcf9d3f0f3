"""The cards an annotator meets, one after another, and what they may see when; writes no verdict.

Blind: a card tells nothing of ranks, kinds, causes or what others said; `reveal` does, afterwards.
"""

import json
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, Select, case, exists, func, select

from core.errors import CasesError
from core.review.failure_cause import FailureSignals, suggested_cause
from core.review.model import Card, Other, Progress, Reveal
from core.review.schema import annotators, answers, cases, kept, reports, skips, standing
from core.review.selection import SHUFFLE_PRIME
from core.review.store import INSERTS, Store, annotator_name, entries, stamp


def next_card(store: Store, annotator: str, but: str = "") -> Card | None:
    """The annotator's next open case, None when all are done. What was skipped comes last, and the
    case `but` not at all, as where one looks ahead of it."""
    name = annotator_name(annotator)

    def work(connection: Connection) -> Card | None:
        who = connection.execute(select(annotators).where(annotators.c.name == name)).first()
        if who is None:
            raise CasesError(f"the store knows no annotator {name!r}; join first")
        hard = cases.c.difficulty.desc() if who.ordering == "hardest" else None
        found = connection.execute(
            select(cases.c.case_id)
            .outerjoin(skips, (skips.c.case_id == cases.c.case_id) & (skips.c.annotator == name))
            .where(~_answered(name), cases.c.case_id != but)
            .order_by(
                case((skips.c.at.is_(None), ""), else_=skips.c.at),
                *([] if hard is None else [hard]),
                (cases.c.lot * who.seed) % SHUFFLE_PRIME,
                cases.c.case_id,
            )
            .limit(1)
        ).scalar()
        return None if found is None else _card(connection, found, name)

    return store.database.read(work)


def card_of(store: Store, case_id: str, annotator: str) -> Card:
    """A case to come back to, with what the annotator said of it. CasesError for none such."""
    return store.database.read(
        lambda connection: _card(connection, case_id, annotator_name(annotator))
    )


def last_card(store: Store, annotator: str) -> Card | None:
    """The case that the annotator last answered or skipped, to go back to; None at the start."""
    name = annotator_name(annotator)

    def work(connection: Connection) -> Card | None:
        left = connection.execute(
            select(skips.c.at, skips.c.case_id)
            .where(skips.c.annotator == name)
            .order_by(skips.c.at.desc())
            .limit(1)
        ).first()
        said = connection.execute(
            select(standing.c.at, standing.c.case_id)
            .where(standing.c.annotator == name, standing.c.final == 0)
            .order_by(standing.c.seq.desc())
            .limit(1)
        ).first()
        found = max((row for row in (left, said) if row), key=lambda row: row.at, default=None)
        return None if found is None else _card(connection, found.case_id, name)

    return store.database.read(work)


def skip(store: Store, annotator: str, case_id: str, at: datetime) -> None:
    """Puts a case behind all that are open."""
    row = {"annotator": annotator_name(annotator), "case_id": case_id, "at": stamp(at)}

    def work(connection: Connection) -> None:
        _card(connection, case_id, row["annotator"])
        connection.execute(
            INSERTS[store.database.kind](skips).on_conflict_do_update(
                index_elements=["annotator", "case_id"], set_={"at": row["at"]}
            ),
            row,
        )

    store.database.write(work)


def progress(store: Store, annotator: str) -> Progress:
    """How far an annotator is, and how fast."""
    name = annotator_name(annotator)

    def work(connection: Connection) -> Progress:
        def count(asked: Select[Any]) -> int:
            return int(
                connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
            )

        order = connection.execute(
            select(annotators.c.ordering).where(annotators.c.name == name)
        ).scalar()
        if order is None:
            raise CasesError(f"the store knows no annotator {name!r}; join first")
        every = select(cases.c.case_id)
        left = every.join(skips, skips.c.case_id == cases.c.case_id)
        times = (
            connection.execute(
                select(kept.c.took_ms).where(
                    kept.c.annotator == name, kept.c.final == 0, kept.c.took_ms.is_not(None)
                )
            )
            .scalars()
            .all()
        )
        return Progress(
            order,
            count(every),
            count(every.where(_answered(name))),
            count(left.where(skips.c.annotator == name, ~_answered(name))),
            median(times) / 1000 if times else None,
        )

    return store.database.read(work)


def reveal(store: Store, case_id: str, annotator: str) -> Reveal:
    """What the report knows of a case, what others said and what probably went wrong.

    Raises CasesError until the annotator has answered.
    """
    name = annotator_name(annotator)

    def work(connection: Connection) -> Reveal:
        if _card(connection, case_id, name).was is None:
            raise CasesError(f"{name} has not answered this case yet; answer it first")
        return revealed(connection, case_id)

    return store.database.read(work)


def revealed(connection: Connection, case_id: str) -> Reveal:
    """All that is known of a case, for those who may see it."""
    row = connection.execute(
        select(cases.c.kind, answers).join(answers, _the_answer()).where(cases.c.case_id == case_id)
    ).one()
    signals = FailureSignals(row.rank, row.distance_m, row.said, json.loads(row.signs))
    return Reveal(
        row.kind,
        row.rank,
        row.confidence,
        row.said,
        json.loads(row.channels),
        suggested_cause(signals),
        entries(connection, [case_id]),
    )


def _the_answer() -> Any:
    return (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number)


def _answered(name: str) -> Any:
    """Whether an annotator's verdict on the case of the row stands."""
    return exists().where(
        standing.c.case_id == cases.c.case_id, standing.c.annotator == name, standing.c.final == 0
    )


def _card(connection: Connection, case_id: str, name: str) -> Card:
    row = connection.execute(
        select(cases.c.case_id, answers, reports.c.gallery, reports.c.model)
        .join(answers, _the_answer())
        .join(reports, reports.c.report_id == cases.c.report_id)
        .where(cases.c.case_id == case_id)
    ).first()
    if row is None:
        raise CasesError(f"the store has no case {case_id[:60]!r}; see python -m core cases list")
    own = connection.execute(
        select(standing.c.verdict, standing.c.note).where(
            standing.c.case_id == case_id, standing.c.annotator == name, standing.c.final == 0
        )
    ).first()
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
        .where(answers.c.query_key == row.query_key, answers.c.report_id != row.report_id)
        .order_by(reports.c.imported_at, reports.c.report_id)
    )
    return Card(
        row.case_id,
        row.gallery,
        row.model,
        row.text,
        row.tile_id,
        row.lat,
        row.lon,
        row.top_tile,
        row.top_lat,
        row.top_lon,
        row.distance_m,
        tuple(Other(*other) for other in others),
        own.verdict if own else None,
        own.note if own else "",
    )
