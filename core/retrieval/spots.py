"""Candidates by probability: separate spots, ordered by the chance that is shown beside each.

A spot is the tile with the most probability around it, where a nearer tile counts more, and the
share that every tile has counts nothing. Its chance is the probability within 100 m of it. What one
spot has, the spots chosen after it do not have, so the chances of all add up. Our own method.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F64, I64, Bools, ranges
from core.gallery.opened import Gallery
from core.geo import local_metres
from core.indexes.codes import last_of_best
from core.retrieval.confidence import RADIUS_M
from core.retrieval.fusion import SEPARATION_M

REACH_M = 150.0
"""The weight of a tile falls from 1 at the spot to 0 at this distance. With the plain sum within
100 m, the first candidate moved to the middle between good tiles: 58.7 % of program-written texts
of Helsinki were within 50 m before, 41 % with it, 61 % with this weight. Chosen on RVS train, half
of the free-hand texts and tests/descriptions.jsonl, among sums within 50, 75 and 100 m, Gaussians
of 40, 60 and 80 m, and 100 m."""


_NO_MASS = 1e-9
_TIED = 1e-12
"""Sums that differ by less than this share of the largest are equal: the first tile counts."""
ALL_SUMS = 20_000
"""Up to so many tiles the mass around each is summed."""
_HEAVY, _LIGHT, _LEADING = 1024, 1e-4, 1024
"""In a larger gallery, first that of so many of the heaviest tiles, or of those with this share of
the largest; then, of so many that lead, all."""


@dataclass(frozen=True, slots=True)
class LikelySpot:
    """A tile, by its row, and the probability of the places within 100 m of it; a place near
    several spots counts for one of them."""

    row: int
    chance: float


@dataclass(frozen=True, slots=True)
class WeightedSums:
    """The mass around each tile, `values` [N], -inf where it is not known: there it is less than
    `certain_from`, also after tiles were taken away. It is known at most in `rows`, None for all.
    """

    values: F64
    certain_from: float = -np.inf
    rows: I64 | None = None

    def first(self, tied: float) -> int:
        """The first tile whose mass around is the largest but for `tied`."""
        if self.rows is None or not len(self.rows):
            return int((self.values >= self.values.max() - tied).argmax())
        values = self.values[self.rows]
        return int(self.rows[int((values >= values.max() - tied).argmax())])


class Neighbourhood:
    """The tiles around each tile. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self.points: F64 = np.stack(
            local_metres(gallery.lats, gallery.lons, gallery.lats.mean()), axis=1
        )
        if prepared := gallery.prepared:
            self._starts: I64 = prepared["around_start"].astype(np.int64)
            self._around = prepared["around"]
            self._away_m: F64 = prepared["around_m"]
        else:
            self._starts, self._around = _pairs_within(self.points, REACH_M)
            owner = np.repeat(np.arange(len(gallery)), np.diff(self._starts))
            self._away_m = np.hypot(*(self.points[owner] - self.points[self._around]).T)

    def arrays(self) -> dict[str, Any]:
        """What is made once for a gallery, to be packed with it."""
        return {
            "around_start": self._starts.astype(np.uint32),
            "around": self._around.astype(np.uint16),
            "around_m": self._away_m,
        }

    def rows_near(self, row: int) -> I64:
        """The tiles within 100 m of one, itself among them."""
        around = slice(self._starts[row], self._starts[row + 1])
        near: I64 = self._around[around][self._away_m[around] <= RADIUS_M]
        return near

    def rows_nearer(self, row: int, than_m: float) -> I64:
        """The tiles nearer to one than a distance up to `REACH_M`, itself among them."""
        around = slice(self._starts[row], self._starts[row + 1])
        nearer: I64 = self._around[around][self._away_m[around] < than_m]
        return nearer

    def weighted_sums(self, mass: F64) -> F64:
        """The mass [N] around each tile, the nearer the more: [N].

        Tiles whose mass is less than a billionth of the largest are left out: no spot is there.
        """
        counted = mass > _NO_MASS * mass.max(initial=0)
        if len(mass) <= ALL_SUMS and 2 * np.count_nonzero(counted) > len(mass):
            # most tiles count: all pairs in a row take a third of the time of chosen ones
            of_pairs = np.where(counted, mass, 0).take(self._around)
            of_pairs *= self._weights
            sums: F64 = np.add.reduceat(of_pairs, self._starts[:-1])
            return sums
        rows = counted.nonzero()[0]
        pairs, counts = self._pairs(rows)
        weights = np.repeat(mass[rows], counts) * (1 - self._away_m[pairs] / REACH_M)
        return np.bincount(self._around[pairs], weights, len(mass)).astype(np.float64)

    def all_sums(self, mass: F64, choices: Bools) -> WeightedSums:
        """The weighted sums of all choices."""
        return WeightedSums(np.where(choices, self.weighted_sums(mass), -np.inf))

    def sums_by_heaviest(self, mass: F64, choices: Bools) -> WeightedSums:
        """The weighted sums of the choices that lead by the heaviest tiles around them."""
        return self._leading_sums(mass, choices, last_of_best(mass, _HEAVY))

    def sums_by_heavy(self, mass: F64, choices: Bools) -> WeightedSums:
        """The weighted sums of the choices that lead by the heavy tiles around them."""
        return self._leading_sums(mass, choices, _LIGHT * float(mass.max(initial=0)))

    def _leading_sums(self, mass: F64, choices: Bools, light: float) -> WeightedSums:
        """The weighted sums of the choices that lead by the tiles that are heavier than `light`."""
        rows = np.flatnonzero(mass > light)
        pairs, counts = self._pairs(rows)
        weights = np.repeat(mass[rows], counts) * (1 - self._away_m[pairs] / REACH_M)
        by_heavy = np.bincount(self._around[pairs], weights, len(mass)).astype(np.float64)
        by_heavy[~choices] = -np.inf
        least = unseen = light * self._most_weight
        leading = np.flatnonzero(by_heavy > least)
        if len(leading) > _LEADING:
            least = last_of_best(by_heavy[leading], _LEADING)
            leading = leading[by_heavy[leading] > least]
        values = np.full(len(mass), -np.inf)
        if len(leading):
            pairs, counts = self._pairs(leading)
            of_pairs = mass[self._around[pairs]] * (1 - self._away_m[pairs] / REACH_M)
            values[leading] = np.add.reduceat(of_pairs, np.cumsum(counts) - counts)
        return WeightedSums(values, least + unseen, leading)

    @cached_property
    def _weights(self) -> F64:
        """The weight of each pair of tiles; only a gallery of few tiles keeps them."""
        weights: F64 = 1 - self._away_m / REACH_M
        return weights

    @cached_property
    def _most_weight(self) -> float:
        """The largest sum of the weights around a tile."""
        weights = 1 - self._away_m / REACH_M
        return float(np.add.reduceat(weights, self._starts[:-1]).max(initial=0))

    @cached_property
    def most_near(self) -> int:
        """The most tiles within 100 m of one, at the most: those within `REACH_M`."""
        return int(np.diff(self._starts).max(initial=1))

    def _pairs(self, rows: I64) -> tuple[I64, I64]:
        """The pairs of some tiles with those around them, and how many each has."""
        starts = self._starts[rows]
        counts = self._starts[rows + 1] - starts
        return ranges(starts, counts), counts

    def take_from(self, sums: F64, mass: F64, rows: I64) -> None:
        """Takes the mass of some tiles from the weighted sums."""
        taken = mass[rows]
        if not taken.all():
            rows, taken = rows[taken > 0], taken[taken > 0]
        pairs, counts = self._pairs(rows)
        weight = self._away_m[pairs]
        weight /= -REACH_M
        weight += 1
        weight *= taken.repeat(counts)
        np.subtract.at(sums, self._around[pairs], weight)


