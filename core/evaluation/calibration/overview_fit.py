"""Least-squares fit of the estimates of regions to what an exact search makes of them.

Every description is searched in all regions. The overview and the first look learn to estimate the
logarithm of each region's probability, up to a constant of the description. No place has to be
known for that.
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
from core.retrieval.estimates import RegionEstimates, UtilityEstimate
from core.retrieval.first_look import LOOK_FEATURES, look_features
from core.retrieval.opened_regions import encoder_key
from core.retrieval.overview import OVERVIEW_FEATURES
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.region_search import SharedEncoding, begin_search
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
    """One description: the features of G regions in the `overview` [G, C] and after a `look`
    [G, C], and the logarithms [G] of their probabilities by an exact search."""

    overview: F64
    look: F64
    logarithms: F64


def fit_overview(examples: Sequence[OverviewExample], sources: Sequence[str]) -> RegionEstimates:
    """The models with the least weighted square errors. Raises QueryError without examples."""
    if not examples:
        raise QueryError("there are no descriptions to learn from")
    logarithms = [one.logarithms for one in examples]
    return RegionEstimates(
        _fit([one.overview for one in examples], logarithms, OVERVIEW_FEATURES),
        _fit([one.look for one in examples], logarithms, LOOK_FEATURES),
        tuple(sources),
    )


def _fit(
    of_examples: Sequence[F64], logarithms: Sequence[F64], names: Sequence[str]
) -> UtilityEstimate:
    rows, targets, weights = [], [], []
    for features_of, logarithm in zip(of_examples, logarithms, strict=True):
        weight = np.exp((logarithm - logarithm.max()) / 2) + _FLOOR
        middle = weight / weight.sum()
        rows.append(features_of - middle @ features_of)
        targets.append(logarithm - middle @ logarithm)
        weights.append(weight / weight.sum())
    features, target, weight = map(np.concatenate, (rows, targets, weights))
    own = names.index("own_town")
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
    return UtilityEstimate(scale, learned, error)


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
        encoding, query = SharedEncoding(text, encoder), Query(text, k=1)
        encoded = encoding.of(galleries[0], seeing)
        begun = [begin_search(one, encoding, query, picture_encoders) for one in galleries]
        found = search_anywhere(galleries, encoder, query, picture_encoders, exact=True).result
        chance = {region.gallery: region.probability for region in found.regions}
        logarithms = np.log(np.array([chance[name] for name in names]).clip(1e-12))
        features = overview.features(encoded, text)
        looks = [look_features(one.gallery, one.steps, one.own_town) for one in begun]
        examples.append(OverviewExample(features, np.stack(looks), logarithms))
        progress("overview", number, len(texts))
    return examples
