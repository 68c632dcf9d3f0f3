"""Linear estimates of the utility of regions, from their overview and from a first look at them.

They are fitted by least squares to the utilities that exact searches give
(`core.evaluation.calibration.overview_fit`), and read from a file that people can read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F64
from core.retrieval.first_look import LOOK_FEATURES
from core.retrieval.overview import OVERVIEW_FEATURES
from core.retrieval.weight_files import read_weights, write_weights
from core.settings import OVERVIEW


@dataclass(frozen=True, slots=True)
class UtilityEstimate:
    """A linear model: `scale` and `weights` [C] of the features, in units of utility. `error` is
    the standard deviation of its estimates."""

    scale: F64
    weights: F64
    error: float

    def utilities(self, features: F64) -> F64:
        """The estimated utility of each of G regions from its features [G, C], up to a constant
        of the description: [G]."""
        utilities: F64 = (features / self.scale) @ self.weights
        return utilities

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """The parameters as readable JSON; `names` are those of the features."""
        rows = zip(names, self.scale, self.weights, strict=True)
        return {
            "error": float(f"{self.error:.4g}"),
            "columns": ["scale", "weight"],
            "features": {
                name: [float(f"{scale:.4g}"), float(f"{weight:.4g}")]
                for name, scale, weight in rows
            },
        }

    @classmethod
    def from_json(cls, document: dict[str, Any], names: Sequence[str]) -> "UtilityEstimate":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError."""
        table = np.array([document["features"][name] for name in names], float)
        if table.shape[1:] != (2,) or not np.isfinite(table).all() or not (table[:, 0] > 0).all():
            raise ValueError("rows that are not two finite numbers with a scale above 0")
        return cls(table[:, 0], table[:, 1], float(document["error"]))


@dataclass(frozen=True, slots=True)
class RegionEstimates:
    """The estimates from the overview and from a look; `sources` names the texts of the fit."""

    overview: UtilityEstimate
    look: UtilityEstimate
    sources: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The parameters as readable JSON."""
        return {
            "sources": list(self.sources),
            "overview": self.overview.to_json(OVERVIEW_FEATURES),
            "look": self.look.to_json(LOOK_FEATURES),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "RegionEstimates":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError."""
        return cls(
            UtilityEstimate.from_json(document["overview"], OVERVIEW_FEATURES),
            UtilityEstimate.from_json(document["look"], LOOK_FEATURES),
            tuple(map(str, document["sources"])),
        )


@lru_cache(maxsize=4)
def read_estimates(path: Path = OVERVIEW) -> RegionEstimates:
    """Reads the models from a JSON file. Raises ModelError where it is missing or damaged."""
    return read_weights(path, RegionEstimates.from_json, "the overview", "--overview")


def write_estimates(model: RegionEstimates, path: Path) -> Path:
    """Writes the models atomically; returns the path."""
    return write_weights(model.to_json(), path)
