"""Metrics against naive twins and cases worked out by hand."""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from core.errors import GalleryError, QueryError
from core.evaluation import (
    LabelledQuery,
    Outcome,
    PlainBaselines,
    evaluate,
    fused_ranker,
    query_rows,
    read_all,
    read_queries,
    report,
    table_rankers,
)
from core.gallery import Gallery
from core.geo import METRES_PER_DEGREE, Position, haversine_m
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search

METRICS = ("R@1", "R@5", "R@10", "L@50m", "L@100m", "L@150m", "L@100m_top5", "L@100m_top10",
           "mrr", "median_m")  # fmt: skip


def a_query(lat: float, lon: float, tile_id: str = "") -> LabelledQuery:
    return LabelledQuery("text", Position(lat, lon), tile_id, "q")


def an_outcome(rank: int, distances_m: list[float]) -> Outcome:
    return Outcome(a_query(0, 0), "true", rank, "top", np.array(distances_m), {"fused": 0.5})


def random_outcomes(count: int, seed: int) -> list[Outcome]:
    random = np.random.default_rng(seed)
    return [
        an_outcome(int(random.integers(1, 15)), (random.random(10) * 300).tolist())
        for _ in range(count)
    ]


# --- The report ---------------------------------------------------------------------------------


def test_a_report_worked_out_by_hand() -> None:
    found = report(
        [an_outcome(1, [0.0, 500]), an_outcome(4, [60.0, 99.0]), an_outcome(8, [120.0, 400]),
         an_outcome(20, [900.0, 901, 902, 903, 904, 100.0])],
        "full",
    )  # fmt: skip
    wanted = {"n": 4, "scope": "full", "R@1": 25.0, "R@5": 50.0, "R@10": 75.0, "L@50m": 25.0,
              "L@100m": 50.0, "L@150m": 75.0, "L@100m_top5": 50.0, "L@100m_top10": 75.0,
              "mrr": pytest.approx((1 + 1 / 4 + 1 / 8 + 1 / 20) / 4, abs=1e-4),
              "median_m": 90.0}  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted
    assert set(found) == {*wanted, "ci"}


@pytest.mark.parametrize("seed", range(5))
def test_metrics_equal_their_naive_twins(seed: int) -> None:
    outcomes = random_outcomes(37, seed)
    found = report(outcomes, "full")

    def share(hit: Callable[[Outcome], bool]) -> float:
        return 100 * sum(hit(one) for one in outcomes) / len(outcomes)

    wanted = {f"R@{k}": share(lambda one, k=k: one.rank <= k) for k in (1, 5, 10)}
    wanted |= {
        f"L@{metres}m": share(lambda one, metres=metres: one.distances_m[0] <= metres)
        for metres in (50, 100, 150)
    }
    wanted |= {
        f"L@100m_top{k}": share(lambda one, k=k: any(away <= 100 for away in one.distances_m[:k]))
        for k in (5, 10)
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=0.01)
    assert found["mrr"] == pytest.approx(
        statistics.fmean(1 / one.rank for one in outcomes), abs=1e-4
    )
    assert found["median_m"] == pytest.approx(
        statistics.median(one.distances_m[0] for one in outcomes), abs=0.1
    )


def test_every_metric_has_an_interval_around_it() -> None:
    found = report(random_outcomes(50, 1), "nearest-100")
    assert set(found["ci"]) == set(METRICS)
    for name in METRICS:
        low, high = found["ci"][name]
        assert low <= found[name] <= high


def test_an_interval_is_about_two_standard_errors_wide() -> None:
    outcomes = [an_outcome(1 if number % 2 else 50, [10.0]) for number in range(400)]
    low, high = report(outcomes, "full")["ci"]["R@1"]
    assert (high - low) / 2 == pytest.approx(1.96 * 100 * (0.25 / 400) ** 0.5, rel=0.15)


def test_intervals_do_not_change_from_run_to_run_and_do_with_the_seed() -> None:
    outcomes = random_outcomes(30, 3)
    assert report(outcomes, "full") == report(outcomes, "full")
    assert report(outcomes, "full")["ci"] != report(outcomes, "full", seed=7)["ci"]


def test_one_query_has_an_interval_of_no_width() -> None:
    found = report([an_outcome(2, [70.0])], "full")
    assert found["ci"]["R@5"] == [100.0, 100.0]
    assert found["ci"]["median_m"] == [70.0, 70.0]


def test_a_report_is_json() -> None:
    found = report(random_outcomes(5, 0), "full")
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_row_for_each_query() -> None:
    (row,) = query_rows([an_outcome(3, [12.34, 1.0])])
    assert row == {"id": "q", "tile_id": "true", "rank": 3, "top1_tile_id": "top",
                   "distance_m": 12.3, "confidence": None, "verdict": None,
                   "channels": {"fused": 0.5}}  # fmt: skip


# --- Scopes -------------------------------------------------------------------------------------


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
    """At a corner the hundred nearest are a quarter of a disc; all else is left out."""
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


def test_a_true_tile_outside_the_scope_comes_after_all() -> None:
    found = one_outcome(np.ones(400, dtype=np.float32), a_query(0, 0, tile_id="t399"),
                        "nearest-100")  # fmt: skip
    assert found.rank == 101


def test_equal_scores_rank_in_the_gallerys_order() -> None:
    assert one_outcome(np.ones(400, dtype=np.float32), a_query(0, 0), "full").rank == 1


def test_an_unknown_tile_is_refused(tiny_gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="no tile"):
        evaluate(tiny_gallery, [a_query(60.17, 24.94, "nowhere")], [cast("Any", None)],
                 lambda _: np.zeros(len(tiny_gallery), dtype=np.float32), "full")  # fmt: skip