def _pairs_within(points: F64, radius_m: float) -> tuple[I64, I64]:
    """For N points in metres [N, 2], the points within the radius of each, itself among them.

    Returns where the neighbours of each begin [N + 1], and the neighbours. Points are sorted into
    square cells as wide as the radius, and only the nine cells around a point are looked at.
    """
    cells = np.floor((points - points.min(axis=0)) / radius_m).astype(np.int64) + 1
    rows_of_cells = int(cells[:, 1].max()) + 2
    keys = cells[:, 0] * rows_of_cells + cells[:, 1]
    by_cell = np.argsort(keys, kind="stable")
    owners, others = [], []
    for column in (-1, 0, 1):
        middle = keys + column * rows_of_cells
        begin = np.searchsorted(keys[by_cell], middle - 1, side="left")
        counts = np.searchsorted(keys[by_cell], middle + 1, side="right") - begin
        owner = np.repeat(np.arange(len(points)), counts)
        place = ranges(begin, counts)
        other = by_cell[place]
        near = ((points[owner] - points[other]) ** 2).sum(axis=1) <= radius_m**2
        owners.append(owner[near])
        others.append(other[near])
    owner, other = np.concatenate(owners), np.concatenate(others)
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(points)))])
    return starts.astype(np.int64), other[order].astype(np.int64)


