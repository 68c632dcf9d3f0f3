"""Report files: the list of them, and saving or refusing a new one."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from core import settings
from core.errors import ReportError
from core.evaluation import report_files
from core.evaluation.report_files import list_reports, save_report
from core.evaluation.saved_runs import read_saved
from core.settings import Settings

REPORT = json.dumps(
    {
        "gallery": "x",
        "channels": ["facts"],
        "scope": "full",
        "queries": [
            {
                "id": "1",
                "text": "a",
                "lat": 1,
                "lon": 2,
                "tile_id": "t",
                "rank": 1,
                "top1_tile_id": "t",
                "distance_m": 0,
                "channels": {},
            }
        ],
    }
).encode()


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return replace(
        settings.load({"SAYWHERE_DATA": str(tmp_path / "data")}),
        bundled_reports=tmp_path / "bundled",
    )


def test_own_reports_come_first_newest_first_and_keys_are_unique(here: Settings) -> None:
    for folder, names in (
        (here.bundled_reports, ("b.json", "a.csv")),
        (here.user_reports, ("B.json.gz", "new.json", ".hidden.json", "x.txt")),
    ):
        folder.mkdir(parents=True)
        for age, name in enumerate(names):
            (folder / name).write_bytes(REPORT)
            os.utime(folder / name, (1000 + age, 1000 + age))
    found = list_reports(here)
    assert [(one.key, one.path.name) for one in found] == [
        ("new", "new.json"),
        ("b-2", "B.json.gz"),
        ("a", "a.csv"),
        ("b", "b.json"),
    ]


def test_folders_that_are_not_there_hold_nothing(here: Settings) -> None:
    assert list_reports(here) == ()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Run 1.json", "run-1.json"),
        ("../../etc/passwd.json", "etc-passwd.json"),
        ("a" * 300 + ".JSON", "a" * 60 + ".json"),
        ("\\x\n.json", "x.json"),
    ],
)
def test_a_report_is_kept_under_a_safe_name(tmp_path: Path, name: str, kept: str) -> None:
    path = save_report(REPORT, name, tmp_path / "reports")
    assert path == tmp_path / "reports" / kept
    assert read_saved(path)[0].gallery == "x"
    assert [one.name for one in path.parent.iterdir()] == [kept]


def test_the_same_report_twice_is_one_file_and_another_gets_its_own(tmp_path: Path) -> None:
    assert save_report(REPORT, "a.json", tmp_path) == save_report(REPORT, "a.json", tmp_path)
    assert save_report(REPORT + b" ", "a.json", tmp_path).name == "a-2.json"
    assert (tmp_path / "a.json").read_bytes() == REPORT


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"{}", "a.json"),
        (REPORT, "a.exe"),
        (REPORT, "a.csv"),
        (REPORT, "a.json.gz"),
        (b"", "a.json"),
    ],
)
def test_what_is_no_report_leaves_nothing_behind(tmp_path: Path, data: bytes, name: str) -> None:
    with pytest.raises(ReportError):
        save_report(data, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_files, "MOST_REPORTS", 1)
    save_report(REPORT, "a.json", tmp_path)
    with pytest.raises(ReportError, match="delete some first"):
        save_report(REPORT, "b.json", tmp_path)


def test_the_reports_that_come_with_the_app_can_be_read() -> None:
    found = [
        run
        for one in list_reports(settings.load({"SAYWHERE_DATA": "/none"}))
        for run in read_saved(one.path)
    ]
    assert len(found) >= 3
    assert all(query.top for run in found for query in run.queries)
