"""From the channels' signals to one order of the tiles; weights chosen by measurement.

`python -m core evaluate --table` measures every row of the README's table with these weights.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.geo import METRES_PER_DEGREE
from core.records import Channel
from core.retrieval.channels import (
    Floats,
    Ground,
    best_by_tile,
    share_of_best,
    similar_facts,
    worded_facts,
)
from core.retrieval.channels import facts_allowed as _facts_allowed
from core.retrieval.reading import Reading

Mask = npt.NDArray[np.bool_]

SEPARATION_M = 75.0
"""Candidates are spots: closer tiles come after the distinct ones. Tuned on RVS train."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; learned, see the README."""

    phrases: float = 0.7
    whole: float = 0.5
    words: float = 0.6
    crowding: float = 0.1


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Signals:
    """For N tiles: the share of phrases, the cosine with the whole tile, the share of words."""

    phrases: Floats
    whole: Floats
    words: Floats
    crowding: Floats

    def channel(self, name: Channel, weights: Weights = WEIGHTS) -> Floats:
        """One channel's own score for each tile, about 0..1."""
        if name == "names":
            return self.words
        mixed: Floats = (weights.phrases * self.phrases + weights.whole * self.whole) / (
            weights.phrases + weights.whole
        )
        return mixed

    def fused(self, channels: tuple[Channel, ...], weights: Weights = WEIGHTS) -> Floats:
        """The weighted mean of the chosen channels, less what crowded ground gets for nothing."""
        parts: dict[Channel, float] = {
            "facts": weights.phrases + weights.whole,
            "names": weights.words,
        }
        total = sum(parts[name] for name in channels)
        score: Floats = np.zeros(len(self.whole), dtype=np.float32)
        for name in channels:
            score = score + np.float32(parts[name] / total) * self.channel(name, weights)
        fused: Floats = score - np.float32(weights.crowding) * self.crowding
        return fused


def signals_of(ground: Ground, reading: Reading, mask: Mask | None = None) -> Signals:
    """Every signal for every tile; facts that no allowed tile sees are not searched."""
    allowed = _facts_allowed(ground, mask)
    phrases = best_by_tile(ground, similar_facts(ground, reading, allowed), len(reading.phrases))
    words = best_by_tile(ground, worded_facts(ground, reading.words), len(reading.words))
    tiles = len(ground.gallery)
    whole = np.zeros(tiles, dtype=np.float32)
    rows = None if mask is None else np.flatnonzero(mask).astype(np.int64)
    found = ground.gallery.tile_index.search(reading.embedding[None], tiles, rows)
    whole[found.rows[0]] = found.similarities[0]
    return Signals(share_of_best(phrases), whole, share_of_best(words), ground.crowding)


def ordered(scores: Floats, mask: Mask | None) -> npt.NDArray[np.int64]:
    """Allowed tiles from the best; equal scores in the gallery's order."""
    order = np.argsort(-scores, kind="stable")
    return order if mask is None else order[mask[order]]


def spots(order: npt.NDArray[np.int64], lats: npt.NDArray[np.float64],
          lons: npt.NDArray[np.float64], k: int,
          separation_m: float = SEPARATION_M) -> list[int]:  # fmt: skip
    """The first `k` tiles of an order that are apart from each other, then the nearer ones."""
    x = np.radians(lons) * np.cos(np.radians(lats.mean())) * np.degrees(METRES_PER_DEGREE)
    y = lats * METRES_PER_DEGREE
    kept: list[int] = []
    free = np.ones(len(lats), dtype=bool)
    for tile in order:
        if not free[tile]:
            continue
        kept.append(int(tile))
        if len(kept) == k:
            return kept
        free &= (x - x[tile]) ** 2 + (y - y[tile]) ** 2 >= separation_m**2
    chosen = set(kept)
    rest = (int(tile) for tile in order if int(tile) not in chosen)
    return kept + [tile for _, tile in zip(range(k - len(kept)), rest, strict=False)]
