"""What a search's own numbers tell of how far it can be trusted; knows neither maps nor fits."""

import numpy as np

from core.arrays import F32, Bools
from core.records import CHANNELS, Channel
from core.retrieval.background import Background
from core.retrieval.channels import SPECS
from core.retrieval.channels.channel import allowed, logarithm
from core.retrieval.fusion import Signals
from core.retrieval.reading import Reading

CLUES = (
    "tiles",
    *CHANNELS,
    "characters",
    *(clue for spec in SPECS.values() for clue in spec.clues),
    "score",
    "score_mean",
    "score_rise",
    "lead_of_10",
    "lead_of_100",
)
"""Each clue of `clues_of`, in order. Counts are logarithms; a channel's are 0 where it is off.

What is `ahead` says by how much the gallery fits better than what towns usually have.
"""


def clues_of(
    reading: Reading,
    signals: Signals,
    scores: F32,
    channels: tuple[Channel, ...],
    mask: Bools | None,
    background: Background,
) -> F32:
    """The clues [C] of one search, in the order of `CLUES`; only allowed tiles count."""
    clues: dict[str, float] = {name: float(name in channels) for name in CHANNELS}
    clues |= {"characters": logarithm(len(reading.text))} | _of_scores(allowed(scores, mask))
    for name, found in signals.found.items():
        of_channel = SPECS[name].clues_of
        if of_channel and name in channels:
            clues |= of_channel(found, reading, mask, background)
    return np.array([clues.get(name, 0.0) for name in CLUES], dtype=np.float32)


def _of_scores(scores: F32) -> dict[str, float]:
    """How far the best of N fused scores is ahead of the others."""
    most = min(len(scores), 100)
    leading = np.sort(np.partition(scores, len(scores) - most)[len(scores) - most :])[::-1]
    best, mean = float(leading[0]), float(scores.mean())
    return {
        "tiles": logarithm(len(scores)),
        "score": best,
        "score_mean": mean,
        "score_rise": (best - mean) / (float(scores.std()) + 1e-6),
        "lead_of_10": best - float(leading[min(9, most - 1)]),
        "lead_of_100": best - float(leading[most - 1]),
    }
