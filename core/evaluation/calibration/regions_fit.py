"""Maximum-likelihood fit of the probabilities of regions to descriptions whose town is known.

Each description is searched in every gallery. An example is one of its choices: some of the
galleries, with its own among them, or without it, where "none" is right. The sets of galleries are
drawn at random, so that the model does not learn a fixed list of towns.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.arrays import F64, I64, Bools
from core.errors import QueryError
from core.evaluation.calibration.fit import PRIOR_ELSEWHERE
from core.evaluation.queries import LabelledQuery, read_queries
from core.gallery.opened import Gallery, open_gallery
from core.geo import haversine_m
from core.records import CHANNELS
from core.retrieval.confidence import CLIP_SIGMA, read_calibration
from core.retrieval.confidence_features import confidence_features
from core.retrieval.picture_model import load_picture_encoder
from core.retrieval.region_search import SharedEncoding
from core.retrieval.regions import (
    OF_DESCRIPTION,
    OF_REGION,
    RegionModel,
    description_features,
    region_features,
)
from core.retrieval.search import rank_tiles
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

OWN_TOWN = 3.0
"""The weight of a description that names the region's town. It is not learned: the texts hardly
name their towns. Twenty to one, against a town that only shares what is seen."""
_CHOICES = 8
"""Choices drawn for each description: half with its own gallery, half without."""
_FEWEST, _MOST = 2, 6
"""Galleries of one choice."""
_RIDGE = 0.06
"""L2 penalty on the weights. Chosen among 0.01 to 0.2 by leaving out one town after another of the
seven that are learned from."""
_STEPS = 100
_APART_M = 500.0
"""A gallery within this distance of a description's place is no wrong answer to it."""
_FALSE_ABSENT, _LEAST_ABSENT = 0.05, 0.1
"""Accepted share of descriptions that are told to be in none of the galleries but are in one, and
the least probability of "none" at which this is told."""


@dataclass(frozen=True, slots=True)
class RegionExample:
    """One description and its features in G galleries: `regions` [G, C], of itself [B].

    `home` is the row of its own gallery, `usable` [G] marks the galleries it may be told from.
    Examples of one `group` share one weight.
    """

    group: str
    regions: F64
    description: F64
    home: int
    usable: Bools


def fit_regions(examples: Sequence[RegionExample], seed: int = 42) -> RegionModel:
    """The model that makes the examples' own galleries likeliest.

    Raises QueryError for fewer than three galleries.
    """
    galleries = len(examples[0].regions) if examples else 0
    if galleries <= _FEWEST:
        raise QueryError("regions are told apart by texts of three galleries or more; give more")
    every = np.concatenate([one.regions for one in examples])
    mean, scale = every.mean(axis=0), _scale_of(every)
    described = np.stack([one.description for one in examples])
    none_mean, none_scale = described.mean(axis=0), _scale_of(described)
    rng = np.random.default_rng(seed)
    rows, sets, right, weight = [], [], [], []
    sizes = Counter(one.group for one in examples)
    for row, one in enumerate(examples):
        for number in range(_CHOICES):
            inside = number % 2 == 0
            chosen = _drawn(one, inside, rng)
            rows.append(row)
            sets.append(chosen)
            right.append(one.home if inside else galleries)
            weight.append(1 / (len(sizes) * sizes[one.group] * _CHOICES))
    standardized = np.stack([((one.regions - mean) / scale) for one in examples])
    inputs = torch.from_numpy(standardized.clip(-CLIP_SIGMA, CLIP_SIGMA)).float()
    of_text = ((described - none_mean) / none_scale).clip(-CLIP_SIGMA, CLIP_SIGMA)
    described_inputs = torch.from_numpy(of_text).float()
    allowed = torch.from_numpy(np.stack(sets))
    index, answer = torch.tensor(rows), torch.tensor(right)
    shares = torch.tensor(weight).float()
    own_town = OF_REGION.index("own_town")
    learned = torch.ones(len(OF_REGION))
    learned[own_town] = 0
    weights = torch.zeros(len(OF_REGION), requires_grad=True)
    none = torch.zeros(1 + len(OF_DESCRIPTION), requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, none], max_iter=_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        of_regions = (inputs @ (weights * learned))[index]
        of_regions = of_regions.masked_fill(~allowed, -math.inf)
        of_none = (none[0] + described_inputs @ none[1:])[index]
        logits = torch.cat([of_regions, of_none[:, None]], dim=1)
        loss = torch.nn.functional.cross_entropy(logits, answer, reduction="none")
        value = (shares * loss).sum() + _RIDGE * ((weights**2).sum() + (none[1:] ** 2).sum())
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    fitted = (weights * learned).detach().numpy().astype(np.float64)
    mean[own_town], scale[own_town], fitted[own_town] = 0.0, 1.0, OWN_TOWN
    of_none = none.detach().numpy().astype(np.float64)
    # both answers were equally frequent in the choices
    of_none[0] += math.log(PRIOR_ELSEWHERE / (1 - PRIOR_ELSEWHERE))
    model = RegionModel(
        mean, scale, fitted, none_mean, none_scale, of_none, 1.0, tuple(sorted(sizes))
    )
    return _with_absent(model, examples)


