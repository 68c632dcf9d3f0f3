"""Assignment of cases to annotators: who shall judge what, so that every case gets enough votes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select

from core.errors import CasesError
from core.review.agreement import VOTES
from core.review.field_checks import annotator_name, stamp
from core.review.schema import annotators, cases, standing, tasks
from core.review.store import Store
from core.review.table_rows import put


@dataclass(frozen=True, slots=True)
class TaskLoad:
    """The number of cases that were assigned to an annotator, and of those judged by them."""

    annotator: str
    assigned: int
    judged: int


def assign(
    store: Store, names: Sequence[str], at: datetime, votes: int = VOTES, report_id: str = ""
) -> dict[str, int]:
    """Assigns cases, of one report or of all, until each can get `votes` verdicts.

    Verdicts that stand and open assignments of others count. Whoever has least to do gets the next
    case, so that pairs of annotators mix; nobody gets a case twice. Returns the number of new
    assignments by name. Raises CasesError for fewer names than votes and for unknown names.
    """
    people = sorted({annotator_name(name) for name in names})
    if votes < 1 or len(people) < votes:
        raise CasesError(f"{votes} votes for each case need as many people; name {votes} or more")
    unknown = sorted(set(people) - set(store.names()))
    if unknown:
        raise CasesError(f"the store has no annotator {unknown[0]!r}; they must begin once first")

    def work(connection: Connection) -> dict[str, int]:
        engaged = _engaged(connection)
        load = Counter(
            {name: sum(name in others for others in engaged.values()) for name in people}
        )
        query = select(cases.c.case_id).order_by(cases.c.lot, cases.c.case_id)
        if report_id:
            query = query.where(cases.c.report_id == report_id)
        rows: list[dict[str, str]] = []
        for case_id in connection.execute(query).scalars():
            others = engaged[case_id]
            free = sorted((load[name], name) for name in people if name not in others)
            for _, name in free[: max(0, votes - len(others))]:
                rows.append({"annotator": name, "case_id": case_id, "at": stamp(at)})
                load[name] += 1
        put(connection, tasks, rows)
        return dict(Counter(row["annotator"] for row in rows))

    return store.database.write(work)


def _engaged(connection: Connection) -> dict[str, set[str]]:
    """Who judged each case or has it to do, by case."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in (tasks, standing):
        query = select(table.c.case_id, table.c.annotator)
        if table is standing:
            query = query.where(standing.c.final == 0)
        for case_id, name in connection.execute(query):
            found[case_id].add(name)
    return found


def release(store: Store, annotator: str) -> int:
    """Takes an annotator's open assignments back, as of somebody who left; returns their number."""
    name = annotator_name(annotator)
    done = exists().where(
        standing.c.case_id == tasks.c.case_id,
        standing.c.annotator == name,
        standing.c.final == 0,
    )

    def work(connection: Connection) -> int:
        result = connection.execute(delete(tasks).where(tasks.c.annotator == name, ~done))
        return int(result.rowcount)

    return store.database.write(work)


def workloads(store: Store) -> tuple[TaskLoad, ...]:
    """The work of everyone in the store, by name."""

    def work(connection: Connection) -> tuple[TaskLoad, ...]:
        judged = standing.c.annotator
        query = (
            select(annotators.c.name, func.count(tasks.c.case_id), func.count(judged))
            .outerjoin(tasks, tasks.c.annotator == annotators.c.name)
            .outerjoin(
                standing,
                (standing.c.case_id == tasks.c.case_id)
                & (standing.c.annotator == tasks.c.annotator)
                & (standing.c.final == 0),
            )
            .group_by(annotators.c.name)
            .order_by(annotators.c.name)
        )
        return tuple(TaskLoad(str(row[0]), row[1], row[2]) for row in connection.execute(query))

    return store.database.read(work)
