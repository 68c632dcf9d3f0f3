"""Selection of a report's answers as cases, with their difficulty and shuffle key."""

import hashlib
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.review.model import RecordedAnswer, Report
from core.review.verdicts import Kind

_FIRST = 5
_NEAR_M = 150.0
SHUFFLE_PRIME = 2**31 - 1
"""A prime: lots times a seed, modulo it, order the cases differently for each seed below it."""


@dataclass(frozen=True, slots=True)
class SelectedQuery:
    """An answer selected as a case; `lot` is its random shuffle key."""

    case_id: str
    number: int
    kind: Kind
    difficulty: float
    lot: int


def key_of(*parts: str) -> str:
    """A short hash of texts, equal on every machine."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def kind_of(answer: RecordedAnswer) -> Kind | None:
    """The kind of case that an answer is, None for a success.

    A near miss has the true tile among the first five candidates, or an answer within 150 m.
    """
    if answer.rank == 1:
        return None
    first = answer.rank is not None and answer.rank <= _FIRST
    return "near miss" if first or answer.distance_m <= _NEAR_M else "failure"


def difficulty_of(answer: RecordedAnswer) -> float:
    """log10 of the true tile's rank plus log10 of 1 + the distance to the answer in metres."""
    rank = _FIRST + 1 if answer.rank is None else answer.rank
    return round(math.log10(rank) + math.log10(1 + answer.distance_m), 4)


def select_cases(
    report_id: str, report: Report, control: int, only: Collection[int] | None = None
) -> Iterator[SelectedQuery]:
    """All failures and near misses, and `control` successes with the smallest lots.

    Lots are fixed, so that a larger `control` includes the successes of a smaller one. With `only`,
    exactly the answers with these numbers; their ids are the same either way.
    """
    successes: list[SelectedQuery] = []
    for answer in report.answers:
        if only is not None and answer.number not in only:
            continue
        case_id = key_of(report_id, str(answer.number))
        lot = 1 + int(case_id, 16) % (SHUFFLE_PRIME - 1)
        kind = kind_of(answer)
        query = SelectedQuery(case_id, answer.number, kind or "control", difficulty_of(answer), lot)
        if kind is None:
            successes.append(query)
        else:
            yield query
    successes.sort(key=lambda query: (query.lot, query.case_id))
    yield from successes if only is not None else successes[:control]
