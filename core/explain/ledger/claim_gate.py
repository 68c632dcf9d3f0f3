"""The learned gate of the ledger: how likely a claim of support is right.

Rules find the evidence for a phrase; a logistic regression over `claim_features` then estimates
whether a person would agree. Below the threshold the ledger does not claim it. Learned from judged
pairs of a phrase and a place by `core.evaluation.calibration.claims_fit`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, F64
from core.explain.ledger.claim_features import FEATURES
from core.retrieval.weight_files import read_weights, write_weights
from core.settings import CLAIMS


@dataclass(frozen=True, slots=True)
class ClaimGate:
    """The learned numbers: `centre`, `scale` and `weights` [C] of the features, `bias`, and the
    `threshold`, the least probability of a claim. `sources` names the parts of the pairs.
    """

    centre: F64
    scale: F64
    weights: F64
    bias: float
    threshold: float
    sources: tuple[str, ...] = ()

    def probability(self, features: F32) -> float:
        """The probability that a claim with these features [C] is right."""
        logit = float(((features - self.centre) / self.scale) @ self.weights) + self.bias
        return 1 / (1 + math.exp(-logit))

    def holds(self, features: F32) -> bool:
        """Whether a claim with these features [C] is made."""
        return self.probability(features) >= self.threshold

    def to_json(self) -> dict[str, Any]:
        """The numbers as readable JSON: for each feature its centre, scale and weight."""
        rows = zip(FEATURES, self.centre, self.scale, self.weights, strict=True)
        return {
            "sources": list(self.sources),
            "threshold": float(f"{self.threshold:.4g}"),
            "bias": float(f"{self.bias:.4g}"),
            "features": {
                name: [float(f"{number:.4g}") for number in numbers] for name, *numbers in rows
            },
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "ClaimGate":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError."""
        table = np.array([document["features"][name] for name in FEATURES], dtype=np.float64)
        bias, threshold = float(document["bias"]), float(document["threshold"])
        if table.shape != (len(FEATURES), 3) or not np.isfinite([*table.flat, bias]).all():
            raise ValueError("numbers that are missing or not finite")
        if not ((table[:, 1] > 0).all() and 0 <= threshold <= 1):
            raise ValueError("numbers that are out of range")
        centre, scale, weights = table.T
        sources = tuple(map(str, document["sources"]))
        return cls(centre, scale, weights, bias, threshold, sources)


OPEN_GATE = ClaimGate(
    np.zeros(len(FEATURES)), np.ones(len(FEATURES)), np.zeros(len(FEATURES)), 0.0, 0.0
)
"""A gate that every claim passes."""


@lru_cache(maxsize=4)
def read_claim_gate(path: Path = CLAIMS) -> ClaimGate:
    """The gate in a file. Raises ModelError where it is missing or damaged."""
    return read_weights(path, ClaimGate.from_json, "the claims of the ledger", "--claims")


def write_claim_gate(gate: ClaimGate, path: Path) -> Path:
    """Writes a gate; the next search reads it."""
    written = write_weights(gate.to_json(), path)
    read_claim_gate.cache_clear()
    return written
