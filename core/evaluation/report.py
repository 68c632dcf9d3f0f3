"""From outcomes to metrics with intervals: R@k, L@m, mean reciprocal rank, median distance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.evaluation.outcomes import Outcome, Scope

_RESAMPLES = 2_000


def _measures(outcomes: Sequence[Outcome]) -> dict[str, npt.NDArray[np.float64]]:
    """For each metric one number per query; every metric is the mean of its numbers."""
    ranks = np.array([outcome.rank for outcome in outcomes])
    first = np.array([outcome.distances_m[0] for outcome in outcomes])
    five = np.array([outcome.distances_m[:5].min() for outcome in outcomes])
    ten = np.array([outcome.distances_m[:10].min() for outcome in outcomes])
    shares = {f"R@{k}": ranks <= k for k in (1, 5, 10)}
    shares |= {f"L@{metres}m": first <= metres for metres in (50, 100, 150)}
    shares |= {"L@100m_top5": five <= 100, "L@100m_top10": ten <= 100}
    measures = {name: 100.0 * hits.astype(np.float64) for name, hits in shares.items()}
    return measures | {"mrr": 1.0 / ranks.astype(np.float64)}


def report(outcomes: Sequence[Outcome], scope: Scope, seed: int = 42) -> dict[str, Any]:
    """The metrics with 95 % bootstrap intervals (percentiles of 2,000 resamples of queries)."""
    measures = _measures(outcomes)
    count = len(outcomes)
    draws = np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))
    result: dict[str, Any] = {"n": count, "scope": scope}
    intervals = {}
    for name, values in measures.items():
        result[name] = round(float(values.mean()), 4 if name == "mrr" else 2)
        low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
        intervals[name] = [round(float(low), 4), round(float(high), 4)]
    first = np.array([outcome.distances_m[0] for outcome in outcomes])
    result["median_m"] = round(float(np.median(first)), 1)
    low, high = np.percentile(np.median(first[draws], axis=1), [2.5, 97.5])
    intervals["median_m"] = [round(float(low), 1), round(float(high), 1)]
    return result | {"ci": intervals}
