"""An explained result has all parts; a language model reranks only candidates that it judged."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tiny_chat import GOOD, Reply, chat

from core.explain.comparison import compare
from core.explain.explanations import answer_details, explained, relevances
from core.explain.ledger import with_claims
from core.explain.reasons import reason
from core.gallery import Gallery
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder
from core.records import Channel, Query, SearchResult
from core.retrieval import SearchTrace, bind_picture_encoder, search_with_trace
from core.retrieval.reranking import WEIGHT, reranked
from core.settings import AdvisorServer

TEXT = "a white cathedral beside a cobbled square, a statue, tram tracks, blue sky"

Ask = Callable[..., SearchTrace]
Explain = Callable[..., SearchResult]


@pytest.fixture
def ask(seen_gallery: Gallery, compact: CompactEncoder, encoder: SentenceEncoder) -> Ask:
    def asked(
        text: str = TEXT, k: int = 7, channels: tuple[Channel, ...] | None = None
    ) -> SearchTrace:
        return search_with_trace(
            seen_gallery,
            encoder,
            Query(text, k, channels),
            bind_picture_encoder(seen_gallery, compact),
        )

    return asked


@pytest.fixture
def explain(
    ask: Ask, seen_gallery: Gallery, compact: CompactEncoder, encoder: SentenceEncoder
) -> Explain:
    def done(server: AdvisorServer | None = None, **options: Any) -> SearchResult:
        picture_encoder = bind_picture_encoder(seen_gallery, compact)
        return explained(ask(**options), encoder, picture_encoder, server)

    return done


def test_every_candidate_has_ledger_reason_and_maps(explain: Explain) -> None:
    result = explain()
    assert len(result.candidates) == 7
    for candidate in result.candidates:
        told = candidate.explanation
        assert told is not None
        assert told.author == "local"
        assert told.reason == reason(told.ledger, candidate.confidence)
        assert [entry.evidence.phrase for entry in told.ledger][-1] == "blue sky"
        assert told.ledger[-1].standing == "unchecked"
        assert told.relevance is not None
        assert max(word.relevance for word in told.relevance.words) == 1
    assert {"ledger", "relevance"} <= set(result.timings_ms)


def test_the_candidates_know_their_rank_by_fit_alone(explain: Explain) -> None:
    result = explain()
    assert [one.rank for one in result.candidates] == list(range(1, 8))
    assert sorted(one.rank_before or 0 for one in result.candidates) == list(range(1, 8))


def test_the_document_is_json_with_all_of_it(
    explain: Explain, ask: Ask, encoder: SentenceEncoder
) -> None:
    details = answer_details(ask(), ask().result, encoder)
    document = json.loads(json.dumps(explain().to_json() | details))
    told = document["candidates"][0]["explanation"]
    assert {"ledger", "reason", "author", "relevance", "notes"} == set(told)
    assert {"tiles", "of_tiles", "leading"} == set(document["area"])
    assert 0 < document["area"]["tiles"] <= document["area"]["of_tiles"]
    assert document["comparison"]["summary"]
    leading = [one["mass"] for one in document["area"]["leading"]]
    assert leading == sorted(leading, reverse=True)


def test_evidence_is_supported_where_the_ledger_says_so_alone_and_compared(
    explain: Explain, ask: Ask, encoder: SentenceEncoder
) -> None:
    text = "a red cathedral, benches, a zoo, no fountain"
    result, told = explain(text=text), with_claims(ask(text=text), encoder)
    standings = set[str]()
    for one in result.candidates:
        assert one.explanation
        said = [entry.standing == "supported" for entry in one.explanation.ledger]
        denied = [bool(entry.absent) for entry in one.explanation.ledger]
        agreed = [ours and not absent for ours, absent in zip(said, denied, strict=True)]
        assert [piece.supported for piece in one.evidence] == agreed
        standings |= {entry.standing for entry in one.explanation.ledger}
    assert {"supported", "contradicted"} <= standings
    assert [one.evidence for one in told.candidates] == [one.evidence for one in result.candidates]
    first, second = (one.tile.tile_id for one in result.candidates[:2])
    compared = compare(ask(text=text), first, second, encoder=encoder).phrases
    assert tuple(one.a for one in compared) == result.candidates[0].evidence


def test_without_pictures_there_are_no_maps(explain: Explain, ask: Ask) -> None:
    result = explain(channels=("facts", "names"))
    assert result.candidates
    assert all(one.explanation and one.explanation.relevance is None for one in result.candidates)
    assert relevances(ask(channels=("facts",)), None) == [None] * 7


def test_pictures_alone_leave_every_phrase_unchecked(explain: Explain) -> None:
    (first, *_) = explain(channels=("image",)).candidates
    assert first.explanation
    assert {entry.standing for entry in first.explanation.ledger} == {"unchecked"}


def test_a_single_candidate_is_compared_with_nothing(ask: Ask, encoder: SentenceEncoder) -> None:
    assert answer_details(ask(k=1), ask(k=1).result, encoder)["comparison"] is None


def test_a_question_is_asked_only_where_several_places_fit(
    ask: Ask, encoder: SentenceEncoder
) -> None:
    for text in (TEXT, "a street", "Statue of Alexander on Market Square"):
        trace = ask(text)
        asked = answer_details(trace, trace.result, encoder)["question"]
        assert asked is None or trace.result.verdict == "several places fit"


def test_a_language_models_confidences_order_what_it_judged(explain: Explain, ask: Ask) -> None:
    def reply(asked: dict[str, Any]) -> Reply:
        document = asked["messages"][1]["content"][0]["text"]
        sure = 1.0 if '"rank": 5' in document else 0.0
        return Reply(json.dumps(GOOD | {"confidence": sure}))

    with chat(reply) as server:
        result = explain(AdvisorServer(server.url, "tiny", "key", 10.0))
        assert len(server.asked) == 5
    authors = [one.explanation.author for one in result.candidates if one.explanation]
    assert authors == ["tiny"] * 5 + ["local"] * 2
    wanted = reranked(ask().result.candidates, [0, 0, 0, 0, 1])
    assert [one.tile for one in result.candidates] == [one.tile for one in wanted]
    plain = ask().result.candidates
    assert [one.tile for one in wanted] != [one.tile for one in plain] or (
        max(one.similarity for one in plain[:4]) - plain[4].similarity > WEIGHT
    )


def test_a_server_that_fails_leaves_our_own_order_and_reasons(explain: Explain) -> None:
    plain = explain()
    with chat(Reply(status=500)) as server:
        result = explain(AdvisorServer(server.url, "tiny", "key", 10.0))
    assert [one.tile for one in result.candidates] == [one.tile for one in plain.candidates]
    first = result.candidates[0].explanation
    assert first is not None
    assert first.author == "local"
    assert any("our own" in note for note in first.notes)
