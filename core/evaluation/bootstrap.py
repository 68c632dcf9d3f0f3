"""Bootstrap intervals: how much a metric would vary with other queries of the same kind."""

from collections.abc import Callable

import numpy as np

from core.arrays import F64, I64

SEED = 42
_RESAMPLES = 2_000


def resamples(count: int, seed: int = SEED) -> I64:
    """Rows of `count` queries drawn with replacement, [2000, count].

    The same seed gives the same rows, so that all metrics of one set of queries use the same
    resamples.
    """
    return np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))


def interval(rows: I64, statistic: Callable[[I64], F64]) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic that returns one number for each resample."""
    low, high = np.percentile(statistic(rows), [2.5, 97.5])
    return float(low), float(high)


def interval_of_mean(values: F64, rows: I64) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of one value per query."""
    return interval(rows, lambda drawn: values[drawn].mean(axis=1))
