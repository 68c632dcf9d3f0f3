"""Maximum-likelihood fit of the calibration to examples.

A calibration has a few hundred parameters at most. L-BFGS starts from a fixed point, so the same
examples give the same calibration.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.arrays import F64
from core.errors import QueryError
from core.evaluation.calibration.dataset import CalibrationExample
from core.evaluation.ranking_fit import logsumexp_by_owner
from core.retrieval.background_corpus import Background
from core.retrieval.confidence import CLIP_SIGMA, Calibration
from core.retrieval.confidence_features import FEATURES
from core.retrieval.rank_prior import LEADING

PRIOR_ELSEWHERE = 0.05
"""Prior probability of a place outside the gallery: an assumption, not learned."""
_RIDGE, _RIDGE_ELSEWHERE = 3e-3, 3e-4
"""L2 penalties on the parameters."""
_BEYOND = 1e30
"""The rank of a tile that has no share by its rank."""
_STEPS = 80
_SHARPNESS, _VAGUE, _BY_RANK = math.log(40.0), -2.0, -2.0
_RANK_OFFSET, _RANK_POWER = 3.0, 1.5
"""Where the fit starts."""
_LIKELY = 0.5
_FALSE_ABSENT = 0.1
"""Accepted share of false "outside" verdicts for descriptions from inside a gallery."""
_AREA = 0.8
_FULL_GROUP = 60


@dataclass(frozen=True, slots=True)
class _Batch:
    """All T tiles of Q examples, concatenated.

    `owner` [T] is the example of each tile, `rank` [T] its rank from 0, `_BEYOND` after
    `LEADING`, `standardized` [Q, 1 + C] the standardized features after a constant 1, `weight` [Q]
    the weight of each example.
    """

    scores: torch.Tensor
    stands_for: torch.Tensor
    owner: torch.Tensor
    near: torch.Tensor
    rank: torch.Tensor
    standardized: torch.Tensor
    weight: torch.Tensor
    log_tiles: torch.Tensor
    log_near: torch.Tensor


def calibrate(
    examples: Sequence[CalibrationExample], background: Background, prior: float = PRIOR_ELSEWHERE
) -> Calibration:
    """Fits a calibration.

    Raises QueryError if the examples are all from inside their gallery or all from outside.
    """
    inside = [example for example in examples if example.inside]
    outside = [example for example in examples if not example.inside]
    if not (inside and outside):
        missing = "near any tile of its gallery" if not inside else "outside a gallery"
        raise QueryError(f"no description was written {missing}; give some of both kinds")
    features = np.stack([example.features for example in examples]).astype(np.float64)
    share = _shares(examples)
    mean = share @ features
    scale = np.sqrt(share @ (features - mean) ** 2)
    scale[scale < 1e-3] = 1.0
    calibration = Calibration(
        mean=mean,
        scale=scale,
        inverse_temperature=np.zeros(len(FEATURES) + 1),
        p_uninformative=np.zeros(len(FEATURES) + 1),
        p_outside=np.zeros(len(FEATURES) + 1),
        by_rank=np.zeros(len(FEATURES) + 1),
        likely=_LIKELY,
        absent=1.0,
        area=_AREA,
        background=background,
        sources=tuple(sorted({example.group for example in examples})),
    )
    calibration = _fit_position(calibration, inside)
    calibration = replace(calibration, p_outside=_fit_outside(calibration, inside, outside, prior))
    standardized, shares = _standardized(calibration, inside), _shares(inside)
    chances = 1 / (1 + np.exp(-(standardized @ calibration.p_outside)))
    before = np.array(
        [
            mass_before_truth(calibration, example, row)
            for example, row in zip(inside, standardized, strict=True)
        ]
    )
    return replace(
        calibration,
        absent=_weighted_quantile(chances, shares, 1 - _FALSE_ABSENT),
        area=_weighted_quantile(before, shares, _AREA),
    )


def mass_before_truth(
    calibration: Calibration, example: CalibrationExample, standardized: F64
) -> float:
    """The share of the probability mass in tiles more probable than the true one.

    `standardized` [1 + C] are the standardized features of the example.
    """
    scores = np.exp(standardized @ calibration.inverse_temperature) * example.scores
    exponentials, stands_for = np.exp(scores - scores.max()), np.exp(example.stands_for)
    weight, p_uninformative = (
        1 / (1 + np.exp(-(standardized @ model)))
        for model in (calibration.by_rank, calibration.p_uninformative)
    )
    ranked = (_ranks(example) + calibration.rank_offset) ** -calibration.rank_power
    informative = (1 - weight) * exponentials / (exponentials * stands_for).sum()
    informative += weight * ranked / ranked.sum()
    mass = (1 - p_uninformative) * informative + p_uninformative / example.tiles
    likelier = mass > mass[example.true]
    return float((mass * stands_for)[likelier].sum())


def _ranks(example: CalibrationExample) -> F64:
    """The rank [T] of each tile of an example from 0, `_BEYOND` after `LEADING`: the best come
    first in an example."""
    ranks = np.arange(len(example.scores), dtype=np.float64)
    ranks[LEADING:] = _BEYOND
    return ranks


def _shares(examples: Sequence[CalibrationExample]) -> F64:
    """The weights [Q] of the examples; they sum to 1. Every group has the same total, but one with
    fewer examples than `_FULL_GROUP` has less in proportion."""
    sizes = Counter(example.group for example in examples)
    shares: F64 = np.array(
        [min(sizes[one.group], _FULL_GROUP) / sizes[one.group] for one in examples]
    )
    shares /= shares.sum()
    return shares


def _weighted_quantile(values: F64, shares: F64, at: float) -> float:
    order = np.argsort(values, kind="stable")
    place = int(np.searchsorted(np.cumsum(shares[order]), at))
    return float(values[order[min(place, len(order) - 1)]])


def _standardized(calibration: Calibration, examples: Sequence[CalibrationExample]) -> F64:
    """The standardized features of the examples with a leading 1, [Q, 1 + C]."""
    features = np.stack([example.features for example in examples]).astype(np.float64)
    standardized = ((features - calibration.mean) / calibration.scale).clip(-CLIP_SIGMA, CLIP_SIGMA)
    return np.concatenate([np.ones((len(standardized), 1)), standardized], axis=1)


def _batch(calibration: Calibration, examples: Sequence[CalibrationExample]) -> _Batch:
    owner = np.repeat(np.arange(len(examples)), [len(example.near) for example in examples])
    return _Batch(
        scores=torch.from_numpy(np.concatenate([example.scores for example in examples])).float(),
        stands_for=torch.from_numpy(
            np.concatenate([example.stands_for for example in examples])
        ).float(),
        owner=torch.from_numpy(owner),
        near=torch.from_numpy(np.concatenate([example.near for example in examples])),
        rank=torch.from_numpy(np.concatenate([_ranks(example) for example in examples])).float(),
        standardized=torch.from_numpy(_standardized(calibration, examples)).float(),
        weight=torch.from_numpy(_shares(examples)).float(),
        log_tiles=torch.tensor([math.log(example.tiles) for example in examples]),
        log_near=torch.tensor([math.log(np.count_nonzero(example.near)) for example in examples]),
    )


@dataclass(frozen=True, slots=True)
class _Heads:
    """The parameters of the fit of positions; see `Calibration`. The rank's are logarithms."""

    inverse_temperature: torch.Tensor
    p_uninformative: torch.Tensor
    by_rank: torch.Tensor
    rank_offset: torch.Tensor
    rank_power: torch.Tensor

    @classmethod
    def at_start(cls) -> "_Heads":
        """The fixed point from which the fit starts."""
        heads = []
        for constant in (_SHARPNESS, _VAGUE, _BY_RANK):
            head = torch.zeros(len(FEATURES) + 1)
            head[0] = constant
            heads.append(head)
        numbers = [torch.tensor(math.log(number)) for number in (_RANK_OFFSET, _RANK_POWER)]
        return cls(*(tensor.requires_grad_() for tensor in (*heads, *numbers)))

    @property
    def all(self) -> list[torch.Tensor]:
        """Every tensor that is learned."""
        return [getattr(self, name) for name in self.__slots__]

    def size(self) -> torch.Tensor:
        """The sum of squares of the weights of features, and of how far the ranks' numbers are
        from their start."""
        heads = (self.inverse_temperature, self.p_uninformative, self.by_rank)
        moved = (
            self.rank_offset - math.log(_RANK_OFFSET),
            self.rank_power - math.log(_RANK_POWER),
        )
        return torch.stack(
            [(part**2).sum() for part in (*(head[1:] for head in heads), *moved)]
        ).sum()


