"""Reranking of the first candidates, worked out by hand."""

import pytest

from core.geo import Position, tile_bounds
from core.records import Candidate, Tile
from core.retrieval.reranking import reordered, reranked


def candidates(*given: tuple[float, float | None]) -> tuple[Candidate, ...]:
    bounds = tile_bounds(Position(60, 25), 100)
    return tuple(
        Candidate(Tile(f"t{rank}", 60, 25, bounds, ""), rank, similarity, {}, confidence=confidence)
        for rank, (similarity, confidence) in enumerate(given, 1)
    )


def test_similarity_and_normalised_confidence_order_the_first() -> None:
    """0.50 + 0.1 · 0.1/0.4 = 0.525 stays behind 0.48 + 0.1 · 0.3/0.4 = 0.555."""
    found = reranked(candidates((0.50, None), (0.48, None)), [0.1, 0.3], weight=0.1)
    assert [(one.tile.tile_id, one.rank, one.rank_before) for one in found] == [
        ("t2", 1, 2),
        ("t1", 2, 1),
    ]


def test_those_after_the_first_five_stay() -> None:
    given = candidates(*[(0.5, 0.0)] * 5, (0.4, 1.0), (0.3, 1.0))
    found = reranked(given, [0, 0, 0, 0, 0, 1, 1], weight=9.0)
    assert [one.tile.tile_id for one in found] == [one.tile.tile_id for one in given]
    assert [one.rank_before for one in found] == [1, 2, 3, 4, 5, 6, 7]


def test_confidences_are_given_for_every_one_that_is_ranked_again() -> None:
    given = candidates((0.50, 0.9), (0.49, 0.0), (0.1, None))
    assert reranked(given, [0, 80, 0], weight=0.05)[0].tile.tile_id == "t2"
    with pytest.raises(ValueError, match="confidences for"):
        reranked(given, [1.0])


def test_a_weight_of_nothing_and_equal_confidences_change_nothing() -> None:
    given = candidates((0.5, 0.1), (0.4, 0.9), (0.3, 0.5))
    assert [one.rank_before for one in reranked(given, [0, 9, 5], weight=0)] == [1, 2, 3]
    assert reordered([0.3, 0.3, 0.3], [0, 0, 0], 5.0) == [0, 1, 2]
    assert reranked((), []) == ()
