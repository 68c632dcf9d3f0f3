"""Calibrated probability of every region, that is, of every gallery that is searched as one of
several, and of a place in none of them.

A conditional logit (McFadden 1974) over G regions and "none": the utility of a region is linear in
the features of its own search, that of "none" in features of the description alone. The weights are
fitted on descriptions whose town is known (`core.evaluation.calibration.regions_fit`) and read from
a file. The features and the method are our own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.arrays import F32, F64
from core.gallery.cards import GalleryCard
from core.retrieval.channels.named_places import NamedPlaces
from core.retrieval.confidence import (
    ADDED_FEATURES,
    CLIP_SIGMA,
    Calibration,
    log_odds_outside,
)
from core.retrieval.confidence_features import FEATURES
from core.retrieval.weight_files import read_weights, write_weights
from core.settings import MAX_DESCRIPTION_CHARS, REGIONS
from core.vocabulary.folding import WORD, fold

OF_DESCRIPTION: Final = ("characters", "phrases", "bearings", "words", "capitals")
"""Features that are the same in every region."""
OF_REGION: Final = (
    "own_town",
    "outside",
    *(name for name in FEATURES if name not in OF_DESCRIPTION),
)
"""Features of one region: whether the description names it, the log-odds that the place is outside
it by the confidence of its own search, and the features of that confidence."""


def region_features(features: F32, learned: Calibration, own_town: bool) -> F64:
    """The row [C] in the order of `OF_REGION` from the features of one search."""
    by_name = dict(zip(FEATURES, features.tolist(), strict=True))
    by_name |= {"own_town": float(own_town), "outside": log_odds_outside(learned, features)}
    return np.array([by_name[name] for name in OF_REGION], dtype=np.float64)


def description_features(features: F32) -> F64:
    """The row [B] in the order of `OF_DESCRIPTION` from the features of any of the searches."""
    by_name = dict(zip(FEATURES, features.tolist(), strict=True))
    return np.array([by_name[name] for name in OF_DESCRIPTION], dtype=np.float64)


def names_town(text: str, places: NamedPlaces) -> bool:
    """Whether a text names the gallery's own town, written as a name where it has capitals."""
    words = _town_words(text)
    return any(
        places.is_own_town([one.folded for one in words[first : first + count]])
        for first, word in enumerate(words)
        if word.may_begin
        for count in range(1, _LONGEST_TOWN + 1)
    )


def names_any_town(text: str, cards: Sequence[GalleryCard]) -> F64:
    """1 for each of G galleries whose name or title a text has as `names_town` reads it, else 0:
    [G]."""
    grams = _town_grams(text)
    named = [any(name in grams for name in _own_names(card.title, card.name)) for card in cards]
    return np.array(named, dtype=np.float64)


@lru_cache(maxsize=4096)
def _own_names(*names: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(WORD.findall(fold(name))) for name in names)


@dataclass(frozen=True, slots=True)
class _TownWord:
    """A folded word of a text, and whether the name of a town may begin with it."""

    folded: str
    may_begin: bool


@lru_cache(maxsize=16)
def _town_words(text: str) -> tuple[_TownWord, ...]:
    text = text[:MAX_DESCRIPTION_CHARS]
    has_capitals = any(letter.isupper() for letter in text)
    folded = ((one.group(), fold(one.group())) for one in _WRITTEN.finditer(text))
    return tuple(
        _TownWord(word, written[0].isupper() or not has_capitals)
        for written, word in folded
        if WORD.search(word)
    )


