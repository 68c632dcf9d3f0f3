"""Metrics of saved runs with intervals, and curves; both also for subgroups of descriptions.

Definitions and resampling are those of `report`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.arrays import F64, I64
from core.evaluation import metrics
from core.evaluation.bootstrap import resamples
from core.evaluation.metrics import WITHIN_M, Results, measured
from core.evaluation.queries import AUTHORS
from core.evaluation.report import summary_of
from core.evaluation.saved_runs import SavedQuery, SavedRun

METRICS = {
    name: metric
    for name, metric in metrics.METRICS.items()
    if metric.candidates <= 1 and not metric.judged
}
"""The metrics that need only ranks and first candidates, by name."""
MOST_K = 100
METRES = tuple(sorted({*np.geomspace(10, 20_000, 67).round().tolist(), *map(float, WITHIN_M)}))
"""The distances of the curve `within`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def ranks_of(queries: Sequence[SavedQuery]) -> F64:
    """The ranks [N] of the true tiles; infinite if not known."""
    ranks = [np.inf if query.rank is None else query.rank for query in queries]
    return np.array(ranks, np.float64)


def metres_of(queries: Sequence[SavedQuery]) -> F64:
    """The distances [N] from the truth to the first candidate."""
    return np.array([query.distance_m for query in queries], np.float64)


def values_of(queries: Sequence[SavedQuery]) -> dict[str, F64]:
    """The values per query [N] of each metric."""
    return measured(Results(ranks_of(queries), metres_of(queries)[:, None]))


def has_metric(run: SavedRun, metric: str) -> bool:
    """Whether a metric can be computed from a run.

    A run may have ranks only up to some value, or only its failures.
    """
    if run.only_failures:
        return False
    return run.known_to is None or METRICS[metric].ranks_to <= run.known_to


def figures(run: SavedRun, queries: Sequence[SavedQuery] | None = None) -> dict[str, Figure]:
    """The metrics of a run, or of some of its queries, where they can be computed."""
    chosen = run.queries if queries is None else queries
    if not chosen or run.only_failures:
        return {}
    summary = summary_of(values_of(chosen), resamples(len(chosen)))
    return {
        name: Figure(summary[name], *summary["ci"][name])
        for name in METRICS
        if has_metric(run, name)
    }


def recall(run: SavedRun, queries: Sequence[SavedQuery]) -> list[float]:
    """R@k in percent for k from 1 to 100, or up to the last known rank."""
    if not queries or run.only_failures:
        return []
    ranks = np.sort(ranks_of(queries))
    ks = np.arange(1, min(MOST_K, run.known_to or MOST_K) + 1)
    return _percent(np.searchsorted(ranks, ks, side="right"), len(ranks))


def within(run: SavedRun, queries: Sequence[SavedQuery]) -> list[float]:
    """The percentage of first candidates within each of `METRES`."""
    if not queries or run.only_failures:
        return []
    metres = np.sort(metres_of(queries))
    return _percent(np.searchsorted(metres, METRES, side="right"), len(metres))


def _percent(counts: I64, of: int) -> list[float]:
    return [100.0 * int(count) / of for count in counts]


# --- Subgroups of descriptions ------------------------------------------------------------------

_LENGTHS = ((25, "up to 25 words"), (50, "26 to 50 words"), (100, "51 to 100 words"))
_LONGEST = "over 100 words"
UNKNOWN = "not known"
ALL = "all"


def _length(query: SavedQuery) -> str:
    words = len(query.text.split())
    return next((name for most, name in _LENGTHS if words <= most), _LONGEST)


def _yes_no_or_unknown(value: bool | None, yes: str, no: str) -> str:
    return UNKNOWN if value is None else yes if value else no


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A way to group queries: its title, the kinds in order, and the kind of a query."""

    title: str
    kinds: tuple[str, ...]
    kind_of: Callable[[SavedQuery], str] = field(repr=False)


BREAKDOWNS = {
    "length": Breakdown("Length", (*(name for _, name in _LENGTHS), _LONGEST), _length),
    "names": Breakdown(
        "Names",
        ("with names", "without names", UNKNOWN),
        lambda query: _yes_no_or_unknown(query.named, "with names", "without names"),
    ),
    "view": Breakdown(
        "View",
        ("panorama", "single view", UNKNOWN),
        lambda query: _yes_no_or_unknown(query.panorama, "panorama", "single view"),
    ),
    "author": Breakdown(
        "Written",
        (*AUTHORS.values(), UNKNOWN),
        lambda query: AUTHORS.get(query.written_by or "", UNKNOWN),
    ),
}
"""By key; one more breakdown, by city, groups runs and not their queries."""


def subgroups(run: SavedRun, by: str) -> dict[str, tuple[SavedQuery, ...]]:
    """The queries of a run by kind, in the order of kinds, without empty kinds.

    `by` is a key of `BREAKDOWNS`, "city" for one group named after the run's gallery, or "" for one
    group of all queries.
    """
    if by not in BREAKDOWNS:
        return {run.gallery if by == "city" else ALL: run.queries}
    breakdown = BREAKDOWNS[by]
    kinds: dict[str, list[SavedQuery]] = {name: [] for name in breakdown.kinds}
    for query in run.queries:
        kinds[breakdown.kind_of(query)].append(query)
    return {name: tuple(queries) for name, queries in kinds.items() if queries}


def authors_of(run: SavedRun) -> str:
    """Who wrote the descriptions of a run, in words: "by hand", "by a program", or both with their
    numbers; "author not known" if the report does not tell."""
    groups = subgroups(run, "author")
    if set(groups) == {UNKNOWN}:
        return "author not known"
    if len(groups) == 1:
        return next(iter(groups))
    words = {UNKNOWN: "author not known"}
    return ", ".join(f"{len(found):,} {words.get(kind, kind)}" for kind, found in groups.items())


def is_missed(query: SavedQuery, measure: str) -> bool:
    """Whether a description failed by R@k or L@m: "R@5", "L@100m"."""
    if measure.startswith("R@"):
        return query.rank is None or query.rank > int(measure[2:])
    return query.distance_m > float(measure[2:-1])
