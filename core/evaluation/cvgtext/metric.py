"""The metric of CVG-Text (arXiv 2412.17007) for all queries at once; knows neither model nor files.

The gallery is the pictures of the test files; each one's description is a query. In the paper's
scope a query is ranked against the 100 pictures nearest to its own position only: the truth is
given away to within a few streets, so `full`, the rank among all, belongs beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.evaluation.runner import NEAREST, Scope
from core.geo import Points, haversine_km, nearest
from core.sources.cvgtext import CvgRow

Cosines = Callable[[I64], F32]
"""Cosines [C, N] of C queries with all N pictures."""

_PART = 256


@dataclass(frozen=True, slots=True)
class TestPictures:
    """N pictures of test files: base names, `points`, and which of them are panoramas."""

    names: tuple[str, ...]
    points: Points
    panoramas: Bools

    @classmethod
    def of(cls, rows: Sequence[CvgRow]) -> "TestPictures":
        """The places of rows, their positions parsed when they were read."""
        points = Points.of(np.array([row.lat for row in rows]), np.array([row.lon for row in rows]))
        return cls(tuple(row.name for row in rows), points, np.array([r.is_panorama for r in rows]))


@dataclass(frozen=True, slots=True)
class Ranks:
    """What became of N queries.

    `rank` [N] is that of the own name among the distinct names, from 1; one more than there are
    where it is not among those ranked. `top` [N] is the row that came first, `deviation_km` [N]
    how far from the truth it lies, `tied` [N] whether others came first with the same cosine.
    """

    rank: I64
    top: I64
    deviation_km: F64
    tied: Bools


@dataclass(frozen=True, slots=True)
class PaperFigures:
    """One line of the paper's table, unrounded.

    Percent of `count` queries: `recall` at 1, 5 and 10, `within` 50, 100 and 150 m.
    """

    count: int
    recall: tuple[float, ...]
    within: tuple[float, ...]
    deviation_km: float


@dataclass(frozen=True, slots=True)
class PaperMetric:
    """The paper's figures for all queries, and for both sorts of picture."""

    overall: PaperFigures
    panorama: PaperFigures
    single_view: PaperFigures


def candidates(places: TestPictures, scope: Scope) -> I64 | None:
    """The pictures each query is ranked against, [N, 100], or None for all."""
    return nearest(places.points, places.points, NEAREST) if scope == "nearest-100" else None


def rank(places: TestPictures, near: I64 | None, cosines: Cosines) -> Ranks:
    """Every query ranked among its candidates, a part of the queries at a time."""
    count = len(places.names)
    ranks, tops = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    tied = np.empty(count, dtype=bool)
    repeated = len(set(places.names)) < count
    for rows in _parts(count):
        every, line = cosines(rows), np.arange(len(rows))
        around = None if near is None else near[rows]
        values = every if around is None else every.take(around + count * line[:, None])
        own = every[line, rows][:, None]
        first = values.argmax(axis=1)
        tied[rows] = np.count_nonzero(values == values[line, first][:, None], axis=1) > 1
        ranks[rows] = np.count_nonzero(values > own, axis=1) + 1
        tops[rows] = first if around is None else around[line, first]
        odd = tied[rows] | (np.count_nonzero(values == own, axis=1) > 1) | repeated
        if around is not None:
            odd |= ~(around == rows[:, None]).any(axis=1)
        for row in rows[odd]:
            order = _ordered(places, row, every[row - rows[0]], near)
            names = list(dict.fromkeys(places.names[one] for one in order))
            own_name = places.names[row]
            ranks[row] = (names.index(own_name) if own_name in names else len(names)) + 1
            tops[row] = order[0]
    return Ranks(ranks, tops, _deviations_km(places, tops), tied)


def top_distinct(
    places: TestPictures, near: I64 | None, cosines: Cosines, k: int
) -> Iterator[list[int]]:
    """For each query the first `k` pictures that differ in name, in the order that `rank` uses."""
    for rows in _parts(len(places.names)):
        for row, values in zip(rows.tolist(), cosines(rows), strict=True):
            first: dict[str, int] = {}
            for one in _ordered(places, row, values, near).tolist():
                first.setdefault(places.names[one], one)
                if len(first) == k:
                    break
            yield list(first.values())


def _parts(count: int) -> Iterator[I64]:
    for start in range(0, count, _PART):
        yield np.arange(start, min(start + _PART, count))


def _ordered(places: TestPictures, row: int, cosines: F32, near: I64 | None) -> I64:
    """The candidates of one query from the best, by its cosines [N] with all pictures.

    Equal cosines keep the order they come in, as the paper's code would with a stable sort:
    among the nearest that of distance, which favours the truth, among all that of the files.
    """
    among = np.arange(len(cosines))
    if near is not None:
        lats, lons = places.points.lats, places.points.lons
        away = [
            haversine_km(float(lats[row]), float(lons[row]), float(lats[one]), float(lons[one]))
            for one in near[row]
        ]
        among = near[row][np.argsort(away, kind="stable")]
    return among[np.argsort(-cosines[among], kind="stable")]


def _deviations_km(places: TestPictures, tops: I64) -> F64:
    away = np.zeros(len(tops))
    lats, lons = places.points.lats.tolist(), places.points.lons.tolist()
    for row in np.flatnonzero(tops != np.arange(len(tops))).tolist():
        top = int(tops[row])
        if places.names[row] != places.names[top]:
            away[row] = haversine_km(lats[row], lons[row], lats[top], lons[top])
    return away


def paper_metric(places: TestPictures, ranks: Ranks) -> PaperMetric:
    """The paper's figures, summed in its order."""
    return PaperMetric(
        overall=_figures(ranks, np.ones(len(ranks.rank), dtype=bool)),
        panorama=_figures(ranks, places.panoramas),
        single_view=_figures(ranks, ~places.panoramas),
    )


def _figures(ranks: Ranks, chosen: Bools) -> PaperFigures:
    place, away, count = ranks.rank[chosen], ranks.deviation_km[chosen], int(chosen.sum())
    total = 0.0
    for kilometres in away.tolist():
        total += kilometres

    def share(hits: Bools) -> float:
        return int(hits.sum()) / max(count, 1) * 100

    return PaperFigures(
        count,
        recall=tuple(share(place <= k) for k in (1, 5, 10)),
        within=tuple(share(away <= kilometres) for kilometres in (0.05, 0.1, 0.15)),
        deviation_km=total / max(count, 1),
    )
