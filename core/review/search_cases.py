"""Cases of single searches, made by people who say where the described place really is."""

from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, Connection, delete, exists, func, select

from core.errors import CasesError
from core.geo import Position, haversine_km, haversine_m, wrapped
from core.records import NO_WISHES
from core.retrieval import SearchTrace
from core.review.failure_signals import map_signals, text_signals
from core.review.field_checks import ANSWER, CASE, checked_values
from core.review.model import RecordedAnswer, Report
from core.review.reports import is_outside
from core.review.schema import answers, cases, reports, skips, tasks, verdicts
from core.review.selection import SHUFFLE_PRIME, key_of, select_cases
from core.review.store import Store
from core.review.table_rows import answer_row, checked_report, put

MOST = 500
"""Most cases of searches in one store, so that visitors cannot flood it."""
SOURCE = "search"


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """A case of a search; `new` is False where it was there already."""

    case_id: str
    new: bool


def report_of_search(trace: SearchTrace, at: Position) -> Report:
    """A report of one query: a search, and the position that a person says is right.

    All searches of a gallery with the same channels belong to one report in the store; those that
    were limited to an area or carried wishes to another, whose scope is "narrowed". Raises
    CasesError for a position outside the gallery and for a search without a candidate.
    """
    gallery, result = trace.gallery, trace.result
    if not result.candidates:
        raise CasesError("a case needs a place that was found; search with other words")
    away_m = haversine_m(at.lat, at.lon, gallery.lats, gallery.lons)
    if float(away_m.min()) > gallery.card.footprint_m and is_outside(gallery, at):
        raise CasesError("that spot is outside this map, so it cannot be a case")
    first = result.candidates[0]
    true_row = int(away_m.argmin())
    top_row = gallery.row_of(first.tile.tile_id)
    order = np.flatnonzero(trace.ranking.order == true_row)
    key = key_of(trace.query.text, f"{at.lat:.6f}", f"{at.lon:.6f}")
    signals = map_signals(gallery, trace.query.text, true_row, top_row)
    answer = RecordedAnswer(
        number=int(key, 16) % SHUFFLE_PRIME,
        query_id=f"search-{key}",
        text=trace.query.text,
        tile_id=gallery.tile_ids[true_row],
        lat=at.lat,
        lon=wrapped(at.lon),
        rank=int(order[0]) + 1 if order.size else None,
        top_tile=first.tile.tile_id,
        top_lat=first.tile.lat,
        top_lon=wrapped(first.tile.lon),
        distance_m=1000 * haversine_km(at.lat, at.lon, first.tile.lat, first.tile.lon),
        confidence=first.confidence,
        said=result.verdict,
        channels={str(name): float(value) for name, value in first.channels.items()},
        signs=signals | text_signals([trace.query.text])[0],
    )
    narrowed = trace.mask is not None or trace.query.steering != NO_WISHES
    return Report(
        "Searches whose place a person knows",
        SOURCE,
        gallery.card.name,
        "+".join(trace.channels),
        "narrowed" if narrowed else "full",
        tuple(trace.channels),
        (answer,),
    )


def keep_search(store: Store, report: Report, at: datetime, most: int = MOST) -> KeptSearch:
    """Makes a case of a report of one search, whatever its rank; a known one stays unchanged.

    Raises CasesError, with the store unchanged, where there are `most` such cases already.
    """
    (answer,) = report.answers
    report_id = key_of(SOURCE, report.gallery, report.model, report.scope)
    header = checked_report(report_id, report, at)
    answered = checked_values(asdict(answer), ANSWER, "the search")
    (selected,) = select_cases(report_id, report, 0, {answer.number})
    checked_values(asdict(selected), CASE, "the case of the search")

    def work(connection: Connection) -> KeptSearch:
        known = select(cases.c.case_id).where(cases.c.case_id == selected.case_id)
        if connection.execute(known).first() is not None:
            return KeptSearch(selected.case_id, False)
        if _count(connection) >= most:
            raise CasesError(f"there are {most:,} cases of searches already; review some first")
        put(connection, reports, [header])
        put(connection, answers, [answer_row(report_id, answered)])
        put(connection, cases, [{"report_id": report_id} | asdict(selected)])
        return KeptSearch(selected.case_id, True)

    return store.database.write(work)


def _count(connection: Connection) -> int:
    query = select(func.count()).select_from(cases.join(reports, _same_report()))
    return int(connection.execute(query.where(reports.c.source == SOURCE)).scalar_one())


def _same_report() -> ColumnElement[bool]:
    return cases.c.report_id == reports.c.report_id


def take_back_search(store: Store, case_id: str) -> bool:
    """Removes a case of a search on which nobody worked yet; returns whether it is gone."""

    def work(connection: Connection) -> bool:
        query = select(cases.c.report_id, cases.c.number).join(reports, _same_report())
        case = connection.execute(
            query.where(cases.c.case_id == case_id, reports.c.source == SOURCE)
        ).first()
        if case is None:
            return True
        for table in (verdicts, skips, tasks):
            used = select(table.c.case_id).where(table.c.case_id == case_id).limit(1)
            if connection.execute(used).first() is not None:
                return False
        connection.execute(delete(cases).where(cases.c.case_id == case_id))
        own = answers.c.report_id == case.report_id
        connection.execute(delete(answers).where(own, answers.c.number == case.number))
        empty = ~exists().where(answers.c.report_id == reports.c.report_id)
        connection.execute(delete(reports).where(reports.c.report_id == case.report_id, empty))
        return True

    return store.database.write(work)