def test_an_evaluation_measures_what_search_answers(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    text = "Café Ångström beside the tram tracks"
    queries = [LabelledQuery(text, Position(60.171, 24.9425), "", "1")]
    readings = read_all(queries, encoder, lambda *_: None)
    (outcome,) = evaluate(tiny_gallery, queries, readings,
                          fused_ranker(tiny_gallery, ("facts", "names")), "full")  # fmt: skip
    found = search(tiny_gallery, encoder, Query(text, k=10)).candidates
    assert outcome.top_tile == found[0].tile.tile_id
    wanted = [haversine_m(60.171, 24.9425, np.array([one.tile.lat]), np.array([one.tile.lon]))[0]
              for one in found]  # fmt: skip
    assert outcome.distances_m == pytest.approx(wanted)


# --- Baselines ----------------------------------------------------------------------------------


def test_the_plain_baselines_score_every_tile(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    queries = [LabelledQuery("Café Ångström", Position(60.171, 24.9425), "", "1")]
    (reading,) = read_all(queries, encoder, lambda *_: None)
    plain = PlainBaselines(tiny_gallery)
    parts = [plain.bm25(reading), plain.whole_tile(reading), plain.best_fact(reading)]
    for scores in parts:
        assert scores.shape == (len(tiny_gallery),)
        assert np.isfinite(scores).all()
    sees = {tiny_gallery.links.tile[link] for link in range(len(tiny_gallery.links.fact))
            if "Ångström" in tiny_gallery.facts.text[tiny_gallery.links.fact[link]]
            and tiny_gallery.links.distance_m[link] <= 50}  # fmt: skip
    assert {int(row) for row in np.flatnonzero(parts[0] > 0)} == {int(row) for row in sees}
    ranks = sum(np.argsort(np.argsort(-scores, kind="stable"), kind="stable") for scores in parts)
    assert plain.rank_sum(reading) == pytest.approx(-ranks)


def test_a_table_has_the_baselines_each_channel_and_all(tiny_gallery: Gallery) -> None:
    rows = table_rankers(tiny_gallery)
    assert len(rows) >= 5
    assert {"facts", "names"} <= set(rows)


# --- Reading queries ----------------------------------------------------------------------------


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), "utf-8")
    return path


def read_here(path: Path) -> list[LabelledQuery]:
    return read_queries(path, "tinycity")


GOOD = '{"text": "a church", "lat": 60.17, "lon": 24.94}'


def test_queries_are_read_with_what_is_optional(tmp_path: Path) -> None:
    path = written(
        tmp_path / "queries.jsonl",
        GOOD,
        "",
        "  ",
        '{"text": "Café", "lat": "60.2", "lon": 25, "tile_id": "x", "id": 7}',
    )
    one, other = read_here(path)
    assert (one.text, one.position, one.tile_id) == ("a church", Position(60.17, 24.94), "")
    assert (other.tile_id, other.query_id) == ("x", "7")
    assert one.query_id != other.query_id


def test_lines_for_other_galleries_are_left_out(tmp_path: Path) -> None:
    rows = [
        json.loads(GOOD) | extra
        for extra in (
            {"id": "a", "gallery": "tinycity"},
            {"id": "b", "gallery": "helsinki"},
            {"id": "c"},
        )
    ]
    path = written(tmp_path / "queries.jsonl", *(json.dumps(row) for row in rows))
    assert [one.query_id for one in read_here(path)] == ["a", "c"]
    with pytest.raises(QueryError, match="queries"):
        read_here(written(tmp_path / "queries.jsonl", json.dumps(rows[1])))


def test_a_line_separator_inside_a_text_is_part_of_it(tmp_path: Path) -> None:
    text = "one\u2028two\u0085three\x0bfour\x1cfive"
    path = tmp_path / "queries.jsonl"
    line = json.dumps({"text": text, "lat": 60.17, "lon": 24.94}, ensure_ascii=False)
    path.write_text(f"{line}\r\n{GOOD}\n", "utf-8")
    assert [one.text for one in read_here(path)] == [text, "a church"]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "3", "null", '"text"', '{"text": "x"}', '{"text": "x", "lat": 1}',
     '{"lat": 1, "lon": 2}', '{"text": "x", "lat": "here", "lon": 2}',
     '{"text": "x", "lat": 91, "lon": 2}', '{"text": "x", "lat": NaN, "lon": 2}',
     '{"text": "x", "lat": null, "lon": 2}', '{"text": null, "lat": 1, "lon": 2}'],
)  # fmt: skip
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = written(tmp_path / "queries.jsonl", GOOD, GOOD, line)
    with pytest.raises(QueryError, match="line 3") as caught:
        read_here(path)
    assert "queries.jsonl" in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "🏰"])
def test_a_text_without_a_word_is_named_by_its_line_or_id(
    text: str, tmp_path: Path, encoder: SentenceEncoder
) -> None:
    bad = json.dumps({"text": text, "lat": 60.17, "lon": 24.94, "id": "query-17"})
    path = written(tmp_path / "queries.jsonl", GOOD, bad)
    with pytest.raises(QueryError, match=r"line 2|query-17"):
        read_all(read_here(path), encoder, lambda *_: None)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe{"])
def test_a_file_without_queries_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_bytes(content)
    with pytest.raises(QueryError, match="queries"):
        read_here(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="check the path"):
        read_here(tmp_path / "none.jsonl")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert len(read_here(path)) == 1


def test_our_own_descriptions_can_be_read() -> None:
    path = Path(__file__).with_name("descriptions.jsonl")
    if not path.is_file():
        pytest.fail("tests/descriptions.jsonl is part of the tests")
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        assert row["text"].strip()
        Position(float(row["lat"]), float(row["lon"]))
