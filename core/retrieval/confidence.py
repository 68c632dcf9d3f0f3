"""Calibrated probability of every tile, and of a place outside the gallery.

The parameters are fitted on descriptions whose place is known
(`core.evaluation.calibration.fit`) and read from a file. Our own method, not published.
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
from core.records import Candidate, Channel, Verdict
from core.retrieval.background_corpus import Background
from core.retrieval.confidence_features import FEATURES, confidence_features
from core.retrieval.fusion import Signals
from core.retrieval.picture_confidence import (
    P_OUTSIDE,
    PictureConfidence,
    mixture,
    only_pictures,
    read_above_confidence,
    read_picture_confidence,
    seen_from_above,
)
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.rank_prior import NO_RANK_PRIOR, RankPrior
from core.settings import CONFIDENCE

RADIUS_M = 100.0
"""A confidence is the probability that the describer is within this distance of a candidate."""
LEAST_SHARPNESS = 30.0
"""Inverse temperature of the scores by which spots are chosen, at the least. In an unsure answer
all tiles have nearly the same mass, and the places with most tiles around would win. Of 20, 30, 45
and 70, 30 was best for the sixty descriptions and the translated ones."""
ADDED_FEATURES: tuple[str, ...] = (
    "capitals",
    "capitals_unknown",
    "names_unknown",
    "roles",
    "mentions",
    "corrected",
)
"""Features that a file of an earlier version does not hold."""
_CAPITALS = FEATURES.index("capitals")
_COLUMNS = ("mean", "scale", "sharpness", "vagueness", "elsewhere", "by_rank")
"""The columns of the table: mean, scale, and the four models' parameters. A file of an earlier
version lacks the last one."""
_NO_EFFECT = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
_NEVER = -50.0
"""Log-odds of no weight at all."""
CLIP_SIGMA = 3.0
"""Standardised features are clipped at this many standard deviations of the calibration set."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted parameters: four linear models over C features.

    `mean` and `scale` [C] standardise the features. The models are [1 + C], intercept first:
    `inverse_temperature` → the logarithm of the inverse temperature of the softmax over tiles;
    `p_uninformative` → the log-odds that the text says nothing about the place; `p_outside` → the
    log-odds that the place is outside the gallery; `by_rank` → the log-odds of the part of the
    probability that goes by rank alone, with the `rank_offset` and `rank_power` of
    `core.retrieval.rank_prior`.

    The verdict is "likely" if the first candidate's confidence is at least `likely`, and "probably
    not in this gallery" if `p_outside` is at least `absent` and above that confidence. `area` is
    the probability mass of the region that held the truth for 80 % of the examples; it is above
    0.8, because the probabilities are overconfident among neighbouring tiles. `sources` names the
    sets of examples, `background` is the corpus that a gallery's scores are compared with.
    """

    mean: F64
    scale: F64
    inverse_temperature: F64
    p_uninformative: F64
    p_outside: F64
    likely: float
    absent: float
    area: float
    background: Background
    by_rank: F64
    rank_offset: float = 1.0
    rank_power: float = 1.0
    sources: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The parameters as readable JSON, one line for each feature."""
        columns = (
            self.mean,
            self.scale,
            self.inverse_temperature[1:],
            self.p_uninformative[1:],
            self.p_outside[1:],
            self.by_rank[1:],
        )
        models = (self.inverse_temperature, self.p_uninformative, self.p_outside, self.by_rank)
        return {
            "sources": list(self.sources),
            "likely": _short(self.likely),
            "absent": _short(self.absent),
            "area": _short(self.area),
            "rank_offset": _short(self.rank_offset),
            "rank_power": _short(self.rank_power),
            "columns": list(_COLUMNS),
            "constant": [0, 1, *(_short(model[0]) for model in models)],
            "clues": {
                name: [_short(column[row]) for column in columns]
                for row, name in enumerate(FEATURES)
            },
        }

    @classmethod
    def from_json(cls, document: dict[str, Any], background: Background) -> "Calibration":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError.

        A document written before a feature or the last column was added stays valid: what was
        added has no effect. Every other one must be there. Weights of signals, which older
        documents hold, are not read.
        """
        width = len(document.get("columns", _COLUMNS[:-1]))
        none = list(_NO_EFFECT[:width])
        clues = dict.fromkeys(ADDED_FEATURES, none) | document["clues"]
        table = np.array([clues[name] for name in FEATURES], dtype=np.float64)
        parameters = np.concatenate([np.array(document["constant"], dtype=np.float64)[None], table])
        if width == len(_COLUMNS) - 1:
            column = np.array([_NEVER, *[0.0] * len(FEATURES)])
            parameters = np.concatenate([parameters, column[:, None]], axis=1)
        if parameters.shape != (len(FEATURES) + 1, len(_COLUMNS)) or len(clues) != len(FEATURES):
            raise ValueError(f"{parameters.shape} numbers")
        calibration = cls(
            mean=table[:, 0],
            scale=table[:, 1],
            inverse_temperature=parameters[:, 2],
            p_uninformative=parameters[:, 3],
            p_outside=parameters[:, 4],
            likely=float(document["likely"]),
            absent=float(document["absent"]),
            area=float(document["area"]),
            background=background,
            by_rank=parameters[:, 5],
            rank_offset=float(document.get("rank_offset", 1)),
            rank_power=float(document.get("rank_power", 1)),
            sources=tuple(map(str, document["sources"])),
        )
        if not (np.isfinite(parameters).all() and (calibration.scale > 0).all()):
            raise ValueError("numbers that are not finite, or scales that are not above 0")
        return calibration


def _short(number: float) -> float:
    return float(f"{number:.5g}")


@lru_cache(maxsize=4)
def read_calibration(path: Path = CONFIDENCE) -> Calibration:
    """Reads the calibration from a JSON file and the .npz file beside it.

    Raises ModelError where either is missing or damaged.
    """
    try:
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            background = Background(
                arrays["tiles"].astype(np.float32), arrays["facts"].astype(np.float32)
            )
        return Calibration.from_json(json.loads(path.read_text("utf-8")), background)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        raise ModelError(
            f"{path} and {path.with_suffix('.npz').name} hold no calibration "
            f"({error!r:.80}); restore both files, or run python -m core calibrate"
        ) from error


def write_calibration(learned: Calibration, path: Path) -> Path:
    """Writes both files atomically; returns the path of the JSON file."""
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
    """The T allowed tiles from the likeliest: their rows in the gallery and their `mass`.

    `inside80` marks the tiles that contain the true one in 80 % of the searches whose place is in
    the gallery.
    """

    rows: I64
    mass: F64
    inside80: Bools


@dataclass(frozen=True, slots=True)
class Posterior:
    """`mass` [N]: probability that the describer is at each tile (0 outside the mask).

    `p_outside`: probability that they are at none of them. `mass.sum() + p_outside == 1`. `area`
    is `Calibration.area`; `inverse_temperature` is that of the softmax over the scores, and
    `rank_prior` is what is mixed with it.
    """

    mass: F64
    p_outside: float
    area: float = 0.8
    inverse_temperature: float = 1.0
    rank_prior: RankPrior = NO_RANK_PRIOR

    @property
    def sharpening(self) -> float:
        """The power that makes the masses of an unsure answer as unequal as a surer one's."""
        return max(LEAST_SHARPNESS / max(self.inverse_temperature, 1e-6), 1.0)

    def credible_region(self, mask: Bools | None = None) -> CredibleRegion:
        """The allowed tiles by mass, for a map; ties in the gallery's order."""
        order = np.argsort(-self.mass, kind="stable")
        rows = order if mask is None else order[mask[order]]
        mass = self.mass[rows]
        before = np.cumsum(mass) - mass
        return CredibleRegion(rows, mass, before < self.area * mass.sum())

    def mass_of(self, scores: F32) -> F64:
        """The mass [N] that other scores [N] of the same tiles would have, were they informative
        and from inside; 0 where this posterior has none."""
        return mixture(scores, self.mass > 0, self.inverse_temperature, rank_prior=self.rank_prior)

    def near(
        self, rows: Sequence[int], lats: F64, lons: F64, radius_m: float = RADIUS_M
    ) -> list[float]:
        """The mass within `radius_m` of each of the tiles in `rows`."""
        x, y = local_metres(lats, lons, lats.mean())
        near = [(x - x[row]) ** 2 + (y - y[row]) ** 2 <= radius_m**2 for row in rows]
        return [min(float(self.mass[mask].sum()), 1.0) for mask in near]


