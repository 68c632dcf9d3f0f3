"""Fit of the ranking's weights to descriptions whose place is known.

Listwise: the probability of a tile is a softmax of its score over the tiles of the gallery, and
every tile within 100 m of the truth is right. The fused score is the prior; L2 penalties keep the
corrections small. L-BFGS starts from none, so the same texts give the same weights.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.arrays import F32, I64, Bools
from core.errors import QueryError
from core.evaluation.queries import inside_gallery, read_all, read_queries
from core.gallery.opened import Gallery, open_gallery
from core.geo import Position, haversine_m
from core.records import CHANNELS
from core.retrieval.confidence import RADIUS_M
from core.retrieval.fusion import SIGNALS
from core.retrieval.picture_model import load_picture_encoder
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.ranking import (
    NO_CORRECTION,
    RankingModel,
    learned_weights,
    memberships,
    unlearned_table,
)
from core.retrieval.search import rank_tiles
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_LEADING, _OTHERS = 250, 100
"""Number of tiles of a search: the best, and a sample of the others."""
_PENALTY = 0.03
"""L2 penalty on standardised weights. Of 0.01, 0.03 and 0.1, 0.03 was best for 350 texts of RVS
train that were left out, and differed little."""
_SIGNAL_PENALTY = 10.0
"""The penalty on the signals, relative to the others: with 1, RVS lost two points and the forty
descriptions held out five."""
_STEPS = 80
_SHARPNESS = 20.0


@dataclass(frozen=True, slots=True)
class RankingExample:
    """One search with a sample of T tiles.

    `fused` [T] are the fused scores, `features` [T, S + W] the signals and what each learned weight
    of things multiplies,
    `stands_for` [T] the logarithm of the number of tiles that each one represents, `near` [T] True
    within 100 m of the truth. All examples of one `group` share one weight.
    """

    group: str
    fused: F32
    features: F32
    stands_for: F32
    near: Bools


def ranking_example(
    gallery: Gallery,
    encoded_query: EncodedQuery,
    truth: Position,
    group: str,
    rng: np.random.Generator,
) -> RankingExample | None:
    """The search for one description, None where no tile is near its place."""
    near = haversine_m(truth.lat, truth.lon, gallery.lats, gallery.lons) <= RADIUS_M
    if not near.any():
        return None
    channels = tuple(
        name
        for name in CHANNELS
        if name in gallery.card.channels and (name != "image" or encoded_query.picture_query)
    )
    ranking = rank_tiles(gallery, encoded_query, channels, None, NO_CORRECTION)
    order = ranking.order
    leading, others = order[:_LEADING], order[_LEADING:]
    distant = others[~near[others]]
    drawn = rng.choice(distant, min(_OTHERS, len(distant)), replace=False)
    rows: I64 = np.concatenate([leading, others[near[others]], drawn])
    stands_for = np.zeros(len(rows), dtype=np.float32)
    if len(drawn):
        stands_for[len(rows) - len(drawn) :] = math.log(len(distant) / len(drawn))
    named = ranking.named_things
    table = np.einsum("rw,rkt->twk", memberships(named.things), named.values[:, :, rows])
    features = np.concatenate(
        [ranking.signals.stacked()[:, rows].T, table[:, learned_weights()]], axis=1
    )
    return RankingExample(group, ranking.scores[rows], features, stands_for, near[rows])


def fit_ranking(examples: Sequence[RankingExample]) -> RankingModel:
    """The ranking model that makes the true places of the examples likeliest.

    Raises QueryError where there are none.
    """
    if not examples:
        raise QueryError("no description was written near a tile of its gallery")
    count = len(examples)
    features = torch.from_numpy(np.concatenate([one.features for one in examples]))
    scale = features.std(dim=0)
    features = torch.where(scale > 1e-4, features / scale.clamp(min=1e-4), 0.0)
    fused = torch.from_numpy(np.concatenate([one.fused for one in examples]))
    stands_for = torch.from_numpy(np.concatenate([one.stands_for for one in examples]))
    near = torch.from_numpy(np.concatenate([one.near for one in examples]))
    owner = torch.from_numpy(np.repeat(np.arange(count), [len(one.near) for one in examples]))
    sizes = Counter(one.group for one in examples)
    share = torch.tensor([1 / (len(sizes) * sizes[one.group]) for one in examples])
    penalty = torch.full((features.shape[1],), _PENALTY)
    penalty[: len(SIGNALS)] *= _SIGNAL_PENALTY
    weights = torch.zeros(features.shape[1], requires_grad=True)
    sharpness = torch.tensor(math.log(_SHARPNESS), requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, sharpness], max_iter=_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scores = torch.exp(sharpness) * fused + features @ weights
        total = logsumexp_by_owner(scores + stands_for, owner, count)
        right = logsumexp_by_owner(scores[near], owner[near], count)
        loss = (share * (total - right)).sum() + (penalty * weights**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    fitted = math.exp(float(sharpness.detach()))
    table = unlearned_table()
    in_units = torch.where(scale > 1e-4, weights.detach() / scale.clamp(min=1e-4), 0.0) / fitted
    numbers = in_units.numpy().astype(np.float64)
    table[learned_weights()] = numbers[len(SIGNALS) :]
    return RankingModel(table, numbers[: len(SIGNALS)], fitted, tuple(sorted(sizes)))


def logsumexp_by_owner(values: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """The logsumexp of values [T] over the tiles of each example, [Q]."""
    most = torch.full((count,), -math.inf).scatter_reduce(0, owner, values, "amax").detach()
    summed = torch.zeros(count).index_add(0, owner, torch.exp(values - most[owner]))
    return most + torch.log(summed)


def fit_ranking_from_files(
    sets: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: "SentenceEncoder",
    seed: int,
    progress: Callable[[str, int, int], None],
) -> RankingModel:
    """The ranking model fitted to sets of (gallery, file); every file has the same weight.

    Raises QueryError, GalleryError.
    """
    examples: list[RankingExample] = []
    for name, path in sets:
        gallery = open_gallery(name, settings)
        rng = np.random.default_rng(seed)
        queries = inside_gallery(read_queries(path, name), gallery, path.name)
        has_image = "image" in gallery.card.channels
        picture_encoder = load_picture_encoder(gallery, settings, encoder) if has_image else None
        for number, query in enumerate(queries, 1):
            (encoded_query,) = read_all([query], encoder, lambda *_: None, picture_encoder, gallery)
            example = ranking_example(gallery, encoded_query, query.position, path.stem, rng)
            if example is not None:
                examples.append(example)
            progress(f"{name}, {path.stem}", number, len(queries))
    return fit_ranking(examples)
