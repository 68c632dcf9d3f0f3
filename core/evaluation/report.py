"""Reports of outcomes: metrics with intervals, calibration and detection of other places."""

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
    """The metrics from their values per query [N], and their bootstrap intervals under `ci`."""
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
    """The ranks, distances and regions of outcomes, as input of the metrics."""
    inside = [
        outcome.confidence_outcome.inside80
        for outcome in outcomes
        if outcome.confidence_outcome is not None
    ]
    return Results(
        np.array([outcome.rank for outcome in outcomes], dtype=np.float64),
        np.stack([_nearest(outcome.distances_m[:_CANDIDATES]) for outcome in outcomes]),
        np.array(inside, dtype=np.float64) if inside else None,
    )


def _nearest(distances_m: F64) -> F64:
    """The distance to the nearest of the first k candidates, [10] for k from 1 to 10.

    With fewer candidates the last value is repeated.
    """
    nearest = np.minimum.accumulate(distances_m)
    return np.pad(nearest, (0, _CANDIDATES - len(nearest)), mode="edge")


def report(outcomes: Sequence[Outcome], scope: Scope, seed: int = SEED) -> dict[str, Any]:
    """The metrics with 95 % bootstrap intervals (percentiles of 2,000 resamples of queries)."""
    summary = summary_of(measured(results_of(outcomes)), resamples(len(outcomes), seed))
    intervals = summary.pop("ci")
    return (
        {"n": len(outcomes), "scope": scope} | summary | _calibration(outcomes) | {"ci": intervals}
    )


def _calibration(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The calibration of the first candidates' confidences; empty without confidences.

    `ece_top10` is the calibration error over all candidates, `reranked` has two metrics after the
    first five candidates were re-ranked.
    """
    judged = [outcome for outcome in outcomes if outcome.confidence_outcome is not None]
    confidences = [
        outcome.confidence_outcome for outcome in outcomes if outcome.confidence_outcome is not None
    ]
    if not judged:
        return {}
    first = [float(outcome.confidences[0]) for outcome in confidences]
    hits = [bool(outcome.distances_m[0] <= RADIUS_M) for outcome in judged]
    all_confidences = np.concatenate([outcome.confidences for outcome in confidences])
    all_hits = np.concatenate([outcome.distances_m <= RADIUS_M for outcome in judged])
    diagram = reliability(first, hits)
    after_rerank = [outcome.after_rerank[0] == outcome.true_place for outcome in confidences]
    near = [
        bool(outcome.distances_m[confidence.after_rerank[0]] <= RADIUS_M)
        for outcome, confidence in zip(judged, confidences, strict=True)
    ]
    return {
        "confidence": round(float(np.mean(first)), 4),
        "ece": round(ece(first, hits), 4),
        "ece_floor": round(ece_floor(first), 4),
        "ece_top10": round(ece(all_confidences, all_hits.astype(np.float64)), 4),
        "elsewhere": round(float(np.mean([outcome.p_outside for outcome in confidences])), 4),
        "reranked": {
            "R@1": round(100 * float(np.mean(after_rerank)), 2),
            "L@100m": round(100 * float(np.mean(near)), 2),
        },
        "verdicts": {
            name: sum(outcome.verdict == name for outcome in confidences)
            for name in get_args(Verdict)
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
    """Detection of descriptions of other places, given by their posteriors (`strangers`).

    `told_absent` are the percentages with the verdict "outside": of the strangers, and of the
    descriptions from inside the gallery.
    """
    fitted = calibration or read_calibration()
    inside = [
        outcome.confidence_outcome.p_outside
        for outcome in outcomes
        if outcome.confidence_outcome is not None
    ]
    outside = [posterior.p_outside for posterior in strangers]
    return {
        "strangers": len(outside),
        "auroc": round(auroc(inside, outside), 4),
        "told_absent": [
            round(100 * float(np.mean(np.array(probabilities) >= fitted.absent)), 1)
            for probabilities in (outside, inside)
        ],
    }
