"""What a description names exactly, on bundled galleries, and what that does to search."""

import numpy as np
import pytest

from core import settings
from core.gallery import Gallery, open_gallery
from core.models.sentence import SentenceEncoder
from core.records import Evidence, Query
from core.retrieval import rank_tiles, search
from core.retrieval.channels.mentions import MentionIndex, mention_scores
from core.retrieval.fusion import WEIGHTS
from core.retrieval.query_encoding import encode_query, respelled, tokenize_query
from core.retrieval.ranking import NO_CORRECTION
from core.retrieval.search import match_index_of
from core.retrieval.spelling import respellings_of
from core.retrieval.town_suffix import without_town


@pytest.fixture(scope="module")
def helsinki() -> Gallery:
    return open_gallery("helsinki", settings.load({}))


@pytest.fixture(scope="module")
def neubrandenburg() -> MentionIndex:
    gallery = open_gallery("neubrandenburg", settings.load({}))
    return match_index_of(gallery).mentions


def mentioned(index: MentionIndex, text: str) -> list[str]:
    return [text[mention.start : mention.end] for mention in index.mentions(text)]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("beside Turmstr. 22, on the left", ["Turmstr. 22"]),
        ("Turm Straße Nr. 22", ["Turm Straße Nr. 22"]),
        ("22 Turmstrasse", ["22 Turmstrasse"]),
        ("Neubrandenburg, a school", []),
        ("a bench on a corner of the street", []),
    ],
)
def test_streets_and_addresses_are_found_in_any_spelling(
    text: str, mentions: list[str], neubrandenburg: MentionIndex
) -> None:
    assert mentioned(neubrandenburg, text) == mentions


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Turmstr. 22", "Turmstraße 22"),
        ("Turmstrasse 22", "Turmstraße 22"),
        ("a bank, 22 Turm Str., on the left", "a bank, 22 Turmstraße., on the left"),
        ("Turmstraße Nr. 22", "Turmstraße Nr. 22"),
        ("a bench on a corner of the street", "a bench on a corner of the street"),
    ],
)
def test_a_street_is_read_as_the_map_spells_it(
    text: str, read: str, neubrandenburg: MentionIndex
) -> None:
    assert respelled(text, 0, len(text), respellings_of(text, neubrandenburg)) == read


@pytest.mark.parametrize("spelling", ["Turmstr. 22", "Turmstrasse 22"])
def test_an_address_is_as_sure_in_any_spelling(encoder: SentenceEncoder, spelling: str) -> None:
    gallery = open_gallery("neubrandenburg", settings.load({}))
    whole, short = (
        search(gallery, encoder, Query(text, k=1, channels=("facts", "names")))
        for text in ("Turmstraße 22", spelling)
    )
    assert short.candidates[0].tile == whole.candidates[0].tile
    assert short.candidates[0].confidence > 0.9 * whole.candidates[0].confidence
    assert short.candidates[0].evidence[0].phrase == spelling


def test_a_short_street_is_known_by_its_number() -> None:
    gallery = open_gallery("montevideo", settings.load({}))
    index = match_index_of(gallery).mentions
    assert mentioned(index, "Mini 833,835,837, upstairs") == ["Mini 833,835,837"]
    assert mentioned(index, "a mini bar") == []


def test_the_nearest_number_of_the_street_stands_for_a_missing_one(
    neubrandenburg: MentionIndex,
) -> None:
    (here,) = neubrandenburg.mentions("Turmstraße 22")
    (gone,) = neubrandenburg.mentions("Turmstraße 999")
    assert here.certainty == 1
    assert here.facts
    assert (gone.certainty, gone.facts) == (0, ())


def test_the_score_is_highest_at_the_address_and_keeps_the_mask(
    neubrandenburg: MentionIndex,
) -> None:
    mentions = neubrandenburg.mentions("Turmstraße 22")
    scores = mention_scores(neubrandenburg, mentions)
    mask = np.arange(len(scores)) % 2 == 0
    assert 0.8 < scores.max() <= 1
    assert (scores >= 0).all()
    assert np.array_equal(mention_scores(neubrandenburg, mentions, mask), scores * mask)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Turmstraße 22, Neubrandenburg, Deutschland", "Turmstraße 22"),
        ("Turmstraße 22, 17033 Neubrandenburg", "Turmstraße 22"),
        ("Turmstr. 22 Neubrandenburg", "Turmstr. 22"),
        ("Turmstraße, Neubrandenburg", "Turmstraße"),
        ("Turmstraße 22, a red house", "Turmstraße 22, a red house"),
        ("a red house in Neubrandenburg", "a red house in Neubrandenburg"),
    ],
)
def test_only_town_and_country_behind_an_address_are_cut(
    text: str, kept: str, neubrandenburg: MentionIndex
) -> None:
    assert without_town(text, neubrandenburg) == kept


def evidence(gallery: Gallery, encoder: SentenceEncoder, text: str) -> list[Evidence]:
    found = search(gallery, encoder, Query(text, k=20, channels=("names",)))
    return [candidate.evidence[0] for candidate in found.candidates]


def test_another_house_number_does_not_support_an_address(
    helsinki: Gallery, encoder: SentenceEncoder
) -> None:
    pieces = evidence(helsinki, encoder, "Snellmaninkatu 4")
    assert pieces[0].fact == "address: Snellmaninkatu 4"
    assert pieces[0].fit == "thing"
    others = [piece for piece in pieces if piece.fact and "Snellmaninkatu 4" not in piece.fact]
    assert others
    assert all(piece.fit != "thing" and "14A" not in piece.fact for piece in others)


def test_a_street_in_another_spelling_is_evidence(
    helsinki: Gallery, encoder: SentenceEncoder
) -> None:
    pieces = evidence(helsinki, encoder, "Mannerheimintie 20b")
    assert pieces[0].supported
    assert pieces[0].channel == "names"


def test_nothing_named_changes_nothing(helsinki: Gallery, encoder: SentenceEncoder) -> None:
    text = tokenize_query("a bench under tall trees beside water", encoder)
    ranking = rank_tiles(
        helsinki, encode_query(text, encoder), ("facts", "names"), None, NO_CORRECTION
    )
    signals = ranking.signals
    assert "mentions" not in signals.weights("names")
    by_hand = sum(
        WEIGHTS[name] * signals[name]
        for name in ("phrases", "whole", "best_fact", "words", "window")
    )
    assert ranking.scores == pytest.approx(by_hand / 1.0, abs=1e-5)
