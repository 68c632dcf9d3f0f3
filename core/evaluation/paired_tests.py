"""Paired comparison of two runs over the same queries: differences, intervals and tests."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from core.arrays import F64, I64
from core.errors import ReportError
from core.evaluation.bootstrap import interval, resamples
from core.evaluation.metrics import Metric
from core.evaluation.run_metrics import METRICS, has_metric, values_of
from core.evaluation.saved_runs import SavedQuery, SavedRun

TESTED = tuple(name for name, metric in METRICS.items() if metric.tested)
"""The metrics that get McNemar's test."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second run minus the first in one metric, with the paired 95 % bootstrap interval.

    `won` and `lost` count the queries in which the second run is better and worse. `p` is the
    two-sided p-value of McNemar's exact test, None for metrics without a test.
    """

    metric: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    won: int
    lost: int
    p: float | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two runs of one scope, compared on the `n` queries that both have."""

    first: SavedRun
    second: SavedRun
    n: int
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that the command prints."""
        return {
            "scope": self.first.scope,
            "n": self.n,
            "reports": [
                {
                    "title": run.title,
                    "gallery": run.gallery,
                    "model": run.model,
                    "channels": list(run.channels),
                    "queries": len(run.queries),
                }
                for run in (self.first, self.second)
            ],
            "metrics": {
                difference.metric: {
                    "first": difference.first,
                    "second": difference.second,
                    "difference": difference.difference,
                    "ci": [difference.low, difference.high],
                    "won": difference.won,
                    "lost": difference.lost,
                }
                | ({} if difference.p is None else {"p": difference.p})
                for difference in self.differences
            },
        }


def paired(first: SavedRun, second: SavedRun) -> Pairing:
    """Compares two runs on the queries with the same text and place.

    Raises ReportError for different scopes, for a list of failures, and without common queries.
    """
    if first.scope != second.scope:
        raise ReportError(
            f"the scopes differ ({first.scope} and {second.scope}); measure both in "
            "one scope to compare them"
        )
    for run in (first, second):
        if run.only_failures:
            raise ReportError(f"{run.title} lists failures only; give a run with all its queries")
    ours, theirs = matched(first, second)
    if not ours:
        raise ReportError(
            "the two reports have no description in common; measure both on the same file"
        )
    names = [name for name in METRICS if has_metric(first, name) and has_metric(second, name)]
    return Pairing(first, second, len(ours), _differences(ours, theirs, names))


def comparable(first: SavedRun, second: SavedRun) -> bool:
    """Whether `paired` accepts the two runs."""
    complete = not (first.only_failures or second.only_failures)
    keys = {_key(query) for query in first.queries}
    return (
        complete
        and first.scope == second.scope
        and any(_key(query) in keys for query in second.queries)
    )


def matched(first: SavedRun, second: SavedRun) -> tuple[list[SavedQuery], list[SavedQuery]]:
    """The common queries of both runs, in the same order.

    Queries with the same text and place are matched in order.
    """
    by_key: dict[tuple[str, float, float], list[SavedQuery]] = defaultdict(list)
    for query in reversed(second.queries):
        by_key[_key(query)].append(query)
    pairs = [
        (query, by_key[_key(query)].pop()) for query in first.queries if by_key.get(_key(query))
    ]
    return [query for query, _ in pairs], [other for _, other in pairs]


def _key(query: SavedQuery) -> tuple[str, float, float]:
    return query.text, round(query.position.lat, 5), round(query.position.lon, 5)


def _differences(
    ours: Sequence[SavedQuery], theirs: Sequence[SavedQuery], names: Sequence[str]
) -> tuple[Difference, ...]:
    draws = resamples(len(ours))
    before, after = values_of(ours), values_of(theirs)
    return tuple(_difference(METRICS[name], before[name], after[name], draws) for name in names)


def _difference(metric: Metric, before: F64, after: F64, draws: I64) -> Difference:
    gain = after - before
    first, second = float(metric.centre_of(before)), float(metric.centre_of(after))
    if metric.centre == "mean":
        difference = float(gain.mean())
        low, high = interval(draws, lambda rows: metric.centre_of(gain[rows]))
    else:
        difference = second - first
        low, high = interval(
            draws, lambda rows: metric.centre_of(after[rows]) - metric.centre_of(before[rows])
        )
    won, lost = int((gain > 0).sum()), int((gain < 0).sum())
    if not metric.higher_is_better:
        won, lost = lost, won
    digits, ci_digits = metric.digits
    return Difference(
        metric.name,
        round(first, digits),
        round(second, digits),
        round(difference, digits),
        round(low, ci_digits),
        round(high, ci_digits),
        won,
        lost,
        float(f"{mcnemar(won, lost):.3g}") if metric.tested else None,
    )


def mcnemar(won: int, lost: int) -> float:
    """The two-sided p-value of McNemar's exact test (binomial with probability 1/2)."""
    coins, fewer = won + lost, min(won, lost)
    if won == lost:
        return 1.0
    tail = sum(comb(coins, heads) for heads in range(fewer + 1))
    return float(2 * tail / 2**coins)
