"""Quality of probabilities: calibration error, reliability diagrams and AUROC."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F64

_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Bin:
    """`n` answers of similar confidence: the mean confidence, and the share that was right."""

    n: int
    confidence: float
    share: float


def reliability(
    confidences: Sequence[float] | F64, hits: Sequence[bool] | F64, bins: int = 10
) -> list[Bin]:
    """The reliability diagram: bins with equal counts, by rising confidence; ties keep order."""
    probabilities, right = np.asarray(confidences, np.float64), np.asarray(hits, np.float64)
    parts = np.array_split(
        np.argsort(probabilities, kind="stable"), max(1, min(bins, len(probabilities)))
    )
    return [
        Bin(len(part), float(probabilities[part].mean()), float(right[part].mean()))
        for part in parts
        if len(part)
    ]


def ece(confidences: Sequence[float] | F64, hits: Sequence[bool] | F64, bins: int = 10) -> float:
    """Expected calibration error over bins with equal counts (arXiv 1904.01685), 0..1.

    0 without answers.
    """
    diagram = reliability(confidences, hits, bins)
    count = sum(part.n for part in diagram)
    return sum(part.n * abs(part.confidence - part.share) for part in diagram) / max(count, 1)


def ece_floor(confidences: Sequence[float] | F64, bins: int = 10, seed: int = 42) -> float:
    """The calibration error that perfectly calibrated confidences would have by chance.

    The mean over 200 draws of hits. A small set cannot show an error much below this.
    """
    probabilities = np.asarray(confidences, np.float64)
    draws = np.random.default_rng(seed).random((_DRAWS, len(probabilities))) < probabilities
    return float(np.mean([ece(probabilities, hits.astype(np.float64), bins) for hits in draws]))


def auroc(inside: Sequence[float] | F64, outside: Sequence[float] | F64) -> float:
    """Area under the ROC curve: the probability that a value of `outside` exceeds one of `inside`.

    Ties count one half; 0.5 is chance, 1 is perfect. Computed from ranks (Mann and Whitney).
    Raises ValueError if either is empty.
    """
    low, high = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    if not (len(low) and len(high)):
        raise ValueError("wanted values from inside and from outside")
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")
    return float(below.sum() / (2 * len(low) * len(high)))
