"""Composition of batches: anchors in random order, each with neighbours from the same town.

A batch depends only on the seed and the step, so that a resumed run gets the same batches.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np

from core.arrays import F64, I64, Bools
from core.errors import TrainingError
from core.geo import haversine_m, local_metres

_NEIGHBOURS = 64


@dataclass(frozen=True, slots=True)
class PairPlaces:
    """The places of N examples: `lats`, `lons` [N] in degrees and the number of the town [N].

    Examples without a place have NaN and no neighbours.
    """

    lats: F64
    lons: F64
    towns: I64

    def near_duplicates(self, rows: I64, apart_m: float) -> Bools:
        """[B, B]: True for pairs of examples less than `apart_m` metres apart."""
        lats, lons = self.lats[rows], self.lons[rows]
        metres = [haversine_m(lat, lon, lats, lons) for lat, lon in zip(lats, lons, strict=True)]
        near: Bools = np.stack(metres) < apart_m
        return near


class Batches:
    """Batches of `size` different rows, in groups of `group` neighbours as hard negatives.

    With `balanced`, anchors come from all towns equally often: an epoch takes as many from each,
    the examples of a small town several times and those of a large one in part.
    """

    def __init__(
        self, places: PairPlaces, size: int, group: int, seed: int, balanced: bool = False
    ) -> None:
        if len(places.lats) < size:
            raise TrainingError(
                f"there are {len(places.lats)} examples to train on, fewer than a batch of {size}; "
                "add examples or choose a smaller batch"
            )
        self._size, self._group, self._seed = size, group, seed
        self._count = len(places.lats)
        self._neighbours = _neighbours(places)
        self._towns = (
            [np.flatnonzero(places.towns == town) for town in np.unique(places.towns)]
            if balanced
            else []
        )
        self._epoch: tuple[int, I64] = (-1, np.empty(0, dtype=np.int64))

    def rows(self, step: int) -> I64:
        """The rows [size] of one step; in an epoch every example is an anchor once, unless the
        batches are balanced."""
        anchors = self._size // self._group
        epoch, number = divmod(step, -(-self._count // anchors))
        order = self._order(epoch)
        rng = np.random.default_rng((self._seed, epoch, number))
        chosen_anchors = order[number * anchors : (number + 1) * anchors]
        groups = [
            np.append(anchor, rng.permutation(self._neighbours[anchor])[: self._group - 1])
            for anchor in chosen_anchors
        ]
        rows = np.unique(np.concatenate(groups))
        rows = np.append(rows, self._others(order, rows, rng)[: self._size - len(rows)])
        return rng.permutation(rows).astype(np.int64)

    def _order(self, epoch: int) -> I64:
        """The anchors [N] of an epoch; the last epoch's are remembered."""
        if self._epoch[0] != epoch:
            rng = np.random.default_rng((self._seed, epoch))
            order = self._balanced_order(rng) if self._towns else rng.permutation(self._count)
            self._epoch = (epoch, order)
        return self._epoch[1]

    def _balanced_order(self, rng: np.random.Generator) -> I64:
        """N anchors in rounds: each round takes one of every town, in random order."""
        rounds = -(-self._count // len(self._towns))
        taken = [
            np.concatenate([rng.permutation(rows) for _ in range(-(-rounds // len(rows)))])[:rounds]
            for rows in self._towns
        ]
        order: I64 = rng.permuted(np.stack(taken, axis=1), axis=1).ravel()[: self._count]
        return order

    def _others(self, order: I64, rows: I64, rng: np.random.Generator) -> I64:
        """All rows but some, in random order; in balanced batches as often of each town, too."""
        if not self._towns:
            return rng.permutation(np.setdiff1d(order, rows, assume_unique=True))
        drawn = rng.permutation(order)
        drawn = drawn[np.sort(np.unique(drawn, return_index=True)[1])]
        left = rng.permutation(np.setdiff1d(np.arange(self._count), drawn, assume_unique=True))
        others = np.append(drawn, left)
        unused: I64 = others[~np.isin(others, rows)]
        return unused

    def draws(self, step: int) -> I64:
        """A random number from 0 up for each row of a step, equal in every process."""
        rng = np.random.default_rng((self._seed, step, 0, 1))
        return rng.integers(1 << 30, size=self._size)


def _neighbours(places: PairPlaces) -> list[I64]:
    """For each example the rows of its nearest neighbours in the same town."""
    neighbours: list[I64] = [np.empty(0, dtype=np.int64)] * len(places.lats)
    for town in np.unique(places.towns):
        rows = np.flatnonzero((places.towns == town) & ~np.isnan(places.lats))
        if len(rows) < 2:
            continue
        lats = places.lats[rows]
        flat = np.column_stack(local_metres(lats, places.lons[rows], lats.mean()))
        flat = (flat - flat.mean(0)).astype(np.float32)
        _, near = faiss.knn(flat, flat, min(_NEIGHBOURS + 1, len(rows)))
        for row, others in zip(rows, near, strict=True):
            neighbours[row] = rows[others[rows[others] != row]]
    return neighbours
