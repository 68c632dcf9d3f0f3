"""Selection of answers as cases."""

import pytest
from tiny_cases import a_report, an_answer

from core.review.selection import difficulty_of, kind_of, select_cases


@pytest.mark.parametrize(
    ("rank", "distance_m", "kind"),
    [
        (1, 0.0, None),
        (2, 900.0, "near miss"),
        (5, 900.0, "near miss"),
        (6, 900.0, "failure"),
        (None, 900.0, "failure"),
        (6, 150.0, "near miss"),
        (6, 150.1, "failure"),
        (None, 80.0, "near miss"),
    ],
)
def test_an_answer_is_a_failure_a_near_miss_or_a_success(
    rank: int | None, distance_m: float, kind: str | None
) -> None:
    assert kind_of(an_answer(0, rank, distance_m)) == kind


def test_the_further_off_in_rank_and_on_the_ground_the_harder() -> None:
    assert difficulty_of(an_answer(0, 100, 999.0)) == pytest.approx(5.0)
    assert difficulty_of(an_answer(0, 1, 0.0)) == 0.0
    assert difficulty_of(an_answer(0, None, 99.0)) == pytest.approx(2.7782, abs=1e-4)


def test_controls_are_drawn_by_lot_and_the_same_each_time() -> None:
    report = a_report(*(an_answer(number, 1, 0.0) for number in range(50)))
    ten = [one.number for one in select_cases("r", report, 10)]
    assert ten == [one.number for one in select_cases("r", report, 20)][:10]
    assert ten != sorted(ten)
    assert {one.kind for one in select_cases("r", report, 10)} == {"control"}
    assert ten != [one.number for one in select_cases("s", report, 10)]
