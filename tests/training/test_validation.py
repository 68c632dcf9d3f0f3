"""Retrieval metrics of validation: against a naive twin, and for constant embeddings."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.geo import haversine_m
from core.training.batches import PairPlaces
from core.training.validation import average_precision, mean_precision, retrieval


def embeddings(rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    pictures = rng.normal(size=(count, 8))
    texts = pictures + rng.normal(size=(count, 8))
    both = (torch.from_numpy(one).float() for one in (texts, pictures))
    texts_, pictures_ = (functional.normalize(one, dim=1) for one in both)
    return texts_, pictures_


def plain_twin(texts: Tensor, pictures: Tensor, places: PairPlaces) -> dict[str, float]:
    ranks, close = [], []
    for row in range(len(texts)):
        scope = range(len(texts))
        if np.isnan(places.lats[row]):
            scope = [other for other in scope if np.isnan(places.lats[other])]
        else:
            metres = haversine_m(places.lats[row], places.lons[row], places.lats, places.lons)
            known = [other for other in scope if not np.isnan(places.lats[other])]
            scope = sorted(known, key=lambda other: metres[other])[:100]
        cosine = {other: float(texts[row] @ pictures[other]) for other in scope}
        ranks.append(1 + sum(one > cosine[row] for one in cosine.values()))
        best = max(cosine, key=lambda other: cosine[other])
        if not np.isnan(places.lats[row]):
            close.append(metres[best] <= 50)
    found = {f"R@{k}": 100 * np.mean([rank <= k for rank in ranks]) for k in (1, 5, 10)}
    return found | ({"L@50m": 100 * np.mean(close)} if close else {})


@pytest.mark.parametrize("unplaced", [0.0, 0.3, 1.0])
def test_figures_equal_their_definition(unplaced: float) -> None:
    rng = np.random.default_rng(1)
    lats, lons = 50 + rng.uniform(0, 0.004, 300), 9 + rng.uniform(0, 0.006, 300)
    lats[rng.random(300) < unplaced] = np.nan
    places = PairPlaces(lats, np.where(np.isnan(lats), np.nan, lons), np.zeros(300, int))
    texts, pictures = embeddings(rng, 300)
    found, wanted = retrieval(texts, pictures, places), plain_twin(texts, pictures, places)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    assert 5 < found["R@1"] < found["R@5"] < found["R@10"] < 100
    quality = (
        found["R@1"] + found["L@50m"]
        if unplaced < 1
        else (found["R@1"] + found["R@5"] + found["R@10"])
    )
    assert found["quality"] == pytest.approx(quality)


@pytest.mark.parametrize("placed", [True, False])
def test_embeddings_that_are_all_the_same_are_the_worst(placed: bool) -> None:
    lats = np.linspace(50, 50.1, 150) if placed else np.full(150, np.nan)
    same = functional.normalize(torch.ones(150, 4), dim=1)
    found = retrieval(same, same, PairPlaces(lats, lats, np.zeros(150, int)))
    assert found["quality"] == 0


def test_pictures_that_all_lie_in_one_spot_are_all_close() -> None:
    places = PairPlaces(np.full(250, 10.0), np.full(250, 10.0), np.zeros(250, int))
    texts, _ = embeddings(np.random.default_rng(2), 250)
    found = retrieval(texts, texts, places)
    assert found["L@50m"] == 100


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_equals_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, truth = rng.normal(size=40).astype(np.float32), rng.random(40) < 0.3
    wanted = np.mean([truth[scores >= score].mean() for score in scores[truth]])
    assert average_precision(scores, truth) == pytest.approx(wanted)


def test_average_precision_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.1], np.float32)
    truth = np.array([True, False, True, False])
    assert average_precision(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_the_mean_precision_is_of_kinds_in_three_pictures_or_more() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.9], [0.7, 0.2], [0.1, 0.3]], np.float32)
    truth = np.array([[True, True], [True, False], [False, False], [True, True]])
    precision, chance, kinds = mean_precision(scores, truth)
    assert precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert (chance, kinds) == (0.75, 1)
    assert np.isnan(mean_precision(scores, truth & False)[0])
