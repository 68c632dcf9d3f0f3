"""The command `cases`: its contract from a report to an export, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_command_line import Core

from core.__main__ import main


@pytest.fixture
def report(tiny_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report of the tiny gallery, as `evaluate --out` writes it, with its own data folder."""
    monkeypatch.setenv("SAYWHERE_DATA", str(tiny_home))
    monkeypatch.setenv("SAYWHERE_CASES", str(tmp_path / "cases.sqlite"))
    queries = tmp_path / "queries.jsonl"
    queries.write_text(
        "".join(
            json.dumps(
                {"id": f"q{number}", "text": text, "lat": 60.17 + number / 1000, "lon": 24.94}
            )
            + "\n"
            for number, text in enumerate(["a white church", "the harbour", "=a formula"])
        ),
        encoding="utf-8",
    )
    path = tmp_path / "run.json"
    assert (
        main(
            [
                "evaluate",
                "--gallery",
                "tinycity",
                "--queries",
                str(queries),
                "--channels",
                "facts",
                "--out",
                str(path),
                "--quiet",
                "--json",
            ]
        )
        == 0
    )
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main(["cases", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_from_a_report_to_an_export_and_back(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = said(capsys, "import", str(report), "--control", "5")
    assert first["cases"] == first["queries"] == 3
    assert said(capsys, "import", str(report), "--control", "5")["cases"] == 0
    listed = said(capsys, "list")
    assert listed["reports"][0]["gallery"] == "tinycity"
    assert sum(listed["reports"][0]["kinds"].values()) == 3
    for name in ("a.csv", "a.jsonl", "a.geojson", "a.json", "folder"):
        assert said(capsys, "export", str(tmp_path / name))["cases"] == 3
        other = ("--store", str(tmp_path / f"{name}.sqlite"))
        assert said(capsys, "import", str(tmp_path / name), *other)["cases"] == 3
    assert said(capsys, "agreement")["fleiss"] is None


def test_mistakes_are_told_in_one_line_with_exit_code_2(
    report: Path, tmp_path: Path, core: Core
) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "broken.sqlite").write_text("no database " * 100, encoding="utf-8")
    for arguments in (
        ["import", str(tmp_path / "bad.csv")],
        ["import", str(tmp_path / "none.json")],
        ["list", "--store", str(tmp_path / "broken.sqlite")],
        ["export", "x.docx"],
        ["list", "--store", "mysql://somewhere/else"],
        ["list", "--store", "/none/of/it/x.sqlite"],
    ):
        assert core("cases", *arguments).mistake.startswith("saywhere: ")
    assert report.exists()


@pytest.mark.parametrize("action", [["list"], ["agreement"], ["export", "out.csv"]])
def test_a_mistyped_store_is_told_and_not_made(
    action: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "mistyped.sqlite"
    assert main(["cases", *action, "--store", str(wrong)]) == 2
    assert "there is no store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def export_of(report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """The rows of the report's cases as JSON lines have them."""
    said(capsys, "import", str(report), "--control", "5")
    said(capsys, "export", str(tmp_path / "a.jsonl"))
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def written(path: Path, rows: list[Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_an_imported_id_never_overwrites_a_file(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The attack: a `case_id` with `../` was the name of a file in the FiftyOne export."""
    rows = export_of(report, tmp_path, capsys)
    victim = tmp_path / "victim.webp"
    victim.write_bytes(b"mine")
    rows[0] |= {"case_id": "../../victim", "verdicts": []}
    rows[1] |= {"case_id": str(victim).removesuffix(".webp"), "verdicts": []}
    store = ("--store", str(tmp_path / "other.sqlite"))
    said(capsys, "import", written(tmp_path / "hostile.jsonl", rows), *store)
    assert said(capsys, "export", str(tmp_path / "folder"), *store)["cases"] == 3
    assert victim.read_bytes() == b"mine"
    again = ("--store", str(tmp_path / "again.sqlite"))
    assert said(capsys, "import", str(tmp_path / "folder"), *again)["cases"] == 3


@pytest.mark.parametrize(
    "change",
    [
        {"report_channels": None},
        {"lat": int("6" * 40)},
        {"number": 2**70},
        {"distance_m": float("inf")},
        {"title": "\ud800"},
    ],
)
def test_a_hostile_line_is_told_in_one_line_and_nothing_is_imported(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any]
) -> None:
    rows = export_of(report, tmp_path, capsys)
    rows[2] |= change
    store = ("--store", str(tmp_path / "other.sqlite"))
    hostile = written(tmp_path / "hostile.jsonl", rows)
    assert main(["cases", "import", hostile, *store, "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert f"case 3: {next(iter(change))} " in told.err
    listed = said(capsys, "list", *store)
    assert (listed["reports"], listed["set_aside"]) == ([], 0)


def test_places_outside_the_gallery_are_told(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = export_of(report, tmp_path, capsys)
    for row in rows:
        row["lat"], row["lon"] = row["lon"], row["lat"]
    store = ("--store", str(tmp_path / "other.sqlite"))
    swapped = written(tmp_path / "swapped.jsonl", rows)
    assert main(["cases", "import", swapped, *store, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["outside"] == 3
    assert told.err == ("saywhere: cases outside their gallery, imported, check their places: 3\n")
