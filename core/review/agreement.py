"""Agreement of annotators, disputed cases, and the settled verdict of a case.

Cohen's kappa (1960) for two annotators, Fleiss' kappa (1971) for any number. "cannot tell" counts
as a verdict like the others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Connection

from core.errors import CasesError
from core.review.model import Reveal, VerdictEntry
from core.review.queue import reveal_of
from core.review.store import Store
from core.review.table_rows import entries
from core.review.verdicts import CaseVerdict


@dataclass(frozen=True, slots=True)
class AnnotatorPair:
    """Two annotators: the number of cases that both judged, the share `alike`, and kappa."""

    first: str
    second: str
    cases: int
    alike: float
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement over all cases with several verdicts.

    A kappa is None if agreement by chance is certain. `waiting` cases have one verdict and need
    another vote.
    """

    cases: int
    disputed: int
    adjudicated: int
    waiting: int
    fleiss: float | None
    pairs: tuple[AnnotatorPair, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case on which the annotators disagree, with the details for the adjudicator."""

    case_id: str
    reveal: Reveal


def cohen(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa of two annotators' verdicts on the same cases, in the same order.

    None without cases, and if both always give one and the same verdict.
    """
    if not first:
        return None
    count = len(first)
    alike = sum(one == other for one, other in zip(first, second, strict=True)) / count
    shares, others = Counter(first), Counter(second)
    chance = sum(shares[verdict] * others[verdict] for verdict in shares) / count**2
    return None if chance >= 1 else (alike - chance) / (1 - chance)


def fleiss(judged: Iterable[Sequence[str]]) -> float | None:
    """Fleiss' kappa of cases, each given by its verdicts; cases with one verdict are skipped.

    With unequal numbers of verdicts, every case has equal weight in the observed agreement, and
    every verdict in the agreement by chance. None without cases, or if chance agreement is certain.
    """
    several = [Counter(verdicts) for verdicts in judged if len(verdicts) > 1]
    if not several:
        return None
    alike = 0.0
    total: Counter[str] = Counter()
    for counts in several:
        raters = counts.total()
        alike += sum(count * (count - 1) for count in counts.values()) / (raters * (raters - 1))
        total += counts
    alike /= len(several)
    chance = sum((count / total.total()) ** 2 for count in total.values())
    return None if chance >= 1 else (alike - chance) / (1 - chance)


VOTES = 2
"""The number of annotators who must have judged a case before anything is settled."""


def settled(history: Iterable[VerdictEntry]) -> CaseVerdict | None:
    """The settled verdict of a case: the last adjudicated one, or that of two or more who agree.

    None for a case that fewer than `VOTES` have judged, and for a dispute.
    """
    standing = [entry for entry in history if entry.standing]
    votes = {entry.annotator: entry.verdict for entry in standing if not entry.final}
    if len(votes) < VOTES:
        return None
    final = [entry.verdict for entry in standing if entry.final]
    if final:
        return final[-1]
    distinct = set(votes.values())
    return distinct.pop() if len(distinct) == 1 else None


def agreement(store: Store) -> Agreement:
    """The agreement of all annotators of a store."""
    by_case = _by_case(store.database.read(entries))
    judged = [_verdict_by_annotator(history) for history in by_case.values()]
    several = [verdicts for verdicts in judged if len(verdicts) > 1]
    finals = {
        case_id
        for case_id, history in by_case.items()
        if any(entry.final and entry.standing for entry in history)
    }
    names = sorted({name for verdicts in several for name in verdicts})
    return Agreement(
        cases=len(several),
        disputed=sum(len(set(verdicts.values())) > 1 for verdicts in several),
        adjudicated=len(finals),
        waiting=sum(len(verdicts) == 1 for verdicts in judged),
        fleiss=fleiss([list(verdicts.values()) for verdicts in several]),
        pairs=tuple(
            pair
            for first, second in combinations(names, 2)
            if (pair := _pair(first, second, several)).cases
        ),
    )


def verdicts_by_case(store: Store) -> dict[str, dict[str, str]]:
    """The current verdict of each annotator on each judged case, without adjudicated ones."""
    by_case = _by_case(store.database.read(entries))
    return {case_id: _verdict_by_annotator(history) for case_id, history in by_case.items()}


def disputes(store: Store) -> tuple[Dispute, ...]:
    """The disputed cases that nobody has adjudicated, the smallest majority first."""

    def work(connection: Connection) -> tuple[Dispute, ...]:
        ranked = []
        for case_id, history in _by_case(entries(connection)).items():
            counts = Counter(_verdict_by_annotator(history).values())
            if len(counts) > 1 and settled(history) is None:
                ranked.append((counts.most_common(1)[0][1] / counts.total(), case_id))
        found = []
        for _, case_id in sorted(ranked):
            with suppress(CasesError):  # set aside; `read_store` tells it
                found.append(Dispute(case_id, reveal_of(connection, case_id)))
        return tuple(found)

    return store.database.read(work)


def _by_case(history: Iterable[VerdictEntry]) -> dict[str, list[VerdictEntry]]:
    by_case: dict[str, list[VerdictEntry]] = defaultdict(list)
    for entry in history:
        by_case[entry.case_id].append(entry)
    return by_case


def _verdict_by_annotator(history: Iterable[VerdictEntry]) -> dict[str, str]:
    """The current verdict of each annotator."""
    return {
        entry.annotator: entry.verdict
        for entry in history
        if entry.standing and not entry.final and entry.verdict
    }


def _pair(first: str, second: str, judged: Sequence[dict[str, str]]) -> AnnotatorPair:
    both = [
        (verdicts[first], verdicts[second])
        for verdicts in judged
        if first in verdicts and second in verdicts
    ]
    alike = sum(one == other for one, other in both) / len(both) if both else 0.0
    kappa = cohen([one for one, _ in both], [other for _, other in both])
    return AnnotatorPair(first, second, len(both), alike, kappa)
