"""Calibration error and detection against cases worked out by hand and naive twins."""

import numpy as np
import pytest

from core.evaluation.reliability import auroc, ece, ece_floor, reliability


def naive_ece(confidences: list[float], hits: list[bool], bins: int) -> float:
    order = sorted(range(len(hits)), key=lambda row: confidences[row])
    size, left = divmod(len(order), bins)
    total, start = 0.0, 0
    for number in range(bins):
        part = order[start : start + size + (number < left)]
        start += len(part)
        said = sum(confidences[row] for row in part) / len(part)
        seen = sum(hits[row] for row in part) / len(part)
        total += len(part) / len(order) * abs(said - seen)
    return total


def naive_auroc(inside: list[float], outside: list[float]) -> float:
    won = sum((high > low) + 0.5 * (high == low) for high in outside for low in inside)
    return won / (len(inside) * len(outside))


def test_a_calibration_error_worked_out_by_hand() -> None:
    sure, right = [0.1, 0.3, 0.8, 1.0], [False, True, True, True]
    assert [(one.n, one.confidence, one.share) for one in reliability(sure, right, 2)] == [
        (2, pytest.approx(0.2), 0.5),
        (2, pytest.approx(0.9), 1.0),
    ]
    assert ece(sure, right, 2) == pytest.approx((0.3 + 0.1) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_calibration_error_and_auroc_equal_their_naive_twins(seed: int) -> None:
    random = np.random.default_rng(seed)
    sure, right = random.random(103).tolist(), (random.random(103) < 0.5).tolist()
    assert ece(sure, right) == pytest.approx(naive_ece(sure, right, 10))
    low, high = random.integers(0, 9, 40) / 9, random.integers(2, 11, 31) / 9
    assert auroc(low, high) == pytest.approx(naive_auroc(low.tolist(), high.tolist()))


def test_what_is_told_apart_always_never_and_by_chance() -> None:
    assert auroc([0.1, 0.2], [0.3]) == 1
    assert auroc([0.3], [0.1, 0.2]) == 0
    assert auroc([0.5, 0.5], [0.5]) == 0.5
    with pytest.raises(ValueError, match="inside and from outside"):
        auroc([], [0.5])


def test_no_answers_have_no_error_and_few_have_a_bin_each() -> None:
    assert ece([], []) == 0
    assert [one.n for one in reliability([0.2, 0.9, 0.5], [True, True, False])] == [1, 1, 1]


def test_a_small_set_cannot_show_a_small_error() -> None:
    random = np.random.default_rng(0)
    sure = random.random(4000)
    assert ece_floor(sure) < 0.02
    assert ece_floor(sure[:40]) > 0.05
    assert ece(sure, random.random(4000) < sure) < 0.03
    assert ece_floor(sure[:40]) == ece_floor(sure[:40])
