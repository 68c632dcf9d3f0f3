"""Where the describer may stand: a probability for every tile, and for none of them.

The probabilities are learned on descriptions whose place is known
(`core.evaluation.calibration.fit`) and read from a file; this module knows their form only. Ours,
no published method.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.arrays import F32, F64, I64, Bools
from core.errors import ModelError
from core.files import open_replacing, write_text
from core.geo import local_metres
from core.records import Channel, Verdict
from core.retrieval.background_corpus import Background
from core.retrieval.confidence_features import FEATURES, confidence_features
from core.retrieval.fusion import SIGNALS, Signals
from core.retrieval.query_encoding import EncodedQuery
from core.settings import CONFIDENCE

RADIUS_M = 100.0
"""A confidence is the probability that the describer stands this near to a candidate."""
CLIP_SIGMA = 3.0
"""Clues are cut off at so many deviations from what was usual where the numbers were learned."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted parameters: three linear models over C features, and weights for S signals.

    `mean` and `scale` [C] standardise the features. The models are [1 + C], intercept first:
    `inverse_temperature` → the logarithm of the inverse temperature of the softmax over tiles;
    `p_uninformative` → the log-odds that the text says nothing about the place; `p_outside` → the
    log-odds that the place is outside the gallery. `weights` [S] are in the order of `SIGNALS`.

    The first candidate is called likely from a confidence of `likely` on; from a `p_outside` of
    `absent` on, the place is called probably not in the gallery. `area` is the probability mass of
    the region that held the truth for 80 % of the examples; it is above 0.8, because the
    probabilities are too sure among neighbouring tiles. `sources` names the sets of examples,
    `background` is the corpus that a gallery's scores are compared with.
    """

    weights: F64
    mean: F64
    scale: F64
    inverse_temperature: F64
    p_uninformative: F64
    p_outside: F64
    likely: float
    absent: float
    area: float
    background: Background
    sources: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The numbers as a person can read them, one line of the file for each clue."""
        columns = (
            self.mean,
            self.scale,
            self.inverse_temperature[1:],
            self.p_uninformative[1:],
            self.p_outside[1:],
        )
        return {
            "sources": list(self.sources),
            "likely": _short(self.likely),
            "absent": _short(self.absent),
            "area": _short(self.area),
            "weights": dict(zip(SIGNALS, map(_short, self.weights), strict=True)),
            "columns": ["mean", "scale", "sharpness", "vagueness", "elsewhere"],
            "constant": [
                0,
                1,
                *(
                    _short(head[0])
                    for head in (self.inverse_temperature, self.p_uninformative, self.p_outside)
                ),
            ],
            "clues": {
                name: [_short(column[row]) for column in columns]
                for row, name in enumerate(FEATURES)
            },
        }

    @classmethod
    def from_json(cls, document: dict[str, Any], background: Background) -> "Calibration":
        """The inverse. Raises KeyError, TypeError or ValueError for anything else."""
        table = np.array([document["clues"][name] for name in FEATURES], dtype=np.float64)
        heads = np.concatenate([np.array(document["constant"], dtype=np.float64)[None], table])
        if heads.shape != (len(FEATURES) + 1, 5) or len(document["clues"]) != len(FEATURES):
            raise ValueError(f"{heads.shape} numbers")
        made = cls(
            weights=np.array([document["weights"][name] for name in SIGNALS], dtype=np.float64),
            mean=table[:, 0],
            scale=table[:, 1],
            inverse_temperature=heads[:, 2],
            p_uninformative=heads[:, 3],
            p_outside=heads[:, 4],
            likely=float(document["likely"]),
            absent=float(document["absent"]),
            area=float(document["area"]),
            background=background,
            sources=tuple(map(str, document["sources"])),
        )
        if not (
            np.isfinite(heads).all() and np.isfinite(made.weights).all() and (made.scale > 0).all()
        ):
            raise ValueError("numbers that are not finite, or scales that are not above 0")
        return made


def _short(number: float) -> float:
    return float(f"{number:.5g}")


@lru_cache(maxsize=4)
def read_calibration(path: Path = CONFIDENCE) -> Calibration:
    """The calibration in a file of JSON and one of arrays beside it. Raises ModelError where either
    is missing or is none."""
    try:
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            background = Background(
                arrays["tiles"].astype(np.float32), arrays["facts"].astype(np.float32)
            )
        return Calibration.from_json(json.loads(path.read_text("utf-8")), background)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        raise ModelError(
            f"{path} and {path.with_suffix('.npz').name} hold no calibration of confidence "
            f"({error!r:.80}); restore them, or make them with python -m core calibrate"
        ) from error


