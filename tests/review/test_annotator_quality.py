"""Quality of annotators and consensus, on made-up annotators whose quality is known."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import spearmanr

from core.review.annotator_quality import consensus, consensus_of
from core.review.store import Store
from core.review.verdicts import CASE_VERDICTS

SHARES = (0.12, 0.18, 0.20, 0.06, 0.12, 0.04, 0.23, 0.05)


def majority(votes: dict[str, str]) -> str:
    counted = list(votes.values())
    return max(sorted(set(counted)), key=counted.count)


def simulated_verdicts(
    rng: np.random.Generator, truths: Sequence[str], people: int, votes: int
) -> tuple[dict[str, dict[str, str]], dict[str, float]]:
    """Made-up verdicts, by case and annotator, and each one's true accuracy.

    Everyone is right with a probability of their own between 0.45 and 0.95, and has their own
    habits where they are wrong.
    """
    titles = list(CASE_VERDICTS)
    skills = rng.uniform(0.45, 0.95, people)
    habits = rng.dirichlet(np.full(len(titles), 0.5), (people, len(titles)))
    judged: dict[str, dict[str, str]] = {}
    right: dict[str, list[bool]] = {f"annotator {number}": [] for number in range(people)}
    for row, truth in enumerate(truths):
        given = {}
        for number in rng.choice(people, votes, replace=False):
            habit = habits[number, titles.index(truth)]
            is_right = rng.random() < skills[number]
            said = truth if is_right else titles[int(rng.choice(len(titles), p=habit))]
            given[f"annotator {number}"] = said
            right[f"annotator {number}"].append(said == truth)
        judged[f"case {row}"] = given
    return judged, {name: float(np.mean(marks)) for name, marks in right.items() if marks}


def test_the_consensus_is_right_more_often_than_the_majority_and_ranks_annotators() -> None:
    ours, counted, ranks = [], [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        truths = [str(one) for one in rng.choice(list(CASE_VERDICTS), 300, p=SHARES)]
        judged, actual = simulated_verdicts(rng, truths, 5, 2)
        found = consensus(judged)
        said = {one.case_id: one.verdict for one in found.cases}
        true_of = {f"case {row}": truth for row, truth in enumerate(truths)}
        ours.append(np.mean([said[case_id] == true_of[case_id] for case_id in judged]))
        counted.append(np.mean([majority(judged[one]) == true_of[one] for one in judged]))
        estimated = {one.annotator: one.accuracy for one in found.annotators}
        names = sorted(actual)
        ranks.append(spearmanr([estimated[n] for n in names], [actual[n] for n in names])[0])
    assert np.mean(ours) > np.mean(counted) + 0.03
    assert np.mean(ranks) > 0.7


def test_who_agrees_with_nobody_is_last_and_a_lone_vote_counts_for_nothing() -> None:
    kinds = list(CASE_VERDICTS)
    judged = {
        f"c{row}": {"Ada": kinds[0], "Ben": kinds[0], "Cat": kinds[1 + row % 5]}
        for row in range(12)
    }
    judged["alone"] = {"Dan": kinds[0]}
    found = consensus(judged)
    assert [one.annotator for one in found.annotators] == ["Ada", "Ben", "Cat", "Dan"]
    first, last = found.annotators[0], found.annotators[2]
    assert first.accuracy is not None
    assert last.accuracy is not None
    assert first.accuracy > 0.8 > 0.3 > last.accuracy
    assert (found.annotators[3].accuracy, found.annotators[3].shared) == (None, 0)
    assert found.cases[0].case_id == "alone", "the least sure case stands first"
    assert {one.verdict for one in found.cases[1:]} == {kinds[0]}


def test_without_verdicts_there_is_nothing_to_tell() -> None:
    assert consensus({}) == consensus({"c": {}})
    assert consensus({}).cases == ()


def test_the_verdicts_of_a_store_are_read(
    store: Store, case_ids: list[str], say: Callable[..., str]
) -> None:
    for name in ("Ada", "Ben"):
        say(name, case_ids[0])
    found = consensus_of(store)
    assert [(one.case_id, one.votes) for one in found.cases] == [(case_ids[0], 2)]
