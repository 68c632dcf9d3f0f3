"""Two runs over the same queries: what differs, and whether chance could have done it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from core.arrays import F64, I64
from core.errors import ReportError
from core.evaluation.bootstrap import interval, resamples
from core.evaluation.metrics import Metric
from core.evaluation.run_metrics import METRICS, knows, values_of
from core.evaluation.saved_runs import SavedQuery, SavedRun

TESTED = tuple(name for name, metric in METRICS.items() if metric.tested)
"""The metrics that McNemar's test is made for."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second run less the first in one metric, with its paired 95 % bootstrap interval.

    `won` and `lost` count the queries in which the second is better and worse; `p` is that of
    McNemar's exact test, two-sided, None where it is not made.
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
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two runs of one scope compared on the `n` queries that both have."""

    first: SavedRun
    second: SavedRun
    n: int
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """As the command prints it."""
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
                one.metric: {
                    "first": one.first,
                    "second": one.second,
                    "difference": one.difference,
                    "ci": [one.low, one.high],
                    "won": one.won,
                    "lost": one.lost,
                }
                | ({} if one.p is None else {"p": one.p})
                for one in self.differences
            },
        }


def paired(first: SavedRun, second: SavedRun) -> Pairing:
    """Compares two runs, their queries matched by text and place.

    Raises ReportError for two scopes, for a list of failures, and where no query is in both.
    """
    if first.scope != second.scope:
        raise ReportError(
            f"the scopes differ ({first.scope} and {second.scope}); measure both in "
            "one scope to compare them"
        )
    for run in (first, second):
        if run.only_failures:
            raise ReportError(f"{run.title} lists failures only; wanted a run with all its queries")
    ours, theirs = _matched(first, second)
    if not ours:
        raise ReportError("the two runs have no query in common; measure both on the same file")
    told = [name for name in METRICS if knows(first, name) and knows(second, name)]
    return Pairing(first, second, len(ours), _differences(ours, theirs, told))


def comparable(first: SavedRun, second: SavedRun) -> bool:
    """Whether `paired` would compare the two."""
    whole = not (first.only_failures or second.only_failures)
    keys = {_key(one) for one in first.queries}
    return (
        whole and first.scope == second.scope and any(_key(one) in keys for one in second.queries)
    )


def _matched(first: SavedRun, second: SavedRun) -> tuple[list[SavedQuery], list[SavedQuery]]:
    """The queries of both, side by side; the same text twice at one place is matched in order."""
    known: dict[tuple[str, float, float], list[SavedQuery]] = defaultdict(list)
    for one in reversed(second.queries):
        known[_key(one)].append(one)
    pairs = [(one, known[_key(one)].pop()) for one in first.queries if known.get(_key(one))]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _key(one: SavedQuery) -> tuple[str, float, float]:
    return one.text, round(one.position.lat, 5), round(one.position.lon, 5)


def _differences(
    ours: Sequence[SavedQuery], theirs: Sequence[SavedQuery], told: Sequence[str]
) -> tuple[Difference, ...]:
    draws = resamples(len(ours))
    before, after = values_of(ours), values_of(theirs)
    return tuple(_difference(METRICS[name], before[name], after[name], draws) for name in told)


def _difference(metric: Metric, before: F64, after: F64, draws: I64) -> Difference:
    gain = after - before
    one, other = float(metric.centre_of(before)), float(metric.centre_of(after))
    if metric.centre == "mean":
        difference = float(gain.mean())
        low, high = interval(draws, lambda rows: metric.centre_of(gain[rows]))
    else:
        difference = other - one
        low, high = interval(
            draws, lambda rows: metric.centre_of(after[rows]) - metric.centre_of(before[rows])
        )
    won, lost = int((gain > 0).sum()), int((gain < 0).sum())
    if not metric.higher_is_better:
        won, lost = lost, won
    digits, ci_digits = metric.digits
    return Difference(
        metric.name,
        round(one, digits),
        round(other, digits),
        round(difference, digits),
        round(low, ci_digits),
        round(high, ci_digits),
        won,
        lost,
        float(f"{mcnemar(won, lost):.3g}") if metric.tested else None,
    )


def mcnemar(won: int, lost: int) -> float:
    """The exact two-sided p of McNemar's test: that of so uneven a split of fair coins."""
    coins, fewer = won + lost, min(won, lost)
    if won == lost:
        return 1.0
    tail = sum(comb(coins, heads) for heads in range(fewer + 1))
    return float(2 * tail / 2**coins)
