"""Reports imported as cases, and reports refused with the store unchanged."""

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from tiny_cases import NOW, a_report

from core.errors import CasesError, GalleryError
from core.gallery import Gallery
from core.geo import haversine_km
from core.review.exchange import rows_of
from core.review.formats import write_cases
from core.review.importing import ImportOptions, import_cases, left_out_lines, read_file
from core.review.model import Report
from core.review.selection import key_of
from core.review.store import Store, _report_id, open_store

TRUE = "/x/40.7,-74.0_2020-01_abc_d10_z3.jpg"
NEAR = "40.701,-74.0_2020-01_def_d10_z3.jpg"
FAR = "40.8,-74.0_2020-01_ghi_d10_z3.jpg"


def encoded_query(gallery: Gallery, **more: Any) -> ImportOptions:
    def opened(name: str) -> Gallery:
        if name != gallery.card.name:
            raise GalleryError(f"there is no gallery {name!r}")
        return gallery

    return ImportOptions(opened, **more)


def a_row(gallery: Gallery, number: int, true: int, top: int, rank: int) -> dict[str, Any]:
    truth, answer = gallery.tile(true), gallery.tile(top)
    away = 1000 * haversine_km(truth.lat, truth.lon, answer.lat, answer.lon)
    return {
        "id": f"q{number}",
        "text": f"a white church {number}",
        "lat": truth.lat,
        "lon": truth.lon,
        "tile_id": truth.tile_id,
        "rank": rank,
        "top1_tile_id": answer.tile_id,
        "distance_m": round(away, 1),
        "confidence": 0.4,
        "verdict": "several places fit",
        "channels": {"facts": 0.5},
    }


@pytest.fixture
def document(tiny_gallery: Gallery) -> dict[str, Any]:
    """A report of two queries, one failed and one right."""
    last = len(tiny_gallery) - 1
    return {
        "gallery": "tinycity",
        "channels": ["facts"],
        "model": "minilm",
        "scope": "full",
        "queries": [a_row(tiny_gallery, 0, 0, last, 30), a_row(tiny_gallery, 1, 2, 2, 1)],
    }


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "cases.sqlite"), NOW)


def written(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_report_of_a_gallery_becomes_cases_once(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery, kept: Store
) -> None:
    path = written(tmp_path, document)
    found = import_cases(kept, path, encoded_query(tiny_gallery), NOW)
    assert (found["cases"], found["queries"], found["model"]) == (2, 2, "minilm")
    again = import_cases(
        kept, path.rename(tmp_path / "same.json"), encoded_query(tiny_gallery), NOW
    )
    assert (again["cases"], again["known"]) == (0, 2)


def test_signs_are_measured_at_truth_and_answer(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery
) -> None:
    report = read_file(written(tmp_path, document), encoded_query(tiny_gallery))
    assert isinstance(report, Report)
    signs = report.answers[1].signs
    assert signs["words"] == 4
    assert signs["shorter"] == 1
    assert signs["same_street"] == float(tiny_gallery.streets[2] != "")
    assert signs["named_truth"] == signs["named_top"] <= signs["named"]


def test_texts_come_from_the_queries_where_the_report_has_none(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery
) -> None:
    lines = [
        json.dumps({name: row[name] for name in ("id", "text", "lat", "lon")})
        for row in document["queries"]
    ]
    queries = tmp_path / "queries.jsonl"
    queries.write_text("\n".join(lines), encoding="utf-8")
    for row in document["queries"]:
        for name in ("text", "lat", "lon"):
            del row[name]
    path = written(tmp_path, document)
    with pytest.raises(CasesError, match="give --queries"):
        read_file(path, encoded_query(tiny_gallery))
    report = read_file(path, encoded_query(tiny_gallery, queries=queries))
    assert isinstance(report, Report)
    assert report.answers[0].text == "a white church 0"


@pytest.mark.parametrize(
    "change",
    [
        {"gallery": "elsewhere"},
        {"tile_id": "t-of-another"},
        {"top1_tile_id": "t-of-another"},
        {"distance_m": 12345.6},
    ],
)
def test_a_report_of_another_gallery_is_refused_and_the_store_untouched(
    tmp_path: Path,
    document: dict[str, Any],
    tiny_gallery: Gallery,
    kept: Store,
    change: dict[str, Any],
) -> None:
    if "gallery" in change:
        document |= change
    else:
        document["queries"][1] |= change
    with pytest.raises((CasesError, GalleryError), match=r"another gallery|no gallery") as told:
        import_cases(kept, written(tmp_path, document), encoded_query(tiny_gallery), NOW)
    assert "\n" not in str(told.value)
    assert kept.reports() == ()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "7",
        "[7]",
        "{}",
        '{"queries": 3}',
        '{"gallery": "tinycity", "queries": [{}]}',
        '{"type": "FeatureCollection"}',
        '{"samples": [{"case": "x"}]}',
        "\ufffe",
        "[" * 5000,
        '{"full": 7}',
    ],
)
def test_what_is_no_report_is_refused_in_one_line(
    tmp_path: Path, content: str, tiny_gallery: Gallery, kept: Store
) -> None:
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CasesError) as told:
        import_cases(kept, path, encoded_query(tiny_gallery), NOW)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 400
    assert kept.reports() == ()


