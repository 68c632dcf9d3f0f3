"""The fit of the ledger's gate: its threshold holds for parts that were left out."""

from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.errors import QueryError
from core.evaluation.calibration.claims_fit import (
    ClaimExample,
    fit_claim_gate,
    least_threshold,
)
from core.explain.ledger.claim_features import FEATURES
from core.settings import UNMAPPABLE


def test_the_threshold_is_the_least_that_leaves_enough_right_claims() -> None:
    chances, right = np.array([0.9, 0.2, 0.8, 0.6, 0.7]), np.array([1, 1, 1, 0, 1], dtype=bool)
    assert least_threshold(chances, right, 1.0) == 0.7
    assert least_threshold(chances, right, 0.8) == 0.2  # four of five are right
    assert least_threshold(chances, ~right, 0.9) == 1.0


def examples_of(part: str, rng: np.random.Generator) -> list[ClaimExample]:
    """Forty examples that are right where their first feature says so, but for noise."""
    features = rng.normal(size=(40, len(FEATURES))).astype(np.float32)
    is_right = features[:, 0] + 0.3 * rng.normal(size=40) > -0.5
    return [
        ClaimExample(row, bool(told), part, at % 2 == 0)
        for at, (row, told) in enumerate(zip(features, is_right, strict=True))
    ]


def test_a_gate_finds_what_tells_right_claims_apart() -> None:
    rng = np.random.default_rng(5)
    examples = [one for part in ("first", "second", "third") for one in examples_of(part, rng)]
    gate = fit_claim_gate(examples, 0.95)
    assert gate.sources == ("first", "second", "third")
    assert int(np.argmax(np.abs(gate.weights))) == 0
    claims = [one for one in examples if one.is_claim]
    kept = [one.is_right for one in claims if gate.holds(one.features)]
    assert len(claims) > len(kept) > 0.5 * sum(one.is_right for one in claims)
    assert np.mean(kept) >= 0.93 > np.mean([one.is_right for one in claims])
    with pytest.raises(QueryError, match="two parts"):
        fit_claim_gate(examples_of("first", rng))


@pytest.mark.parametrize("given", [None, "no json", '{"text": "a church", "lat": 60}'])
def test_pairs_that_cannot_be_read_are_told_in_one_line(
    given: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.jsonl"
    if given is not None:
        path.write_text(given + "\n")
    before = UNMAPPABLE.stat().st_mtime_ns
    assert main(["calibrate", "--claims", str(path), "--quiet"]) == 2
    (told,) = capsys.readouterr().err.strip().splitlines()
    assert "pairs.jsonl" in told
    assert UNMAPPABLE.stat().st_mtime_ns == before, "what search reads was written all the same"
