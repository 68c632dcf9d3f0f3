"""From outcomes to metrics with intervals: R@k, L@m, mean reciprocal rank, median distance, and
whether the confidences hold."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from core.arrays import F64, I64
from core.evaluation.bootstrap import SEED, interval, resamples
from core.evaluation.metrics import METRICS, Metric, Results, measured
from core.evaluation.reliability import auroc, ece, ece_floor, reliability
from core.evaluation.runner import Outcome, Scope
from core.records import Verdict
from core.retrieval.confidence import RADIUS_M, Calibration, Posterior, read_calibration

_CANDIDATES = max(metric.candidates for metric in METRICS.values())


def summary_of(measures: Mapping[str, F64], draws: I64) -> dict[str, Any]:
    """The metrics of values per query [N], and under `ci` the percentiles of their resamples."""
    result: dict[str, Any] = {}
    intervals = {}
    for name, values in measures.items():
        metric = METRICS[name]
        digits, ci_digits = metric.digits
        result[name] = round(float(metric.centre_of(values)), digits)
        low, high = _interval_of(metric, values, draws)
        intervals[name] = [round(low, ci_digits), round(high, ci_digits)]
    return result | {"ci": intervals}


def _interval_of(metric: Metric, values: F64, draws: I64) -> tuple[float, float]:
    return interval(draws, lambda rows: metric.centre_of(values[rows]))


def results_of(outcomes: Sequence[Outcome]) -> Results:
    """The ranks, distances and regions of outcomes, as the metrics read them."""
    inside = [
        one.confidence_outcome.inside80 for one in outcomes if one.confidence_outcome is not None
    ]
    return Results(
        np.array([outcome.rank for outcome in outcomes], dtype=np.float64),
        np.stack([_nearest(outcome.distances_m[:_CANDIDATES]) for outcome in outcomes]),
        np.array(inside, dtype=np.float64) if inside else None,
    )


def _nearest(distances_m: F64) -> F64:
    """The nearest of the first k of some candidates, k from 1 to 10; fewer are as near at the end
    as all of them."""
    nearest = np.minimum.accumulate(distances_m)
    return np.pad(nearest, (0, _CANDIDATES - len(nearest)), mode="edge")


def report(outcomes: Sequence[Outcome], scope: Scope, seed: int = SEED) -> dict[str, Any]:
    """The metrics with 95 % bootstrap intervals (percentiles of 2,000 resamples of queries)."""
    found = summary_of(measured(results_of(outcomes)), resamples(len(outcomes), seed))
    intervals = found.pop("ci")
    return {"n": len(outcomes), "scope": scope} | found | _calibration(outcomes) | {"ci": intervals}


def _calibration(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of the first candidates the calibration error and its bins, `ece_floor` beside it, and the
    error over all candidates; `reranked` has two metrics after the first five were ranked again.
    Nothing where no outcome was judged."""
    judged = [
        (one, one.confidence_outcome) for one in outcomes if one.confidence_outcome is not None
    ]
    if not judged:
        return {}
    first = [float(sure.confidences[0]) for _, sure in judged]
    hits = [bool(one.distances_m[0] <= RADIUS_M) for one, _ in judged]
    every = np.concatenate([sure.confidences for _, sure in judged])
    right = np.concatenate([one.distances_m <= RADIUS_M for one, _ in judged]).astype(np.float64)
    diagram = reliability(first, hits)
    after_rerank = [sure.after_rerank[0] == sure.true_place for _, sure in judged]
    near = [bool(one.distances_m[sure.after_rerank[0]] <= RADIUS_M) for one, sure in judged]
    return {
        "confidence": round(float(np.mean(first)), 4),
        "ece": round(ece(first, hits), 4),
        "ece_floor": round(ece_floor(first), 4),
        "ece_top10": round(ece(every, right), 4),
        "elsewhere": round(float(np.mean([sure.p_outside for _, sure in judged])), 4),
        "reranked": {
            "R@1": round(100 * float(np.mean(after_rerank)), 2),
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
    inside = [
        one.confidence_outcome.p_outside for one in outcomes if one.confidence_outcome is not None
    ]
    outside = [one.p_outside for one in strangers]
    return {
        "strangers": len(outside),
        "auroc": round(auroc(inside, outside), 4),
        "told_absent": [
            round(100 * float(np.mean(np.array(each) >= learned.absent)), 1)
            for each in (outside, inside)
        ],
    }
