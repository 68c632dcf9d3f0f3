"""The suggested cause for failure signals, rule by rule."""

import pytest

from core.review.failure_cause import FailureSignals, suggested_cause
from core.review.verdicts import CASE_VERDICTS


@pytest.mark.parametrize(
    ("rank", "distance_m", "said", "signs", "verdict"),
    [
        (1, 0.0, None, {}, None),
        (7, 30.0, None, {}, "right place, another name for it"),
        (7, 120.0, None, {"same_street": 1.0}, "same street or place, wrong tile"),
        (7, 900.0, None, {"named": 2, "named_top": 2, "named_truth": 0}, "description wrong"),
        (7, 900.0, None, {"named": 2, "named_top": 0, "named_truth": 2}, "model error"),
        (7, 900.0, None, {"named": 0, "words": 3, "shorter": 0.2}, "description too vague"),
        (7, 900.0, "several places fit", {"words": 30, "shorter": 0.9}, "several places fit"),
        (7, 900.0, None, {"same_street": 1.0}, "same street or place, wrong tile"),
        (None, 900.0, "likely", {}, "model error"),
    ],
)
def test_signals_speak_for_a_cause(
    rank: int | None,
    distance_m: float,
    said: str | None,
    signs: dict[str, float],
    verdict: str | None,
) -> None:
    found = suggested_cause(FailureSignals(rank, distance_m, said, signs))
    assert (found.verdict if found else None) == verdict
    assert found is None or (found.why and found.verdict in CASE_VERDICTS)
