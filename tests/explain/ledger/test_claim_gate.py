"""The gate of the ledger: what it learned is readable, and what it withholds is told as similar."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.explain.ledger import ledgers
from core.explain.ledger.claim_features import FEATURES
from core.explain.ledger.claim_gate import (
    OPEN_GATE,
    ClaimGate,
    read_claim_gate,
    write_claim_gate,
)
from core.explain.reasons import reason
from core.gallery import Gallery
from core.maps import evidence_label
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search_with_trace


def a_gate(weight: float, threshold: float) -> ClaimGate:
    """A gate whose first feature counts alone, from 0.5 on in steps of 0.25."""
    count = len(FEATURES)
    weights = np.array([weight] + [0.0] * (count - 1))
    return ClaimGate(np.full(count, 0.5), np.full(count, 0.25), weights, 1.0, threshold, ("x",))


def test_the_probability_is_that_of_a_logistic_regression() -> None:
    features = np.array([1.0] + [0.3] * (len(FEATURES) - 1), dtype=np.float32)
    found = a_gate(2.0, 0.99).probability(features)  # (1.0 - 0.5) / 0.25 * 2 + 1 = 5
    assert found == pytest.approx(1 / (1 + np.exp(-5)))
    assert a_gate(2.0, 0.99).holds(features)
    assert not a_gate(2.0, 0.994).holds(features)


def test_a_gate_is_read_as_it_was_written_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = write_claim_gate(a_gate(2.0, 0.7), tmp_path / "claims.json")
    found = read_claim_gate(path)
    assert (found.threshold, found.bias, found.sources) == (0.7, 1.0, ("x",))
    assert found.weights.tolist() == a_gate(2.0, 0.7).weights.tolist()
    document = json.loads(path.read_text())
    for key, value in (("threshold", 2), ("bias", None), ("features", {"alike": [0, 1, 1]})):
        path.write_text(json.dumps(document | {key: value}))
        read_claim_gate.cache_clear()
        with pytest.raises(ModelError, match="--claims"):
            read_claim_gate(path)
    read_claim_gate.cache_clear()


def test_the_bundled_gate_claims_what_is_alike_rather_than_what_is_not() -> None:
    weights = dict(zip(FEATURES, read_claim_gate().weights.tolist(), strict=True))
    assert weights["alike"] > 0 > weights["other kind more alike"]
    assert weights["noun and its use"] > 0 > weights["open names"]


def test_what_is_not_sure_is_told_as_similar(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    trace = search_with_trace(tiny_gallery, encoder, Query("a fountain, a square", k=1))
    claimed = ledgers(trace, encoder, None, False, OPEN_GATE).entries[0]
    withheld = ledgers(trace, encoder, None, False, replace(OPEN_GATE, threshold=1.0)).entries[0]
    assert {entry.standing for entry in claimed} == {"supported"}
    assert {entry.standing for entry in withheld} == {"missing"}
    for before, after in zip(claimed, withheld, strict=True):
        assert after.evidence == replace(before.evidence, fit="unsure")
        assert evidence_label(after.evidence).startswith("similar: ")
        assert not after.evidence.supported
        assert not after.unshown
    told = reason(withheld)
    assert "the map has at most something similar, " in told.lower()
    assert "found on the map" in told
