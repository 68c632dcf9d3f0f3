"""From outcomes to metrics with intervals: R@k, L@m, mean reciprocal rank, median distance, and
whether the confidences hold."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from core.arrays import F64, I64
from core.evaluation.bootstrap import SEED, interval, interval_of_mean, resamples
from core.evaluation.outcomes import Outcome, Scope
from core.evaluation.reliability import auroc, ece, ece_floor, reliability
from core.records import Verdict
from core.retrieval.confidence import RADIUS_M, Calibration, Posterior, read_calibration

RECALL_AT = (1, 5, 10)
WITHIN_M = (50, 100, 150)


def measures_of(ranks: F64, first_m: F64) -> dict[str, F64]:
    """For each metric one number per query, from the ranks of the true tiles and the metres to
    the first candidates; every metric is the mean of its numbers."""
    shares = {f"R@{k}": ranks <= k for k in RECALL_AT}
    shares |= {f"L@{metres}m": first_m <= metres for metres in WITHIN_M}
    measures = {name: 100.0 * hits.astype(np.float64) for name, hits in shares.items()}
    return measures | {"mrr": 1.0 / ranks}


def summary_of(measures: Mapping[str, F64], first_m: F64, draws: I64) -> dict[str, Any]:
    """Means, the median metres, and under `ci` the percentiles of their resamples."""
    result: dict[str, Any] = {}
    intervals = {}
    for name, values in measures.items():
        result[name] = round(float(values.mean()), 4 if name == "mrr" else 2)
        low, high = interval_of_mean(values, draws)
        intervals[name] = [round(low, 4), round(high, 4)]
    result["median_m"] = round(float(np.median(first_m)), 1)
    low, high = interval(draws, lambda rows: np.median(first_m[rows], axis=1))
    intervals["median_m"] = [round(low, 1), round(high, 1)]
    return result | {"ci": intervals}


def report(outcomes: Sequence[Outcome], scope: Scope, seed: int = SEED) -> dict[str, Any]:
    """The metrics with 95 % bootstrap intervals (percentiles of 2,000 resamples of queries)."""
    ranks = np.array([outcome.rank for outcome in outcomes], dtype=np.float64)
    first = np.array([outcome.distances_m[0] for outcome in outcomes])
    five = np.array([outcome.distances_m[:5].min() for outcome in outcomes])
    ten = np.array([outcome.distances_m[:10].min() for outcome in outcomes])
    shares = {"L@100m_top5": five <= 100, "L@100m_top10": ten <= 100}
    sure = [one.sureness for one in outcomes if one.sureness is not None]
    if sure:
        shares["coverage_80"] = np.array([one.inside80 for one in sure])
    measures = measures_of(ranks, first)
    measures |= {name: 100.0 * hits.astype(np.float64) for name, hits in shares.items()}
    found = summary_of(measures, first, resamples(len(outcomes), seed))
    intervals = found.pop("ci")
    return {"n": len(outcomes), "scope": scope} | found | _calibration(outcomes) | {"ci": intervals}


def _calibration(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of the first candidates the calibration error and its bins, `ece_floor` beside it, and the
    error over all candidates; `reranked` has two metrics after the first five were ranked again.
    Nothing where no outcome was judged."""
    judged = [(one, one.sureness) for one in outcomes if one.sureness is not None]
    if not judged:
        return {}
    first = [float(sure.confidences[0]) for _, sure in judged]
    hits = [bool(one.distances_m[0] <= RADIUS_M) for one, _ in judged]
    every = np.concatenate([sure.confidences for _, sure in judged])
    right = np.concatenate([one.distances_m <= RADIUS_M for one, _ in judged]).astype(np.float64)
    diagram = reliability(first, hits)
    again = [sure.again[0] == sure.true_place for _, sure in judged]
    near = [bool(one.distances_m[sure.again[0]] <= RADIUS_M) for one, sure in judged]
    return {
        "confidence": round(float(np.mean(first)), 4),
        "ece": round(ece(first, hits), 4),
        "ece_floor": round(ece_floor(first), 4),
        "ece_top10": round(ece(every, right), 4),
        "elsewhere": round(float(np.mean([sure.elsewhere for _, sure in judged])), 4),
        "reranked": {
            "R@1": round(100 * float(np.mean(again)), 2),
            "L@100m": round(100 * float(np.mean(near)), 2),
        },
        "verdicts": {
            name: sum(sure.verdict == name for _, sure in judged) for name in get_args(Verdict)
        },
        "reliability": [
            [bin_.n, round(bin_.confidence, 4), round(bin_.share, 4)] for bin_ in diagram
        ],
    }


def detection(
    outcomes: Sequence[Outcome],
    strangers: Sequence[Posterior],
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """How well descriptions of other places (`strangers`, by their posteriors) are told apart.

    `told_absent` are the percentages that get the verdict, of the strangers and of the others.
    """
    learned = calibration or read_calibration()
    inside = [one.sureness.elsewhere for one in outcomes if one.sureness is not None]
    outside = [one.elsewhere for one in strangers]
    return {
        "strangers": len(outside),
        "auroc": round(auroc(inside, outside), 4),
        "told_absent": [
            round(100 * float(np.mean(np.array(each) >= learned.absent)), 1)
            for each in (outside, inside)
        ],
    }