def a_csv(path: Path, header: list[str], *rows: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


PAPER = ["original_image", "text", "top_5_matches", "label"]


@pytest.mark.parametrize("listed", [json.dumps, repr])
def test_the_papers_csv_becomes_cases(
    tmp_path: Path, tiny_gallery: Gallery, kept: Store, listed: Any
) -> None:
    path = a_csv(
        tmp_path / "results.csv",
        PAPER,
        [TRUE, "a bank", listed([NEAR, TRUE.rpartition("/")[2]]), "False"],
        [TRUE, "a tower", listed([FAR, NEAR]), "False"],
        [NEAR, "a shop", listed([NEAR, FAR]), "True"],
    )
    report = read_file(path, encoded_query(tiny_gallery))
    assert isinstance(report, Report)
    assert [one.rank for one in report.answers] == [2, None, 1]
    assert report.answers[0].distance_m == pytest.approx(111.2, abs=0.1)
    assert (report.scope, report.model) == ("nearest-100", "results")
    import_cases(kept, path, encoded_query(tiny_gallery, control=0), NOW)
    assert kept.reports()[0].kinds == {"failure": 1, "near miss": 1}


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        (["image", "words"], ["x", "y"], "no column original_image, text, top_5_matches"),
        ([], [], "no column"),
        (PAPER, ["church.jpg", "a", '["b.jpg"]', "False"], "line 2"),
        (PAPER, [TRUE, "a", "[]", "False"], "line 2"),
        (PAPER, [TRUE, "a", "__import__('os')", "False"], "line 2"),
        (PAPER, [TRUE, "a"], "line 2"),
        (["case_id", "text"], ["1", "2"], "give an export"),
    ],
)
def test_a_csv_with_wrong_columns_is_refused_and_the_store_untouched(
    tmp_path: Path,
    header: list[str],
    row: list[str],
    told: str,
    tiny_gallery: Gallery,
    kept: Store,
) -> None:
    path = a_csv(tmp_path / "results.csv", header, row)
    with pytest.raises(CasesError, match=told):
        import_cases(kept, path, encoded_query(tiny_gallery), NOW)
    assert kept.reports() == ()


