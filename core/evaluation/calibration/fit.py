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

PRIOR_ELSEWHERE = 0.05
"""Prior probability of a place outside the gallery: an assumption, not learned."""
_RIDGE, _RIDGE_ELSEWHERE = 3e-3, 3e-4
"""L2 penalties on the parameters."""
_BLUNTED_BY_ROLES = -0.14
"""Added to the weight of the share of phrases that a relation places, in the inverse temperature.
Each set counts alike, so the one set of directions moves the fit too little: it was 5 points too
sure of them. Chosen so that the mean chance of the first candidates of 404 searches for RVS `train`
is the share of them that is right."""
_STEPS = 80
_SHARPNESS, _VAGUE = math.log(40.0), -2.0
_LIKELY = 0.5
_FALSE_ABSENT = 0.1
"""Accepted share of false "outside" verdicts for descriptions from inside a gallery."""
_AREA = 0.8
_FULL_GROUP = 60


@dataclass(frozen=True, slots=True)
class _Batch:
    """All T tiles of Q examples, concatenated.

    `owner` [T] is the example of each tile, `standardized` [Q, 1 + C] the standardized features
    after a constant 1, `weight` [Q] the weight of each example.
    """

    scores: torch.Tensor
    stands_for: torch.Tensor
    owner: torch.Tensor
    near: torch.Tensor
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
        likely=_LIKELY,
        absent=1.0,
        area=_AREA,
        background=background,
        sources=tuple(sorted({example.group for example in examples})),
    )
    calibration = _fit_position(calibration, inside)
    calibration.inverse_temperature[1 + FEATURES.index("roles")] += _BLUNTED_BY_ROLES
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
    exponentials = np.exp(scores - scores.max())
    stands_for = np.exp(example.stands_for)
    p_uninformative = 1 / (1 + np.exp(-(standardized @ calibration.p_uninformative)))
    mass = (1 - p_uninformative) * exponentials / (
        exponentials * stands_for
    ).sum() + p_uninformative / example.tiles
    likelier = mass > mass[example.true]
    return float((mass * stands_for)[likelier].sum())


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
        standardized=torch.from_numpy(_standardized(calibration, examples)).float(),
        weight=torch.from_numpy(_shares(examples)).float(),
        log_tiles=torch.tensor([math.log(example.tiles) for example in examples]),
        log_near=torch.tensor([math.log(np.count_nonzero(example.near)) for example in examples]),
    )


def log_likelihood(
    batch: _Batch, inverse_temperature: torch.Tensor, p_uninformative: torch.Tensor
) -> torch.Tensor:
    """The log-likelihood [Q] of each example: that of all tiles within 100 m of the truth."""
    count = len(batch.standardized)
    steep = torch.exp(batch.standardized @ inverse_temperature)
    scores = batch.scores * steep[batch.owner]
    total = logsumexp_by_owner(scores + batch.stands_for, batch.owner, count)
    near = logsumexp_by_owner(scores[batch.near], batch.owner[batch.near], count) - total
    chance = batch.standardized @ p_uninformative
    return torch.logaddexp(
        torch.nn.functional.logsigmoid(-chance) + near,
        torch.nn.functional.logsigmoid(chance) + batch.log_near - batch.log_tiles,
    )


def _fit_position(calibration: Calibration, inside: Sequence[CalibrationExample]) -> Calibration:
    """The calibration with `inverse_temperature` and `p_uninformative` fitted."""
    batch = _batch(calibration, inside)
    heads = []
    for constant in (_SHARPNESS, _VAGUE):
        head = torch.zeros(len(FEATURES) + 1)
        head[0] = constant
        heads.append(head.requires_grad_())
    inverse_temperature, p_uninformative = heads

    def loss() -> torch.Tensor:
        likely = log_likelihood(batch, inverse_temperature, p_uninformative)
        size = (inverse_temperature[1:] ** 2).sum() + (p_uninformative[1:] ** 2).sum()
        return -(batch.weight * likely).sum() + _RIDGE * size

    _minimize([inverse_temperature, p_uninformative], loss)
    return replace(
        calibration,
        inverse_temperature=_to_numpy(inverse_temperature),
        p_uninformative=_to_numpy(p_uninformative),
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
