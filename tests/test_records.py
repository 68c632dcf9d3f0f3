"""The types of a search and their JSON."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from core.geo import Bounds
from core.records import Candidate, Evidence, SearchResult, Tile

TILE = Tile("60.1,24.9", 60.1, 24.9, Bounds(24.8, 60, 25, 60.2), "Lime Street")


def a_candidate() -> Candidate:
    found = Evidence(
        "a statue", 0, 8, "facts", "statue: Alexander", 0.812, 60.2, 24.9, 30.0, "north"
    )
    missing = Evidence("a zoo", 9, 14, None, "", 0.0)
    return Candidate(
        TILE, 1, 0.123456, {"facts": 0.5, "names": 0.25}, ("Alexander",), (found, missing)
    )


def test_records_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        TILE.lat = 1.0  # type: ignore[misc]
    assert not hasattr(TILE, "__dict__")


def test_evidence_without_a_channel_is_not_supported() -> None:
    found, missing = a_candidate().evidence
    assert found.supported
    assert not missing.supported


def test_a_fact_that_is_only_like_the_phrase_is_rough() -> None:
    found, missing = a_candidate().evidence
    assert replace(found, fit="like").rough
    assert not found.rough
    assert not missing.rough


def test_a_name_with_a_phrase_s_words_is_no_support() -> None:
    found = replace(a_candidate().evidence[0], channel="names", fit="name")
    assert found.name_only
    assert not found.supported


def test_a_candidate_has_the_keys_of_the_contract() -> None:
    document = a_candidate().to_json()
    assert {
        "tile_id",
        "rank",
        "lat",
        "lon",
        "similarity",
        "confidence",
        "channels",
        "names",
        "evidence",
    } <= set(document)
    assert document["confidence"] is None
    assert [piece["supported"] for piece in document["evidence"]] == [True, False]


def test_a_result_survives_json_as_it_is() -> None:
    result = SearchResult(
        "a statue a zoo", "tiny", (a_candidate(),), 12, None, ("a note",), {"total": 1.23456}
    )
    document = result.to_json()
    assert {"query", "truncated", "verdict", "candidates", "timings_ms"} <= set(document)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["timings_ms"] == {"total": 1.23}
