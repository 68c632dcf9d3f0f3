"""Whether probabilities hold: calibration error, reliability diagrams, detection; plain numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F64

_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Bin:
    """`n` answers of about the same confidence: its mean, and the share that was right."""

    n: int
    confidence: float
    share: float


def reliability(
    confidences: Sequence[float] | F64, hits: Sequence[bool] | F64, bins: int = 10
) -> list[Bin]:
    """The reliability diagram: bins of equal mass, from the least sure; equals stay in order."""
    sure, right = np.asarray(confidences, np.float64), np.asarray(hits, np.float64)
    parts = np.array_split(np.argsort(sure, kind="stable"), max(1, min(bins, len(sure))))
    return [
        Bin(len(part), float(sure[part].mean()), float(right[part].mean()))
        for part in parts
        if len(part)
    ]


def ece(confidences: Sequence[float] | F64, hits: Sequence[bool] | F64, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass (arXiv 1904.01685), 0..1.

    0 for no answers at all.
    """
    diagram = reliability(confidences, hits, bins)
    count = sum(one.n for one in diagram)
    return sum(one.n * abs(one.confidence - one.share) for one in diagram) / max(count, 1)


def ece_floor(confidences: Sequence[float] | F64, bins: int = 10, seed: int = 42) -> float:
    """The error that the same answers would have by chance alone were each confidence true.

    The mean over 200 draws; a small set cannot show a smaller error than about this.
    """
    sure = np.asarray(confidences, np.float64)
    draws = np.random.default_rng(seed).random((_DRAWS, len(sure))) < sure
    return float(np.mean([ece(sure, hits.astype(np.float64), bins) for hits in draws]))


def auroc(inside: Sequence[float] | F64, outside: Sequence[float] | F64) -> float:
    """How often one of `outside` is above one of `inside`, ties half: 0.5 is chance, 1 perfect.

    By ranks (Mann and Whitney). Raises ValueError where either is empty.
    """
    low, high = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    if not (len(low) and len(high)):
        raise ValueError("wanted numbers of both sorts")
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")
    return float(below.sum() / (2 * len(low) * len(high)))
