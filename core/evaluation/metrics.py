"""The table of metrics: one row for each metric.

Reports, curves, paired tests and the benchmark page all read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from core.arrays import F64, Bools


@dataclass(frozen=True, slots=True)
class Results:
    """Results of N queries.

    `ranks` [N] are the ranks of the true tiles, infinite if unknown. `nearest_m` [N, K] is the
    distance from the truth to the nearest of the first k candidates, k from 1 to K. `inside80` [N]
    is 1 if the truth is in the smallest region with 80 % of the probability; None without
    confidences.
    """

    ranks: F64
    nearest_m: F64
    inside80: F64 | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a run: the mean or median of `of`, one value per query [N].

    It needs ranks up to `ranks_to`, distances of `candidates` candidates, and confidences if
    `judged`. `digits` are those of the value and of its interval in reports, `shown_digits` those
    on pages. `title` is for lists, `heading` for tables, `axis` for plots. `tested` metrics get
    McNemar's test; with more tests, more would be significant by chance. `found_by` names the
    share that decides which queries failed; empty means the metric itself. `meaning` explains the
    number to people.
    """

    name: str
    of: Callable[[Results], F64]
    title: str
    heading: str
    axis: str
    centre: Literal["mean", "median"] = "mean"
    higher_is_better: bool = True
    percent: bool = True
    ranks_to: float = 0
    candidates: int = 0
    judged: bool = False
    digits: tuple[int, int] = (2, 4)
    shown_digits: int = 1
    tested: bool = False
    found_by: str = ""
    meaning: str = ""

    def centre_of(self, values: F64) -> F64:
        """The mean or the median of values [..., N] over the last axis: [...]."""
        reduce = np.mean if self.centre == "mean" else np.median
        return np.asarray(reduce(values, axis=-1))


def _share(
    name: str,
    hits: Callable[[Results], Bools],
    ranks_to: float = 0,
    candidates: int = 0,
    judged: bool = False,
    tested: bool = False,
    meaning: str = "",
) -> Metric:
    """The percentage of queries that hit."""
    return Metric(
        name,
        lambda results: 100.0 * hits(results).astype(np.float64),
        title=name,
        heading=name,
        axis=f"{name}, percent",
        ranks_to=ranks_to,
        candidates=candidates,
        judged=judged,
        tested=tested,
        meaning=meaning,
    )


def _recall(k: int, tested: bool = False) -> Metric:
    among = "the first candidate" if k == 1 else f"among the first {k} candidates"
    return _share(
        f"R@{k}",
        lambda results: results.ranks <= k,
        ranks_to=k,
        tested=tested,
        meaning=f"Percent of descriptions whose true tile is {among}",
    )


def _within(metres: int, first: int = 1, tested: bool = False) -> Metric:
    return _share(
        f"L@{metres}m" + (f"_top{first}" if first > 1 else ""),
        lambda results: results.nearest_m[:, first - 1] <= metres,
        candidates=first,
        tested=tested,
        meaning="Percent of descriptions with "
        + ("the first candidate" if first == 1 else f"one of the first {first} candidates")
        + f" within {metres} m of the true place",
    )


def _inside80(results: Results) -> Bools:
    assert results.inside80 is not None
    return results.inside80 > 0


WITHIN_M = (50, 100, 150)
"""Distances of the L@m metrics."""

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        _recall(1, tested=True),
        _recall(5),
        _recall(10),
        *(_within(metres, tested=metres == 50) for metres in WITHIN_M),
        Metric(
            "mrr",
            lambda results: 1.0 / results.ranks,
            title="Mean reciprocal rank",
            heading="MRR",
            axis="mean reciprocal rank",
            percent=False,
            ranks_to=np.inf,
            digits=(4, 4),
            shown_digits=3,
            found_by="R@1",
            meaning="Mean of 1 / rank of the true tile: 1 if it is always first, 0.5 if second",
        ),
        _within(100, first=5),
        _within(100, first=10),
        _share(
            "coverage_80",
            _inside80,
            judged=True,
            meaning="Percent of true places in the area that should hold 80 % of them",
        ),
        Metric(
            "median_m",
            lambda results: results.nearest_m[:, 0],
            title="Median distance in metres",
            heading="median m",
            axis="median distance, metres",
            centre="median",
            higher_is_better=False,
            percent=False,
            candidates=1,
            digits=(1, 1),
            shown_digits=0,
            found_by="L@50m",
            meaning="Half of the first candidates are nearer to the true place, in metres",
        ),
    )
}
"""All metrics by name, in the order of reports and pages."""


def measured(results: Results) -> dict[str, F64]:
    """The values per query [N] of each metric that can be computed from the results."""
    return {
        name: metric.of(results)
        for name, metric in METRICS.items()
        if metric.candidates <= results.nearest_m.shape[1]
        and (results.inside80 is not None or not metric.judged)
    }
