"""Which answers of a report become cases, how hard they are, and their lots; knows no store."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

from core.review.model import RecordedAnswer, Report
from core.review.verdicts import Kind

_FIRST = 5
_NEAR_M = 150.0
SHUFFLE_PRIME = 2**31 - 1
"""A prime: a lot times any seed below it gives every case another place."""


@dataclass(frozen=True, slots=True)
class SelectedQuery:
    """An answer that is to be a case."""

    case_id: str
    number: int
    kind: Kind
    difficulty: float
    lot: int


def key_of(*parts: str) -> str:
    """A short name made from texts, the same on every machine."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def kind_of(answer: RecordedAnswer) -> Kind | None:
    """What an answer would be a case of, None for a success.

    A near miss has the true tile among the first five, or an answer no more than 150 m off.
    """
    if answer.rank == 1:
        return None
    first = answer.rank is not None and answer.rank <= _FIRST
    return "near miss" if first or answer.distance_m <= _NEAR_M else "failure"


def difficulty_of(answer: RecordedAnswer) -> float:
    """The powers of ten of the true tile's rank and of the metres to the answer, together."""
    rank = _FIRST + 1 if answer.rank is None else answer.rank
    return round(math.log10(rank) + math.log10(1 + answer.distance_m), 4)


def chosen(report_id: str, report: Report, control: int) -> Iterator[SelectedQuery]:
    """All failures and near misses, and `control` successes by lot.

    The lots of the successes stay the same, so that more of them only add to fewer.
    """
    drawn: list[SelectedQuery] = []
    for answer in report.answers:
        case_id = key_of(report_id, str(answer.number))
        lot = 1 + int(case_id, 16) % (SHUFFLE_PRIME - 1)
        kind = kind_of(answer)
        one = SelectedQuery(case_id, answer.number, kind or "control", difficulty_of(answer), lot)
        if kind is None:
            drawn.append(one)
        else:
            yield one
    yield from sorted(drawn, key=lambda one: (one.lot, one.case_id))[:control]
