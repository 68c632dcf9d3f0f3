"""Other words for what the map does not have."""

from dataclasses import replace

import pytest

from core.explain.ledger import standing_ledger
from core.explain.proposals import Proposal, proposals
from core.gallery import Gallery
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search_with_trace


def proposed(
    gallery: Gallery, encoder: SentenceEncoder, text: str, most: int = 2
) -> tuple[Proposal, ...]:
    trace = search_with_trace(gallery, encoder, Query(text, 3, ("facts", "names")))
    ledger = standing_ledger(trace, trace.result.candidates[0], encoder)
    found = proposals(trace, ledger, most)
    missing = {one.evidence.phrase for one in ledger if one.standing in ("missing", "unchecked")}
    for one in found:
        assert one.phrase in missing
        assert text[one.start : one.end] == one.phrase
        assert set(one.kinds) <= set(gallery.facts.kind)
        assert 0 < len(one.kinds) <= most
    return found


def test_the_nearest_kind_here_is_proposed(tiny_gallery: Gallery, encoder: SentenceEncoder) -> None:
    text = "a cathedral, a lake with a bench and a place to get coffee"
    lake, coffee = proposed(tiny_gallery, encoder, text)
    assert (lake.phrase, lake.kinds[0]) == ("lake", "pond")
    assert (coffee.phrase, coffee.kinds[0]) == ("place to get coffee", "cafe")


def test_nothing_is_proposed_for_an_address(
    tiny_gallery: Gallery, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.explain.proposals.LEAST", 0.1)
    assert [one.phrase for one in proposed(tiny_gallery, encoder, "a cathedral, a zeppelin")]
    assert proposed(tiny_gallery, encoder, "a cathedral, Zeppelinstrasse 9999") == ()


def test_nothing_is_proposed_for_what_is_there_or_like_nothing_here(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    assert proposed(tiny_gallery, encoder, "a cathedral") == ()
    assert proposed(tiny_gallery, encoder, "a cathedral and a zeppelin") == ()


def test_nothing_else_is_proposed_for_a_thing_that_the_map_knows(
    tiny_gallery: Gallery, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.explain.proposals.LEAST", 0.2)
    assert proposed(tiny_gallery, encoder, "a cathedral, a lake and a pond far from it") == ()


def test_nothing_else_is_proposed_for_a_part_that_things_here_have(
    tiny_gallery: Gallery, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "a cathedral and a lake with a bench"
    assert [one.phrase for one in proposed(tiny_gallery, encoder, text)] == ["lake"]
    facts = tiny_gallery.facts
    pond = next(row for row, kind in enumerate(facts.kind) if kind == "pond")
    told = ["garden with a lake" if row == pond else text for row, text in enumerate(facts.text)]
    monkeypatch.setattr(tiny_gallery, "facts", replace(facts, text=told))
    assert proposed(tiny_gallery, encoder, text) == ()


def test_words_of_another_language_are_left_as_they_are(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    assert proposed(tiny_gallery, encoder, "eine Kirche neben einem Zeppelin und ein Kaffee") == ()
