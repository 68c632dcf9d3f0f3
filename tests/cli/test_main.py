"""The command line: contract, exit codes, one JSON document on standard output."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import write_compact

from core.__main__ import COMMANDS, main
from core.cli.parser import parser_of
from core.cli.search import told_regions
from core.settings import COMPACT_WEIGHTS

ROOT = Path(__file__).resolve().parent.parent.parent
METRICS = (
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
)


@dataclass(frozen=True)
class Run:
    """The result of one call of the command line."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


Core = Callable[..., Run]


@pytest.fixture
def core(tiny_home: Path) -> Core:
    """Runs the command line in a process of its own, with the tiny gallery."""

    def run(*arguments: str | bytes | Path, **environment: str) -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=ROOT,
            capture_output=True,
            timeout=180,
            env=os.environ | {"SAYWHERE_DATA": str(tiny_home)} | environment,
        )
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def inside(
    tiny_home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Core:
    """Runs the command line in this process, which is faster."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_home))

    def run(*arguments: str) -> Run:
        try:
            code = main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
        written = capfd.readouterr()
        return Run(code, written.out, written.err)

    return run


def assert_users_mistake(run: Run) -> str:
    """Exit code 2, nothing on standard output, one line and no traceback on standard error."""
    assert run.code == 2, run.err
    assert run.out == ""
    (line,) = run.err.splitlines()
    assert "Traceback" not in line
    return line


def a_queries_file(path: Path) -> Path:
    rows = [
        {"text": "Café Ångström", "lat": 60.171, "lon": 24.9425, "id": "cafe"},
        {"text": "the statue of Alexander on the square", "lat": 60.1705, "lon": 24.9412},
        {"text": "benches in a park", "lat": 60.1714, "lon": 24.9409},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


# --- In processes of their own ------------------------------------------------------------------


def test_galleries_are_listed_as_one_document(core: Core) -> None:
    run = core("galleries", "--json")
    assert run.code == 0, run.err
    (card,) = [one for one in run.document["galleries"] if one["name"] == "tinycity"]
    assert card["tiles"] > 60
    assert card["channels"] == ["facts", "names"]
    assert card["problem"] == ""
    assert len(card["bounds"]) == 4
    assert len(run.out.splitlines()) == 1


def test_a_description_without_quotes_is_one_description(inside: Core) -> None:
    options = ("--gallery", "tinycity", "-k", "1", "--json")
    found = inside("search", *options, "benches", "in", "a", "park").document
    assert found["query"] == "benches in a park"
    assert (
        found["candidates"]
        == inside("search", "benches in a park", *options).document["candidates"]
    )


def test_a_search_without_a_gallery_is_one_in_all_of_them(inside: Core) -> None:
    search = ("search", "a cathedral beside a tram stop in Helsinki", "-k", "4")
    document = inside(*search, "--json", "--explain").document
    assert document["gallery"] is None
    probabilities = [one["probability"] for one in document["regions"]]
    assert {"helsinki", "monaco"} <= {one["gallery"] for one in document["regions"]}
    assert sum(probabilities) + document["elsewhere"] == pytest.approx(1, abs=0.01)
    assert [one["rank"] for one in document["candidates"]] == [1, 2, 3, 4]
    assert all(one["explanation"]["ledger"] for one in document["candidates"])
    assert document["candidates"][0]["gallery"] == "helsinki"
    told = inside(*search).out
    assert told.startswith("Most likely Helsinki")
    assert told_regions(document["regions"], is_nowhere=True).startswith(
        "Most likely none of them; "
    )
    places = [line for line in told.splitlines() if "chance within 100 m" in line]
    titles = [one["title"] for one in document["candidates"]]
    assert [line.rsplit("  ", 1)[1] for line in places] == titles


def test_a_search_in_a_wrong_city_names_the_one_that_fits_better(inside: Core) -> None:
    text = "Casino de Monte-Carlo and the Café de Paris, palm trees, Avenue de Grande-Bretagne"
    found = inside("search", text, "--gallery", "helsinki", "--json").document
    assert found["regions"][0]["gallery"] == "monaco"
    assert any("fits Monaco better" in note for note in found["notes"])


def test_a_search_prints_the_contracts_document(core: Core) -> None:
    run = core(
        "search",
        "Café Ångström beside tram tracks",
        "--gallery",
        "tinycity",
        "-k",
        "3",
        "--json",
        "--near",
        "60.1705,24.942",
        "--within-m",
        "400",
    )
    assert run.code == 0, run.err
    found = run.document
    assert {"query", "truncated", "verdict", "candidates", "timings_ms"} <= set(found)
    assert found["query"] == "Café Ångström beside tram tracks"
    assert found["truncated"] is None
    assert [one["rank"] for one in found["candidates"]] == [1, 2, 3]
    for one in found["candidates"]:
        assert {
            "tile_id",
            "rank",
            "lat",
            "lon",
            "similarity",
            "confidence",
            "channels",
            "names",
            "evidence",
        } <= set(one)
        assert set(one["channels"]) == {"facts", "names"}
    assert any("Café Ångström" in name for name in found["candidates"][0]["names"])
    assert found["timings_ms"]
    assert all(value >= 0 for value in found["timings_ms"].values())
    assert "Traceback" not in run.err


def test_a_users_mistake_is_one_line_and_no_traceback(core: Core) -> None:
    assert "nosuchcity" in assert_users_mistake(core("search", "x", "--gallery", "nosuchcity"))


@pytest.mark.skipif(sys.platform == "darwin", reason="arguments are UTF-8 there")
def test_bytes_that_are_no_text_are_a_mistake_or_searched(core: Core) -> None:
    run = core("search", b"caf\xe9 with \xff tables", "--gallery", "tinycity", "--json", "-k", "1")
    if run.code != 0:
        assert_users_mistake(run)
    else:
        assert run.document["candidates"]


def test_the_list_of_galleries_needs_no_model() -> None:
    program = (
        "import sys; from core.__main__ import main; main(['galleries']); "
        "print(sorted({'torch', 'transformers', 'streamlit', 'geopandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


# --- In this process ----------------------------------------------------------------------------


def test_an_evaluation_prints_the_contracts_keys_and_writes_its_queries(
    inside: Core, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    run = inside(
        "evaluate",
        "--gallery",
        "tinycity",
        "--queries",
        str(a_queries_file(tmp_path / "queries.jsonl")),
        "--out",
        str(out),
        "--json",
        "--scope",
        "nearest-100",
    )
    assert run.code == 0, run.err
    found = run.document
    assert {"n", "scope", "ci", *METRICS} <= set(found)
    assert found["n"] == 3
    assert found["scope"] == "nearest-100"
    assert set(found["ci"]) == set(METRICS)
    for name in METRICS:
        low, high = found["ci"][name]
        assert low <= found[name] <= high
    written = json.loads(out.read_text("utf-8"))
    queries = written.pop("queries")
    assert written == found
    assert len(queries) == 3
    assert queries[0]["id"] == "cafe"
    for one in queries:
        assert {
            "id",
            "tile_id",
            "rank",
            "top1_tile_id",
            "distance_m",
            "confidence",
            "verdict",
            "channels",
        } <= set(one)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_descriptions_of_places_outside_the_gallery_are_left_out_or_refused(
    inside: Core, tmp_path: Path
) -> None:
    path = a_queries_file(tmp_path / "queries.jsonl")
    far = {"text": "benches in a park", "lat": 60.2, "lon": 24.94}
    path.write_text(f"{path.read_text('utf-8')}\n{json.dumps(far)}", "utf-8")
    evaluation = ("evaluate", "--gallery", "tinycity", "--json", "--quiet", "--queries", str(path))
    run = inside(*evaluation)
    assert run.code == 0, run.err
    assert (run.document["n"], run.document["outside_gallery"]) == (3, 1)
    assert "1 of 4 descriptions are left out" in run.err
    path.write_text(json.dumps(far))
    assert "another place" in assert_users_mistake(inside(*evaluation))
    path.write_text(json.dumps({"text": "benches", "lat": 24.9425, "lon": 60.171}))
    assert "lat and lon are swapped" in assert_users_mistake(inside(*evaluation))


def test_a_search_explains_itself_when_asked(inside: Core) -> None:
    run = inside(
        "search",
        "Café Ångström beside tram tracks, blue sky",
        "--gallery",
        "tinycity",
        "-k",
        "3",
        "--json",
        "--explain",
    )
    assert run.code == 0, run.err
    assert {"area", "question", "comparison"} <= set(run.document)
    assert len(run.document["candidates"]) == 3
    for one in run.document["candidates"]:
        told = one["explanation"]
        assert told["reason"]
        assert [entry["standing"] for entry in told["ledger"]][-1] == "unchecked"
        assert one["rank_before"]
    told = inside("search", "Café Ångström", "--gallery", "tinycity", "-k", "1", "--explain")
    assert "The strongest clue is “Café Ångström”" in told.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "", "--gallery", "tinycity"],
        ["search", "!?…", "--gallery", "tinycity"],
        ["search", "church", "--gallery", "../tinycity"],
        ["search", "church", "--gallery", "/etc"],
        ["search", "church", "--gallery", "tinycity", "-k", "0"],
        ["search", "church", "--gallery", "tinycity", "-k", "1000000"],
        ["search", "church", "--gallery", "tinycity", "--near", "60.17,24.94"],
        ["search", "church", "--gallery", "tinycity", "--within-m", "50"],
        ["search", "church", "--gallery", "tinycity", "--near", "0,0", "--within-m", "50"],
        ["search", "church", "--gallery", "tinycity", "--near", "60.17,24.94", "--within-m", "-1"],
        ["search", "church", "--gallery", "tinycity", "--near", "60.17,24.94", "--within-m", "nan"],
        ["search", "church", "--gallery", "tinycity", "--channels", "image"],
        ["evaluate", "--gallery", "tinycity", "--queries", "no-such-file.jsonl"],
        ["build", "town", "--from", "no-such-file.osm"],
        ["build", "../town", "--from", "no-such-file.osm"],
        ["embed", "nosuchcity"],
        ["embed", "tinycity", "--model", "no-such-model"],
        ["encode", "--text", "x", "--model", "no-such-model"],
        ["bench", "search", "--gallery", "nosuchcity"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], inside: Core) -> None:
    assert assert_users_mistake(inside(*arguments)).startswith("saywhere: ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["search"],
        ["search", "church", "-k", "many"],
        ["search", "church", "--near", "here"],
        ["search", "church", "--near", "95,24"],
        ["search", "church", "--near", "nan,24"],
        ["search", "church", "--channels", "facts,smells"],
        ["search", "church", "--channels", ""],
        ["evaluate", "--gallery", "tinycity"],
        ["evaluate", "--gallery", "tinycity", "--queries", "x", "--scope", "nearest-7"],
        ["build", "town", "--from", "x.osm", "--bbox", "1,2,3"],
        ["build", "town", "--from", "x.osm", "--bbox", "3,2,1,4"],
        ["bench", "dreams"],
        ["galleries", "--no-such-option"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_a_mistyped_command_is_told_in_one_line(arguments: list[str], inside: Core) -> None:
    assert_users_mistake(inside(*arguments))


def test_an_evaluation_into_a_missing_folder_is_refused_in_one_line(
    inside: Core, tmp_path: Path
) -> None:
    queries = a_queries_file(tmp_path / "queries.jsonl")
    missing = tmp_path / "no" / "such" / "folder" / "out.json"
    run = inside(
        "evaluate",
        "--gallery",
        "tinycity",
        "--queries",
        str(queries),
        "--quiet",
        "--out",
        str(missing),
    )
    assert_users_mistake(run)


def test_positions_south_and_west_can_be_given(inside: Core) -> None:
    run = inside(
        "search", "church", "--gallery", "tinycity", "--near", "-34.9,-56.2", "--within-m", "100"
    )
    assert "no tile" in assert_users_mistake(run)


def test_a_box_in_the_west_can_be_given(inside: Core) -> None:
    run = inside(
        "build", "town", "--from", "no-such-file.osm", "--bbox", "-56.3,-34.95,-56.1,-34.8"
    )
    assert "no-such-file.osm" in assert_users_mistake(run)


def test_an_embedding_is_a_unit_vector_as_the_encoder_gives_it(inside: Core, encoder: Any) -> None:
    run = inside("encode", "--text", "a white church", "--json")
    found = np.array(run.document["embedding"])
    assert found == pytest.approx(encoder.encode(["a white church"])[0], abs=1e-5)
    assert math.isclose(np.linalg.norm(found), 1, abs_tol=1e-4)


def test_a_gallery_is_built_searched_and_embedded(inside: Core, tmp_path: Path) -> None:
    from tiny_osm import Town

    town = Town()
    town.way([(0, 0), (100, 0)], highway="residential", name="Lime Street")
    town.nodes.append('<node id="99" lat="60,17" lon="24,94"><tag k="shop" v="toys"/></node>')
    source = town.write(tmp_path / "town.osm")
    home = tmp_path / "galleries"
    run = inside(
        "build",
        "town",
        "--from",
        str(source),
        "--out",
        str(home),
        "--no-pictures",
        "--json",
        "--quiet",
        "--title",
        "Old Town",
    )
    assert run.code == 0, run.err
    why = "its position has a decimal comma; write a point"
    assert run.document == {
        "gallery": "town",
        "folder": str(home / "town"),
        "read": {"points": 0, "lines": 1, "areas": 0},
        "left_out": [{"what": "node", "n": 1, "why": why}],
    }
    assert run.err == f"saywhere: read 1 line; left out: 1 node ({why})\n"
    assert json.loads((home / "town" / "manifest.json").read_text("utf-8"))["title"] == "Old Town"


# --- Pictures -----------------------------------------------------------------------------------


@pytest.fixture
def seen(seen_home: Path, inside: Core, monkeypatch: pytest.MonkeyPatch) -> Core:
    """The command line in this process, with a gallery embedded by a picture model."""
    monkeypatch.setenv("SAYWHERE_DATA", str(seen_home))
    return inside


def test_pictures_are_embedded_and_searched(
    inside: Core,
    tiny_home: Path,
    compact_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    shutil.copytree(tiny_home / "galleries", tmp_path / "old" / "galleries")
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path / "old"))
    run = inside(
        "embed",
        "tinycity",
        "--model",
        "compact",
        "--checkpoint",
        str(compact_weights),
        "--out",
        str(tmp_path / "galleries"),
        "--json",
    )
    assert run.code == 0, run.err
    assert run.document["folder"] == str(tmp_path / "galleries" / "tinycity")
    assert "stays as it is" in run.err
    assert "embed pictures" in run.err
    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    (card,) = [
        one
        for one in inside("galleries", "--json").document["galleries"]
        if one["name"] == "tinycity"
    ]
    assert card["channels"] == ["image", "facts", "names"]
    assert card["picture_models"] == [run.document["model"]]
    found = inside(
        "search",
        "a church",
        "--gallery",
        "tinycity",
        "--channels",
        "image",
        "--json",
        "-k",
        "2",
        "--checkpoint",
        str(compact_weights),
    )
    assert found.code == 0, found.err
    assert [list(one["channels"]) for one in found.document["candidates"]] == [["image"]] * 2
    assert found.document["picture_model"] == run.document["model"]


def test_a_new_gallery_is_seen_by_the_apps_own_model_or_says_that_there_is_none(
    inside: Core, tmp_path: Path
) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    from tiny_osm import Town

    town = Town()
    town.way([(0, 0), (60, 0)], highway="residential", name="Lime Street")
    source = town.write(tmp_path / "town.osm")
    home = tmp_path / "galleries"
    run = inside("build", "town", "--from", str(source), "--out", str(home), "--json", "--quiet")
    assert run.code == 0, run.err
    assert (home / "town" / "places.npz").is_file()
    manifest = json.loads((home / "town" / "manifest.json").read_text("utf-8"))
    seen_by = [stamp["name"] for stamp in manifest["picture_models"]]
    assert seen_by == (["compact"] if COMPACT_WEIGHTS.is_file() else [])
    assert ("no image channel" in run.err) is not COMPACT_WEIGHTS.is_file()


def test_other_weights_than_embedded_the_pictures_are_one_line(seen: Core, tmp_path: Path) -> None:
    other = write_compact(tmp_path / "other.safetensors", 1)
    run = seen("search", "church", "--gallery", "tinycity", "--checkpoint", str(other))
    assert "core embed tinycity" in assert_users_mistake(run)


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "church", "--gallery", "tinycity", "--model", "crosstext2loc"],
        ["search", "church", "--gallery", "tinycity", "--checkpoint", "no-such-file"],
        ["embed", "tinycity", "--model", "crosstext2loc"],
        ["embed", "tinycity", "--model", "compact", "--checkpoint", "no-such-file"],
        ["embed", "tinycity", "--checkpoint", "x"],
        ["bench", "embed", "--gallery", "tinycity", "--model", "minilm"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_mistake_about_pictures_is_told_in_one_line(arguments: list[str], seen: Core) -> None:
    assert assert_users_mistake(seen(*arguments)).startswith("saywhere: ")


def test_the_table_has_a_row_for_pictures_and_one_for_all(seen: Core, tmp_path: Path) -> None:
    queries = str(a_queries_file(tmp_path / "queries.jsonl"))
    run = seen(
        "evaluate", "--gallery", "tinycity", "--json", "--quiet", "--table", "--queries", queries
    )
    assert run.code == 0, run.err
    assert list(run.document["rows"]) == [
        "plain BM25",
        "plain sum of ranks",
        "image",
        "facts",
        "names",
        "facts + names",
        "image + facts + names",
    ]
    run = seen(
        "evaluate",
        "--gallery",
        "tinycity",
        "--json",
        "--quiet",
        "--channels",
        "image",
        "--queries",
        queries,
        "--out",
        str(tmp_path / "out.json"),
    )
    assert run.code == 0, run.err
    assert run.document["channels"] == ["image"]
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [list(one["channels"]) for one in written["queries"]] == [["image"]] * 3


def test_progress_goes_to_standard_error_only(inside: Core, tmp_path: Path) -> None:
    run = inside(
        "evaluate",
        "--gallery",
        "tinycity",
        "--json",
        "--table",
        "--queries",
        str(a_queries_file(tmp_path / "queries.jsonl")),
    )
    assert run.code == 0, run.err
    assert run.err
    rows = run.document["rows"]
    assert len(rows) >= 4
    assert all({"n", "scope", "ci", *METRICS} <= set(row) for row in rows.values())


@pytest.mark.parametrize(
    "arguments",
    [["galleries"], ["search", "Café Ångström", "--gallery", "tinycity"]],
    ids=lambda arguments: arguments[0],
)
def test_without_json_people_can_read_it(arguments: list[str], inside: Core) -> None:
    run = inside(*arguments)
    assert run.code == 0
    assert not run.out.startswith("{")
    assert run.out.strip()


def commands() -> list[str]:
    actions = parser_of(COMMANDS, "")._actions
    (subparsers,) = [one for one in actions if hasattr(one, "choices") and one.choices]
    return list(subparsers.choices)  # type: ignore[arg-type]


def test_every_command_of_the_contract_is_there() -> None:
    assert {"galleries", "search", "evaluate", "build", "embed", "encode", "bench"} <= set(
        commands()
    )


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    readme = (ROOT / "core" / "README.md").read_text("utf-8")
    assert f"core {command}" in readme, f"core/README.md does not show python -m core {command}"


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(command: str, inside: Core) -> None:
    run = inside(command, "--help")
    assert run.code == 0
    assert len(run.out.splitlines()) > 3
