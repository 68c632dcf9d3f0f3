"""`python -m core describe`: descriptions of a gallery's tiles, ready to be searched for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_osm import Town
from tiny_street import write_street, write_streets

from core.__main__ import main
from core.evaluation import read_queries
from core.gallery import Gallery
from core.sources.cvgtext import read_cvgtext

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tiny_home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Call:
    """The command with the tiny gallery: exit code, standard output and standard error."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_home))

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main(["describe", "--gallery", "tinycity", *map(str, arguments)])
        except SystemExit as left:
            code = int(left.code or 0)
        written = capfd.readouterr()
        return code, written.out, written.err

    return run


def test_descriptions_are_written_as_queries_of_known_tiles(
    call: Call, city_osm: Path, tiny_gallery: Gallery, tmp_path: Path
) -> None:
    out = tmp_path / "queries.jsonl"
    code, _, err = call("--from", city_osm, "--n", 12, "--out", out)
    assert code == 0, err
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len({row["tile_id"] for row in rows}) == 12
    for row, query in zip(rows, read_queries(out, "tinycity"), strict=True):
        tile = tiny_gallery.tile(tiny_gallery.row_of(row["tile_id"]))
        assert (row["lat"], row["lon"]) == (tile.lat, tile.lon)
        assert (query.text, query.tile_id) == (row["text"], tile.tile_id)
        assert row["length"] in ("short", "medium", "long")
        assert row["care"] in ("careful", "sloppy")
        assert isinstance(row["names"], bool)


def test_the_seed_decides_all_and_a_larger_number_only_adds(call: Call, city_osm: Path) -> None:
    def told(*arguments: object) -> list[str]:
        code, out, err = call("--from", city_osm, "--json", *arguments)
        assert code == 0, err
        return [row["text"] for row in json.loads(out)["descriptions"]]

    assert told("--n", 5) == told("--n", 9)[:5]
    assert told("--n", 5) != told("--n", 5, "--seed", 1)
    assert len(told("--n", 100_000)) > 60


@pytest.mark.parametrize(("names", "wanted"), [("yes", {True}), ("no", {False})])
def test_names_are_told_or_not_as_asked(
    call: Call, city_osm: Path, names: str, wanted: set[bool]
) -> None:
    _, out, _ = call("--from", city_osm, "--n", 20, "--names", names, "--json")
    assert {row["names"] for row in json.loads(out)["descriptions"]} == wanted


def test_a_map_of_another_town_is_one_clear_line(call: Call, tmp_path: Path) -> None:
    town = Town(lat=10.0)
    town.way([(0, 0), (300, 300)], highway="residential")
    code, out, err = call("--from", town.write(tmp_path / "other.osm"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "other.osm does not cover tinycity" in err


@pytest.mark.parametrize("number", ["-3", "many", "1.5"])
def test_numbers_that_are_none_are_one_clear_line(call: Call, city_osm: Path, number: str) -> None:
    code, _, err = call("--from", city_osm, "--n", number)
    assert code == 2
    assert err.count("\n") == 1


def test_what_was_read_and_left_out_is_one_line(call: Call, city_osm: Path, tmp_path: Path) -> None:
    source = tmp_path / "odd.osm"
    node = '<node id="900001" lat="60,17" lon="24,94"><tag k="amenity" v="cafe"/></node></osm>'
    source.write_text(city_osm.read_text("utf-8").replace("</osm>", node), "utf-8")
    code, out, err = call("--from", source, "--n", 2)
    assert code == 0, err
    assert len(json.loads(out)["descriptions"]) == 2
    (line,) = (one for one in err.splitlines() if "left out" in one)
    assert "1 node (its position has a decimal comma; write a point)" in line


def test_directions_are_another_manner_of_the_same_places(call: Call, city_osm: Path) -> None:
    texts = {}
    for manner in ("view", "directions"):
        code, out, err = call("--from", city_osm, "--json", "--n", 8, "--manner", manner)
        assert code == 0, err
        texts[manner] = {row["id"]: row["text"] for row in json.loads(out)["descriptions"]}
    assert texts["view"].keys() == texts["directions"].keys()
    assert all(texts["view"][key] != text for key, text in texts["directions"].items())


def test_photographs_are_described_with_a_quality_report_and_as_cvgtext(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_streets(tmp_path / "photos")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    arguments = ["describe", "--photos", tmp_path / "photos", "--cvgtext-out", tmp_path / "copy"]
    assert main([*map(str, arguments), "--json", "--quiet"]) == 0
    written = capfd.readouterr()
    report = json.loads(written.out)
    assert (report["photos"], report["described"], report["signs_understood"]) == (2, 1, 1)
    assert report["cvgtext"]["single_views"] == 1
    assert "broken.jpg: the photo cannot be read" in written.err
    (row,) = read_cvgtext(tmp_path / "copy", "Photos", "photos", "ground", "test").rows
    assert "a pharmacy, “APOTHEKE”" in row.description


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["describe"], "--photos FOLDER"),
        (["describe", "--photos", "absent"], "no folder absent"),
        (["describe", "--photos", ".", "--gallery", "helsinki"], "takes no --gallery"),
        (["search"], "with --image"),
        (["search", "--image", "absent.jpg"], "no photo absent.jpg"),
        (["search", "a park", "--must", "…", "--gallery", "tinycity"], "has no words"),
    ],
)
def test_mistakes_with_photographs_and_wishes_are_one_clear_line(
    tiny_home: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_home))
    assert main(arguments) == 2
    written = capfd.readouterr()
    assert (written.out, written.err.count("\n")) == ("", 1)
    assert told in written.err


def test_a_photo_is_searched_with_the_words_beside_it(
    tiny_home: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_home))
    write_street(tmp_path / "street.jpg")
    arguments = ["search", "Near a fountain", "--image", str(tmp_path / "street.jpg")]
    options = ["--gallery", "tinycity", "--channels", "facts,names", "--json"]
    assert main([*arguments, *options]) == 0
    found = json.loads(capfd.readouterr().out)
    assert {sign["text"]: sign["meaning"] for sign in found["signs"]} == {
        "APOTHEKE": "pharmacy",
        "Lindenhof": "",
    }
    assert found["query"] == f"Near a fountain. {found['description']}"
    first = found["candidates"][0]
    assert any("pharmacy" in piece["phrase"] for piece in first["evidence"] if piece["supported"])
