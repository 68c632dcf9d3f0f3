"""Failures of a report grouped by the cause that measurable signals suggest."""

from collections import defaultdict
from collections.abc import Mapping

from core.review.failure_cause import FailureSignals, suggested_cause
from core.review.model import RecordedAnswer, Report
from core.review.verdicts import CaseVerdict


def cause_of(answer: RecordedAnswer) -> CaseVerdict | None:
    """The suggested cause of an answer, None for a success."""
    signals = FailureSignals(answer.rank, answer.distance_m, answer.said, answer.signs)
    suggestion = suggested_cause(signals)
    return suggestion.verdict if suggestion else None


def causes_of(report: Report) -> Mapping[CaseVerdict, tuple[int, ...]]:
    """The numbers of the answers with each cause, the most frequent cause first."""
    found: dict[CaseVerdict, list[int]] = defaultdict(list)
    for answer in report.answers:
        cause = cause_of(answer)
        if cause is not None:
            found[cause].append(answer.number)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return {cause: tuple(numbers) for cause, numbers in ordered}
