"""The posterior and ranking after replies to clarifying questions, on the tiny city."""

import numpy as np
import pytest

from core.errors import QueryError
from core.explain.clarification import answered
from core.explain.clarification.belief_update import GivenReply, as_shown
from core.gallery import Gallery
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import SearchTrace, search_with_trace

YES, NO = GivenReply("church", "yes"), GivenReply("church", "no")


@pytest.fixture(scope="module")
def found(tiny_gallery: Gallery, encoder: SentenceEncoder) -> SearchTrace:
    return search_with_trace(tiny_gallery, encoder, Query("a quiet street", 4, ("facts", "names")))


def ids(trace: SearchTrace) -> list[str]:
    return [one.tile.tile_id for one in trace.result.candidates]


def test_without_replies_nothing_changes(found: SearchTrace) -> None:
    shown = as_shown(found)
    assert shown.result == found.result
    assert shown.posterior is found.posterior
    assert shown.result.verdict == found.result.verdict


def test_what_nobody_can_tell_changes_nothing(found: SearchTrace) -> None:
    assert as_shown(found, [GivenReply("church", "cannot tell")]).result == as_shown(found).result


def test_a_reply_moves_the_probability_and_keeps_what_is_elsewhere(found: SearchTrace) -> None:
    after = as_shown(found, [YES]).posterior
    assert after.mass.sum() + after.p_outside == pytest.approx(1)
    assert after.p_outside == found.posterior.p_outside
    expected = answered(found.gallery, found.posterior.mass, "church", "yes")
    assert after.mass / after.mass.sum() == pytest.approx(expected)


def test_candidates_stand_in_the_order_of_their_new_confidence(found: SearchTrace) -> None:
    for reply in (YES, NO):
        result = as_shown(found, [reply]).result
        sure = [one.confidence or 0.0 for one in result.candidates]
        assert sure == sorted(sure, reverse=True)
        assert [one.rank for one in result.candidates] == [1, 2, 3, 4]


def test_a_place_that_comes_up_is_told_like_any_other(found: SearchTrace) -> None:
    """With one candidate only, yes and no lead to different places."""
    one = as_shown(found, [YES]).result.candidates
    other = as_shown(found, [NO]).result.candidates
    assert one[0].tile != other[0].tile
    before = set(ids(found))
    assert one
    assert other
    for candidate in (*one, *other):
        row = found.gallery.row_of(candidate.tile.tile_id)
        assert candidate.similarity == pytest.approx(float(found.ranking.scores[row]))
        assert len(candidate.evidence) == len(found.encoded_query.phrases)
        assert set(candidate.channels) == {"facts", "names"}
        if candidate.tile.tile_id not in before:
            assert candidate.rank_before is None


def test_the_order_of_replies_does_not_matter(found: SearchTrace) -> None:
    water = GivenReply("water", "no")
    one, two = as_shown(found, [YES, water]), as_shown(found, [water, YES])
    assert np.allclose(one.posterior.mass, two.posterior.mass)
    assert ids(one) == ids(two)


def test_only_what_the_query_allows_comes_up(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    first = tiny_gallery.tile(0)
    near = search_with_trace(
        tiny_gallery, encoder, Query("a quiet street", 3, ("facts", "names"), area=first.bounds)
    )
    assert near.mask is not None
    allowed = {tiny_gallery.tile_ids[row] for row in np.flatnonzero(near.mask)}
    assert set(ids(as_shown(near, [YES]))) <= allowed


def test_a_reply_to_no_question_is_refused(found: SearchTrace) -> None:
    with pytest.raises(QueryError, match="not a known question"):
        as_shown(found, [GivenReply("no such question", "yes")])
