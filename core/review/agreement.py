"""How far annotators agree, where they do not, and what holds in the end; writes nothing.

Cohen's kappa (1960) for two, Fleiss' (1971) for any number. "cannot tell" is a verdict like others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Connection

from core.review.model import Reveal, VerdictEntry
from core.review.queue import revealed
from core.review.store import Store, entries
from core.review.verdicts import CaseVerdict


@dataclass(frozen=True, slots=True)
class AnnotatorPair:
    """Two annotators: how many cases both judged, the share alike, and kappa."""

    first: str
    second: str
    cases: int
    alike: float
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over all cases with several verdicts. A kappa is None where chance alone would agree."""

    cases: int
    disputed: int
    adjudicated: int
    fleiss: float | None
    pairs: tuple[AnnotatorPair, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case whose annotators differ, with all that an adjudicator may see."""

    case_id: str
    reveal: Reveal


def cohen(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa of two annotators' verdicts on the same cases, in the same order.

    None without cases, and where both say one and the same thing always.
    """
    if not first:
        return None
    count = len(first)
    alike = sum(one == other for one, other in zip(first, second, strict=True)) / count
    shares, others = Counter(first), Counter(second)
    chance = sum(shares[verdict] * others[verdict] for verdict in shares) / count**2
    return None if chance >= 1 else (alike - chance) / (1 - chance)


def fleiss(judged: Iterable[Sequence[str]]) -> float | None:
    """Fleiss' kappa; each case comes with its verdicts, and cases with fewer than two are left out.

    Where all have equally many it is Fleiss' own; else each case counts alike in the agreement,
    and each verdict in what chance would make of it.
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


def settled(history: Iterable[VerdictEntry]) -> CaseVerdict | None:
    """What holds of one case: the last adjudicated verdict, else what all say; None in dispute."""
    standing = [entry for entry in history if entry.standing]
    final = [entry.verdict for entry in standing if entry.final]
    if final:
        return final[-1]
    said = {entry.verdict for entry in standing}
    return said.pop() if len(said) == 1 else None


def agreement(store: Store) -> Agreement:
    """The agreement of all annotators of a store."""
    by_case = _by_case(store.database.read(entries))
    said = {case_id: _said(history) for case_id, history in by_case.items()}
    several = {case_id: one for case_id, one in said.items() if len(one) > 1}
    finals = {
        case_id
        for case_id, history in by_case.items()
        if any(entry.final and entry.standing for entry in history)
    }
    names = sorted({name for one in several.values() for name in one})
    return Agreement(
        cases=len(several),
        disputed=sum(len(set(one.values())) > 1 for one in several.values()),
        adjudicated=len(finals),
        fleiss=fleiss([list(one.values()) for one in several.values()]),
        pairs=tuple(
            pair
            for first, second in combinations(names, 2)
            if (pair := _pair(first, second, list(several.values()))).cases
        ),
    )


def disputes(store: Store) -> tuple[Dispute, ...]:
    """Cases whose annotators differ and that nobody has adjudicated, the most torn first."""

    def work(connection: Connection) -> tuple[Dispute, ...]:
        torn = []
        for case_id, history in _by_case(entries(connection)).items():
            said = Counter(_said(history).values())
            if len(said) > 1 and settled(history) is None:
                torn.append((said.most_common(1)[0][1] / said.total(), case_id))
        return tuple(Dispute(case_id, revealed(connection, case_id)) for _, case_id in sorted(torn))

    return store.database.read(work)


def _by_case(history: Iterable[VerdictEntry]) -> dict[str, list[VerdictEntry]]:
    by_case: dict[str, list[VerdictEntry]] = defaultdict(list)
    for entry in history:
        by_case[entry.case_id].append(entry)
    return by_case


def _said(history: Iterable[VerdictEntry]) -> dict[str, str]:
    """The standing verdict of each annotator."""
    return {
        entry.annotator: entry.verdict
        for entry in history
        if entry.standing and not entry.final and entry.verdict
    }


def _pair(first: str, second: str, judged: Sequence[dict[str, str]]) -> AnnotatorPair:
    both = [(one[first], one[second]) for one in judged if first in one and second in one]
    mine, theirs = [one for one, _ in both], [other for _, other in both]
    alike = sum(one == other for one, other in both) / len(both) if both else 0.0
    return AnnotatorPair(first, second, len(both), alike, cohen(mine, theirs))
