"""Metrics and their intervals against naive twins and hand-worked cases."""

import json
import statistics
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation import ConfidenceOutcome, LabelledQuery, Outcome, detection, query_rows, report
from core.geo import Position
from core.retrieval.confidence import Posterior, read_calibration

METRICS = (
    "R@1",
    "R@5",
    "R@10",
    "L@50m",
    "L@100m",
    "L@150m",
    "L@100m_top5",
    "L@100m_top10",
    "mrr",
    "median_m",
)


def a_query(lat: float, lon: float, tile_id: str = "") -> LabelledQuery:
    return LabelledQuery("text", Position(lat, lon), tile_id, "q")


def an_outcome(rank: int, distances_m: list[float]) -> Outcome:
    return Outcome(a_query(0, 0), "true", rank, "top", np.array(distances_m), {"fused": 0.5})


def random_outcomes(count: int, seed: int) -> list[Outcome]:
    random = np.random.default_rng(seed)
    return [
        an_outcome(int(random.integers(1, 15)), (random.random(10) * 300).tolist())
        for _ in range(count)
    ]


def test_a_report_worked_out_by_hand() -> None:
    found = report(
        [
            an_outcome(1, [0.0, 500]),
            an_outcome(4, [60.0, 99.0]),
            an_outcome(8, [120.0, 400]),
            an_outcome(20, [900.0, 901, 902, 903, 904, 100.0]),
        ],
        "full",
    )
    wanted = {
        "n": 4,
        "scope": "full",
        "R@1": 25.0,
        "R@5": 50.0,
        "R@10": 75.0,
        "L@50m": 25.0,
        "L@100m": 50.0,
        "L@150m": 75.0,
        "L@100m_top5": 50.0,
        "L@100m_top10": 75.0,
        "mrr": pytest.approx((1 + 1 / 4 + 1 / 8 + 1 / 20) / 4, abs=1e-4),
        "median_m": 90.0,
    }
    assert {name: found[name] for name in wanted} == wanted
    assert set(found) >= {*wanted, "ci"}


@pytest.mark.parametrize("seed", range(5))
def test_metrics_equal_their_naive_twins(seed: int) -> None:
    outcomes = random_outcomes(37, seed)
    found = report(outcomes, "full")

    def share(hit: Callable[[Outcome], bool]) -> float:
        return 100 * sum(hit(one) for one in outcomes) / len(outcomes)

    wanted = {f"R@{k}": share(lambda one, k=k: one.rank <= k) for k in (1, 5, 10)}
    wanted |= {
        f"L@{metres}m": share(lambda one, metres=metres: one.distances_m[0] <= metres)
        for metres in (50, 100, 150)
    }
    wanted |= {
        f"L@100m_top{k}": share(lambda one, k=k: any(away <= 100 for away in one.distances_m[:k]))
        for k in (5, 10)
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=0.01)
    assert found["mrr"] == pytest.approx(
        statistics.fmean(1 / one.rank for one in outcomes), abs=1e-4
    )
    assert found["median_m"] == pytest.approx(
        statistics.median(one.distances_m[0] for one in outcomes), abs=0.1
    )


def test_every_metric_has_an_interval_around_it() -> None:
    found = report(random_outcomes(50, 1), "nearest-100")
    assert set(found["ci"]) >= set(METRICS)
    for name in METRICS:
        low, high = found["ci"][name]
        assert low <= found[name] <= high


def test_an_interval_is_about_two_standard_errors_wide() -> None:
    outcomes = [an_outcome(1 if number % 2 else 50, [10.0]) for number in range(400)]
    low, high = report(outcomes, "full")["ci"]["R@1"]
    assert (high - low) / 2 == pytest.approx(1.96 * 100 * (0.25 / 400) ** 0.5, rel=0.15)


def test_intervals_do_not_change_from_run_to_run_and_do_with_the_seed() -> None:
    outcomes = random_outcomes(30, 3)
    assert report(outcomes, "full") == report(outcomes, "full")
    assert report(outcomes, "full")["ci"] != report(outcomes, "full", seed=7)["ci"]


def test_one_query_has_an_interval_of_no_width() -> None:
    found = report([an_outcome(2, [70.0])], "full")
    assert found["ci"]["R@5"] == [100.0, 100.0]
    assert found["ci"]["median_m"] == [70.0, 70.0]


def test_a_report_is_json() -> None:
    found = report(random_outcomes(5, 0), "full")
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def judged(distance_m: float, confidence: float, inside80: bool) -> Outcome:
    sure = ConfidenceOutcome(np.array([confidence, 0.0]), 0.1, "likely", inside80, (1, 0), 1)
    return replace(an_outcome(1, [distance_m, 500.0]), confidence_outcome=sure)


def test_what_search_held_of_its_answers_is_measured() -> None:
    """Four answers, each a bin of its own: errors 0.1, 0.2, 0.4 and 0.3."""
    found = report(
        [
            judged(10, 0.9, True),
            judged(90, 0.8, True),
            judged(300, 0.4, True),
            judged(101, 0.3, False),
        ],
        "full",
    )
    assert found["ece"] == pytest.approx(0.25)
    assert found["coverage_80"] == 75
    assert found["ci"]["coverage_80"][0] < 75
    assert found["confidence"] == pytest.approx(0.6)
    assert found["reranked"] == {"R@1": 100, "L@100m": 0}
    assert found["verdicts"]["likely"] == 4
    assert found["reliability"][0] == [1, 0.3, 0.0]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_strangers_are_told_apart() -> None:
    strangers = [Posterior(np.array([0.5]), 0.5), Posterior(np.array([0.95]), 0.05)]
    outcomes = [judged(10, 0.9, True), judged(20, 0.9, True)]
    found = detection(outcomes, strangers, replace(read_calibration(), absent=0.3))
    assert found == {"strangers": 2, "auroc": 0.5, "told_absent": [50.0, 0.0]}


def test_a_row_for_each_query() -> None:
    (row,) = query_rows([an_outcome(3, [12.34, 1.0])])
    query = an_outcome(3, [12.34, 1.0]).query
    assert row == {
        "id": "q",
        "text": query.text,
        "lat": query.position.lat,
        "lon": query.position.lon,
        "tile_id": "true",
        "rank": 3,
        "top1_tile_id": "top",
        "distance_m": 12.34,
        "confidence": None,
        "verdict": None,
        "elsewhere": None,
        "inside80": None,
        "channels": {"fused": 0.5},
    }
