"""Comparison of two runs: a hand-worked case, naive twins, and runs that cannot be compared."""

import json
import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.errors import ReportError
from core.evaluation.paired_tests import comparable, mcnemar, paired
from core.evaluation.saved_runs import SavedQuery, SavedRun
from core.geo import Position


def a_query(number: int, rank: int | None, away_m: float, text: str = "") -> SavedQuery:
    return SavedQuery(
        number, f"q{number}", text or f"text {number}", "t", Position(1, 2), rank, "u", None, away_m
    )


def a_run(*queries: SavedQuery, scope: str = "full") -> SavedRun:
    return SavedRun("run", "evaluate", "x", "m", scope, ("facts",), queries)


def random_run(count: int, seed: int) -> SavedRun:
    random = np.random.default_rng(seed)
    return a_run(
        *(
            a_query(number, int(random.integers(1, 12)), float(random.random() * 250))
            for number in range(count)
        )
    )


def test_a_comparison_worked_out_by_hand() -> None:
    first = a_run(a_query(0, 1, 0), a_query(1, 4, 60), a_query(2, 2, 120), a_query(3, 9, 900))
    second = a_run(a_query(3, 1, 0), a_query(2, 1, 0), a_query(1, 4, 60), a_query(0, 2, 110))
    found = {one.metric: one for one in paired(first, second).differences}
    r1 = found["R@1"]
    assert (r1.first, r1.second, r1.difference, r1.won, r1.lost) == (25, 50, 25, 2, 1)
    assert r1.p == 1.0  # 2 of 3 coins: 2 * (1 + 3) / 8
    mrr = found["mrr"]
    assert mrr.difference == pytest.approx((8 / 9 + 1 / 2 + 0 - 1 / 2) / 4, abs=1e-4)
    median = found["median_m"]
    assert (median.first, median.second, median.difference) == (90, 30, -60)
    assert (median.won, median.lost) == (2, 1)
    assert found["R@5"].p is None


def test_paired_intervals_equal_a_naive_twin() -> None:
    first, second = random_run(41, 1), random_run(41, 2)
    draws = np.random.default_rng(42).integers(0, 41, (2000, 41))
    pairs = list(zip(first.queries, second.queries, strict=True))
    found = {one.metric: one for one in paired(first, second).differences}
    means, medians = [], []
    for draw in draws:
        chosen = [pairs[row] for row in draw]
        means.append(
            sum(100 * ((b.rank or 99) <= 5) - 100 * ((a.rank or 99) <= 5) for a, b in chosen) / 41
        )
        medians.append(
            np.median([b.distance_m for _, b in chosen])
            - np.median([a.distance_m for a, _ in chosen])
        )
    r5, median = found["R@5"], found["median_m"]
    assert [r5.low, r5.high] == pytest.approx(np.percentile(means, [2.5, 97.5]), abs=1e-4)
    assert [median.low, median.high] == pytest.approx(
        np.percentile(medians, [2.5, 97.5]), abs=0.051
    )


def test_mcnemar_equals_all_coins_thrown() -> None:
    for won, lost in product(range(7), repeat=2):
        coins = won + lost
        uneven = sum(
            abs(sum(throw) - coins / 2) >= abs(won - lost) / 2
            for throw in product((0, 1), repeat=coins)
        )
        assert mcnemar(won, lost) == pytest.approx(uneven / 2**coins)
    assert math.isclose(mcnemar(18, 6), 0.02266, abs_tol=1e-5)
    assert 0 < mcnemar(900, 500) < 1e-20


def test_a_run_against_itself_differs_in_nothing() -> None:
    run = random_run(30, 3)
    differences = paired(run, run).differences
    assert differences
    assert all(
        (one.difference, one.low, one.high, one.won, one.lost) == (0, 0, 0, 0, 0)
        and one.p in (None, 1.0)
        and not one.is_clear
        for one in differences
    )


def test_only_shared_queries_count_and_the_same_text_twice_is_matched_in_order() -> None:
    twice = a_query(0, 1, 0, "twice"), a_query(1, 5, 10, "twice")
    first, second = a_run(*twice, a_query(2, 1, 0, "mine")), a_run(a_query(2, 2, 0, "no"), *twice)
    found = paired(first, second)
    assert found.n == 2
    assert found.differences
    assert all(one.won == one.lost == 0 for one in found.differences)


def test_ranks_known_to_five_say_nothing_of_ten() -> None:
    first, second = random_run(9, 1), replace(random_run(9, 2), known_to=5)
    assert [one.metric for one in paired(first, second).differences] == [
        "R@1",
        "R@5",
        "L@50m",
        "L@100m",
        "L@150m",
        "median_m",
    ]


def test_what_cannot_be_compared_is_told() -> None:
    run = random_run(5, 1)
    for other, told in (
        (replace(run, scope="nearest-100"), "the scopes differ"),
        (replace(run, only_failures=True), "failures only"),
        (a_run(a_query(0, 1, 0, "another")), "no description in common"),
    ):
        with pytest.raises(ReportError, match=told):
            paired(run, other)
        assert not comparable(run, other)
    assert comparable(run, run)


def test_the_command_compares_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def written(name: str, ranks: tuple[int, ...], scope: str) -> str:
        rows = [
            {
                "id": str(number),
                "text": f"t{number}",
                "lat": 1,
                "lon": 2,
                "tile_id": "t",
                "rank": rank,
                "top1_tile_id": "u",
                "distance_m": 40.0 * rank,
                "channels": {},
            }
            for number, rank in enumerate(ranks)
        ]
        document = {"gallery": "x", "channels": ["facts"], "scope": scope, "queries": rows}
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
        return str(tmp_path / name)

    first, second = written("a.json", (1, 2, 3), "full"), written("b.json", (1, 1, 9), "full")
    assert main(["compare", first, second, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["scope"], len(found["reports"])) == (3, "full", 2)
    assert found["metrics"]["R@1"] | {"ci": []} == {
        "first": 33.33,
        "second": 66.67,
        "difference": 33.33,
        "ci": [],
        "won": 1,
        "lost": 0,
        "p": 1,
    }
    assert "p" not in found["metrics"]["R@5"]
    assert main(["compare", first, second, "--scope", "thinned"]) == 2
    assert "has no scope thinned" in capsys.readouterr().err
    for other in (written("c.json", (1, 2, 3), "nearest-100"), str(tmp_path / "none.json")):
        assert main(["compare", first, other]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
