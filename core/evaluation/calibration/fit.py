"""The numbers behind every confidence, fitted to lessons by maximum likelihood.

Knows the form that `core.retrieval.confidence` reads; leaves searching to `examples`. One fit is a
few hundred numbers at most, found by L-BFGS from a fixed start: the same lessons give the same.
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
from core.retrieval.background_corpus import Background
from core.retrieval.confidence import CLIP_SIGMA, Calibration
from core.retrieval.confidence_features import FEATURES
from core.retrieval.fusion import SIGNALS, WEIGHTS

PRIOR_ELSEWHERE = 0.05
"""How many of a hundred people describe a place outside the gallery: an assumption, not learned."""
_RIDGE, _RIDGE_ELSEWHERE = 3e-3, 3e-4
"""What holds the numbers small."""
_WEIGHT_PENALTY = 10.0
"""How much more the signals' weights are held to those of the fusion: learned freely, they suit
descriptions by a program better and those by people worse (of 1/3, 10, 100 and 10,000 the one with
the smallest calibration error on tests/descriptions.jsonl)."""
_STEPS = 80
_SHARPNESS, _VAGUE = math.log(40.0), -2.0
_LIKELY = 0.5
_FALSE_ABSENT = 0.1
"""The share of people inside a gallery who may be told that they are not."""
_AREA = 0.8


@dataclass(frozen=True, slots=True)
class _Batch:
    """All tiles of Q lessons in a row: `owner` [T] is a tile's lesson, `usual` [Q, 1 + C] the
    clues on a common scale after a constant 1, `weight` [Q] how much each lesson counts."""

    signals: torch.Tensor
    stands_for: torch.Tensor
    owner: torch.Tensor
    near: torch.Tensor
    usual: torch.Tensor
    weight: torch.Tensor
    log_tiles: torch.Tensor
    log_near: torch.Tensor


def calibrate(
    examples: Sequence[CalibrationExample], background: Background, prior: float = PRIOR_ELSEWHERE
) -> Calibration:
    """Fits a calibration. Raises QueryError where there is nothing to learn from."""
    inside = [one for one in examples if one.inside]
    outside = [one for one in examples if not one.inside]
    if not (inside and outside):
        missing = "near any tile of its gallery" if not inside else "from outside a gallery"
        raise QueryError(f"no description was written {missing}; wanted some of both sorts")
    features = np.stack([one.features for one in examples]).astype(np.float64)
    share = _shares(examples)
    mean = share @ features
    scale = np.sqrt(share @ (features - mean) ** 2)
    scale[scale < 1e-3] = 1.0
    made = Calibration(
        weights=np.array([WEIGHTS[name] for name in SIGNALS]),
        mean=mean,
        scale=scale,
        inverse_temperature=np.zeros(len(FEATURES) + 1),
        p_uninformative=np.zeros(len(FEATURES) + 1),
        p_outside=np.zeros(len(FEATURES) + 1),
        likely=_LIKELY,
        absent=1.0,
        area=_AREA,
        background=background,
        sources=tuple(sorted({one.group for one in examples})),
    )
    made = _place_fitted(made, inside)
    made = replace(made, p_outside=_elsewhere_fitted(made, inside, outside, prior))
    usual, shares = _standardized(made, inside), _shares(inside)
    chances = 1 / (1 + np.exp(-(usual @ made.p_outside)))
    before = np.array(
        [mass_before_truth(made, one, row) for one, row in zip(inside, usual, strict=True)]
    )
    return replace(
        made,
        absent=_weighted_quantile(chances, shares, 1 - _FALSE_ABSENT),
        area=_weighted_quantile(before, shares, _AREA),
    )


def mass_before_truth(made: Calibration, example: CalibrationExample, usual: F64) -> float:
    """The share of the mass in tiles that are likelier than the true one."""
    scores = np.exp(usual @ made.inverse_temperature) * (example.signals @ made.weights)
    steep = np.exp(scores - scores.max())
    stands_for = np.exp(example.stands_for)
    vague = 1 / (1 + np.exp(-(usual @ made.p_uninformative)))
    mass = (1 - vague) * steep / (steep * stands_for).sum() + vague / example.tiles
    likelier = mass > mass[example.true]
    return float((mass * stands_for)[likelier].sum())


def _shares(examples: Sequence[CalibrationExample]) -> F64:
    """How much each lesson counts [Q], in sum 1: groups count alike, however large they are."""
    sizes = Counter(one.group for one in examples)
    shares: F64 = np.array([1 / (len(sizes) * sizes[one.group]) for one in examples])
    return shares


def _weighted_quantile(values: F64, shares: F64, at: float) -> float:
    order = np.argsort(values, kind="stable")
    place = int(np.searchsorted(np.cumsum(shares[order]), at))
    return float(values[order[min(place, len(order) - 1)]])


def _standardized(made: Calibration, examples: Sequence[CalibrationExample]) -> F64:
    """The lessons' clues as the posterior reads them, [Q, 1 + C]."""
    features = np.stack([one.features for one in examples]).astype(np.float64)
    usual = ((features - made.mean) / made.scale).clip(-CLIP_SIGMA, CLIP_SIGMA)
    return np.concatenate([np.ones((len(usual), 1)), usual], axis=1)


