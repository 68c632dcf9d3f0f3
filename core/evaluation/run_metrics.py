"""The numbers of saved runs: metrics with intervals, curves, and both for kinds of descriptions.

The definitions and the resampling are those of `report`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.arrays import F64, I64
from core.evaluation import metrics
from core.evaluation.bootstrap import resamples
from core.evaluation.metrics import WITHIN_M, Results, measured
from core.evaluation.report import summary_of
from core.evaluation.saved_runs import SavedQuery, SavedRun

METRICS = {
    name: metric
    for name, metric in metrics.METRICS.items()
    if metric.candidates <= 1 and not metric.judged
}
"""Those that the first candidates and the ranks of a saved run can tell, by name."""
MOST_K = 100
METRES = tuple(sorted({*np.geomspace(10, 20_000, 67).round().tolist(), *map(float, WITHIN_M)}))
"""At which distances `within` is told."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def ranks_of(queries: Sequence[SavedQuery]) -> F64:
    """The true tiles' ranks; infinite where they are not known."""
    return np.array([np.inf if one.rank is None else one.rank for one in queries], np.float64)


def metres_of(queries: Sequence[SavedQuery]) -> F64:
    """From the truth to the first candidate."""
    return np.array([one.distance_m for one in queries], np.float64)


def values_of(queries: Sequence[SavedQuery]) -> dict[str, F64]:
    """The values per query [N] of each metric."""
    return measured(Results(ranks_of(queries), metres_of(queries)[:, None]))


def knows(run: SavedRun, metric: str) -> bool:
    """Whether a run can tell a metric: ranks may be known only so far, or failures only."""
    if run.only_failures:
        return False
    return run.known_to is None or METRICS[metric].ranks_to <= run.known_to


def figures(run: SavedRun, queries: Sequence[SavedQuery] | None = None) -> dict[str, Figure]:
    """The metrics of a run, or of some of its queries; those only that can be known."""
    chosen = run.queries if queries is None else queries
    if not chosen or run.only_failures:
        return {}
    found = summary_of(values_of(chosen), resamples(len(chosen)))
    return {name: Figure(found[name], *found["ci"][name]) for name in METRICS if knows(run, name)}


def recall(run: SavedRun, queries: Sequence[SavedQuery]) -> list[float]:
    """R@k in percent for k from 1 to 100, or as far as ranks are known."""
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


# --- Kinds of descriptions ----------------------------------------------------------------------

_LENGTHS = ((25, "up to 25 words"), (50, "26 to 50 words"), (100, "51 to 100 words"))
_LONGEST = "over 100 words"
UNKNOWN = "not known"
ALL = "all"


def _length(one: SavedQuery) -> str:
    words = len(one.text.split())
    return next((name for most, name in _LENGTHS if words <= most), _LONGEST)


def _told(value: bool | None, yes: str, no: str) -> str:
    return UNKNOWN if value is None else yes if value else no


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A way to part queries: how it is called, the kinds in order, and which kind one is of."""

    title: str
    kinds: tuple[str, ...]
    kind_of: Callable[[SavedQuery], str] = field(repr=False)


BREAKDOWNS = {
    "length": Breakdown("Length", (*(name for _, name in _LENGTHS), _LONGEST), _length),
    "names": Breakdown(
        "Names",
        ("with names", "without names", UNKNOWN),
        lambda one: _told(one.named, "with names", "without names"),
    ),
    "view": Breakdown(
        "View",
        ("panorama", "single view", UNKNOWN),
        lambda one: _told(one.panorama, "panorama", "single view"),
    ),
}
"""By key; the fourth way, by city, parts runs and not their queries."""


def parted(run: SavedRun, by: str) -> dict[str, tuple[SavedQuery, ...]]:
    """The queries of a run by their kind, in the order of kinds, without empty ones.

    `by` is a key of `BREAKDOWNS`, or "city" for one kind, the run's gallery, or "" for all alike.
    """
    if by not in BREAKDOWNS:
        return {run.gallery if by == "city" else ALL: run.queries}
    way = BREAKDOWNS[by]
    kinds: dict[str, list[SavedQuery]] = {name: [] for name in way.kinds}
    for one in run.queries:
        kinds[way.kind_of(one)].append(one)
    return {name: tuple(queries) for name, queries in kinds.items() if queries}
