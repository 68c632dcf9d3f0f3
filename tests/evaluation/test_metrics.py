"""The table of metrics: each worked out by hand, and a new row in all reports and pages."""

import numpy as np
import pytest
from test_report import an_outcome

from core.evaluation import report
from core.evaluation.metrics import METRICS, Metric, Results, measured

RESULTS = Results(
    np.array([1.0, 7.0, np.inf]),
    np.minimum.accumulate(
        np.array([[40.0, 10.0] + [9.0] * 8, [120.0, 30.0] + [8.0] * 8, [900.0] * 9 + [100.0]]),
        axis=1,
    ),
    np.array([1.0, 0.0, 1.0]),
)
BY_HAND = {
    "R@1": [100, 0, 0],
    "R@5": [100, 0, 0],
    "R@10": [100, 100, 0],
    "L@50m": [100, 0, 0],
    "L@100m": [100, 0, 0],
    "L@150m": [100, 100, 0],
    "mrr": [1, 1 / 7, 0],
    "L@100m_top5": [100, 100, 0],
    "L@100m_top10": [100, 100, 100],
    "coverage_80": [100, 0, 100],
    "median_m": [40, 120, 900],
}


def test_every_metric_is_as_worked_out_by_hand() -> None:
    found = measured(RESULTS)
    assert list(found) == list(METRICS) == list(BY_HAND)
    for name, values in BY_HAND.items():
        assert found[name].tolist() == pytest.approx(values), name
    assert float(METRICS["mrr"].centre_of(found["mrr"])) == pytest.approx((1 + 1 / 7) / 3)
    assert float(METRICS["median_m"].centre_of(found["median_m"])) == 120


def test_what_results_cannot_tell_is_left_out() -> None:
    found = measured(Results(RESULTS.ranks, RESULTS.nearest_m[:, :1]))
    assert set(BY_HAND) - set(found) == {"L@100m_top5", "L@100m_top10", "coverage_80"}


def test_a_failed_query_is_told_by_a_share_that_there_is() -> None:
    shares = {name for name, metric in METRICS.items() if metric.percent}
    assert {metric.found_by for metric in METRICS.values() if not metric.percent} <= shares
    assert not [name for name in shares if METRICS[name].found_by]


def test_a_new_row_is_in_reports_with_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    new = Metric(
        "worst_m",
        lambda results: results.nearest_m[:, 0] * 2,
        title="Twice the distance",
        heading="twice",
        axis="metres",
        digits=(0, 0),
    )
    monkeypatch.setitem(METRICS, new.name, new)
    found = report([an_outcome(1, [10.0]), an_outcome(1, [20.0])], "full")
    assert found["worst_m"] == 30
    assert found["ci"]["worst_m"] == [20, 40]
