"""Outcomes of queries in each scope, and with the search's own ranker."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest

from core.errors import GalleryError, QueryError
from core.evaluation import (
    LabelledQuery,
    Outcome,
    evaluate,
    fused_confidence,
    fused_ranker,
    read_all,
)
from core.gallery import Gallery
from core.geo import METRES_PER_DEGREE, Position, haversine_m
from core.models.sentence import SentenceEncoder
from core.records import Channel, Query
from core.retrieval import search


def a_query(lat: float, lon: float, tile_id: str = "") -> LabelledQuery:
    return LabelledQuery("text", Position(lat, lon), tile_id, "q")


@dataclass(frozen=True)
class Plane:
    """Twenty tiles by twenty, 100 m apart, in the place of a gallery."""

    side: int = 20

    @property
    def lats(self) -> np.ndarray:
        return np.repeat(np.arange(self.side), self.side) * 100 / METRES_PER_DEGREE

    @property
    def lons(self) -> np.ndarray:
        return np.tile(np.arange(self.side), self.side) * 100 / METRES_PER_DEGREE

    @property
    def tile_ids(self) -> list[str]:
        return [f"t{row}" for row in range(self.side**2)]

    def row_of(self, tile_id: str) -> int:
        return int(tile_id[1:])

    def __len__(self) -> int:
        return self.side**2


PLANE = cast("Any", Plane())


def one_outcome(scores: np.ndarray, query: LabelledQuery, scope: Any) -> Outcome:
    (found,) = evaluate(PLANE, [query], [cast("Any", None)], lambda _: scores, scope)
    return found


def test_the_nearest_tile_is_the_true_one() -> None:
    at = PLANE.lats[45] + 30 / METRES_PER_DEGREE, PLANE.lons[45]
    found = one_outcome(np.arange(400, 0, -1).astype(np.float32), a_query(*at), "full")
    assert found.true_tile == "t45"
    assert found.rank == 46
    assert found.top_tile == "t0"
    assert found.distances_m[0] == pytest.approx((500**2 + 230**2) ** 0.5, rel=1e-3)


def test_a_given_tile_is_the_true_one() -> None:
    found = one_outcome(
        np.arange(400, 0, -1).astype(np.float32), a_query(0, 0, tile_id="t7"), "full"
    )
    assert (found.true_tile, found.rank) == ("t7", 8)
    assert found.distances_m[0] == 0


def test_only_the_hundred_nearest_tiles_are_ranked_in_their_scope() -> None:
    """At a corner the hundred nearest tiles are a quarter of a disc; no others are candidates."""
    scores = np.random.default_rng(0).random(400).astype(np.float32)
    away = haversine_m(0, 0, PLANE.lats, PLANE.lons)
    nearest = sorted(range(400), key=lambda row: (away[row], row))[:100]
    order = sorted(nearest, key=lambda row: -scores[row])
    found = one_outcome(scores, a_query(0, 0), "nearest-100")
    assert found.rank == order.index(0) + 1
    assert found.top_tile == f"t{order[0]}"
    assert found.distances_m.max() <= away[nearest].max()
    full = one_outcome(scores, a_query(0, 0), "full")
    assert full.rank == sorted(range(400), key=lambda row: -scores[row]).index(0) + 1
    assert full.rank > found.rank


def test_in_the_thinned_scope_tiles_lie_apart_and_only_their_descriptions_are_asked() -> None:
    """Tiles every 60 m: every other one of a row is 120 m away, every other row as well."""
    plane = cast("Any", Plane(6))
    lats, lons = plane.lats * 0.6, plane.lons * 0.6

    class Dense(Plane):
        lats, lons = plane.lats * 0.6, plane.lons * 0.6

    dense = cast("Any", Dense(6))
    kept = [row * 6 + column for row in (0, 2, 4) for column in (0, 2, 4)]
    scores = np.random.default_rng(3).random(36).astype(np.float32)
    queries = [a_query(float(lats[row]), float(lons[row]), f"t{row}") for row in range(36)]
    found = evaluate(dense, queries, [cast("Any", None)] * 36, lambda _: scores, "thinned")
    assert [one.true_tile for one in found] == [f"t{row}" for row in kept]
    order = sorted(kept, key=lambda row: -scores[row])
    assert [one.rank for one in found] == [order.index(row) + 1 for row in kept]
    with pytest.raises(QueryError, match="none of the 1 descriptions"):
        evaluate(dense, queries[1:2], [cast("Any", None)], lambda _: scores, "thinned")


def test_a_true_tile_outside_the_scope_comes_after_all() -> None:
    found = one_outcome(
        np.ones(400, dtype=np.float32), a_query(0, 0, tile_id="t399"), "nearest-100"
    )
    assert found.rank == 101


def test_equal_scores_rank_in_the_gallerys_order() -> None:
    assert one_outcome(np.ones(400, dtype=np.float32), a_query(0, 0), "full").rank == 1


def test_an_unknown_tile_is_refused(tiny_gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="no tile"):
        evaluate(
            tiny_gallery,
            [a_query(60.17, 24.94, "nowhere")],
            [cast("Any", None)],
            lambda _: np.zeros(len(tiny_gallery), dtype=np.float32),
            "full",
        )


def test_an_evaluation_measures_what_search_answers(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    text = "Café Ångström beside the tram tracks"
    queries = [LabelledQuery(text, Position(60.171, 24.9425), "", "1")]
    encoded_queries = read_all(queries, encoder, lambda *_: None)
    both: tuple[Channel, ...] = ("facts", "names")
    (outcome,) = evaluate(
        tiny_gallery,
        queries,
        encoded_queries,
        fused_ranker(tiny_gallery, both),
        "full",
        confidence_model=fused_confidence(tiny_gallery, both),
    )
    result = search(tiny_gallery, encoder, Query(text, k=10))
    found = result.candidates
    assert outcome.confidence_outcome is not None
    assert outcome.confidence_outcome.verdict == result.verdict
    assert outcome.confidence_outcome.confidences == pytest.approx(
        [one.confidence for one in found]
    )
    assert outcome.top_tile == found[0].tile.tile_id
    wanted = [
        haversine_m(60.171, 24.9425, np.array([one.tile.lat]), np.array([one.tile.lon]))[0]
        for one in found
    ]
    assert outcome.distances_m == pytest.approx(wanted)
