"""Least-squares fit of the overview of regions to what an exact search makes of them.

Every description is searched in all regions. The overview learns to estimate the logarithm of each
region's probability, up to a constant of the description. No place has to be known for that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F64
from core.errors import QueryError
from core.gallery.opened import Gallery
from core.records import Query
from core.retrieval.anywhere import search_anywhere
from core.retrieval.opened_regions import encoder_key
from core.retrieval.overview import OVERVIEW_FEATURES, OverviewModel
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.region_search import SharedEncoding
from core.retrieval.two_stages import overview_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

OWN_TOWN = 3.0
"""The weight of a description that names the region: that of `core.retrieval.regions`."""
_RIDGE = 0.01
_FLOOR = 0.05
"""Weight of a region without probability, beside 1 for the likeliest one."""


@dataclass(frozen=True, slots=True)
class OverviewExample:
    """One description: the `features` [G, C] of G regions, and the logarithms [G] of their
    probabilities by an exact search."""

    features: F64
    logarithms: F64


def fit_overview(examples: Sequence[OverviewExample], sources: Sequence[str]) -> OverviewModel:
    """The model with the least weighted square error. Raises QueryError without examples."""
    if not examples:
        raise QueryError("there are no descriptions to learn from")
    rows, targets, weights = [], [], []
    for one in examples:
        weight = np.exp((one.logarithms - one.logarithms.max()) / 2) + _FLOOR
        middle = weight / weight.sum()
        rows.append(one.features - middle @ one.features)
        targets.append(one.logarithms - middle @ one.logarithms)
        weights.append(weight / weight.sum())
    features, target, weight = map(np.concatenate, (rows, targets, weights))
    own = OVERVIEW_FEATURES.index("own_town")
    target = target - OWN_TOWN * features[:, own]
    scale = features.std(axis=0)
    scale[scale < 1e-6] = 1.0
    inputs = features / scale
    inputs[:, own] = 0
    root = np.sqrt(weight)[:, None]
    products = (inputs * root).T @ (inputs * root)
    ridge = _RIDGE * weight.sum() * np.eye(len(products))
    learned = np.linalg.solve(products + ridge, (inputs * root).T @ (target * root[:, 0]))
    error = float(np.sqrt(np.average((target - inputs @ learned) ** 2, weights=weight)))
    scale[own], learned[own] = 1.0, OWN_TOWN
    return OverviewModel(scale, learned, error, tuple(sources))


def overview_examples(
    galleries: Sequence[Gallery],
    texts: Sequence[str],
    encoder: "SentenceEncoder",
    picture_encoders: Mapping[str, PictureEncoder],
    progress: Callable[[str, int, int], None],
) -> list[OverviewExample]:
    """The examples of some descriptions in all regions."""
    overview, examples = overview_of(galleries), []
    names = [gallery.card.name for gallery in galleries]
    seeing = picture_encoders.get(encoder_key(galleries[0]))
    for number, text in enumerate(texts, 1):
        encoded = SharedEncoding(text, encoder).of(galleries[0], seeing)
        query = Query(text, k=1)
        found = search_anywhere(galleries, encoder, query, picture_encoders, exact=True).result
        chance = {region.gallery: region.probability for region in found.regions}
        logarithms = np.log(np.array([chance[name] for name in names]).clip(1e-12))
        examples.append(OverviewExample(overview.features(encoded, text), logarithms))
        progress("overview", number, len(texts))
    return examples
