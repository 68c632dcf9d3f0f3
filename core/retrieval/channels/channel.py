"""The description of a channel: its signals, its search, and its features for confidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import F32, Bools
from core.records import Channel
from core.retrieval.channels.match_index import Matches, MatchIndex
from core.retrieval.query_encoding import EncodedQuery

if TYPE_CHECKING:
    from core.retrieval.background_corpus import Background

Allowed = Bools | None
"""Mask [N] of the tiles that a query allows, None for all."""


@dataclass(frozen=True, slots=True)
class ChannelResult:
    """The result of one channel for N tiles: its signals by name, each [N] and about 0..1.

    `strengths` [R] is the best score of any allowed tile for each of R query terms (phrases or
    words), on the channel's own scale: cosine − `LEAST_COSINE`, or BM25. `matches` are those of
    the phrases with facts, None for other channels. `cosines` [P, V] are those of the phrases with
    all embedded facts, None where some were not compared. `approximate`: in a large gallery, an
    index chose what was compared exactly.
    """

    signals: Mapping[str, F32]
    strengths: F32 = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    matches: Matches | None = None
    cosines: F32 | None = None
    approximate: bool = False


FeaturesOf = Callable[[ChannelResult, EncodedQuery, Allowed, "Background"], dict[str, float]]
"""Features for confidence, by name, from a channel's result."""


@dataclass(frozen=True, slots=True)
class Signal:
    """The weight of a signal in the fusion of all channels that are searched, and what it is
    `about`, in words that end the sentence "the tiles differ by …"."""

    weight: float
    about: str


@dataclass(frozen=True, slots=True)
class FirstStep:
    """The first step of a channel's search: what the rest of it `made` use of, and the `features`
    by which a region is looked at before it is searched (`core.retrieval.first_look`)."""

    made: Any
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A channel as data.

    `signals` are by name; a name belongs to one channel only. `search` returns None where the
    encoded query lacks what the channel needs; it takes what the first step made, or None. `begin`
    is that step, None for a channel without one. `features` names the confidence features that
    `features_of` computes; a feature that it leaves out is 0.
    """

    name: Channel
    signals: Mapping[str, Signal]
    search: Callable[[MatchIndex, EncodedQuery, Allowed, Any], ChannelResult | None]
    features: tuple[str, ...] = ()
    features_of: FeaturesOf | None = None
    begin: Callable[[MatchIndex, EncodedQuery, Allowed], FirstStep] | None = None

    @property
    def weights(self) -> dict[str, float]:
        """The weights of the signals by name."""
        return {name: signal.weight for name, signal in self.signals.items()}


def allowed(values: F32, mask: Allowed) -> F32:
    """The values of the allowed tiles."""
    return values if mask is None else values[mask]


def median_of(values: F32) -> np.float32:
    """The median as NumPy has it, of signals of which more than half are often the least."""
    least = values.min()
    if 2 * np.count_nonzero(values == least) > len(values):
        return np.float32(least)
    middle = (len(values) - 1) // 2, len(values) // 2
    return np.float32(np.partition(values, middle)[[*middle]].mean())


def lower_quartile(values: F32) -> float:
    """The first quartile, between two values by a straight line."""
    ascending = np.sort(values).tolist()
    place = (len(ascending) - 1) / 4
    low, high = ascending[int(place)], ascending[min(int(place) + 1, len(ascending) - 1)]
    return float(low + (high - low) * (place - int(place)))


def logarithm(count: int) -> float:
    """The natural logarithm of a count, 0 for none."""
    return float(np.log(max(count, 1)))
