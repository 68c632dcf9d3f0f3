"""What a search's own numbers tell of how far it can be trusted; knows neither maps nor fits."""

import numpy as np

from core.arrays import F32, Bools
from core.records import CHANNELS, Channel
from core.retrieval.background import Background
from core.retrieval.fusion import Signals
from core.retrieval.reading import Reading

CLUES = (
    "tiles",
    *CHANNELS,
    "characters",
    "phrases",
    "bearings",
    "phrase_strength",
    "phrase_floor",
    "phrases_found",
    "phrases_together",
    "whole",
    "whole_rise",
    "best_fact",
    "best_fact_rise",
    "whole_ahead",
    "best_fact_ahead",
    "phrases_ahead",
    "words",
    "words_found",
    "word_strength",
    "rarest_word",
    "words_together",
    "window",
    "score",
    "score_mean",
    "score_rise",
    "lead_of_10",
    "lead_of_100",
)
"""Each clue of `clues_of`, in order. Counts are logarithms; a channel's are 0 where it is off.

What is `ahead` says by how much the gallery fits better than what towns usually have.
"""

_FOUND = 0.15
"""A phrase is found where its best fact has a cosine of 0.55, as evidence asks."""


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
    clues |= {"characters": _log(len(reading.text))} | _of_scores(_allowed(scores, mask))
    if "facts" in channels:
        clues |= _of_facts(reading, signals, mask, background)
    if "names" in channels:
        clues |= _of_names(signals, mask)
    return np.array([clues.get(name, 0.0) for name in CLUES], dtype=np.float32)


def _allowed(values: F32, mask: Bools | None) -> F32:
    return values if mask is None else values[mask]


def _log(count: int) -> float:
    return float(np.log(max(count, 1)))


def _of_scores(scores: F32) -> dict[str, float]:
    """How far the best of N fused scores is ahead of the others."""
    most = min(len(scores), 100)
    leading = np.sort(np.partition(scores, len(scores) - most)[len(scores) - most :])[::-1]
    best, mean = float(leading[0]), float(scores.mean())
    return {
        "tiles": _log(len(scores)),
        "score": best,
        "score_mean": mean,
        "score_rise": (best - mean) / (float(scores.std()) + 1e-6),
        "lead_of_10": best - float(leading[min(9, most - 1)]),
        "lead_of_100": best - float(leading[most - 1]),
    }


def _of_facts(
    reading: Reading, signals: Signals, mask: Bools | None, background: Background
) -> dict[str, float]:
    strengths = signals.said.phrases
    said = np.count_nonzero(~np.isnan(reading.phrase_bearings)) / len(strengths)
    usual = background.usual(reading)
    whole, fact = _allowed(signals.whole, mask), _allowed(signals.best_fact, mask)
    return {
        "phrases": _log(len(strengths)),
        "bearings": float(said),
        "phrase_strength": float(strengths.mean()),
        "phrase_floor": float(np.quantile(strengths, 0.25)),
        "phrases_found": float((strengths > _FOUND).mean()),
        "phrases_together": float(_allowed(signals.phrases, mask).max()),
        "whole": float(whole.max()),
        "whole_rise": float(whole.max() - np.median(whole)),
        "best_fact": float(fact.max()),
        "best_fact_rise": float(fact.max() - np.median(fact)),
        "whole_ahead": float(whole.max()) - usual.whole,
        "best_fact_ahead": float(fact.max()) - usual.best_fact,
        "phrases_ahead": float(strengths.mean()) - usual.phrases,
    }


def _of_names(signals: Signals, mask: Bools | None) -> dict[str, float]:
    strengths: F32 = signals.said.words
    if not len(strengths):
        return {}
    return {
        "words": _log(len(strengths)),
        "words_found": float((strengths > 0).mean()),
        "word_strength": float(strengths.mean()),
        "rarest_word": float(strengths.max()),
        "words_together": float(_allowed(signals.words, mask).max()),
        "window": float(_allowed(signals.window, mask).max()),
    }
