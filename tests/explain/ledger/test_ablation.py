"""Ablation of phrases, against encoding and ranking each shortened description separately."""

from dataclasses import replace

import numpy as np
import pytest

from core.explain.ledger import ablation
from core.explain.ledger.ablation import ablate_phrases
from core.gallery import Gallery
from core.geo import haversine_m
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import (
    PictureEncoder,
    SearchTrace,
    bind_picture_encoder,
    rank_tiles,
    search_with_trace,
)
from core.retrieval.phrases import Phrase
from core.retrieval.query_encoding import PictureQuery
from core.vocabulary.folding import words_of

TEXT = "a statue on Market Square, a white church behind it, tram tracks to the north and benches"


def moved_back(phrase: Phrase, count: int) -> Phrase:
    """A phrase in a text with so many characters less before it."""
    return replace(phrase, start=phrase.start - count, end=phrase.end - count)


def naive(
    trace: SearchTrace, encoder: SentenceEncoder, picture_encoder: PictureEncoder | None
) -> list[dict[str, object]]:
    """For each phrase, every score before and after, and the ranks by counting."""
    encoded_query, gallery = trace.encoded_query, trace.gallery
    rows = [gallery.row_of(one.tile.tile_id) for one in trace.result.candidates]
    found = []
    for phrase in encoded_query.phrases:
        text = encoded_query.text[: phrase.start] + encoded_query.text[phrase.end :]
        kept = [number for number, one in enumerate(encoded_query.phrases) if one is not phrase]
        rest = replace(
            encoded_query,
            text=text,
            phrases=[
                encoded_query.phrases[number]
                if encoded_query.phrases[number].start < phrase.start
                else moved_back(encoded_query.phrases[number], phrase.end - phrase.start)
                for number in kept
            ],
            words=list(dict.fromkeys(words_of(text))),
            embedding=encoder.encode([text])[0],
            phrase_embeddings=encoded_query.phrase_embeddings[kept],
            picture_query=picture_encoder
            and PictureQuery(
                picture_encoder.key, picture_encoder.encoder.encode_texts([text])[0], None
            ),
        )
        ranking = rank_tiles(gallery, rest, trace.channels, trace.mask)
        order = by_chance(trace, ranking.scores, rows)
        found.append(
            {
                "similarity": [trace.ranking.scores[row] - ranking.scores[row] for row in rows],
                "ranks": [order.index(row) + 1 for row in rows],
                **{
                    name: [
                        trace.ranking.signals.channel(name)[row]
                        - ranking.signals.channel(name)[row]
                        for row in rows
                    ]
                    for name in trace.channels
                },
            }
        )
    return found


def by_chance(trace: SearchTrace, scores: np.ndarray, rows: list[int]) -> list[int]:
    """The candidates by the sharpened probability around them, found tile by tile."""
    gallery = trace.gallery
    logits = trace.posterior.inverse_temperature * scores.astype(float)
    mass = np.where(trace.posterior.mass > 0, np.exp(logits - logits.max()), 0.0)
    mass /= mass.sum()
    by_rank = trace.posterior.rank_prior
    ranks = np.argsort(np.argsort(-np.where(mass > 0, scores, -np.inf), kind="stable"))
    shares = np.where(ranks < 400, (ranks + by_rank.offset) ** -by_rank.power, 0.0) * (mass > 0)
    mass = (1 - by_rank.weight) * mass + by_rank.weight * shares / shares.sum()
    worth = (mass - mass[rows].min()).clip(0)
    if worth.max() > 0:
        worth = (worth / worth.max()) ** trace.posterior.sharpening
    away_m = {
        row: haversine_m(gallery.lats[row], gallery.lons[row], gallery.lats, gallery.lons)
        for row in rows
    }
    chosen: dict[int, float] = {}
    while len(chosen) < len(rows):
        unused = [row for row in rows if row not in chosen]
        apart = [row for row in unused if all(away_m[row][one] >= 100 for one in chosen)]
        best = max(apart or unused, key=lambda row: (worth * (1 - away_m[row] / 150).clip(0)).sum())
        near = away_m[best] <= 100
        chosen[best] = mass[near].sum()
        mass[near] = worth[near] = 0
    return sorted(rows, key=lambda row: (-chosen[row], list(chosen).index(row)))


def assert_as_naive(
    trace: SearchTrace, encoder: SentenceEncoder, picture_encoder: PictureEncoder | None
) -> None:
    found = ablate_phrases(trace, encoder, picture_encoder)
    twins = naive(trace, encoder, picture_encoder)
    assert len(found) == len(twins) == len(trace.encoded_query.phrases)
    for row, twin in enumerate(twins):
        assert found.similarity[row] == pytest.approx(twin["similarity"], abs=2e-3)
        assert found.rank_without[row].tolist() == twin["ranks"]
        for channel in trace.channels:
            assert found.channels[channel][row] == pytest.approx(twin[channel], abs=2e-2)


def test_effects_equal_a_search_without_each_phrase(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    assert_as_naive(search_with_trace(tiny_gallery, encoder, Query(TEXT, k=6)), encoder, None)


def test_effects_in_a_region_and_one_channel_equal_a_search_without_each_phrase(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    here = search_with_trace(tiny_gallery, encoder, Query(TEXT, k=1)).result.candidates[0].tile
    from core.geo import Position

    query = Query(TEXT, k=4, channels=("names",), near=Position(here.lat, here.lon), within_m=150)
    assert_as_naive(search_with_trace(tiny_gallery, encoder, query), encoder, None)


def test_effects_reach_the_picture_channel(
    seen_gallery: Gallery, encoder: SentenceEncoder, compact: CompactEncoder
) -> None:
    picture_encoder = bind_picture_encoder(seen_gallery, compact)
    trace = search_with_trace(seen_gallery, encoder, Query(TEXT, k=5), picture_encoder)
    assert_as_naive(trace, encoder, picture_encoder)
    assert np.abs(ablate_phrases(trace, encoder, picture_encoder).channels["image"]).max() > 0


def test_a_candidate_is_held_up_by_the_name_that_found_it(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    trace = search_with_trace(
        tiny_gallery, encoder, Query("Rose Garden, a blue sky, some people", k=5)
    )
    found = ablate_phrases(trace, encoder, None)
    assert found.similarity[:, 0].argmax() == 0
    assert found.channels["names"][0, 0] > 0.5


def test_without_its_only_phrase_a_description_says_nothing(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    trace = search_with_trace(tiny_gallery, encoder, Query("Rose Garden", k=3))
    found = ablate_phrases(trace, encoder, None)
    assert found.similarity[0] == pytest.approx(
        [candidate.similarity for candidate in trace.result.candidates]
    )
    assert found.rank_without.tolist() == [[1, 2, 3]]


def test_very_long_descriptions_leave_out_the_first_phrases_only(
    tiny_gallery: Gallery, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = search_with_trace(tiny_gallery, encoder, Query(TEXT, k=2))
    whole = ablate_phrases(trace, encoder, None)
    monkeypatch.setattr(ablation, "MAX_TOKENS_READ", 40)
    few = ablate_phrases(trace, encoder, None)
    assert 1 <= len(few) < len(whole)
    assert few.similarity == pytest.approx(whole.similarity[: len(few)], abs=2e-3)


def test_sixty_phrases_are_left_out_without_complaint(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    text = ", ".join(f"bench {number}" for number in range(80))
    found = ablate_phrases(
        search_with_trace(tiny_gallery, encoder, Query(text, k=2)), encoder, None
    )
    assert len(found) >= 1
