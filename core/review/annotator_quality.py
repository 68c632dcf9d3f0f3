"""How reliable each annotator is, and how sure the verdict of a case: a consensus model.

Dawid and Skene's model (1979) with one accuracy for each annotator, fitted by EM: an annotator
gives the true verdict with their accuracy, and each other verdict with equal probability. A weak
Beta prior keeps people with few verdicts from 0 and 1. Verdicts of others are all that it needs.

Not cleanlab (CROWDLAB, arXiv 2210.06812): it also needs a classifier's probabilities. On simulated
annotators (8 verdicts, 100 to 679 cases, 4 to 6 people, 2 or 3 votes each, 8 seeds) its consensus
was right in 79 to 90 % of the cases where the classifier knew nothing, this one in 81 to 91 %, and
the majority in 74 to 87 %. Only a classifier that knows verdicts well made it better (82 to 93 %),
and there is none: verdicts are what people are asked for. The ranks of the annotators' estimated
and true quality correlate by 0.68 to 0.95 here, and by 0.69 to 0.94 there.
`tests/review/test_annotator_quality.py` repeats the part without cleanlab.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.arrays import F64, I64
from core.review.agreement import VOTES, verdicts_by_case
from core.review.store import Store
from core.review.verdicts import CASE_VERDICTS

_STEPS = 50
_PRIOR_RIGHT, _PRIOR_WRONG = 2.0, 1.0
"""Verdicts that everyone is taken to have given before: our choice, two thirds right."""


@dataclass(frozen=True, slots=True)
class AnnotatorQuality:
    """`accuracy` is the estimated share of right verdicts, over `shared` cases with others' votes.

    None if nobody else judged a case of theirs.
    """

    annotator: str
    verdicts: int
    shared: int
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class CaseConsensus:
    """The likeliest verdict of a case with its probability, and the number of votes."""

    case_id: str
    verdict: str
    probability: float
    votes: int


@dataclass(frozen=True, slots=True)
class Consensus:
    """Annotators, best first, and judged cases, the least sure first."""

    annotators: tuple[AnnotatorQuality, ...]
    cases: tuple[CaseConsensus, ...]


def consensus_of(store: Store) -> Consensus:
    """The consensus of all current verdicts in a store."""
    return consensus(verdicts_by_case(store))


def consensus(judged: Mapping[str, Mapping[str, str]]) -> Consensus:
    """The consensus of verdicts by case and annotator."""
    judged = {case_id: votes for case_id, votes in judged.items() if votes}
    if not judged:
        return Consensus((), ())
    names = sorted({name for votes in judged.values() for name in votes})
    titles = sorted(
        set(CASE_VERDICTS) | {one for votes in judged.values() for one in votes.values()}
    )
    entries = np.array(
        [
            (row, names.index(name), titles.index(verdict))
            for row, votes in enumerate(judged.values())
            for name, verdict in votes.items()
        ],
        dtype=np.int64,
    )
    posterior, accuracy = _fitted(entries, len(judged), len(names), len(titles))
    several = {case_id for case_id, votes in judged.items() if len(votes) >= VOTES}
    people = []
    for number, name in enumerate(names):
        own = [case_id for case_id, votes in judged.items() if name in votes]
        shared = sum(case_id in several for case_id in own)
        value = round(float(accuracy[number]), 4) if shared else None
        people.append(AnnotatorQuality(name, len(own), shared, value))
    found = [
        CaseConsensus(case_id, titles[int(row.argmax())], round(float(row.max()), 4), len(votes))
        for (case_id, votes), row in zip(judged.items(), posterior, strict=True)
    ]
    return Consensus(
        tuple(sorted(people, key=lambda one: (-(one.accuracy or 0.0), one.annotator))),
        tuple(sorted(found, key=lambda one: (one.probability, one.case_id))),
    )


def _fitted(entries: I64, n: int, people: int, kinds: int) -> tuple[F64, F64]:
    """Probabilities of the verdicts [N, K] and the annotators' accuracies [A].

    `entries` [V, 3] are case, annotator and verdict of each vote.
    """
    case, annotator, verdict = entries.T
    counts = np.zeros((n, kinds))
    np.add.at(counts, (case, verdict), 1.0)
    # A lone vote says nothing of its giver: it would only confirm itself.
    shared = counts.sum(1)[case] >= VOTES
    posterior = (counts + 0.01) / (counts + 0.01).sum(1, keepdims=True)
    accuracy = np.full(people, _PRIOR_RIGHT / (_PRIOR_RIGHT + _PRIOR_WRONG))
    for _ in range(_STEPS):
        prior = (posterior.sum(0) + 1) / (posterior.sum() + kinds)
        right = np.bincount(
            annotator[shared], posterior[case[shared], verdict[shared]], minlength=people
        )
        given = np.bincount(annotator[shared], minlength=people)
        accuracy = (right + _PRIOR_RIGHT) / (given + _PRIOR_RIGHT + _PRIOR_WRONG)
        wrong = (1 - accuracy) / (kinds - 1)
        logs = np.tile(np.log(prior), (n, 1))
        np.add.at(logs, case, np.log(wrong[annotator])[:, None])
        np.add.at(logs, (case, verdict), np.log(accuracy[annotator] / wrong[annotator]))
        posterior = np.exp(logs - logs.max(1, keepdims=True))
        posterior /= posterior.sum(1, keepdims=True)
    return posterior, accuracy
