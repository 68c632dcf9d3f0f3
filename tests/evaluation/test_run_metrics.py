"""The metrics of saved runs equal those of the report and of a naive twin."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.evaluation import LabelledQuery, Outcome, query_rows, report
from core.evaluation.run_metrics import METRES, METRICS, figures, recall, subgroups, within
from core.evaluation.saved_runs import SavedRun, read_saved
from core.geo import Position


def random_outcomes(count: int, seed: int) -> list[Outcome]:
    random = np.random.default_rng(seed)
    return [
        Outcome(
            LabelledQuery(
                " ".join(["word"] * int(random.integers(1, 140))),
                Position(0, 0),
                "",
                str(number),
                bool(random.integers(2)),
            ),
            "true",
            int(random.integers(1, 150)),
            "top",
            random.random(10) * 300,
            {"facts": 0.5},
        )
        for number in range(count)
    ]


def saved(outcomes: list[Outcome], folder: Path) -> SavedRun:
    """The run written by `evaluate --out` and read again."""
    document = {
        "gallery": "x",
        "channels": ["facts"],
        "scope": "full",
        "queries": list(query_rows(outcomes)),
    }
    (folder / "run.json").write_text(json.dumps(document), encoding="utf-8")
    return read_saved(folder / "run.json")[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_of_a_saved_run_are_those_of_its_report(tmp_path: Path, seed: int) -> None:
    outcomes = random_outcomes(211, seed)
    told, found = report(outcomes, "full"), figures(saved(outcomes, tmp_path))
    assert list(found) == list(METRICS)
    for name, figure in found.items():
        near = pytest.approx(told[name], abs=0.11 if name == "median_m" else 1e-9)
        assert figure.value == near
        assert [figure.low, figure.high] == pytest.approx(told["ci"][name], abs=near.abs or 1e-9)


def test_curves_equal_their_naive_twins(tmp_path: Path) -> None:
    run = saved(random_outcomes(60, 9), tmp_path)
    for k, share in enumerate(recall(run, run.queries), 1):
        hits = sum(one.rank is not None and one.rank <= k for one in run.queries)
        assert share == pytest.approx(100 * hits / 60)
    shares = within(run, run.queries)
    assert {50.0, 100.0, 150.0} <= set(METRES)
    for metres, share in zip(METRES, shares, strict=True):
        hits = sum(one.distance_m <= metres for one in run.queries)
        assert share == pytest.approx(100 * hits / 60)
    assert shares[-1] == 100
    assert recall(run, ()) == []
    assert figures(run, ()) == {}


def test_queries_are_parted_without_loss(tmp_path: Path) -> None:
    run = saved(random_outcomes(120, 4), tmp_path)
    for by in ("length", "names", "view", "city", ""):
        parts = subgroups(run, by)
        assert sum(map(len, parts.values())) == 120
        assert all(parts.values())
    lengths = subgroups(run, "length")
    assert list(lengths) == [
        "up to 25 words",
        "26 to 50 words",
        "51 to 100 words",
        "over 100 words",
    ]
    assert lengths["26 to 50 words"]
    assert all(26 <= len(one.text.split()) <= 50 for one in lengths["26 to 50 words"])
    assert list(subgroups(run, "names")) == ["with names", "without names"]
    assert list(subgroups(run, "view")) == ["not known"]
    assert list(subgroups(run, "city")) == ["x"]
