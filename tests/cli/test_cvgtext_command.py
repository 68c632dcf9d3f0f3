"""CVG-Text on the command line: evaluation with a real small CLIP, and a gallery built from it."""

import csv
import json
from pathlib import Path

import pytest
from tiny_clip import openai_state, saved
from tiny_command_line import Core
from tiny_cvgtext import LAYOUTS, PUBLIC, panorama, photo, write_picture

METRICS = {
    "n",
    "scope",
    "R@1",
    "R@5",
    "R@10",
    "L@50m",
    "L@100m",
    "L@150m",
    "L@100m_top5",
    "L@100m_top10",
    "mrr",
    "median_m",
    "ci",
    "deviation_km",
    "tied",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Twelve panoramas and twelve single views of Tokyo, one described panorama without a tile."""
    copy = tmp_path / "my_copy"
    for part, sort in (("Tokyo", panorama), ("Tokyo-photos", photo)):
        names = [sort(35.6 + row / 1000, 139.7, row) for row in range(12)]
        texts = {name: f"a street with {row} trees" for row, name in enumerate(names)}
        folder = LAYOUTS["of the archive"].write(copy, part, "osm", {"test": texts})
        if part == "Tokyo":
            (folder / names[5]).unlink()
    return copy


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return saved(openai_state(), tmp_path / "clip.pth")


def of(root: Path, *options: object) -> list[object]:
    return ["--cvgtext", root, "--city", "Tokyo", "--kind", "osm", *options]


# --- evaluate -----------------------------------------------------------------------------------


def test_a_model_is_measured_in_both_scopes_and_on_both_sorts(
    core: Core, root: Path, checkpoint: Path, tmp_path: Path
) -> None:
    out, failures = tmp_path / "report.json", tmp_path / "failures.csv"
    run = core(
        "evaluate",
        *of(root),
        "--mixed",
        "--model",
        "crosstext2loc",
        "--checkpoint",
        checkpoint,
        "--json",
        "--out",
        out,
        "--failures",
        failures,
    )
    found = run.document
    assert (found["city"], found["version"], found["kind"]) == ("Tokyo", "mixed", "osm")
    assert found["model"] == "crosstext2loc"
    assert len(found["weights_sha256"]) == 64
    assert found["tiles"] == 23
    assert {fault["fault"] for fault in found["faults"]} == {"no tile", "same description"}
    assert "1 descriptions without a picture" in run.err
    for scope in ("nearest-100", "full"):
        for report, count in (
            (found[scope], 23),
            (found[scope]["panorama"], 11),
            (found[scope]["single_view"], 12),
        ):
            assert set(report) >= METRICS
            assert (report["scope"], report["n"]) == (scope, count)
            low, high = report["ci"]["R@1"]
            assert low <= report["R@1"] <= high
    written = json.loads(out.read_text("utf-8"))
    queries = written["nearest-100"].pop("queries")
    assert len(queries) == len(written["full"].pop("queries")) == 23
    assert written == found
    with failures.open(encoding="utf-8", newline="") as file:
        failed = [row["original_image"] for row in csv.DictReader(file)]
    assert failed == [row["id"] for row in queries if row["rank"] > 1]


def test_panoramas_are_measured_unless_another_version_is_asked_for(
    core: Core, root: Path, checkpoint: Path
) -> None:
    options = ("--model", "crosstext2loc", "--checkpoint", checkpoint, "--json", "--quiet")
    found = core("evaluate", *of(root), *options).document
    assert (found["version"], found["full"]["n"]) == ("panorama", 11)
    assert "panorama" not in found["full"]
    found = core("evaluate", *of(root), "--photos", *options).document
    assert (found["version"], found["full"]["n"]) == ("photos", 12)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--city", "Tokyo"], "--kind"),
        (["--kind", "osm"], "--city"),
        (["--city", "Osaka", "--kind", "osm"], "no folder Osaka-OSM"),
        (["--city", "../Tokyo", "--kind", "osm"], "is not a city"),
        (["--city", "Tokyo", "--kind", "sat"], "no folder Tokyo-satellite"),
        (["--city", "Tokyo", "--kind", "moon"], "moon"),
        (["--city", "Tokyo", "--kind", "osm", "--photos", "--mixed"], "not allowed with"),
        (["--city", "Tokyo", "--kind", "osm", "--gallery", "helsinki"], "not allowed with"),
        (["--city", "Tokyo", "--kind", "osm", "--photos", "--model", "minilm"], "reads texts only"),
        (["--city", "Tokyo", "--kind", "osm", "--photos", "--model", "none"], "no model"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    options: list[str], match: str, core: Core, root: Path
) -> None:
    assert match in core("evaluate", "--cvgtext", root, *options).mistake


def test_bad_data_is_told_in_one_line(core: Core, root: Path, checkpoint: Path) -> None:
    options = (*of(root), "--photos", "--model", "crosstext2loc", "--checkpoint", checkpoint)
    folder, test = root / "reference/Tokyo-photos-OSM", root / "annotation/Tokyo-photos/test.json"
    first = sorted(folder.iterdir())[0]
    first.write_bytes(b"no picture")
    assert first.name in core("evaluate", *options, "--quiet").mistake
    test.write_text("{not json")
    assert "test.json is not JSON" in core("evaluate", *options).mistake
    test.unlink()
    assert "no test.json of Tokyo-photos" in core("evaluate", *options).mistake


def test_a_gallery_still_wants_its_queries(core: Core) -> None:
    assert "--queries" in core("evaluate", "--gallery", "helsinki").mistake


# --- build --------------------------------------------------------------------------------------


def test_a_gallery_of_pictures_is_built_and_listed(core: Core, root: Path) -> None:
    run = core("build", "tokyo", *of(root), "--json", "--quiet", "--title", "Tokyo by map")
    assert run.document["gallery"] == "tokyo"
    assert {fault["fault"] for fault in run.document["faults"]} == {"no annotation", "no tile"}
    assert "1 descriptions without a picture" in run.err
    cards = core("galleries", "--json").document["galleries"]
    (card,) = [card for card in cards if card["name"] == "tokyo"]
    assert (card["tiles"], card["title"], card["channels"]) == (11, "Tokyo by map", [])
    assert (card["problem"], card["named_facts"]) == ("", 0)
    assert "may not be redistributed" in card["licence"]
    assert "--ocr" in core("search", "a church", "--gallery", "tokyo").mistake


def test_the_text_in_pictures_can_be_searched_for(core: Core, tmp_path: Path) -> None:
    names = [panorama(35.6 + row / 100, 139.7, row) for row in range(2)]
    root = tmp_path / "copy"
    folder = PUBLIC.write(root, "Tokyo", "osm", {}, names)
    write_picture(folder / names[1], lines=("Lime Street",), size=320)
    core("build", "tokyo", *of(root), "--ocr", "--quiet")
    found = core("search", "Lime Street", "--gallery", "tokyo", "--json").document
    assert found["candidates"][0]["tile_id"] == names[1].removesuffix(".jpg")
    assert found["candidates"][0]["names"] == ["Lime Street"]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--city", "Tokyo", "--kind", "osm", "--bbox", "1,2,3,4"], "--bbox"),
        (["--city", "Tokyo"], "--kind"),
        (["--city", "Tokyo", "--kind", "osm", "--from", "x.osm"], "not allowed with"),
    ],
)
def test_a_mistake_in_building_is_told_in_one_line(
    options: list[str], match: str, core: Core, root: Path
) -> None:
    assert match in core("build", "tokyo", "--cvgtext", root, *options).mistake


def test_building_wants_a_source(core: Core) -> None:
    assert "--cvgtext" in core("build", "tokyo").mistake


def test_building_from_what_is_no_picture_is_told_in_one_line(core: Core, root: Path) -> None:
    first = sorted((root / "reference/Tokyo-photos-OSM").iterdir())[0]
    first.write_bytes(b"no picture")
    run = core("build", "tokyo", *of(root), "--photos", "--quiet")
    assert run.code == 2
    assert first.name in run.err.splitlines()[-1]
    assert "Traceback" not in run.err
