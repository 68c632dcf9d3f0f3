"""Batches contain every example in turn, its neighbours, and no example twice."""

import numpy as np
import pytest

from core.errors import TrainingError
from core.geo import haversine_m
from core.training.batches import Batches, PairPlaces


def places(count: int, seed: int = 0) -> PairPlaces:
    """Two towns far from each other; the last fifth has no place."""
    rng = np.random.default_rng(seed)
    towns = rng.integers(0, 2, count)
    lats = 40 + 15 * towns + rng.uniform(0, 0.02, count)
    lons = 5 - 20 * towns + rng.uniform(0, 0.03, count)
    lats[-count // 5 :] = lons[-count // 5 :] = np.nan
    return PairPlaces(lats, lons, towns)


@pytest.mark.parametrize(
    ("count", "size", "group"), [(300, 32, 4), (97, 30, 7), (50, 50, 8), (64, 8, 1), (20, 6, 6)]
)
def test_a_batch_is_full_and_holds_nothing_twice(count: int, size: int, group: int) -> None:
    batches = Batches(places(count), size, group, seed=3)
    for step in range(60):
        rows = batches.rows(step)
        assert len(rows) == len(np.unique(rows)) == size
        assert rows.min() >= 0
        assert rows.max() < count


@pytest.mark.parametrize(("count", "size", "group"), [(300, 32, 4), (97, 30, 7), (64, 8, 1)])
def test_every_example_is_there_in_every_epoch(count: int, size: int, group: int) -> None:
    batches = Batches(places(count), size, group, seed=3)
    steps = -(-count // (size // group))
    for epoch in range(3):
        seen = np.concatenate([batches.rows(epoch * steps + step) for step in range(steps)])
        assert len(np.unique(seen)) == count


def test_groups_are_neighbours_of_one_town() -> None:
    many = places(2000)
    in_groups, at_random = (Batches(many, 64, group, seed=1) for group in (8, 1))

    def to_the_nearest_m(rows: np.ndarray) -> float:
        lats, lons = many.lats[rows], many.lons[rows]
        known = np.flatnonzero(~np.isnan(lats))
        metres = np.stack(
            [haversine_m(lats[one], lons[one], lats[known], lons[known]) for one in known]
        )
        np.fill_diagonal(metres, np.inf)
        return float(np.median(metres.min(1)))

    assert to_the_nearest_m(in_groups.rows(0)) < 0.6 * to_the_nearest_m(at_random.rows(0))


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    many = places(200)
    one, other = Batches(many, 32, 4, seed=5), Batches(many, 32, 4, seed=5)
    for step in (17, 3, 40):
        assert (one.rows(step) == other.rows(step)).all()
        assert (one.draws(step) == other.draws(step)).all()
    assert (one.rows(3) != one.rows(4)).any()
    assert (one.draws(3) != one.draws(4)).any()
    assert (one.rows(3) != Batches(many, 32, 4, seed=6).rows(3)).any()
    assert (one.draws(0) >= 0).all()


def test_too_few_examples_are_told() -> None:
    with pytest.raises(TrainingError, match=r"there are 20 examples .* fewer than a batch of 21"):
        Batches(places(20), 21, 1, seed=0)


def test_near_duplicates_are_those_closer_than_said_and_none_without_a_place() -> None:
    metre = 1 / 111_194.93
    lats = np.array([10.0, 10 + 14 * metre, 10 + 16 * metre, np.nan, np.nan])
    near = PairPlaces(lats, np.zeros(5), np.zeros(5, int)).near_duplicates(
        np.array([4, 2, 1, 0]), 15
    )
    wanted = np.eye(4, dtype=bool)
    wanted[1, 2] = wanted[2, 1] = wanted[2, 3] = wanted[3, 2] = True
    wanted[0, 0] = False  # unknown places are near nothing; a pair's own diagonal is never masked
    assert (near == wanted).all()