def _batch(made: Calibration, examples: Sequence[CalibrationExample]) -> _Batch:
    owner = np.repeat(np.arange(len(examples)), [len(one.near) for one in examples])
    return _Batch(
        signals=torch.from_numpy(np.concatenate([one.signals for one in examples])).float(),
        stands_for=torch.from_numpy(np.concatenate([one.stands_for for one in examples])).float(),
        owner=torch.from_numpy(owner),
        near=torch.from_numpy(np.concatenate([one.near for one in examples])),
        usual=torch.from_numpy(_standardized(made, examples)).float(),
        weight=torch.from_numpy(_shares(examples)).float(),
        log_tiles=torch.tensor([math.log(one.tiles) for one in examples]),
        log_near=torch.tensor([math.log(np.count_nonzero(one.near)) for one in examples]),
    )


def _logsumexp_by_query(values: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """The logarithm of the summed exponentials of each lesson's tiles: [Q]."""
    most = torch.full((count,), -math.inf).scatter_reduce(0, owner, values, "amax").detach()
    summed = torch.zeros(count).index_add(0, owner, torch.exp(values - most[owner]))
    return most + torch.log(summed)


def log_likelihood(
    batch: _Batch,
    weights: torch.Tensor,
    inverse_temperature: torch.Tensor,
    p_uninformative: torch.Tensor,
) -> torch.Tensor:
    """Of each lesson [Q], that of the tiles within 100 m of the truth together."""
    count = len(batch.usual)
    steep = torch.exp(batch.usual @ inverse_temperature)
    scores = (batch.signals @ weights) * steep[batch.owner]
    whole = _logsumexp_by_query(scores + batch.stands_for, batch.owner, count)
    near = _logsumexp_by_query(scores[batch.near], batch.owner[batch.near], count) - whole
    chance = batch.usual @ p_uninformative
    return torch.logaddexp(
        torch.nn.functional.logsigmoid(-chance) + near,
        torch.nn.functional.logsigmoid(chance) + batch.log_near - batch.log_tiles,
    )


def _place_fitted(made: Calibration, inside: Sequence[CalibrationExample]) -> Calibration:
    """The weights of the signals, sharpness and vagueness."""
    batch = _batch(made, inside)
    start = torch.from_numpy(np.log(made.weights)).float()
    weights = start.clone().requires_grad_()
    heads = []
    for constant in (_SHARPNESS, _VAGUE):
        head = torch.zeros(len(FEATURES) + 1)
        head[0] = constant
        heads.append(head.requires_grad_())
    inverse_temperature, p_uninformative = heads

    def loss() -> torch.Tensor:
        likely = log_likelihood(batch, torch.exp(weights), inverse_temperature, p_uninformative)
        size = (inverse_temperature[1:] ** 2).sum() + (p_uninformative[1:] ** 2).sum()
        drift = ((weights - start) ** 2).sum()
        return -(batch.weight * likely).sum() + _RIDGE * (size + _WEIGHT_PENALTY * drift)

    _descend([weights, inverse_temperature, p_uninformative], loss)
    return replace(
        made,
        weights=_numbers(torch.exp(weights)),
        inverse_temperature=_numbers(inverse_temperature),
        p_uninformative=_numbers(p_uninformative),
    )


def _elsewhere_fitted(
    made: Calibration,
    inside: Sequence[CalibrationExample],
    outside: Sequence[CalibrationExample],
    prior: float,
) -> F64:
    """A logistic regression where both sorts count alike, its constant then moved to the prior."""
    usual = torch.from_numpy(
        np.concatenate([_standardized(made, inside), _standardized(made, outside)])
    ).float()
    absent = torch.tensor([0.0] * len(inside) + [1.0] * len(outside))
    weight = torch.from_numpy(np.concatenate([_shares(inside), _shares(outside)]) / 2).float()
    head = torch.zeros(len(FEATURES) + 1, requires_grad=True)

    def loss() -> torch.Tensor:
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(
            usual @ head, absent, weight, reduction="sum"
        )
        return wrong + _RIDGE_ELSEWHERE * (head[1:] ** 2).sum()

    _descend([head], loss)
    fitted = _numbers(head)
    fitted[0] += math.log(prior / (1 - prior))
    return fitted


def _descend(numbers: list[torch.Tensor], loss: Callable[[], torch.Tensor]) -> None:
    steps = torch.optim.LBFGS(
        numbers, max_iter=_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        steps.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    steps.step(closure)  # type: ignore[no-untyped-call]


def _numbers(tensor: torch.Tensor) -> F64:
    numbers: F64 = tensor.detach().numpy().astype(np.float64)
    return numbers
