"""Weighted fusion of the channels' signals into one ranking of the tiles.

`python -m core evaluate --table` measures the channels alone and fused with these weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.geo import local_metres
from core.indexes import coarse
from core.indexes.codes import best_ascending
from core.records import CHANNELS, VIEWS, Channel, View
from core.retrieval.channels import SPECS, ChannelResult, FirstStep, MatchIndex
from core.retrieval.channels.image import VIEW_SIGNALS
from core.retrieval.query_encoding import EncodedQuery

SEPARATION_M = 100.0
"""Tiles nearer than this to a better candidate come after all distinct ones. Chosen on RVS train
and tests/descriptions.jsonl."""

WEIGHTS: Mapping[str, float] = {
    signal: weight for spec in SPECS.values() for signal, weight in spec.weights.items()
}
"""The weight of each signal among those of the channels that are searched."""
LEADING = 4096
"""Tiles of a large gallery that lead by words, whose pictures are compared exactly."""
SIGNALS = tuple(WEIGHTS)
"""The names of the S signals, in order."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of N tiles, by name; 0 for one whose channel was not searched or left it out.

    `results` holds the result of each channel that was searched.
    """

    tiles: int
    results: Mapping[Channel, ChannelResult]

    def __getitem__(self, signal: str) -> F32:
        """One signal for each tile, about 0..1: [N]."""
        of_tiles = self.found(signal)
        if of_tiles is not None:
            return of_tiles
        if signal not in WEIGHTS:
            raise KeyError(signal)
        return np.zeros(self.tiles, dtype=np.float32)

    def found(self, signal: str) -> F32 | None:
        """One signal [N], or None where its channel was not searched or left it out."""
        for result in self.results.values():
            if signal in result.signals:
                return result.signals[signal]
        return None

    def at(self, tiles: Sequence[int]) -> "Signals":
        """The signals of some tiles alone."""
        results = {
            name: replace(
                result,
                signals={signal: of[tiles] for signal, of in result.signals.items()},
            )
            for name, result in self.results.items()
        }
        return Signals(len(tiles), results)

    @property
    def approximate(self) -> bool:
        """Whether an index chose what was compared exactly, as in a large gallery."""
        return any(result.approximate for result in self.results.values())

    def stacked(self) -> F32:
        """All signals in the order of `SIGNALS`: [S, N]."""
        return np.stack([self[signal] for signal in SIGNALS])

    def weights(self, name: Channel) -> dict[str, float]:
        """The weights of a channel's signals; one that its result leaves out does not count."""
        result, weights = self.results.get(name), dict(SPECS[name].weights)
        if result is None:
            return weights
        return {signal: weights[signal] for signal in weights if signal in result.signals}

    def channel(self, name: Channel) -> F32:
        """One channel's own score for each tile, about 0..1."""
        weights = self.weights(name)
        return _mean([self[signal] for signal in weights], list(weights.values()))

    def pictures(self) -> dict[View, F32]:
        """The signal [N] of each picture of the tiles, where two of each were searched."""
        views = {view: self.found(VIEW_SIGNALS[view]) for view in VIEWS}
        both = {view: of for view, of in views.items() if of is not None}
        return both if len(both) > 1 else {}

    def fused(self, channels: tuple[Channel, ...]) -> F32:
        """The weighted mean of the chosen channels."""
        weights = {name: sum(self.weights(name).values()) for name in channels}
        return _mean([self.channel(name) for name in weights], list(weights.values()))


def _mean(parts: Sequence[F32], weights: Sequence[float]) -> F32:
    """The weighted mean of several arrays [N]; a single one is returned unchanged."""
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
    begun: Mapping[Channel, FirstStep] | None = None,
) -> Signals:
    """The signals of every tile; `image` needs a query encoded with the picture model.

    `begun` has the first steps that were made already.
    """
    tiles, results = len(match_index.gallery), dict[Channel, ChannelResult]()
    made = {name: step.made for name, step in (begun or {}).items()}
    for name in sorted(channels, key=lambda name: name == "image"):  # it reads the others' leaders
        is_large = tiles > coarse.COARSE_FROM and mask is None and not encoded_query.exact
        if name == "image" and results and is_large:
            by_words = Signals(tiles, results).fused(tuple(results))
            leading = best_ascending(by_words, LEADING)
            encoded_query = replace(encoded_query, leading=leading)
        result = SPECS[name].search(match_index, encoded_query, mask, made.get(name))
        if result is not None:
            results[name] = result
    return Signals(tiles, {name: results[name] for name in SPECS if name in results})


def ordered(scores: F32, mask: Bools | None) -> I64:
    """The allowed tiles from the best; ties in the gallery's order."""
    order = np.argsort(-scores, kind="stable")
    return order if mask is None else order[mask[order]]


def suppress_neighbours(
    order: I64,
    lats: F64,
    lons: F64,
    k: int,
    separation_m: float = SEPARATION_M,
) -> list[int]:
    """Spatial non-maximum suppression: the first `k` tiles that are at least `separation_m` apart,
    filled up with the suppressed ones in their order."""
    x, y = local_metres(lats, lons, lats.mean())
    distinct: list[int] = []
    free = np.ones(len(lats), dtype=bool)
    for tile in order:
        if not free[tile]:
            continue
        distinct.append(int(tile))
        if len(distinct) == k:
            return distinct
        free &= (x - x[tile]) ** 2 + (y - y[tile]) ** 2 >= separation_m**2
    taken = set(distinct)
    rest = (int(tile) for tile in order if int(tile) not in taken)
    return [*distinct, *islice(rest, k - len(distinct))]