def _scale_of(features: F64) -> F64:
    scale: F64 = features.std(axis=0)
    scale[scale < 1e-3] = 1.0
    return scale


def _drawn(one: RegionExample, inside: bool, rng: np.random.Generator) -> Bools:
    """Some galleries, with the example's own or without: mask [G]."""
    others: I64 = np.flatnonzero(one.usable)
    others = others[others != one.home]
    count = int(rng.integers(_FEWEST, _MOST + 1)) - inside
    chosen = np.zeros(len(one.usable), dtype=bool)
    chosen[rng.choice(others, min(count, len(others)), replace=False)] = True
    chosen[one.home] = inside
    return chosen


def _with_absent(model: RegionModel, examples: Sequence[RegionExample]) -> RegionModel:
    """The model with the limit that few descriptions of its own galleries pass."""
    chances = []
    for one in examples:
        rows = np.flatnonzero(one.usable)
        chances.append(model.probabilities(one.regions[rows], one.description)[-1])
    absent = float(np.quantile(chances, 1 - _FALSE_ABSENT))
    return RegionModel(
        model.mean,
        model.scale,
        model.weights,
        model.none_mean,
        model.none_scale,
        model.none,
        max(absent, _LEAST_ABSENT),
        model.sources,
    )


def fit_regions_from_files(
    sets: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: "SentenceEncoder",
    seed: int,
    progress: Callable[[str, int, int], None],
) -> RegionModel:
    """The model fitted to sets of (gallery, file). Raises QueryError, GalleryError."""
    return fit_regions(region_examples(sets, settings, encoder, progress), seed)


def region_examples(
    sets: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: "SentenceEncoder",
    progress: Callable[[str, int, int], None],
) -> list[RegionExample]:
    """Every description of the sets, searched in all their galleries."""
    names = list(dict.fromkeys(name for name, _ in sets))
    labelled = [
        (name, f"{name}, {path.stem}", query)
        for name, path in sets
        for query in read_queries(path, name)
    ]
    queries = [query for _, _, query in labelled]
    regions = np.zeros((len(queries), len(names), len(OF_REGION)))
    usable = np.zeros((len(queries), len(names)), dtype=bool)
    described = np.zeros((len(queries), len(OF_DESCRIPTION)))
    encodings = [SharedEncoding(query.text, encoder) for query in queries]
    learned = read_calibration()
    for column, name in enumerate(names):
        gallery = open_gallery(name, settings)
        has_image = "image" in gallery.card.channels
        picture_encoder = load_picture_encoder(gallery, settings, encoder) if has_image else None
        channels = tuple(one for one in CHANNELS if one in gallery.card.channels)
        for row, query in enumerate(queries):
            encoded = encodings[row].of(gallery, picture_encoder)
            ranking = rank_tiles(gallery, encoded, channels)
            features = confidence_features(
                encoded, ranking.signals, ranking.scores, channels, None, learned.background
            )
            regions[row, column] = region_features(features, learned, own_town=False)
            described[row] = description_features(features)
            usable[row, column] = labelled[row][0] == name or _is_apart(query, gallery)
            progress(name, row + 1, len(queries))
    return [
        RegionExample(group, regions[row], described[row], names.index(home), usable[row])
        for row, (home, group, _) in enumerate(labelled)
    ]


def _is_apart(query: LabelledQuery, gallery: Gallery) -> bool:
    at = query.position
    return bool(haversine_m(at.lat, at.lon, gallery.lats, gallery.lons).min() > _APART_M)
