"""Features from which the calibration predicts confidence, computed from one search's scores."""

import numpy as np

from core.arrays import F32, Bools
from core.indexes.codes import best_places
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
    *(feature for spec in SPECS.values() for feature in spec.features),
    "score",
    "score_mean",
    "score_rise",
    "lead_of_10",
    "lead_of_100",
    "corrected",
)
"""The names of the features, in order. Counts are logarithms; the features of a channel that was
not searched are 0. A feature `…_ahead` is the gallery's score minus the background corpus's.
`corrected` is what the ranking model adds to the fused score of the best tile.
"""


def confidence_features(
    encoded_query: EncodedQuery,
    signals: Signals,
    scores: F32,
    channels: tuple[Channel, ...],
    mask: Bools | None,
    background: Background,
    fused: F32 | None = None,
) -> F32:
    """The features [C] of one search, in the order of `FEATURES`; only allowed tiles count.

    `fused` [N] are the fused signals, if they are at hand.
    """
    features: dict[str, float] = {name: float(name in channels) for name in CHANNELS}
    best = int(np.argmax(scores if mask is None else np.where(mask, scores, -np.inf)))
    of_best = signals.at([best]).fused(channels)[0] if fused is None else fused[best]
    features |= {
        "characters": logarithm(len(encoded_query.text)),
        "corrected": float(scores[best] - of_best),
    }
    features |= _of_scores(allowed(scores, mask))
    for name, result in signals.results.items():
        features_of = SPECS[name].features_of
        if features_of and name in channels:
            features |= features_of(result, encoded_query, mask, background)
    return np.array([features.get(name, 0.0) for name in FEATURES], dtype=np.float32)


def _of_scores(scores: F32) -> dict[str, float]:
    """Features of N fused scores: the best one and its lead on the others."""
    most = min(len(scores), 100)
    leading = scores[best_places(scores, most)]
    best, mean = float(leading[0]), float(scores.mean())
    return {
        "tiles": logarithm(len(scores)),
        "score": best,
        "score_mean": mean,
        "score_rise": (best - mean) / (float(scores.std()) + 1e-6),
        "lead_of_10": best - float(leading[min(9, most - 1)]),
        "lead_of_100": best - float(leading[most - 1]),
    }