def log_likelihood(batch: _Batch, heads: _Heads) -> torch.Tensor:
    """The log-likelihood [Q] of each example: that of all tiles within 100 m of the truth."""
    count = len(batch.standardized)
    steep = torch.exp(batch.standardized @ heads.inverse_temperature)
    scores = batch.scores * steep[batch.owner]
    total = logsumexp_by_owner(scores + batch.stands_for, batch.owner, count)
    near = logsumexp_by_owner(scores[batch.near], batch.owner[batch.near], count) - total
    ranked = (batch.rank + torch.exp(heads.rank_offset)) ** -torch.exp(heads.rank_power)
    by_rank = _sum_by_owner(ranked * batch.near, batch.owner, count)
    by_rank = by_rank / _sum_by_owner(ranked, batch.owner, count)
    weight = torch.sigmoid(batch.standardized @ heads.by_rank)
    informative = (1 - weight) * torch.exp(near) + weight * by_rank
    vague = torch.sigmoid(batch.standardized @ heads.p_uninformative)
    even = torch.exp(batch.log_near - batch.log_tiles)
    return torch.log((1 - vague) * informative + vague * even)


def _sum_by_owner(values: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """The sum of values [T] over the tiles of each example, [Q]."""
    return torch.zeros(count).index_add(0, owner, values)


def _fit_position(calibration: Calibration, inside: Sequence[CalibrationExample]) -> Calibration:
    """The calibration with `inverse_temperature`, `p_uninformative` and `by_rank` fitted."""
    batch, heads = _batch(calibration, inside), _Heads.at_start()

    def loss() -> torch.Tensor:
        return -(batch.weight * log_likelihood(batch, heads)).sum() + _RIDGE * heads.size()

    _minimize(heads.all, loss)
    return replace(
        calibration,
        inverse_temperature=_to_numpy(heads.inverse_temperature),
        p_uninformative=_to_numpy(heads.p_uninformative),
        by_rank=_to_numpy(heads.by_rank),
        rank_offset=math.exp(float(heads.rank_offset.detach())),
        rank_power=math.exp(float(heads.rank_power.detach())),
    )


def _fit_outside(
    calibration: Calibration,
    inside: Sequence[CalibrationExample],
    outside: Sequence[CalibrationExample],
    prior: float,
) -> F64:
    """The parameters [1 + C] of `p_outside`: a logistic regression with both classes balanced.

    Its intercept is then shifted to the prior.
    """
    standardized = torch.from_numpy(
        np.concatenate([_standardized(calibration, inside), _standardized(calibration, outside)])
    ).float()
    absent = torch.tensor([0.0] * len(inside) + [1.0] * len(outside))
    weight = torch.from_numpy(np.concatenate([_shares(inside), _shares(outside)]) / 2).float()
    head = torch.zeros(len(FEATURES) + 1, requires_grad=True)

    def loss() -> torch.Tensor:
        cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(
            standardized @ head, absent, weight, reduction="sum"
        )
        return cross_entropy + _RIDGE_ELSEWHERE * (head[1:] ** 2).sum()

    _minimize([head], loss)
    fitted = _to_numpy(head)
    fitted[0] += math.log(prior / (1 - prior))
    return fitted


def _minimize(parameters: list[torch.Tensor], loss: Callable[[], torch.Tensor]) -> None:
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(closure)  # type: ignore[no-untyped-call]


def _to_numpy(tensor: torch.Tensor) -> F64:
    values: F64 = tensor.detach().numpy().astype(np.float64)
    return values
