"""Leaving phrases out, against reading and ranking each rest by itself."""

from dataclasses import replace

import numpy as np
import pytest

from core.explain.ledger import effects
from core.explain.ledger.effects import effects_of
from core.gallery import Gallery
from core.geo import haversine_m
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import Eyes, Finding, eyes_for, find, rank_tiles
from core.retrieval.reading import Imagined
from core.vocabulary.folding import words_of

TEXT = "a statue on Market Square, a white church behind it, tram tracks to the north and benches"


def naive(finding: Finding, encoder: SentenceEncoder, eyes: Eyes | None) -> list[dict[str, object]]:
    """For each phrase, every score before and after, and the ranks by counting."""
    reading, gallery = finding.reading, finding.gallery
    rows = [gallery.row_of(one.tile.tile_id) for one in finding.result.candidates]
    found = []
    for phrase in reading.phrases:
        text = reading.text[: phrase.start] + reading.text[phrase.end :]
        kept = [number for number, one in enumerate(reading.phrases) if one is not phrase]
        rest = replace(
            reading,
            text=text,
            phrases=[reading.phrases[number] for number in kept],
            words=list(dict.fromkeys(words_of(text))),
            embedding=encoder.encode([text])[0],
            phrase_embeddings=reading.phrase_embeddings[kept],
            imagined=eyes and Imagined(eyes.key, eyes.encoder.encode_texts([text])[0], None),
        )
        ranking = rank_tiles(gallery, rest, finding.channels, finding.mask)
        queue = sorted(rows, key=lambda row: (-ranking.scores[row], row))
        spots: list[int] = []
        for row in queue:
            away = [
                haversine_m(
                    gallery.lats[row],
                    gallery.lons[row],
                    gallery.lats[[other]],
                    gallery.lons[[other]],
                )[0]
                for other in spots
            ]
            if all(metres >= 100 for metres in away):
                spots.append(row)
        order = [*spots, *(row for row in queue if row not in spots)]
        found.append(
            {
                "similarity": [finding.ranking.scores[row] - ranking.scores[row] for row in rows],
                "ranks": [order.index(row) + 1 for row in rows],
                **{
                    name: [
                        finding.ranking.signals.channel(name)[row]
                        - ranking.signals.channel(name)[row]
                        for row in rows
                    ]
                    for name in finding.channels
                },
            }
        )
    return found


def assert_as_naive(finding: Finding, encoder: SentenceEncoder, eyes: Eyes | None) -> None:
    found = effects_of(finding, encoder, eyes)
    twins = naive(finding, encoder, eyes)
    assert len(found) == len(twins) == len(finding.reading.phrases)
    for row, twin in enumerate(twins):
        assert found.similarity[row] == pytest.approx(twin["similarity"], abs=2e-3)
        assert found.rank_without[row].tolist() == twin["ranks"]
        for channel in finding.channels:
            assert found.channels[channel][row] == pytest.approx(twin[channel], abs=2e-2)


def test_effects_equal_a_search_without_each_phrase(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    assert_as_naive(find(tiny_gallery, encoder, Query(TEXT, k=6)), encoder, None)


def test_effects_in_a_region_and_one_channel_equal_a_search_without_each_phrase(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    here = find(tiny_gallery, encoder, Query(TEXT, k=1)).result.candidates[0].tile
    from core.geo import Position

    query = Query(TEXT, k=4, channels=("names",), near=Position(here.lat, here.lon), within_m=150)
    assert_as_naive(find(tiny_gallery, encoder, query), encoder, None)


def test_effects_reach_the_picture_channel(
    seen_gallery: Gallery, encoder: SentenceEncoder, compact: CompactEncoder
) -> None:
    eyes = eyes_for(seen_gallery, compact)
    finding = find(seen_gallery, encoder, Query(TEXT, k=5), eyes)
    assert_as_naive(finding, encoder, eyes)
    assert np.abs(effects_of(finding, encoder, eyes).channels["image"]).max() > 0


def test_a_candidate_is_held_up_by_the_name_that_found_it(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    finding = find(tiny_gallery, encoder, Query("Rose Garden, a blue sky, some people", k=5))
    found = effects_of(finding, encoder, None)
    assert found.similarity[:, 0].argmax() == 0
    assert found.channels["names"][0, 0] > 0.5


def test_without_its_only_phrase_a_description_says_nothing(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    finding = find(tiny_gallery, encoder, Query("Rose Garden", k=3))
    found = effects_of(finding, encoder, None)
    assert found.similarity[0] == pytest.approx(
        [candidate.similarity for candidate in finding.result.candidates]
    )
    assert found.rank_without.tolist() == [[1, 2, 3]]


def test_very_long_descriptions_leave_out_the_first_phrases_only(
    tiny_gallery: Gallery, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = find(tiny_gallery, encoder, Query(TEXT, k=2))
    whole = effects_of(finding, encoder, None)
    monkeypatch.setattr(effects, "MAX_TOKENS_READ", 40)
    few = effects_of(finding, encoder, None)
    assert 1 <= len(few) < len(whole)
    assert few.similarity == pytest.approx(whole.similarity[: len(few)], abs=2e-3)


def test_sixty_phrases_are_left_out_without_complaint(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    text = ", ".join(f"bench {number}" for number in range(80))
    found = effects_of(find(tiny_gallery, encoder, Query(text, k=2)), encoder, None)
    assert len(found) >= 1
