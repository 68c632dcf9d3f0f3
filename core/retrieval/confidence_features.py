"""What a search's own numbers tell of how far it can be trusted; knows neither maps nor fits."""

import numpy as np

from core.arrays import F32, Bools
from core.records import CHANNELS, Channel
from core.retrieval.background_corpus import Background
from core.retrieval.channels import SPECS
from core.retrieval.channels.channel import allowed, logarithm
from core.retrieval.fusion import Signals
from core.retrieval.query_encoding import EncodedQuery

FEATURES = (
    "tiles",
    *CHANNELS,
    "characters",
    *(clue for spec in SPECS.values() for clue in spec.features),
    "score",
    "score_mean",
    "score_rise",
    "lead_of_10",
    "lead_of_100",
)
"""The features of `confidence_features`, in order. Counts are logarithms; those of a channel that
is off are 0.

What is `ahead` says by how much the gallery fits better than what towns usually have.
"""


def confidence_features(
    encoded_query: EncodedQuery,
    signals: Signals,
    scores: F32,
    channels: tuple[Channel, ...],
    mask: Bools | None,
    background: Background,
) -> F32:
    """The clues [C] of one search, in the order of `FEATURES`; only allowed tiles count."""
    features: dict[str, float] = {name: float(name in channels) for name in CHANNELS}
    features |= {"characters": logarithm(len(encoded_query.text))} | _of_scores(
        allowed(scores, mask)
    )
    for name, found in signals.found.items():
        of_channel = SPECS[name].features_of
        if of_channel and name in channels:
            features |= of_channel(found, encoded_query, mask, background)
    return np.array([features.get(name, 0.0) for name in FEATURES], dtype=np.float32)


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
