"""One number has one rounding, whoever tells it."""

import re
from dataclasses import replace

import pytest
from tiny_answers import a_candidate

from core.cli.search import told_regions
from core.explain.reasons import reason
from core.vocabulary.chances import percent, whole_percent


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.0, "under 1 %"),
        (0.0049, "under 1 %"),
        (0.005, "1 %"),
        (0.025, "3 %"),
        (0.02503, "3 %"),
        (0.145, "15 %"),
        (0.9949, "99 %"),
        (0.995, "over 99 %"),
        (1.0, "over 99 %"),
    ],
)
def test_a_chance_is_never_nothing_and_never_certain(share: float, told: str) -> None:
    assert percent(share) == told


def test_the_four_decimals_of_a_file_are_told_as_all_of_them() -> None:
    shares = [one / 33_333 for one in range(33_334)]
    assert all(percent(round(share, 4)) == percent(share) for share in shares)
    assert [whole_percent(share) for share in shares] == sorted(map(whole_percent, shares))


def test_the_reason_the_regions_and_the_files_tell_the_same_number() -> None:
    for share in (0.025, 0.02503, 0.02497, 0.345, 0.34502):
        place = replace(a_candidate(1), confidence=share)
        told = re.search(r"About (\d+) in 100", reason((), share))
        assert told is not None
        stored = place.to_json()["confidence"]
        assert percent(stored) == f"{told[1]} %"
        region = {"title": "Helsinki", "probability": stored}
        assert told_regions([region]).endswith(f" {told[1]} %")
