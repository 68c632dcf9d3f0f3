"""The weights of signals in a comparison, and its part due to roles and directions of things."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.arrays import F64
from core.records import Channel
from core.retrieval import SearchTrace

RELATIONS: Final = "how the streets and names that it mentions lie to the place"


@dataclass(frozen=True, slots=True)
class RelationDifferences:
    """Score difference of two tiles due to the learned ranking: of each phrase [P], by channel, and
    of the `rest`, which lies in no phrase."""

    by_phrase: dict[Channel, F64]
    rest: float


def relation_differences(trace: SearchTrace, a: int, b: int) -> RelationDifferences:
    """The differences of the tile in row `a` minus that in row `b`."""
    named, phrases = trace.ranking.named_things, trace.encoded_query.phrases
    at_both = trace.ranking.model.corrections(named)[:, [a, b]].astype(np.float64)
    by_phrase: dict[Channel, F64] = {name: np.zeros(len(phrases)) for name in ("facts", "names")}
    rest = 0.0
    for thing, (at_a, at_b) in zip(named.things, at_both, strict=True):
        rows = [
            row
            for row, phrase in enumerate(phrases)
            if thing.start < phrase.end and phrase.start < thing.end
        ]
        if rows:
            by_phrase["facts" if thing.kind == "phrase" else "names"][rows[0]] += at_a - at_b
        else:
            rest += at_a - at_b
    return RelationDifferences(by_phrase, rest)


def signal_shares(trace: SearchTrace) -> dict[str, float]:
    """The weight of each signal in the similarity."""
    signals = trace.ranking.signals
    weights = {
        name: weight
        for channel in trace.channels
        for name, weight in signals.weights(channel).items()
    }
    total = sum(weights.values())
    added = trace.ranking.model.signal_weights(signals)
    return {signal: weight / total + added.get(signal, 0.0) for signal, weight in weights.items()}
