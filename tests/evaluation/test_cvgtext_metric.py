"""The paper's metric: a hand-worked case, and its plain reference to the last digit."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_cvgtext import panorama, photo, some_names

from core.cli.bench.plain_metric import plain_metric
from core.evaluation.cvgtext.metric import (
    CityPictures,
    PaperFigures,
    PaperMetric,
    Ranks,
    candidates,
    paper_metric,
    rank,
    top_distinct,
)
from core.geo import METRES_PER_DEGREE
from core.sources.cvgtext import CvgRow, base_name, coordinates_of, is_panorama


def places_of(names: list[str]) -> CityPictures:
    """The pictures of base names, each with the position at the start of its name."""
    rows = []
    for name in map(base_name, names):
        at = coordinates_of(name)
        assert at, name
        rows.append(CvgRow(name, "", *at, is_panorama(name), Path(name)))
    return CityPictures.of(rows)


def ranked(names: list[str], cosines: np.ndarray, scope: str = "nearest-100") -> Ranks:
    places = places_of(names)
    near = candidates(places, scope)  # type: ignore[arg-type]
    return rank(places, near, lambda rows: cosines[rows])


def metric_of(names: list[str], cosines: np.ndarray) -> PaperMetric:
    return paper_metric(places_of(names), ranked(names, cosines))


# --- By hand ------------------------------------------------------------------------------------


def four() -> tuple[list[str], np.ndarray]:
    """Four pictures 40, 120 and 400 m north of the first; two panoramas, two single views."""
    lats = [metres / METRES_PER_DEGREE for metres in (0, 40, 120, 400)]
    sorts: list[Callable[..., str]] = [panorama, photo, panorama, photo]
    names = [sort(lat, 5.0, row) for row, (sort, lat) in enumerate(zip(sorts, lats, strict=True))]
    cosines = [
        [0.9, 0.1, 0.2, 0.3],
        [0.8, 0.5, 0.1, 0.2],
        [0.9, 0.8, 0.3, 0.7],
        [0.1, 0.2, 0.9, 0.8],
    ]
    return names, np.array(cosines, dtype=np.float32)


@pytest.mark.parametrize("scope", ["nearest-100", "full"])
def test_ranks_worked_out_by_hand(scope: str) -> None:
    found = ranked(*four(), scope)
    assert found.rank.tolist() == [1, 2, 4, 2]
    assert found.top.tolist() == [0, 0, 0, 2]
    assert found.deviation_km == pytest.approx([0, 0.04, 0.12, 0.28], abs=1e-3)
    assert not found.tied.any()


@pytest.mark.parametrize(
    "measure",
    [
        metric_of,
        lambda names, cosines: plain_metric(names, cosines.tolist()),
    ],
    ids=["ours", "plain"],
)
def test_figures_worked_out_by_hand(measure: Callable[..., PaperMetric]) -> None:
    found = measure(*four())
    wanted = {
        "overall": PaperFigures(4, (25, 100, 100), (50, 50, 75), 0.11),
        "panorama": PaperFigures(2, (50, 100, 100), (50, 50, 100), 0.06),
        "single_view": PaperFigures(2, (0, 100, 100), (50, 50, 50), 0.16),
    }
    for name, figures in wanted.items():
        ours = getattr(found, name)
        assert (ours.count, ours.recall, ours.within) == (
            figures.count,
            figures.recall,
            figures.within,
        )
        assert ours.deviation_km == pytest.approx(figures.deviation_km, abs=1e-3)


def test_a_name_counts_once_wherever_its_picture_lies() -> None:
    first, second, third = some_names(3)
    names = [first, f"a_b/{second}", f"c_d_e/{second}", third]
    cosines = np.array([[0.1, 0.9, 0.8, 0.2]] * 4, dtype=np.float32)
    for scope in ("nearest-100", "full"):
        assert ranked(names, cosines, scope).rank.tolist() == [3, 1, 1, 2]
    assert ranked(names, cosines).deviation_km[2] == 0
    assert list(top_distinct(places_of(names), None, lambda rows: cosines[rows], 2)) == [[1, 3]] * 4


def test_far_pictures_are_out_of_the_papers_scope_only() -> None:
    """Among 130 pictures on a line, the candidates of the first are itself and the next 99."""
    names = some_names(130)
    cosines = np.zeros((130, 130), dtype=np.float32)
    cosines[:, 120], cosines[:, 50], cosines[0, 0] = 0.9, 0.8, 0.7
    assert (ranked(names, cosines).top[0], ranked(names, cosines).rank[0]) == (50, 2)
    full = ranked(names, cosines, "full")
    assert (full.top[0], full.rank[0]) == (120, 3)


def test_the_own_picture_may_be_missing_among_the_nearest() -> None:
    names = [photo(5.0, 5.0, number) for number in range(103)]
    cosines = np.random.default_rng(0).random((103, 103)).astype(np.float32)
    found = ranked(names, cosines)
    assert found.rank[100:].tolist() == [101] * 3
    assert (found.rank[:100] <= 100).all()
    assert metric_of(names, cosines) == plain_metric(names, cosines.tolist())


def test_equal_cosines_are_told_and_favour_the_truth_in_the_papers_scope_only() -> None:
    names, cosines = some_names(120), np.full((120, 120), 0.5, dtype=np.float32)
    paper, full = ranked(names, cosines), ranked(names, cosines, "full")
    assert (paper.rank == 1).all()
    assert full.rank.tolist() == list(range(1, 121))
    assert paper.tied.all()
    assert full.tied.all()


# --- Twins --------------------------------------------------------------------------------------


KINDS = ("random", "ties", "ties and names twice")


def random_case(count: int, seed: int, kind: str = "random") -> tuple[list[str], np.ndarray]:
    random = np.random.default_rng(seed)
    lats, lons = random.normal(40.7, 0.02, count), random.normal(-74, 0.02, count)
    cosines = random.normal(size=(count, count)).astype(np.float32) / 4
    cosines[np.arange(count), np.arange(count)] += 0.4
    if kind != "random":
        lats, lons, cosines = lats.round(2), lons.round(2), cosines.round(1)
    names = [
        (panorama if flip < 0.6 else photo)(lat, lon, row % 3 if "twice" in kind else row)
        for row, (lat, lon, flip) in enumerate(zip(lats, lons, random.random(count), strict=True))
    ]
    return names, cosines


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("count", "seed"), [*itertools.product((1, 60, 100, 101), range(4)), (300, 0)]
)
def test_the_metric_equals_its_plain_twin_to_the_last_digit(
    count: int, kind: str, seed: int
) -> None:
    names, cosines = random_case(count, seed, kind)
    assert (len(set(names)) < count) == ("twice" in kind and count > 1)
    assert metric_of(names, cosines) == plain_metric(names, cosines.tolist())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_the_full_scope_is_a_stable_sort_of_all(seed: int, kind: str) -> None:
    names, cosines = random_case(270, seed, kind)
    found = ranked(names, cosines, "full")
    assert len(cosines) == 270
    for row, values in enumerate(cosines.tolist()):
        order = sorted(range(270), key=lambda one, values=values: -values[one])
        distinct = list(dict.fromkeys(names[one] for one in order))
        assert found.rank[row] == distinct.index(names[row]) + 1
        assert found.top[row] == order[0]
        assert found.tied[row] == (values.count(max(values)) > 1)


@pytest.mark.parametrize("scope", ["nearest-100", "full"])
def test_the_leading_pictures_begin_with_the_first_and_go_on_in_order(scope: str) -> None:
    names, cosines = random_case(270, 5, "ties and names twice")
    places = places_of(names)
    near = candidates(places, scope)  # type: ignore[arg-type]
    first = list(top_distinct(places, near, lambda rows: cosines[rows], 7))
    found = rank(places, near, lambda rows: cosines[rows])
    assert len(first) == 270
    for row, best in enumerate(first):
        assert best[0] == found.top[row]
        assert len({names[one] for one in best}) == len(best) == 7
        values = cosines[row, best]
        assert (np.diff(values) <= 0).all()
        if found.rank[row] <= 7:
            assert names[best[found.rank[row] - 1]] == names[row]


def test_only_a_part_of_the_cosines_is_there_at_a_time() -> None:
    names, cosines = random_case(700, 0)
    asked = []

    def some(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return cosines[rows]

    places = places_of(names)
    rank(places, candidates(places, "nearest-100"), some)
    assert sum(asked) == 700
    assert max(asked) <= 256