def test_a_report_on_cvgtext_has_both_scopes(tmp_path: Path, tiny_gallery: Gallery) -> None:
    name = TRUE.rpartition("/")[2]
    row = {
        "id": name,
        "text": "a bank",
        "lat": 40.7,
        "lon": -74.0,
        "tile_id": name,
        "rank": 9,
        "top1_tile_id": FAR,
        "distance_m": 1.0,
        "channels": {"image": 0.2},
    }
    document = {
        "city": "NewYork",
        "version": "panorama",
        "kind": "osm",
        "model": "planet",
        "full": {"queries": [row]},
        "nearest-100": {"queries": [row | {"rank": 1}]},
    }
    path = written(tmp_path, document)
    for scope, rank in ((None, 9), ("full", 9), ("nearest-100", 1)):
        report = read_file(path, encoded_query(tiny_gallery, scope=scope))
        assert isinstance(report, Report)
        assert (report.scope, report.answers[0].rank) == (scope or "full", rank)
        assert report.gallery == "CVG-Text NewYork panorama osm"


def far_away(gallery: Gallery, row: dict[str, Any], lat: float, lon: float) -> dict[str, Any]:
    """A result of `evaluate` for a place elsewhere, consistent in itself."""
    answer = gallery.tile(gallery.row_of(row["top1_tile_id"]))
    away = 1000 * haversine_km(lat, lon, answer.lat, answer.lon)
    return row | {"lat": lat, "lon": lon, "distance_m": round(away, 1)}


def test_a_place_outside_the_gallery_is_left_out_and_counted(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery, kept: Store
) -> None:
    """It was measured against the tile at the nearest edge."""
    elsewhere = far_away(tiny_gallery, document["queries"][0], 59.33, 18.07)
    document["queries"].append(elsewhere | {"id": "q2"})
    found = import_cases(kept, written(tmp_path, document), encoded_query(tiny_gallery), NOW)
    assert (found["cases"], found["outside"]) == (2, 1)
    assert left_out_lines(found) == ["cases outside their gallery, left out: 1"]
    assert {row["query_id"] for row in rows_of(kept)} == {"q0", "q1"}


@pytest.mark.parametrize("told", ["tinycity;", "swapped;"])
def test_a_report_of_places_elsewhere_is_refused(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery, kept: Store, told: str
) -> None:
    middle = tiny_gallery.card.bounds.center
    lat, lon = (middle.lon, middle.lat) if told == "swapped;" else (59.33, 18.07)
    document["queries"] = [far_away(tiny_gallery, row, lat, lon) for row in document["queries"]]
    with pytest.raises(CasesError, match=f"all 2 places are outside the gallery .*{told}"):
        import_cases(kept, written(tmp_path, document), encoded_query(tiny_gallery), NOW)
    assert kept.reports() == ()


def test_a_place_just_beyond_the_edge_is_inside(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery, kept: Store
) -> None:
    """As far from its tile as the tile is wide."""
    row = document["queries"][0]
    moved = far_away(tiny_gallery, row, row["lat"] + 0.0008, row["lon"])
    document["queries"] = [moved]
    assert (
        import_cases(kept, written(tmp_path, document), encoded_query(tiny_gallery), NOW)["outside"]
        == 0
    )


def test_places_of_an_export_outside_the_gallery_are_counted(
    tmp_path: Path, document: dict[str, Any], tiny_gallery: Gallery, kept: Store
) -> None:
    """Verdicts were given on them, so they are imported and told."""
    import_cases(kept, written(tmp_path, document), encoded_query(tiny_gallery), NOW)
    rows = rows_of(kept)
    rows[0] |= {"lat": rows[0]["lon"], "lon": rows[0]["lat"]}
    path = write_cases(rows, tmp_path / "a.jsonl", "jsonl", lambda *_: b"")
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    found = import_cases(other, path, encoded_query(tiny_gallery), NOW)
    assert (found["cases"], found["outside"]) == (2, 1)
    (line,) = left_out_lines(found)
    assert line == "cases outside their gallery, imported, check their places: 1"


def test_the_id_of_a_report_is_as_it_was_before_places_were_counted() -> None:
    """Old stores know their reports by it."""
    assert _report_id(a_report()) == _report_id(replace(a_report(), outside=3))
    content = asdict(a_report()) | {"title": ""}
    assert content.pop("outside") == 0
    assert _report_id(a_report()) == key_of(json.dumps(content, sort_keys=True))
