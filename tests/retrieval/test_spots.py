"""Candidates by probability: the likeliest first, and their chances add up."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from core.geo import METRES_PER_DEGREE
from core.retrieval import spots as places
from core.retrieval.spots import REACH_M, _pairs_within, spots_of


class _Line:
    prepared = None
    """Tiles on a line to the north, by their metres."""

    def __init__(self, *metres: float) -> None:
        self.lats = np.array(metres) / METRES_PER_DEGREE
        self.lons = np.zeros(len(metres))
        self.card = SimpleNamespace(name="line")

    def __len__(self) -> int:
        return len(self.lats)


def spots(
    metres: list[float], mass: list[float], k: int = 5, choices: list[bool] | None = None
) -> list[tuple[int, float]]:
    gallery = cast("Any", _Line(*metres))
    found = spots_of(
        gallery, np.array(mass), k, None if choices is None else np.array(choices, dtype=bool)
    )
    return [(spot.row, round(spot.chance, 6)) for spot in found]


def test_many_good_tiles_together_beat_a_better_one_alone() -> None:
    metres, mass = [0.0, 1000.0, 1030.0, 1060.0, 5000.0], [0.4, 0.2, 0.2, 0.2, 0.0]
    assert spots(metres, mass, 2) == [(2, 0.6), (0, 0.4)]


def test_the_probability_that_every_tile_has_chooses_no_spot() -> None:
    """A lone tile that stands out comes before five neighbours that do not, though these have more
    probability together."""
    metres = [0.0, 1000.0, 1010.0, 1020.0, 1030.0, 1040.0]
    chances = spots(metres, [0.2, 0.16, 0.16, 0.16, 0.16, 0.16], 1)
    assert chances == [(0, 0.2)]


@pytest.mark.parametrize("flatness", [0.05, 0.3, 30.0])
@pytest.mark.parametrize("heaviest", [5, 60])
def test_a_large_gallery_has_the_same_spots(
    flatness: float, heaviest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(5)
    metres = random.uniform(0, 20_000, 900).tolist()
    mass = random.dirichlet(np.full(900, flatness)).tolist()
    every = spots(metres, mass, 10)
    monkeypatch.setattr(places, "ALL_SUMS", 10)
    monkeypatch.setattr(places, "_LEADING", 60)
    monkeypatch.setattr(places, "_HEAVY", heaviest)
    assert spots(metres, mass, 10) == every
    allowed = [number % 3 == 0 for number in range(900)]
    some = spots(metres, mass, 10, allowed)
    monkeypatch.setattr(places, "ALL_SUMS", 1000)
    assert spots(metres, mass, 10, allowed) == some
    assert all(row % 3 == 0 for row, _ in some)


def test_chances_never_rise_and_add_up() -> None:
    random = np.random.default_rng(3)
    metres = random.uniform(0, 3000, 80).tolist()
    mass = random.dirichlet(np.full(80, 0.3))
    found = [chance for _, chance in spots(metres, mass.tolist(), 40)]
    assert len(found) == 40
    assert found == sorted(found, reverse=True)
    assert sum(found) <= 1 + 1e-6


def test_a_place_between_two_spots_counts_for_one() -> None:
    """The tile at 90 m is within 100 m of both."""
    assert spots([0.0, 90.0, 180.0], [0.5, 0.2, 0.3], 2) == [(0, 0.7), (2, 0.3)]


def test_only_choices_are_spots_but_all_tiles_count() -> None:
    found = spots([0.0, 50.0, 500.0], [0.2, 0.5, 0.3], 3, [True, False, True])
    assert found == [(0, 0.7), (2, 0.3)]


def test_nearer_spots_follow_where_distinct_ones_run_out() -> None:
    found = spots([0.0, 40.0, 80.0], [0.2, 0.5, 0.3], 3)
    assert found[0] == (1, 1.0)
    assert sorted(row for row, _ in found) == [0, 1, 2]


def test_neighbours_are_those_that_a_plain_search_finds() -> None:
    points = np.random.default_rng(0).uniform(-700, 900, (200, 2))
    starts, around = _pairs_within(points, REACH_M)
    away_m = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    assert len(around) == (away_m <= REACH_M).sum() > 200
    for row in range(200):
        wanted = np.flatnonzero(away_m[row] <= REACH_M)
        assert sorted(around[starts[row] : starts[row + 1]].tolist()) == wanted.tolist()


def test_no_more_spots_than_tiles() -> None:
    assert len(spots([0.0], [1.0], 10)) == 1


def test_an_unsure_answer_is_chosen_from_as_a_surer_one() -> None:
    """Of little differences the best tile wins, not the place with most tiles; its chance stays."""
    metres, mass = [0.0, 1000.0, 1010.0, 1020.0, 5000.0], [0.26, 0.18, 0.18, 0.18, 0.1]
    assert spots(metres, mass, 1)[0][0] in (1, 2, 3)
    found = spots_of(cast("Any", _Line(*metres)), np.array(mass), 1, sharpening=4.0)
    assert [(spot.row, spot.chance) for spot in found] == [(0, 0.26)]


@pytest.mark.parametrize("sharpening", [1.0, 2.5])
@pytest.mark.parametrize("enough", [0.002, 0.01, 0.05])
def test_spots_end_early_only_where_no_more_has_a_chance_above_enough(
    sharpening: float, enough: float
) -> None:
    random = np.random.default_rng(8)
    ended = 0
    for flatness in (0.05, 0.3, 3.0):
        gallery = cast("Any", _Line(*random.uniform(0, 6_000, 300)))
        mass = random.dirichlet(np.full(300, flatness))
        every = spots_of(gallery, mass, 30, sharpening=sharpening)
        some = spots_of(gallery, mass, 30, sharpening=sharpening, enough=enough)
        assert [one for one in every if one.chance > enough] == [
            one for one in some if one.chance > enough
        ]
        ended += len(some) < len(every)
    assert ended
