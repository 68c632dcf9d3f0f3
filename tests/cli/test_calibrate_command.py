"""The command `calibrate`: one line for each mistake, and a file that search can read."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.evaluation import LabelledQuery, read_foreign


def assert_one_line(capsys: pytest.CaptureFixture[str], *wanted: str) -> None:
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1
    for word in wanted:
        assert word in told


@pytest.mark.parametrize("given", ["tinycity", "=file.jsonl", "tinycity="])
def test_a_set_that_names_no_gallery_or_no_file_is_refused(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["calibrate", "--set", given])
    assert left.value.code == 2
    assert_one_line(capsys, "GALLERY=FILE.jsonl")


def test_a_file_that_is_missing_or_no_queries_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "--set", f"tinycity={tmp_path}/none.jsonl", "--quiet"]) == 2
    assert_one_line(capsys, "none.jsonl")
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "a church"}\n')
    assert main(["calibrate", "--set", f"tinycity={path}", "--quiet"]) == 2
    assert_one_line(capsys, "bad.jsonl", "line 1", "lat")


def test_strangers_are_the_lines_of_other_galleries(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    row = {"text": "a church", "lat": 60, "lon": 25}
    path.write_text(
        "\n".join(json.dumps(row | {"id": name, "gallery": name}) for name in ("here", "there"))
    )
    found: list[LabelledQuery] = read_foreign(path, "here")
    assert [one.query_id for one in found] == ["there"]
