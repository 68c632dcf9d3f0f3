"""The metric of CVG-Text (arXiv 2412.17007), vectorized over all queries.

The gallery is the pictures of the test files; the description of each picture is a query. In the
paper's scope a query is ranked only among the 100 pictures nearest to its own position, which
gives away the truth to within a few streets. So the rank among all pictures (`full`) is always
reported beside it.
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
class CityPictures:
    """N pictures of test files: base names, `points`, and which of them are panoramas."""

    names: tuple[str, ...]
    points: Points
    panoramas: Bools

    @classmethod
    def of(cls, rows: Sequence[CvgRow]) -> "CityPictures":
        """The pictures of rows, with the positions parsed at reading."""
        points = Points.of(np.array([row.lat for row in rows]), np.array([row.lon for row in rows]))
        return cls(tuple(row.name for row in rows), points, np.array([r.is_panorama for r in rows]))


@dataclass(frozen=True, slots=True)
class Ranks:
    """The ranking of N queries.

    `rank` [N] is the rank of the own name among the distinct names, from 1, or one more than their
    number if it is not ranked. `top` [N] is the row of the first picture, `deviation_km` [N] its
    distance from the truth, `tied` [N] True if another picture has the same cosine as the first.
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
    """The paper's figures for all queries, for panoramas and for single views."""

    overall: PaperFigures
    panorama: PaperFigures
    single_view: PaperFigures


def candidates(places: CityPictures, scope: Scope) -> I64 | None:
    """The rows of the pictures that each query is ranked among, [N, 100]; None for all."""
    return nearest(places.points, places.points, NEAREST) if scope == "nearest-100" else None


def rank(places: CityPictures, near: I64 | None, cosines: Cosines) -> Ranks:
    """Ranks every query among its candidates, in batches of queries.

    Ties, repeated names and queries outside their own candidates are ranked one by one.
    """
    count = len(places.names)
    ranks, tops = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    tied = np.empty(count, dtype=bool)
    repeated = len(set(places.names)) < count
    for rows in _batches(count):
        all_cosines, batch_rows = cosines(rows), np.arange(len(rows))
        candidate_rows = None if near is None else near[rows]
        values = (
            all_cosines
            if candidate_rows is None
            else all_cosines.take(candidate_rows + count * batch_rows[:, None])
        )
        own = all_cosines[batch_rows, rows][:, None]
        first = values.argmax(axis=1)
        tied[rows] = np.count_nonzero(values == values[batch_rows, first][:, None], axis=1) > 1
        ranks[rows] = np.count_nonzero(values > own, axis=1) + 1
        tops[rows] = first if candidate_rows is None else candidate_rows[batch_rows, first]
        exceptional = tied[rows] | (np.count_nonzero(values == own, axis=1) > 1) | repeated
        if candidate_rows is not None:
            exceptional |= ~(candidate_rows == rows[:, None]).any(axis=1)
        for row in rows[exceptional]:
            order = _ordered(places, row, all_cosines[row - rows[0]], near)
            names = list(dict.fromkeys(places.names[picture] for picture in order))
            own_name = places.names[row]
            ranks[row] = (names.index(own_name) if own_name in names else len(names)) + 1
            tops[row] = order[0]
    return Ranks(ranks, tops, _deviations_km(places, tops), tied)


def top_distinct(
    places: CityPictures, near: I64 | None, cosines: Cosines, k: int
) -> Iterator[list[int]]:
    """For each query the first `k` pictures with distinct names, in the order of `rank`."""
    for rows in _batches(len(places.names)):
        for row, values in zip(rows.tolist(), cosines(rows), strict=True):
            first: dict[str, int] = {}
            for picture in _ordered(places, row, values, near).tolist():
                first.setdefault(places.names[picture], picture)
                if len(first) == k:
                    break
            yield list(first.values())


def _batches(count: int) -> Iterator[I64]:
    for start in range(0, count, _PART):
        yield np.arange(start, min(start + _PART, count))


def _ordered(places: CityPictures, row: int, cosines: F32, near: I64 | None) -> I64:
    """The candidates of one query, best first, by its cosines [N] with all pictures.

    Ties keep their order, as in the paper's code with a stable sort: by distance in the scope
    "nearest-100" (this favours the truth), by file order in "full".
    """
    among = np.arange(len(cosines))
    if near is not None:
        lats, lons = places.points.lats, places.points.lons
        distances_km = [
            haversine_km(float(lats[row]), float(lons[row]), float(lats[other]), float(lons[other]))
            for other in near[row]
        ]
        among = near[row][np.argsort(distances_km, kind="stable")]
    return among[np.argsort(-cosines[among], kind="stable")]


def _deviations_km(places: CityPictures, tops: I64) -> F64:
    deviations_km = np.zeros(len(tops))
    lats, lons = places.points.lats.tolist(), places.points.lons.tolist()
    for row in np.flatnonzero(tops != np.arange(len(tops))).tolist():
        top = int(tops[row])
        if places.names[row] != places.names[top]:
            deviations_km[row] = haversine_km(lats[row], lons[row], lats[top], lons[top])
    return deviations_km


def paper_metric(places: CityPictures, ranks: Ranks) -> PaperMetric:
    """The paper's figures, summed in the same order as its code, so that every digit agrees."""
    return PaperMetric(
        overall=_figures(ranks, np.ones(len(ranks.rank), dtype=bool)),
        panorama=_figures(ranks, places.panoramas),
        single_view=_figures(ranks, ~places.panoramas),
    )


def _figures(ranks: Ranks, chosen: Bools) -> PaperFigures:
    positions, deviations_km, count = (
        ranks.rank[chosen],
        ranks.deviation_km[chosen],
        int(chosen.sum()),
    )
    total = 0.0
    for kilometres in deviations_km.tolist():
        total += kilometres

    def share(hits: Bools) -> float:
        return int(hits.sum()) / max(count, 1) * 100

    return PaperFigures(
        count,
        recall=tuple(share(positions <= k) for k in (1, 5, 10)),
        within=tuple(share(deviations_km <= kilometres) for kilometres in (0.05, 0.1, 0.15)),
        deviation_km=total / max(count, 1),
    )
