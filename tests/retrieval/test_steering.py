"""Wishes beside a description: alike tiles, phrases that weigh otherwise, a place passed before."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import GalleryError, QueryError
from core.gallery import Gallery
from core.geo import haversine_m
from core.models.sentence import SentenceEncoder
from core.records import Query, Steering
from core.retrieval import SearchTrace, search_with_trace
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.search import match_index_of
from core.retrieval.steering import remaining_text, resemblance

TEXT = "a park, a statue on a square, a pharmacy"


def searched(
    gallery: Gallery, encoder: SentenceEncoder, text: str = TEXT, **wishes: object
) -> SearchTrace:
    query = Query(text, channels=("facts", "names"), steering=Steering(**wishes))
    return search_with_trace(gallery, encoder, query)


def test_a_tile_is_most_like_itself_and_places_like_it_move_up(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    plain = searched(tiny_gallery, encoder)
    liked = plain.result.candidates[-1].tile
    added = resemblance(tiny_gallery, Steering(like=(liked.tile_id,)), None, ("facts",))
    row = tiny_gallery.row_of(liked.tile_id)
    assert added.argmax() == row
    after = searched(tiny_gallery, encoder, like=(liked.tile_id,))
    before_rank, after_rank = (
        int(np.flatnonzero(trace.ranking.order == row)[0]) for trace in (plain, after)
    )
    assert after_rank < before_rank


def test_an_unliked_place_and_its_neighbours_move_down(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    plain = searched(tiny_gallery, encoder)
    first = plain.result.candidates[0].tile
    after = searched(tiny_gallery, encoder, unlike=(first.tile_id,))
    assert after.result.candidates[0].tile.tile_id != first.tile_id
    row = tiny_gallery.row_of(first.tile_id)
    assert after.posterior.mass[row] < plain.posterior.mass[row]


def test_a_demand_leaves_only_places_that_have_it_on_the_map(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    text = "a park with old trees"
    plain = searched(tiny_gallery, encoder, text)
    kept = searched(tiny_gallery, encoder, text, must=("a pond",)).result
    assert kept.candidates
    asked = searched(tiny_gallery, encoder, "a pond")
    finder = EvidenceFinder(match_index_of(tiny_gallery), asked.encoded_query, asked.channels)
    for candidate in kept.candidates:
        (piece,) = finder.evidence(tiny_gallery.row_of(candidate.tile.tile_id))
        assert piece.supported, candidate.tile.tile_id
    assert len(kept.candidates) <= len(plain.result.candidates)
    assert any("a pond" in note for note in kept.notes)
    mass = searched(tiny_gallery, encoder, text, must=("a pond",)).posterior
    assert mass.mass.sum() + mass.p_outside == pytest.approx(1)


def test_a_demand_that_no_place_meets_is_told(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    with pytest.raises(QueryError, match="no place here has 'a lighthouse'"):
        searched(tiny_gallery, encoder, must=("a lighthouse",))


def test_a_phrase_that_counts_double_pulls_its_places_up(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    pharmacy = searched(tiny_gallery, encoder, "a pharmacy").ranking.order[0]
    text = "a park, a statue on a square"
    ranks = [
        int(
            np.flatnonzero(
                searched(tiny_gallery, encoder, text, twice=twice).ranking.order == pharmacy
            )[0]
        )
        for twice in ((), ("a pharmacy",))
    ]
    assert ranks[1] < ranks[0]


def test_a_phrase_that_is_left_out_counts_nothing(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    less = searched(tiny_gallery, encoder, minus=("a statue on a  SQUARE",))
    assert "statue" not in less.encoded_query.words
    assert less.result.query == TEXT
    assert [phrase.start for phrase in less.encoded_query.phrases] == [2, TEXT.index("pharmacy")]
    assert remaining_text("a b a", ("a",)) == "  b  "
    with pytest.raises(QueryError, match="no phrase 'a tram'"):
        searched(tiny_gallery, encoder, minus=("a tram",))


def test_a_place_that_was_passed_before_keeps_the_places_within_reach(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    passed = searched(tiny_gallery, encoder, "a pond")
    pond = passed.result.candidates[0].tile
    after = searched(tiny_gallery, encoder, "a pub", passed="a pond", reach_m=150.0)
    first = after.result.candidates[0].tile
    assert haversine_m(pond.lat, pond.lon, np.array([first.lat]), np.array([first.lon]))[0] <= 250
    far = haversine_m(pond.lat, pond.lon, tiny_gallery.lats, tiny_gallery.lons) > 250
    assert far.any()
    plain = searched(tiny_gallery, encoder, "a pub")
    assert after.posterior.mass[far].sum() < plain.posterior.mass[far].sum()


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"must": ("…",)}, "no words"),
        ({"passed": "a pond", "reach_m": 0.0}, "reach of 0.0 m"),
        ({"twice": tuple(f"thing {n}" for n in range(21))}, "more than 20"),
    ],
)
def test_wishes_that_make_no_sense_are_one_line(
    tiny_gallery: Gallery, encoder: SentenceEncoder, wishes: dict[str, object], told: str
) -> None:
    with pytest.raises(QueryError, match=told):
        searched(tiny_gallery, encoder, **wishes)


def test_tiles_of_wishes_must_exist_and_differ(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    tile = tiny_gallery.tile_ids[0]
    with pytest.raises(QueryError, match="both"):
        searched(tiny_gallery, encoder, like=(tile,), unlike=(tile,))
    with pytest.raises(GalleryError):
        searched(tiny_gallery, encoder, like=("nowhere",))


def test_no_wishes_change_nothing(tiny_gallery: Gallery, encoder: SentenceEncoder) -> None:
    query = Query(TEXT, channels=("facts", "names"))
    plain = search_with_trace(tiny_gallery, encoder, query).result
    same = search_with_trace(tiny_gallery, encoder, replace(query, steering=Steering())).result
    assert same.candidates == plain.candidates
    assert not Steering()
    assert Steering(must=("a pond",))
