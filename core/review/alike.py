"""Open cases that are like a case, so that one judgement can serve several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from core.arrays import F32
from core.review.field_checks import annotator_name
from core.review.queue import answered_by
from core.review.schema import answers, cases
from core.review.store import Store

_MOST = 6
_LEAST = 0.7
"""Least cosine of two texts that are alike: our choice. In the reports of Helsinki by a program, 31
to 70 % of the failures have another one above it, in that by hand none."""
_MOST_TEXTS = 3_000
_SAME_SCALE = 4.0
"""Failures are of one kind if their distances differ by less than this factor."""

Embed = Callable[[Sequence[str]], F32]
"""Returns the unit embeddings [N, D] of N texts."""


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """An open case like another one; `similarity` is the cosine of their texts."""

    case_id: str
    text: str
    distance_m: float
    similarity: float


def similar_cases(
    store: Store, annotator: str, case_id: str, embed: Embed, most: int = _MOST
) -> tuple[SimilarCase, ...]:
    """The annotator's open cases of the same report that are most like a case, best first.

    They have a similar text, and failed by a distance of the same order. As a card does, the
    result holds no rank and no verdict.
    """
    name = annotator_name(annotator)

    def work(connection: Connection) -> list[tuple[str, str, float]]:
        report_id = select(cases.c.report_id).where(cases.c.case_id == case_id).scalar_subquery()
        query = (
            select(cases.c.case_id, answers.c.text, answers.c.distance_m)
            .join(
                answers,
                (answers.c.report_id == cases.c.report_id) & (answers.c.number == cases.c.number),
            )
            .where(cases.c.report_id == report_id)
            .where((cases.c.case_id == case_id) | ~answered_by(name))
            .where(func.length(answers.c.text) > 0)
            .order_by(cases.c.difficulty.desc(), cases.c.case_id)
            .limit(_MOST_TEXTS)
        )
        return [
            (str(row.case_id), row.text, float(row.distance_m))
            for row in connection.execute(query)
            if isinstance(row.text, str) and isinstance(row.distance_m, int | float)
        ]

    rows = store.database.read(work)
    own = next((row for row in rows if row[0] == case_id), None)
    if own is None:
        return ()
    others = [row for row in rows if row[0] != case_id and _same_scale(row[2], own[2])]
    if not others:
        return ()
    vectors = embed([own[1], *(row[1] for row in others)])
    similarity = vectors[1:] @ vectors[0]
    order = np.argsort(-similarity, kind="stable")[:most]
    return tuple(
        SimilarCase(
            others[row][0], others[row][1], others[row][2], round(float(similarity[row]), 3)
        )
        for row in order.tolist()
        if similarity[row] >= _LEAST
    )


def _same_scale(one_m: float, other_m: float) -> bool:
    low, high = sorted((one_m, other_m))
    return (high + 50) < _SAME_SCALE * (low + 50)