def posterior_of(
    encoded_query: EncodedQuery,
    signals: Signals,
    scores: F32,
    channels: tuple[Channel, ...],
    mask: Bools | None = None,
    calibration: Calibration | None = None,
    fused: F32 | None = None,
) -> Posterior:
    """The posterior of a search; without a `calibration` the bundled one is read.

    `scores` [N] are those that rank the tiles, from `channels`; `fused` [N] are the fused signals,
    if they are at hand.

    mass = (1 − p_outside) · ((1 − v) · ((1 − b) · softmax(inverse_temperature · scores) + b · r)
    + v / T), over the T allowed tiles, where v is the probability that the text is uninformative
    and b the part that goes by rank alone, r. A person
    who gives a `mask` knows that the place is in it: `p_outside` is 0 then, and for a text of
    denials only. Where only pictures answer, v, the inverse temperature and `p_outside` are those
    of `core.retrieval.picture_confidence`, and so they are where facts that are seen from above do
    and the text has no name.
    """
    learned = calibration or read_calibration()
    features = confidence_features(
        encoded_query, signals, scores, channels, mask, learned.background, fused
    )
    affirms = len(encoded_query.affirmed) > 0
    return posterior_from(features, signals, scores, mask, learned, affirms=affirms)


def posterior_from(
    features: F32,
    signals: Signals,
    scores: F32,
    mask: Bools | None,
    learned: Calibration,
    *,
    affirms: bool = True,
) -> Posterior:
    """The posterior from the features of a search; see `posterior_of`. `affirms` is False for a
    text of denials only: what is not there does not speak for another town."""
    outputs = _linear_outputs(learned, features)
    p_outside = outputs.p_outside
    allowed = np.ones(len(scores), dtype=bool) if mask is None else mask
    spread = PictureConfidence(
        outputs.inverse_temperature, outputs.p_uninformative, rank_prior=outputs.rank_prior
    )
    if only_pictures(signals):
        spread, p_outside = read_picture_confidence(), P_OUTSIDE
    elif seen_from_above(signals) and not features[_CAPITALS]:
        spread, p_outside = read_above_confidence(), P_OUTSIDE
    if mask is not None or not affirms:
        p_outside = 0.0
    within = spread.within(scores, allowed)
    return Posterior(
        (1 - p_outside) * within,
        p_outside,
        learned.area,
        spread.inverse_temperature,
        spread.rank_prior,
    )


