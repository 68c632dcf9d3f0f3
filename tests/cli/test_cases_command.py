"""The command `cases`: its contract from a report to an export, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main

ROOT = Path(__file__).resolve().parent.parent.parent


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


def test_mistakes_are_told_in_one_line_with_exit_code_2(report: Path, tmp_path: Path) -> None:
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
        done = subprocess.run(
            [sys.executable, "-m", "core", "cases", *arguments],
            cwd=ROOT,
            env=os.environ | {"SAYWHERE_CASES": str(tmp_path / "c.sqlite")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("saywhere: ")
        assert done.stdout == ""
    assert report.exists()


@pytest.mark.parametrize("action", [["list"], ["agreement"], ["export", "out.csv"]])
def test_a_mistyped_store_is_told_and_not_made(
    action: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "mistyped.sqlite"
    assert main(["cases", *action, "--store", str(wrong)]) == 2
    assert "there is no store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
