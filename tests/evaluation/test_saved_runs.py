"""Saved runs read without their gallery; unknown values stay unknown."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ReportError
from core.evaluation.run_metrics import figures, recall, within
from core.evaluation.saved_runs import SavedRun, read_saved, with_positions
from core.gallery import Gallery
from core.geo import haversine_km

TRUE = "40.7,-74.0_2020-01_abc_d10_z3.jpg"
NEAR = "40.701,-74.0_def.jpg"
FAR = "40.8,-74.0_2020-01_ghi_d10_z3.jpg"
COLUMNS = ["original_image", "text", "top_5_matches", "label"]


def a_row(number: int, rank: int = 1, away_m: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "id": f"q{number}",
        "text": f"a white church {number}",
        "lat": 60.17,
        "lon": 24.94,
        "tile_id": "60.170000,24.940000",
        "rank": rank,
        "top1_tile_id": "60.170000,24.940000",
        "distance_m": away_m,
        "confidence": 0.5,
        "verdict": "likely",
        "channels": {"facts": 0.5},
    } | more


def a_document(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "gallery": "nowhere",
        "channels": ["facts"],
        "model": "minilm",
        "scope": "full",
        "queries": list(rows or (a_row(0), a_row(1, 7, 0.4))),
    } | more


def written(folder: Path, document: Any, name: str = "run.json") -> Path:
    path = folder / name
    text = document if isinstance(document, str) else json.dumps(document)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def a_csv(folder: Path, *rows: list[str], header: list[str] = COLUMNS) -> Path:
    path = folder / "results.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def the_run(path: Path) -> SavedRun:
    (run,) = read_saved(path)
    return run


@pytest.mark.parametrize("name", ["run.json", "run.json.gz"])
def test_a_report_of_a_gallery_that_is_not_here_is_read(tmp_path: Path, name: str) -> None:
    run = the_run(written(tmp_path, a_document(title="By  hand"), name))
    assert (run.title, run.gallery, run.scope, run.channels) == (
        "By hand",
        "nowhere",
        "full",
        ("facts",),
    )
    assert [one.rank for one in run.queries] == [1, 7]
    assert the_run(written(tmp_path, a_document(), name)).title == "run"


def test_a_place_in_a_tiles_name_is_believed_only_if_the_distance_fits(tmp_path: Path) -> None:
    away_m = 1000 * haversine_km(60.17, 24.94, 60.171, 24.94)
    top = {"top1_tile_id": "60.171000,24.940000"}
    run = the_run(
        written(
            tmp_path,
            a_document(
                a_row(0, 2, round(away_m, 1), **top),
                a_row(1, 2, away_m + 30, **top),
                a_row(2, top1_tile_id="t17"),
                a_row(3, top1_tile_id="99.0,24.9"),
            ),
        )
    )
    assert [one.top is not None for one in run.queries] == [True, False, False, False]


def test_places_that_are_not_told_come_from_the_gallery(
    tmp_path: Path, tiny_gallery: Gallery
) -> None:
    tile = tiny_gallery.tile(3)
    away_m = 1000 * haversine_km(60.17, 24.94, tile.lat, tile.lon)
    run = the_run(
        written(
            tmp_path,
            a_document(
                a_row(0, 2, away_m, top1_tile_id=tile.tile_id),
                a_row(1, top1_tile_id="unknown"),
            ),
        )
    )
    found = with_positions(run, tiny_gallery).queries
    assert found[0].top is not None
    assert (found[0].top.lat, found[1].top) == (pytest.approx(tile.lat), None)


def test_whether_names_are_said_is_known_where_the_report_says_so(tmp_path: Path) -> None:
    rows = [a_row(0, named=True), a_row(1, named=False), a_row(2), a_row(3, named="yes")]
    run = the_run(written(tmp_path, a_document(*rows)))
    assert [one.named for one in run.queries] == [True, False, None, None]


def test_a_report_on_cvgtext_is_a_run_for_each_scope(tmp_path: Path) -> None:
    row = {
        "text": "a bank",
        "tile_id": TRUE,
        "rank": 9,
        "top1_tile_id": FAR,
        "channels": {"image": 0.2},
    }
    document = {
        "city": "Tokyo",
        "version": "panorama",
        "kind": "osm",
        "model": "planet",
        "full": {"queries": [row]},
        "nearest-100": {"queries": [row | {"rank": 2}]},
    }
    runs = read_saved(written(tmp_path, document))
    assert [(run.scope, run.queries[0].rank) for run in runs] == [("full", 9), ("nearest-100", 2)]
    assert runs[0].queries[0].panorama is True
    assert runs[0].gallery == "CVG-Text Tokyo panorama osm"


def test_the_papers_csv_knows_no_more_than_its_first_five(tmp_path: Path) -> None:
    run = the_run(
        a_csv(
            tmp_path,
            [f"/x/{TRUE}", "a bank", json.dumps([TRUE, NEAR]), "True"],
            [TRUE, "a tower", repr([NEAR, TRUE]), "False"],
            [NEAR, "a shop", json.dumps([FAR]), "False"],
        )
    )
    assert [one.rank for one in run.queries] == [1, 2, None]
    assert [one.panorama for one in run.queries] == [True, True, False]
    found = figures(run)
    assert {name: round(one.value, 2) for name, one in found.items()} == {
        "R@1": 33.33,
        "R@5": 66.67,
        "L@50m": 33.33,
        "L@100m": 33.33,
        "L@150m": 66.67,
        "median_m": 111.2,
    }
    assert len(recall(run, run.queries)) == 5


def test_no_share_is_told_of_a_list_of_failures(tmp_path: Path) -> None:
    run = the_run(a_csv(tmp_path, [TRUE, "a bank", json.dumps([NEAR, TRUE]), "False"]))
    assert run.only_failures
    assert figures(run) == {}
    assert recall(run, run.queries) == within(run, run.queries) == []


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "7",
        "[7]",
        "{}",
        '{"queries": 3}',
        '{"gallery": "x", "queries": [{}]}',
        '{"gallery": "x", "scope": "full", "queries": []}',
        '{"full": 7}',
        "[" * 5000,
        "\ufffe",
        '{"gallery": 5, "scope": "full", "queries": [{}]}',
        '{"nearest-100": {"queries": []}}',
        json.dumps(a_document(scope="nearest-7")),
        json.dumps(a_document(a_row(0, 0))),
        json.dumps(a_document(a_row(0, 1, float("nan")))),
        json.dumps(a_document(a_row(0, lat=95))),
        json.dumps(a_document(a_row(0, 1, -3.0))),
        json.dumps(a_document(a_row(0, channels=7))),
        json.dumps(a_document(a_row(0, confidence="x"))),
        json.dumps(a_document(a_row(0, text=None))),
    ],
)
def test_what_is_no_report_is_told_in_one_line(tmp_path: Path, content: str) -> None:
    for name in ("run.json", "run.json.gz"):
        with pytest.raises(ReportError) as told:
            read_saved(written(tmp_path, content, name))
        assert "\n" not in str(told.value)
        assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        (
            ["image", "words"],
            ["x", "y"],
            "no column original_image, text, top_5_matches; it has image",
        ),
        (COLUMNS, ["church.jpg", "a", '["b.jpg"]', "False"], "line 2"),
        (COLUMNS, [TRUE, "a", "[]", "False"], "line 2"),
        (COLUMNS, [TRUE, "a", "__import__('os')", "False"], "line 2"),
        (COLUMNS, [TRUE, "a"], "line 2"),
    ],
)
def test_a_csv_with_wrong_columns_is_told_in_one_line(
    tmp_path: Path, header: list[str], row: list[str], told: str
) -> None:
    with pytest.raises(ReportError, match=told):
        read_saved(a_csv(tmp_path, row, header=header))


def test_what_is_not_packed_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "run.json.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(ReportError, match="cannot be read"):
        read_saved(path)
    path.write_bytes(gzip.compress(b"[" * 1000)[:-4])
    with pytest.raises(ReportError, match="cannot be read"):
        read_saved(path)
