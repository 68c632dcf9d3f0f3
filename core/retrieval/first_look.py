"""A first look at a region: the first steps of its search, which tell most about it.

How likely a region is depends above all on how close the phrases come to any of its facts, and on
its words and names. That takes a third of a search of the region, and is used if the search goes
on. A linear model (`core.retrieval.estimates`) estimates from it the utility that
`core.retrieval.regions` would give to the region, up to a constant. Our own method.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from core.arrays import F64
from core.gallery.opened import Gallery
from core.records import Channel
from core.retrieval.channels import FirstStep
from core.retrieval.channels.channel import logarithm

LOOK_FEATURES: Final = (
    "own_town",
    "tiles",
    "phrase_strength",
    "phrase_floor",
    "phrases_found",
    "best_fact",
    "whole",
    "words_found",
    "word_strength",
    "rarest_word",
    "words_together",
    "capitals_unknown",
    "names_unknown",
    "mentions",
)
"""Features of one region: whether the description names it, the logarithm of the number of its
tiles, and those of the same name of its search, of the phrases without regard to the distances of
things."""


def look_features(gallery: Gallery, steps: Mapping[Channel, FirstStep], own_town: bool) -> F64:
    """The features [C] of a region, in the order of `LOOK_FEATURES`, from the first steps of its
    channels; 0 for those of a channel that is not searched."""
    features = {"own_town": float(own_town), "tiles": logarithm(len(gallery))}
    for step in steps.values():
        features |= step.features
    return np.array([features.get(name, 0.0) for name in LOOK_FEATURES], dtype=np.float64)
