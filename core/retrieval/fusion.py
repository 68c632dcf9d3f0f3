"""From the channels' signals to one order of the tiles; weights chosen by measurement.

`python -m core evaluate --table` measures every row of the README's table with these weights.
"""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from core.geo import METRES_PER_DEGREE
from core.records import Channel
from core.retrieval.channels import (
    Floats,
    Ground,
    best_by_tile,
    facts_allowed,
    share_of_best,
    similar_facts,
    worded_facts,
)
from core.retrieval.reading import Reading

Mask = npt.NDArray[np.bool_]

SEPARATION_M = 100.0
"""Candidates are spots: closer tiles come after the distinct ones. Chosen on RVS train and
tests/descriptions.jsonl."""


_SIMILAR_TILES = 1000
"""Tiles whose whole text is compared exactly; the others count as the last of these."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; the channels' shares sum to 1."""

    phrases: float = 0.25
    whole: float = 0.14
    best_fact: float = 0.23
    words: float = 0.20
    window: float = 0.18


WEIGHTS = Weights()
_SIGNALS: dict[Channel, tuple[str, ...]] = {
    "facts": ("phrases", "whole", "best_fact"),
    "names": ("words", "window"),
}


@dataclass(frozen=True, slots=True)
class Signals:
    """For N tiles, each [N] and about 0..1.

    facts: `phrases`, the share of what the phrases could find; `whole`, the cosine of description
    and tile; `best_fact`, that with the best single fact. names: `words`, the share of what the
    words could find; `window`, BM25 over the tile as one document.
    """

    phrases: Floats
    whole: Floats
    best_fact: Floats
    words: Floats
    window: Floats

    def channel(self, name: Channel, weights: Weights = WEIGHTS) -> Floats:
        """One channel's own score for each tile, about 0..1."""
        total = sum(getattr(weights, signal) for signal in _SIGNALS[name])
        mixed = np.zeros_like(self.whole)
        for signal in _SIGNALS[name]:
            share = np.float32(getattr(weights, signal) / total)
            np.add(mixed, share * getattr(self, signal), out=mixed)
        return mixed

    def fused(self, channels: tuple[Channel, ...], weights: Weights = WEIGHTS) -> Floats:
        """The weighted mean of the chosen channels."""
        parts = {
            name: sum(getattr(weights, signal) for signal in _SIGNALS[name]) for name in channels
        }
        score = np.zeros_like(self.whole)
        for name, part in parts.items():
            share = np.float32(part / sum(parts.values()))
            np.add(score, share * self.channel(name, weights), out=score)
        return score


def signals_of(ground: Ground, reading: Reading, mask: Mask | None = None) -> Signals:
    """Every signal for every tile; facts that no allowed tile sees are not searched."""
    allowed = facts_allowed(ground, mask)
    phrases = best_by_tile(
        ground, similar_facts(ground, reading, allowed), reading.phrase_bearings
    )
    worded = worded_facts(ground, reading.words)
    words = best_by_tile(ground, worded, reading.word_bearings)
    rows = None if mask is None else np.flatnonzero(mask).astype(np.int64)
    found = ground.gallery.tile_index.search(reading.embedding[None], _SIMILAR_TILES, rows)
    whole = np.full(len(ground.gallery), found.similarities.min(initial=1), dtype=np.float32)
    whole[found.rows[0]] = found.similarities[0]
    return Signals(
        phrases=share_of_best(phrases, mask),
        whole=whole,
        best_fact=ground.best_fact(reading, allowed),
        words=share_of_best(words, mask),
        window=share_of_best(ground.window_bm25(worded, len(reading.words))[None], mask),
    )


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
    return [*kept, *islice(rest, k - len(kept))]