@dataclass(frozen=True, slots=True)
class _LinearOutputs:
    inverse_temperature: float
    p_uninformative: float
    p_outside: float
    rank_prior: RankPrior


def _linear_outputs(learned: Calibration, features: F32) -> _LinearOutputs:
    """The outputs of the four linear models for one search's features."""
    standardized = ((features - learned.mean) / learned.scale).clip(-CLIP_SIGMA, CLIP_SIGMA)
    row = np.concatenate([[1.0], standardized])
    return _LinearOutputs(
        float(np.exp(row @ learned.inverse_temperature)),
        _chance(row, learned.p_uninformative),
        _chance(row, learned.p_outside),
        RankPrior(_chance(row, learned.by_rank), learned.rank_offset, learned.rank_power),
    )


def _chance(row: F64, model: F64) -> float:
    """The probability that a linear model of the log-odds gives."""
    return float(1 / (1 + np.exp(-(row @ model))))


def log_odds_outside(learned: Calibration, features: F32) -> float:
    """The log-odds that the place is outside the gallery, from the features of a search."""
    p_outside = min(max(_linear_outputs(learned, features).p_outside, 1e-9), 1 - 1e-9)
    return float(np.log(p_outside / (1 - p_outside)))


def verdict_of(
    p_outside: float,
    first: float,
    calibration: Calibration | None = None,
    absent: float | None = None,
) -> Verdict:
    """The answer verdict, from `p_outside` and the first candidate's confidence.

    `absent` replaces the calibration's limit where several galleries were searched as one.

    A place that is likelier than "none of them" is never told to be absent.
    """
    learned = calibration or read_calibration()
    if p_outside >= (learned.absent if absent is None else absent) and p_outside > first:
        return "probably not in this gallery"
    return "likely" if first >= learned.likely else "several places fit"


NO_GUESS = 0.15
"""From this chance on a place is more than a guess, whatever the map lacks: our choice."""


def nothing_found(candidates: Sequence[Candidate]) -> str:
    """A sentence on candidates of which the map confirms no part of the description; it says
    whether the map has something similar, which the candidates tell."""
    found = (piece for one in candidates for piece in one.evidence if piece.channel)
    similar = any(found)
    if max((one.confidence or 0.0 for one in candidates), default=0.0) >= NO_GUESS:
        alone = "for sure" if similar else "by itself"
        return f"The description fits as a whole; no part of it was found on the map {alone}."
    sure = " for sure" if similar else ""
    return f"Nothing in the description was found on this map{sure}; treat this as a guess."