@lru_cache(maxsize=16)
def _town_grams(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of words of a text that may be the name of a town."""
    words = _town_words(text)
    return frozenset(
        tuple(one.folded for one in words[first : first + count])
        for first, word in enumerate(words)
        if word.may_begin
        for count in range(1, _LONGEST_TOWN + 1)
    )


_WRITTEN = re.compile(r"\w+")
_LONGEST_TOWN = 4
"""Most words of a town's name that are looked for."""


_NO_EFFECT = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class RegionModel:
    """The fitted logit.

    `mean` and `scale` standardise the features: [C] of a region, [B] of the description. `weights`
    [C] belong to a region; `none` [1 + B], intercept first, to "none of them". `absent` is the
    probability of "none" from which a place is told to be in none, where that is likelier than the
    first candidate. `sources` names the sets of examples.
    """

    mean: F64
    scale: F64
    weights: F64
    none_mean: F64
    none_scale: F64
    none: F64
    absent: float
    sources: tuple[str, ...] = ()

    def utilities(self, regions: F64) -> F64:
        """The utility of each of G regions from its features [G, C]: [G]."""
        standardized = ((regions - self.mean) / self.scale).clip(-CLIP_SIGMA, CLIP_SIGMA)
        utilities: F64 = standardized @ self.weights
        return utilities

    def probabilities(self, regions: F64, description: F64, in_area: bool = False) -> F64:
        """The probability of each of G regions [G, C], then that of none of them: [G + 1].

        A person who searches `in_area` knows that the place is in one of them: the last is 0 then.
        """
        return self.shares(self.utilities(regions), description, in_area)

    def shares(self, utilities: F64, description: F64, in_area: bool = False) -> F64:
        """The same from the utilities [G] of the regions."""
        standardized = (description - self.none_mean) / self.none_scale
        row = np.concatenate([[1.0], standardized.clip(-CLIP_SIGMA, CLIP_SIGMA)])
        none = -np.inf if in_area else float(row @ self.none)
        every = np.append(utilities, none)
        exponentials = np.exp(every - every.max())
        probabilities: F64 = exponentials / exponentials.sum()
        return probabilities

    def to_json(self) -> dict[str, Any]:
        """The parameters as readable JSON, one line for each feature."""
        return {
            "sources": list(self.sources),
            "absent": _short(self.absent),
            "columns": ["mean", "scale", "weight"],
            "region": _rows(OF_REGION, self.mean, self.scale, self.weights),
            "none": _short(self.none[0]),
            "description": _rows(OF_DESCRIPTION, self.none_mean, self.none_scale, self.none[1:]),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "RegionModel":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError.

        A feature that was added after the document was written has no effect.
        """
        rows = dict.fromkeys(ADDED_FEATURES, _NO_EFFECT) | document["region"]
        region = np.array([rows[name] for name in OF_REGION], dtype=np.float64)
        of_none = np.array(
            [document["description"][name] for name in OF_DESCRIPTION], dtype=np.float64
        )
        numbers = np.concatenate([region.ravel(), of_none.ravel(), [float(document["none"])]])
        if region.shape[1:] != (3,) or of_none.shape[1:] != (3,) or not np.isfinite(numbers).all():
            raise ValueError("rows that are not three finite numbers")
        if not ((region[:, 1] > 0).all() and (of_none[:, 1] > 0).all()):
            raise ValueError("scales that are not above 0")
        return cls(
            region[:, 0],
            region[:, 1],
            region[:, 2],
            of_none[:, 0],
            of_none[:, 1],
            np.concatenate([[float(document["none"])], of_none[:, 2]]),
            float(document["absent"]),
            tuple(map(str, document["sources"])),
        )


def _short(number: float) -> float:
    return float(f"{number:.5g}")


def _rows(names: Sequence[str], *columns: F64) -> dict[str, list[float]]:
    return {name: [_short(column[row]) for column in columns] for row, name in enumerate(names)}


@lru_cache(maxsize=4)
def read_regions(path: Path = REGIONS) -> RegionModel:
    """Reads the weights from a JSON file. Raises ModelError where it is missing or damaged."""
    return read_weights(path, RegionModel.from_json, "regions", "--regions")


def write_regions(model: RegionModel, path: Path) -> Path:
    """Writes the weights atomically; returns the path."""
    return write_weights(model.to_json(), path)
