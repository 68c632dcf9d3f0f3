"""Confidence of searches in galleries with imagery.

Photographs find a place far less often than facts and names do, and what is seen from above is less
sure than what the map says; the features from which `core.retrieval.confidence` predicts do not
show it. So numbers of their own are learned from descriptions whose place is known:
for searches in which only pictures answer, an aerial photograph among them
(`core calibrate --aerial`), and for nameless ones by facts seen from above (`--above`). Our own
method, not published.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, F64, Bools
from core.retrieval.fusion import Signals
from core.retrieval.rank_prior import NO_RANK_PRIOR, RankPrior
from core.retrieval.weight_files import read_weights, write_weights
from core.settings import AERIAL

P_OUTSIDE = 0.05
"""The probability of a place outside the gallery: an assumption, since pictures do not tell."""


@dataclass(frozen=True, slots=True)
class PictureConfidence:
    """The learned numbers: the `inverse_temperature` of the softmax over the scores, and
    `p_uninformative`, the probability that the pictures say nothing about the place. `rank_prior`
    is the part that goes by rank alone. `sources` names the sets of descriptions.
    """

    inverse_temperature: float
    p_uninformative: float
    sources: tuple[str, ...] = ()
    rank_prior: RankPrior = NO_RANK_PRIOR

    def within(self, scores: F32, allowed: Bools) -> F64:
        """The probability [N] of each allowed tile, given that the place is among them."""
        return mixture(
            scores, allowed, self.inverse_temperature, self.p_uninformative, self.rank_prior
        )

    def to_json(self) -> dict[str, Any]:
        """The numbers as readable JSON."""
        return {
            "sources": list(self.sources),
            "inverse_temperature": float(f"{self.inverse_temperature:.4g}"),
            "p_uninformative": float(f"{self.p_uninformative:.4g}"),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "PictureConfidence":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError."""
        sharpness, vague = (
            float(document[name]) for name in ("inverse_temperature", "p_uninformative")
        )
        if not (np.isfinite(sharpness) and sharpness > 0 and 0 <= vague <= 1):
            raise ValueError("numbers that are out of range")
        return cls(sharpness, vague, tuple(map(str, document["sources"])))


def mixture(
    scores: F32,
    allowed: Bools,
    inverse_temperature: float,
    p_uniform: float = 0.0,
    rank_prior: RankPrior = NO_RANK_PRIOR,
) -> F64:
    """A softmax [N] over the allowed tiles, mixed with a share by rank and an even share of each;
    0 elsewhere."""
    logits = inverse_temperature * scores.astype(np.float64)
    everywhere = bool(allowed.all())
    if not everywhere:
        logits[~allowed] = -np.inf
    mixed: F64 = np.exp(logits - logits.max())
    mixed *= (1 - p_uniform) * (1 - rank_prior.weight) / mixed.sum()
    if rank_prior.weight > 0:
        mixed += (1 - p_uniform) * rank_prior.weight * rank_prior.of(scores, allowed)
    if p_uniform:
        share = p_uniform / np.count_nonzero(allowed)
        mixed += share if everywhere else share * allowed
    return mixed


def only_pictures(signals: Signals) -> bool:
    """Whether nothing but pictures answered, an aerial photograph among them."""
    names = {name for result in signals.results.values() for name in result.signals}
    return "aerial" in names and names <= {"aerial", "image"}


def seen_from_above(signals: Signals) -> bool:
    """Whether facts that are seen from above answered."""
    return signals.found("surroundings") is not None


@lru_cache(maxsize=4)
def read_picture_confidence(path: Path = AERIAL) -> PictureConfidence:
    """Reads the numbers from a JSON file. Raises ModelError where it is missing or damaged."""
    return read_weights(
        path, PictureConfidence.from_json, "the confidence of aerial pictures", "--aerial"
    )


@lru_cache(maxsize=4)
def read_above_confidence(path: Path = AERIAL) -> PictureConfidence:
    """Reads the numbers for facts that are seen from above from the same file. Raises ModelError
    where they are missing or damaged."""
    return read_weights(
        path,
        lambda document: PictureConfidence.from_json(document["facts"]),
        "the confidence of facts seen from above",
        "--above",
    )


def write_picture_confidence(learned: PictureConfidence, path: Path) -> Path:
    """Writes the numbers of pictures atomically and keeps those of facts; returns the path."""
    return write_weights(learned.to_json() | _part(path, "facts"), path)


def write_above_confidence(learned: PictureConfidence, path: Path) -> Path:
    """Writes the numbers of facts atomically and keeps those of pictures; returns the path."""
    pictures = _part(path, "sources", "inverse_temperature", "p_uninformative")
    return write_weights(pictures | {"facts": learned.to_json()}, path)


def _part(path: Path, *keys: str) -> dict[str, Any]:
    """Some parts of a file, as far as it has them."""
    try:
        document = json.loads(path.read_text("utf-8"))
        return {key: document[key] for key in keys if key in document}
    except (OSError, ValueError, TypeError):
        return {}
