"""The fit of the probabilities of regions on examples with a known answer."""

from collections.abc import Sequence

import numpy as np
import pytest

from core.errors import QueryError
from core.evaluation.calibration.regions_fit import OWN_TOWN, RegionExample, fit_regions
from core.retrieval.regions import OF_DESCRIPTION, OF_REGION

SCORE = OF_REGION.index("score")


def examples(count: int, weight: float, galleries: int = 6, seed: int = 0) -> list[RegionExample]:
    """Descriptions whose own gallery is drawn by a softmax of weight times `score`."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        regions = np.zeros((galleries, len(OF_REGION)))
        regions[:, SCORE] = random.normal(size=galleries)
        steep = np.exp(weight * regions[:, SCORE])
        home = int(random.choice(galleries, p=steep / steep.sum()))
        made.append(
            RegionExample(
                f"town {home}",
                regions,
                np.zeros(len(OF_DESCRIPTION)),
                home,
                np.ones(galleries, dtype=bool),
            )
        )
    return made


def share_right(fitted: Sequence[RegionExample], fresh: Sequence[RegionExample]) -> float:
    model = fit_regions(fitted)
    shares = [model.probabilities(one.regions, one.description)[:-1] for one in fresh]
    right = [int(share.argmax()) == one.home for share, one in zip(shares, fresh, strict=True)]
    return float(np.mean(right))


def test_the_fit_finds_the_feature_that_tells_regions_apart() -> None:
    model = fit_regions(examples(400, 3.0))
    others = np.delete(model.weights, [SCORE, OF_REGION.index("own_town")])
    assert model.weights[SCORE] > 0.5
    assert np.abs(others).max() < 0.1
    assert share_right(examples(400, 3.0), examples(400, 3.0, seed=1)) > 0.6


def test_none_of_them_is_rare_before_anything_is_known() -> None:
    model = fit_regions(examples(300, 0.0))
    shares = [
        model.probabilities(one.regions[:4], one.description)[-1] for one in examples(50, 0.0)
    ]
    assert 0.005 < np.mean(shares) < 0.2
    assert 0 < model.absent < 1


def test_the_weight_of_a_named_town_is_given() -> None:
    model = fit_regions(examples(60, 1.0))
    row = OF_REGION.index("own_town")
    assert (model.mean[row], model.scale[row], model.weights[row]) == (0.0, 1.0, OWN_TOWN)


def test_the_same_examples_give_the_same_model() -> None:
    one, other = (fit_regions(examples(60, 2.0)) for _ in range(2))
    assert one.weights.tolist() == other.weights.tolist()


def test_two_galleries_are_too_few() -> None:
    with pytest.raises(QueryError, match="three galleries"):
        fit_regions(examples(20, 2.0, galleries=2))
    with pytest.raises(QueryError, match="three galleries"):
        fit_regions([])
