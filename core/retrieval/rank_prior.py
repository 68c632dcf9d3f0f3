"""Probability of a tile by its rank alone.

A softmax over scores is too sure where the scores are far apart, and too unsure where they are
close: the order of the tiles may still be right then. So a part of the probability goes by the rank
alone, as the places of earlier descriptions were spread over the ranks. Our own method, not
published.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.indexes.codes import best_places

LEADING = 400
"""Tiles beyond this rank have no share: they have that of the even spread."""


@dataclass(frozen=True, slots=True)
class RankPrior:
    """The share of the tile at rank r (from 0) is in proportion to (r + offset)^-power, as far as
    `LEADING`. `weight` is the part of the probability that goes by it."""

    weight: float = 0.0
    offset: float = 1.0
    power: float = 1.0

    def shares(self, count: int) -> F64:
        """The shares [R] of the first ranks among `count` tiles, which sum to 1."""
        ranks = np.arange(min(count, LEADING), dtype=np.float64)
        shares: F64 = (ranks + self.offset) ** -self.power
        shares /= shares.sum()
        return shares

    def of(self, scores: F32, allowed: Bools) -> F64:
        """The share [N] of each tile by the rank of its score [N] among the allowed ones; equal
        scores have equal shares."""
        if allowed.all():
            leading = _leading(scores)
            shares = self.shares(len(scores))
        else:
            rows = np.flatnonzero(allowed)
            leading = rows[_leading(scores[rows])]
            shares = self.shares(len(rows))
        spread, of_leading = np.zeros(len(scores)), scores[leading]
        if not (of_leading[1:] < of_leading[:-1]).all():
            _, same, count = np.unique(of_leading, return_inverse=True, return_counts=True)
            shares = (np.bincount(same, shares) / count)[same]
        spread[leading] = shares
        return spread


NO_RANK_PRIOR = RankPrior()
"""Nothing goes by the rank."""


def _leading(scores: F32) -> I64:
    """The rows of the best `LEADING` scores, the best first; of equal ones the first rows."""
    return best_places(scores, LEADING)