_neighbourhoods: "WeakKeyDictionary[Gallery, Neighbourhood]" = WeakKeyDictionary()


def spots_of(
    gallery: Gallery,
    mass: F64,
    k: int,
    choices: Bools | None = None,
    separation_m: float = SEPARATION_M,
    sharpening: float = 1.0,
    enough: float | None = None,
) -> list[LikelySpot]:
    """The `k` likeliest spots from the probability `mass` [N] of the tiles, the likeliest first.

    `choices` [N] are the tiles that may be spots, None for all. Spots are at least `separation_m`
    apart; where the choices hold fewer such spots, nearer ones follow. There are fewer than `k`
    only where there are fewer choices. Spots are chosen by the mass to the power of `sharpening`,
    which does not change their chances. With `enough`, spots end where all that is left is no
    more than that.
    """
    around = _neighbourhoods.get(gallery)
    if around is None:
        around = _neighbourhoods[gallery] = Neighbourhood(gallery)
    unused = np.ones(len(mass), dtype=bool) if choices is None else choices.copy()
    # the share that all tiles have would favour places with many tiles around
    even = float((mass if choices is None else mass[unused]).min(initial=1.0))
    informative = np.maximum(mass - even, 0)
    most = float(informative.max(initial=0))
    if sharpening != 1 and most > 0:
        heavy = np.flatnonzero(informative > most * _NO_MASS ** (1 / sharpening))
        powers = (informative[heavy] / most) ** sharpening
        informative = np.zeros(len(mass))
        informative[heavy] = powers
    else:
        sharpening, most = 1.0, 1.0
    wanted = _Wanted(k, separation_m, enough, even, most, sharpening)
    sums = [around.all_sums]
    if len(mass) > ALL_SUMS:
        sums = [around.sums_by_heaviest, around.sums_by_heavy, *sums]
    chosen = (_chosen(around, mass, informative, unused, wanted, sums_of) for sums_of in sums)
    spots = next(found for found in chosen if found is not None)
    return sorted(spots, key=lambda spot: -spot.chance)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options of `spots_of`, the share `even` that all tiles have, and what the sharpened
    masses were divided by."""

    k: int
    separation_m: float
    enough: float | None
    even: float
    most: float
    sharpening: float

    def may_have_more(self, left: F64, best_sum: float, near: int) -> bool:
        """Whether a spot may have a chance above `enough`, of the mass `left` [N], with a weighted
        sum of the sharpened masses up to `best_sum` and at most so many tiles near it.

        Tiles within 100 m count a third or more in the sum; of the masses that have the same sum of
        powers, equal ones have the largest sum.
        """
        if self.enough is None:
            return True
        if float(left.sum()) <= self.enough:
            return False
        powers = max(best_sum, 0.0) * REACH_M / (REACH_M - RADIUS_M) + near * _NO_MASS
        sums = self.most * near * (powers / near) ** (1 / self.sharpening)
        return bool(sums + near * self.even > self.enough)


def _chosen(
    around: Neighbourhood,
    mass: F64,
    informative: F64,
    choices: Bools,
    wanted: _Wanted,
    sums_of: Callable[[F64, Bools], WeightedSums],
) -> list[LikelySpot] | None:
    """The spots in the order in which they are chosen; None where a tile whose sum is not known may
    have been better."""
    unused, left, informative = choices.copy(), mass.copy(), informative.copy()
    spots: list[LikelySpot] = []
    sums = sums_of(informative, unused)
    distinct = sums.values
    tied = _TIED * max(float(distinct.max()), 0.0)
    choosable = int(np.count_nonzero(unused))
    while len(spots) < min(wanted.k, choosable):
        row = sums.first(tied)
        if distinct[row] < sums.certain_from:
            return None
        if distinct[row] == -np.inf:
            row = int(around.all_sums(informative, unused).values.argmax())
        elif spots and not wanted.may_have_more(left, distinct[row] + tied, around.most_near):
            break
        near = around.rows_near(row)
        spots.append(LikelySpot(row, min(float(left[near].sum()), 1.0)))
        unused[row] = False
        if len(spots) == wanted.k:
            break
        around.take_from(distinct, informative, near)
        left[near] = informative[near] = 0
        if wanted.separation_m <= REACH_M:
            distinct[around.rows_nearer(row, wanted.separation_m)] = -np.inf
        else:
            away = ((around.points - around.points[row]) ** 2).sum(axis=1)
            distinct[away < wanted.separation_m**2] = -np.inf
    return spots
