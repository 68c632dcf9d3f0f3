"""What the ledger claims about a phrase agrees with people who saw the map and not the claim.

The pairs and how they were made: `evidence_pairs.py`. Those of Krems and Porto are left out here,
because these towns do not come with the app. `denials.jsonl` holds 60 denials over the bundled
cities, half of them true, written from the map before there was code for them.
"""

import json
import os
from typing import Any

import pytest
from quality.evidence_pairs import LABELS, TESTS, Judged, figures, judged, kappa, rows_of, wilson

BUNDLED = ("helsinki", "monaco", "montevideo", "neubrandenburg")
DENIALS = rows_of(TESTS / "denials.jsonl")
WANTED_DENIALS = 56
DENIED = tuple(f"shown denied {draw}" for draw in range(1, 6))
HALVES = ("fresh", "last", "weighted", "final", "drawn", "drawn again", "learned", "shown", *DENIED)
"""Parts that were drawn later, each from descriptions that no pair before is from."""
_EVERY = 8
"""One in so many descriptions is searched, since the whole takes a minute."""


@pytest.fixture(scope="module")
def pairs_and_denials() -> list[Judged]:
    """The pairs of every eighth description, or of all with SLOW=1, and all denials. Both together,
    since to open a gallery takes longer than to search it."""
    rows = [row for row in rows_of(LABELS) if row["gallery"] in BUNDLED]
    texts = list(dict.fromkeys(row["text"] for row in rows))
    read = set(texts if os.environ.get("SLOW") == "1" else texts[::_EVERY])
    return judged([*(row for row in rows if row["text"] in read), *map(as_label, DENIALS)])


@pytest.fixture
def results(pairs_and_denials: list[Judged]) -> list[Judged]:
    return [one for one in pairs_and_denials if "denied" not in one.label]


def test_pairs_were_judged_twice_and_alike() -> None:
    rows = rows_of(LABELS)
    by_two = [row for row in rows if row["half"] in ("tune", "report")]
    later = [sum(row["half"] == half for row in rows) for half in HALVES]
    assert (len(by_two), *later[:8]) == (372, 126, 147, 113, 67, 91, 57, 343, 324)
    assert later[8:] == [154, 149, 152, 153, 120]
    assert len({row["gallery"] for row in by_two}) == 6
    assert len({row["gallery"] for row in rows}) == 21
    assert kappa(by_two) >= 0.9
    assert {row["standing"] for row in rows} == {"supported", "contradicted", "missing"}
    assert not [row for row in rows if row["standing"] != "supported" and row["evidence"]]
    agreed = [row for row in rows if row["first"] == row.get("second", row["first"])]
    assert len(rows) - len(agreed) == 13
    assert not [row for row in agreed if row["standing"] != row["first"]]
    assert all("second" in row for row in rows if row["half"] not in HALVES[1:])


def test_the_agreement_of_two_readers_is_cohens_kappa() -> None:
    def pairs(text: str) -> list[dict[str, Any]]:
        return [{"first": pair[0], "second": pair[1]} for pair in text.split()]

    assert round(kappa(pairs("yy " * 20 + "yn " * 5 + "ny " * 10 + "nn " * 15)), 3) == 0.4
    assert kappa(pairs("yy nn")) == 1.0
    assert kappa(pairs("yn ny")) == -1.0


def test_nearly_all_that_is_called_supported_or_contradicted_is_so(results: list[Judged]) -> None:
    found = figures(results)
    assert found["matched"]["n"] >= 0.9 * found["matched"]["of"] > 0, found
    for standing in ("supported", "contradicted"):
        assert found[standing]["high"] >= 0.95, (standing, found[standing], wrong(results))
        assert found[standing]["precision"] >= 0.9, (standing, found[standing], wrong(results))
        assert found[standing]["recall"] >= 0.55, (standing, found[standing])


def wrong(results: list[Judged]) -> list[str]:
    return [
        f"{one.label['phrase']}: {one.entry.standing}, {one.entry.evidence.fact}"
        for one in results
        if one.entry and one.entry.standing in ("supported", "contradicted") and not one.is_right
    ]


def as_label(row: dict[str, Any]) -> dict[str, Any]:
    standing = "supported" if row["true"] else "contradicted"
    return row | {"phrase": row["denied"], "standing": standing, "evidence": []}


def test_true_denials_are_supported_and_false_ones_contradicted(
    pairs_and_denials: list[Judged],
) -> None:
    found = [one for one in pairs_and_denials if "denied" in one.label]
    assert len(found) == 60
    failures = [
        json.dumps(one.label | {"told": one.entry and one.entry.standing}, ensure_ascii=False)
        for one in found
        if one.entry is None or one.entry.standing != one.label["standing"]
    ]
    assert len(found) - len(failures) >= WANTED_DENIALS, failures


def test_the_interval_of_a_share_is_wilsons() -> None:
    low, high = wilson(19, 20)
    assert (round(low, 3), round(high, 3)) == (0.764, 0.991)
    assert wilson(0, 0) == (0.0, 1.0)