def write_calibration(learned: Calibration, path: Path) -> Path:
    """Writes both files, each whole or not at all."""
    arrays, text = path.with_suffix(".npz"), json.dumps(learned.to_json(), indent=1)
    text = re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda row: f"[{' '.join(row[1].split())}]", text)
    with open_replacing(arrays) as file:
        np.savez(
            file,
            tiles=learned.background.tiles.astype(np.float16),
            facts=learned.background.facts.astype(np.float16),
        )
    return write_text(path, text + "\n")


@dataclass(frozen=True, slots=True)
class CredibleRegion:
    """Where the probability lies: for the T allowed tiles, the likeliest first, their rows in the
    gallery and `mass`; `inside80` marks those that have the true tile in 80 % of all searches whose
    place is in the gallery."""

    rows: I64
    mass: F64
    inside80: Bools


@dataclass(frozen=True, slots=True)
class Posterior:
    """For N tiles the probability `mass` that the describer stands there, 0 where the query allows
    none, and `p_outside`, that of standing in no allowed tile; together 1. `area` is the
    calibration's."""

    mass: F64
    p_outside: float
    area: float = 0.8

    def credible_region(self, mask: Bools | None = None) -> CredibleRegion:
        """The masses of the allowed tiles for a map; equal ones in the gallery's order."""
        order = np.argsort(-self.mass, kind="stable")
        rows = order if mask is None else order[mask[order]]
        mass = self.mass[rows]
        before = np.cumsum(mass) - mass
        return CredibleRegion(rows, mass, before < self.area * mass.sum())

    def near(
        self, rows: Sequence[int], lats: F64, lons: F64, radius_m: float = RADIUS_M
    ) -> list[float]:
        """The mass within a distance of each of some tiles."""
        x, y = local_metres(lats, lons, lats.mean())
        near = [(x - x[row]) ** 2 + (y - y[row]) ** 2 <= radius_m**2 for row in rows]
        return [min(float(self.mass[one].sum()), 1.0) for one in near]


def posterior_of(
    encoded_query: EncodedQuery,
    signals: Signals,
    fused: F32,
    channels: tuple[Channel, ...],
    mask: Bools | None = None,
    calibration: Calibration | None = None,
) -> Posterior:
    """The posterior of a search, by the calibration that comes with the app or another.

    `fused` [N] are the scores that order the tiles, of some `channels`.

    mass = (1 − elsewhere) · ((1 − v) · softmax(sharpness · weights · signals) + v / T), over the T
    allowed tiles: v is the chance that the description tells nothing of the place.
    """
    learned = calibration or read_calibration()
    features = confidence_features(
        encoded_query, signals, fused, channels, mask, learned.background
    )
    heads = _linear_outputs(learned, features)
    scores = heads.inverse_temperature * (learned.weights @ signals.stacked())
    allowed = np.ones(len(scores), dtype=bool) if mask is None else mask
    steep = np.exp(np.where(allowed, scores - scores[allowed].max(), -np.inf))
    told = (1 - heads.vague) * steep / steep.sum() + heads.vague * allowed / allowed.sum()
    return Posterior((1 - heads.p_outside) * told, heads.p_outside, learned.area)


@dataclass(frozen=True, slots=True)
class _LinearOutputs:
    inverse_temperature: float
    vague: float
    p_outside: float


def _linear_outputs(learned: Calibration, features: F32) -> _LinearOutputs:
    """What the clues say of one search."""
    usual = ((features - learned.mean) / learned.scale).clip(-CLIP_SIGMA, CLIP_SIGMA)
    row = np.concatenate([[1.0], usual])
    return _LinearOutputs(
        float(np.exp(row @ learned.inverse_temperature)),
        float(1 / (1 + np.exp(-(row @ learned.p_uninformative)))),
        float(1 / (1 + np.exp(-(row @ learned.p_outside)))),
    )


def verdict_of(p_outside: float, first: float, calibration: Calibration | None = None) -> Verdict:
    """The answer as a whole, from the chance of being elsewhere and the first's confidence."""
    learned = calibration or read_calibration()
    if p_outside >= learned.absent:
        return "probably not in this gallery"
    return "likely" if first >= learned.likely else "several places fit"
