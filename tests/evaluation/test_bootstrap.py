"""Bootstrap intervals against hand-worked cases and a naive twin."""

import statistics

import numpy as np
import pytest

from core.evaluation.bootstrap import interval, interval_of_mean, resamples


def test_the_resamples_are_those_of_the_seed() -> None:
    rows = resamples(41)
    assert rows.shape == (2000, 41)
    assert set(rows.ravel().tolist()) == set(range(41))
    assert (rows == np.random.default_rng(42).integers(0, 41, (2000, 41))).all()
    assert (rows != resamples(41, seed=7)).any()


def test_what_does_not_vary_has_an_interval_of_no_width() -> None:
    assert interval_of_mean(np.full(9, 3.5), resamples(9)) == (3.5, 3.5)


def test_an_interval_is_that_of_the_sorted_statistics() -> None:
    """Of resamples whose means are 0 to 200 the percentiles 2.5 and 97.5 are 5 and 195."""
    rows = np.arange(201)[:, None]
    assert interval_of_mean(np.arange(201.0), rows) == (5, 195)
    assert interval_of_mean(np.arange(201.0), rows[::-1]) == (5, 195)


def test_a_median_agrees_with_a_plain_loop() -> None:
    values, rows = np.random.default_rng(1).exponential(100, 23), resamples(23)
    plain = sorted(statistics.median(values[row].tolist()) for row in rows)
    low, high = interval(rows, lambda some: np.median(values[some], axis=1))
    assert low == pytest.approx(plain[49] + 0.975 * (plain[50] - plain[49]))
    assert high == pytest.approx(plain[1949] + 0.025 * (plain[1950] - plain[1949]))


def test_about_95_of_100_intervals_hold_the_truth() -> None:
    random, rows = np.random.default_rng(3), resamples(80)
    held = [
        low <= 10 <= high
        for low, high in (interval_of_mean(random.normal(10, 4, 80), rows) for _ in range(200))
    ]
    assert 180 <= sum(held) <= 199
