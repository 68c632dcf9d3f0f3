"""From the channels' signals to one order of the tiles; weights chosen by measurement.

`python -m core evaluate --table` measures every row of the README's table with these weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.geo import local_metres
from core.records import CHANNELS, Channel
from core.retrieval.channels import SPECS, ChannelResult, MatchIndex
from core.retrieval.query_encoding import EncodedQuery

SEPARATION_M = 100.0
"""Candidates are spots: closer tiles come after the distinct ones. Chosen on RVS train and
tests/descriptions.jsonl."""

WEIGHTS: Mapping[str, float] = {
    signal: weight for spec in SPECS.values() for signal, weight in spec.weights.items()
}
"""How much each signal counts, beside the others of the channels that are searched."""
SIGNALS = tuple(WEIGHTS)
"""The names of the S signals, in order."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of N tiles, by name; 0 where a signal's channel was not searched.

    `found` is the result of each channel that was.
    """

    tiles: int
    found: Mapping[Channel, ChannelResult]

    def __getitem__(self, signal: str) -> F32:
        """One signal for each tile, about 0..1: [N]."""
        for found in self.found.values():
            if signal in found.signals:
                return found.signals[signal]
        if signal not in WEIGHTS:
            raise KeyError(signal)
        return np.zeros(self.tiles, dtype=np.float32)

    def stacked(self) -> F32:
        """All signals in the order of `SIGNALS`: [S, N]."""
        return np.stack([self[signal] for signal in SIGNALS])

    def channel(self, name: Channel) -> F32:
        """One channel's own score for each tile, about 0..1."""
        weights = SPECS[name].weights
        return _mean([self[signal] for signal in weights], list(weights.values()))

    def fused(self, channels: tuple[Channel, ...]) -> F32:
        """The weighted mean of the chosen channels."""
        each = {name: sum(SPECS[name].weights.values()) for name in channels}
        return _mean([self.channel(name) for name in each], list(each.values()))


def _mean(parts: Sequence[F32], weights: Sequence[float]) -> F32:
    """The weighted mean of several [N]; what stands alone needs no weight."""
    if len(parts) == 1:
        return parts[0]
    mean = np.zeros_like(parts[0])
    for part, weight in zip(parts, weights, strict=True):
        mean += np.float32(weight / sum(weights)) * part
    return mean


def signals_of(
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    mask: Bools | None = None,
    channels: tuple[Channel, ...] = CHANNELS,
) -> Signals:
    """The signals of some channels for every tile; `image` needs a reading that imagined."""
    found = {
        name: result
        for name, spec in SPECS.items()
        if name in channels
        and (result := spec.search(match_index, encoded_query, mask)) is not None
    }
    return Signals(len(match_index.gallery), found)


def ordered(scores: F32, mask: Bools | None) -> I64:
    """Allowed tiles from the best; equal scores in the gallery's order."""
    order = np.argsort(-scores, kind="stable")
    return order if mask is None else order[mask[order]]


def suppress_neighbours(
    order: I64,
    lats: F64,
    lons: F64,
    k: int,
    separation_m: float = SEPARATION_M,
) -> list[int]:
    """The first `k` tiles of an order that are apart from each other, then the nearer ones."""
    x, y = local_metres(lats, lons, lats.mean())
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
