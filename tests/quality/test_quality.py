"""The quality gate: search as it ships finds no fewer places than recorded, and is as honest.

The recorded figures are in `recorded.json`. A metric fails when it falls below its recorded
interval, or, where each query's success was recorded, when the paired interval of the loss
excludes zero. After a change that is meant to move them: `python tests/quality/measuring.py`.
"""

import json
from typing import Any

import numpy as np
import pytest
from quality.measuring import (
    HIGHER_IS_BETTER,
    PER_QUERY,
    RECORDED,
    SETS,
    Measured,
    lost,
    measure,
)

DOCUMENT: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def measured() -> dict[str, Measured]:
    return measure()


@pytest.mark.parametrize("name", SETS)
def test_no_figure_falls_out_of_its_recorded_interval(
    measured: dict[str, Measured], name: str
) -> None:
    figures, intervals = measured[name].all_figures(), DOCUMENT[name]["ci"]
    worse = {
        metric: f"{figures[metric]:.4f}, recorded {low:.4f} to {high:.4f}"
        for metric, (low, high) in intervals.items()
        if (figures[metric] < low if HIGHER_IS_BETTER[metric] else figures[metric] > high)
    }
    assert set(intervals) == set(HIGHER_IS_BETTER)
    assert not worse, worse


@pytest.mark.parametrize("name", SETS)
def test_no_more_queries_are_lost_than_chance_would_lose(
    measured: dict[str, Measured], name: str
) -> None:
    recorded = DOCUMENT[name]["hits"]
    assert set(measured[name].ids) == set(recorded), "record the figures of these queries first"
    for column, metric in enumerate(PER_QUERY):
        before = np.array([float(recorded[query][column]) for query in measured[name].ids])
        now = measured[name].hits[metric]
        assert lost(now, before) >= 0, f"{metric}: {now.mean():.3f} now, {before.mean():.3f} before"


def test_the_gate_notices_a_loss_and_forgives_an_even_exchange() -> None:
    before = np.array([1.0] * 60 + [0.0] * 40)
    worse, exchanged = before.copy(), before.copy()
    worse[:8] = 0
    exchanged[:4], exchanged[60:64] = 0, 1
    assert lost(worse, before) < 0
    assert lost(exchanged, before) >= 0


def test_the_gate_holds_confidence_to_what_happens() -> None:
    ids = [str(number) for number in range(200)]
    hits = {name: np.array([1.0, 0.0] * 100) for name in PER_QUERY}
    outside = np.linspace(0, 0.5, 200)
    honest = Measured(ids, hits, np.full(200, 0.5), outside, outside + 0.6)
    boasting = Measured(ids, hits, np.full(200, 0.95), outside, outside)
    assert honest.all_figures()["auroc"] == 1.0
    assert boasting.all_figures()["ece"] > honest.intervals()["ece"][1]
    assert boasting.all_figures()["auroc"] < honest.intervals()["auroc"][0]
