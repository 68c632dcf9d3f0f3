"""Cases of single searches, and words that were reported as missing."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tiny_cases import NOW

from core.errors import CasesError
from core.gallery import Gallery
from core.geo import Bounds, Position, haversine_km
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import SearchTrace, search_with_trace
from core.review import missing_words
from core.review.exchange import rows_of
from core.review.missing_words import read_missing, report_missing, take_back_missing
from core.review.search_cases import keep_search, report_of_search, take_back_search
from core.review.store import NewVerdict, Store


@pytest.fixture(scope="module")
def trace(tiny_gallery: Gallery, encoder: SentenceEncoder) -> SearchTrace:
    return search_with_trace(tiny_gallery, encoder, Query("a church, a fountain"))


def spot_of(trace: SearchTrace, row: int) -> Position:
    tile = trace.gallery.tile(row)
    return Position(tile.lat, tile.lon)


def test_a_search_becomes_a_case_with_its_truth_its_rank_and_its_distance(
    store: Store, trace: SearchTrace
) -> None:
    first = trace.result.candidates[0].tile
    row = int(trace.ranking.order[-1])
    at = spot_of(trace, row)
    kept = keep_search(store, report_of_search(trace, at), NOW)
    (case,) = [one for one in rows_of(store) if one["case_id"] == kept.case_id]
    assert case["text"] == "a church, a fountain"
    assert case["tile_id"] == trace.gallery.tile_ids[row]
    assert case["rank"] == len(trace.ranking.order)
    assert case["top_tile"] == first.tile_id
    away_m = 1000 * haversine_km(at.lat, at.lon, first.lat, first.lon)
    assert case["distance_m"] == pytest.approx(away_m)
    assert case["signs"]["words"] == 4


def test_searches_share_one_report_and_none_is_kept_twice(store: Store, trace: SearchTrace) -> None:
    rows = trace.ranking.order[[0, -1, 0]].tolist()
    kept = [keep_search(store, report_of_search(trace, spot_of(trace, row)), NOW) for row in rows]
    assert [one.new for one in kept] == [True, True, False]
    assert kept[0].case_id == kept[2].case_id != kept[1].case_id
    (report,) = [one for one in store.reports() if one.source == "search"]
    assert report.queries == 2
    assert (report.gallery, report.scope) == ("tinycity", "full")


def test_a_case_is_taken_back_until_somebody_works_on_it(store: Store, trace: SearchTrace) -> None:
    before = rows_of(store)
    untouched, judged = (
        keep_search(store, report_of_search(trace, spot_of(trace, int(row))), NOW).case_id
        for row in trace.ranking.order[[0, -1]]
    )
    store.record(NewVerdict(str(uuid.uuid4()), judged, "Ada", "model error"), NOW)
    assert take_back_search(store, untouched)
    assert take_back_search(store, untouched), "gone is gone"
    assert not take_back_search(store, judged)
    own = {one["case_id"] for one in rows_of(store)} - {one["case_id"] for one in before}
    assert own == {judged}


def test_a_case_of_a_report_is_not_taken_back(store: Store, case_ids: list[str]) -> None:
    take_back_search(store, case_ids[0])
    assert case_ids[0] in {one["case_id"] for one in rows_of(store)}


def test_the_last_search_takes_its_report_along(store: Store, trace: SearchTrace) -> None:
    before = store.reports()
    report = report_of_search(trace, spot_of(trace, 0))
    assert take_back_search(store, keep_search(store, report, NOW).case_id)
    assert store.reports() == before


def test_what_cannot_be_a_case_is_refused(
    store: Store, trace: SearchTrace, tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    with pytest.raises(CasesError, match="outside this map"):
        report_of_search(trace, Position(0, 0))
    nothing = replace(trace, result=replace(trace.result, candidates=()))
    with pytest.raises(CasesError, match="other words"):
        report_of_search(nothing, spot_of(trace, 0))
    keep_search(store, report_of_search(trace, spot_of(trace, 0)), NOW, most=1)
    another = report_of_search(trace, spot_of(trace, int(trace.ranking.order[-1])))
    with pytest.raises(CasesError, match="1 cases of searches"):
        keep_search(store, another, NOW, most=1)
    assert sum(one.queries for one in store.reports() if one.source == "search") == 1
    tile = tiny_gallery.tile(0)
    around = Bounds(tile.lon - 1e-3, tile.lat - 1e-3, tile.lon + 1e-3, tile.lat + 1e-3)
    inside = search_with_trace(tiny_gallery, encoder, Query("a church", area=around))
    assert report_of_search(inside, spot_of(trace, 0)).scope == "narrowed"


def test_a_missing_word_is_counted_taken_back_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new" / "missing-words.json"
    report_missing(file, "  A\n Kiosk\0 ", "helsinki", NOW)
    report_missing(file, "a kiosk", "helsinki", NOW + timedelta(days=1))
    report_missing(file, "a kiosk", "paris", NOW)
    assert [(one.phrase, one.gallery, one.times) for one in read_missing(file)] == [
        ("a kiosk", "helsinki", 2),
        ("a kiosk", "paris", 1),
    ]
    assert read_missing(file)[0].last_at > read_missing(file)[0].first_at
    for city in ("paris", "paris", "helsinki"):
        take_back_missing(file, "A kiosk", city)
    assert [(one.gallery, one.times) for one in read_missing(file)] == [("helsinki", 1)]
    monkeypatch.setattr(missing_words, "MOST_A_DAY", 2)
    report_missing(file, "x" * 500, "helsinki", NOW)
    assert len(read_missing(file)[1].phrase) == missing_words.MOST_CHARS
    with pytest.raises(CasesError, match="enough words"):
        report_missing(file, "another", "helsinki", NOW)
    report_missing(file, "another", "helsinki", NOW + timedelta(days=2))
    monkeypatch.setattr(missing_words, "MOST", 3)
    with pytest.raises(CasesError, match="enough words"):
        report_missing(file, "one more", "helsinki", NOW + timedelta(days=3))
    with pytest.raises(CasesError, match="no word"):
        report_missing(file, " \n", "helsinki", NOW)
    assert [one["times"] for one in json.loads(file.read_text())] == [1, 1, 1]


@pytest.mark.parametrize("content", ["{", '[{"phrase": 1}]', "[3]"])
def test_a_file_of_another_kind_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "missing-words.json"
    file.write_text(content)
    with pytest.raises(CasesError, match="no list of words"):
        report_missing(file, "a kiosk", "helsinki", NOW)
    assert file.read_text() == content
