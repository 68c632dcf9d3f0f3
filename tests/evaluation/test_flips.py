"""Flips between two runs, groups of texts, who wrote them, and saved scenarios."""

import csv
import gzip
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from core.errors import ReportError
from core.evaluation import report_files, scenarios
from core.evaluation.flips import flips
from core.evaluation.likeness import groups_of
from core.evaluation.queries import read_queries
from core.evaluation.report_files import ReportFile
from core.evaluation.run_metrics import authors_of, subgroups
from core.evaluation.saved_runs import SavedRun, read_saved, runs_in

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def a_row(number: int, rank: int, distance_m: float, **more: object) -> dict[str, object]:
    return {
        "id": f"q{number}",
        "text": f"=church {number}",
        "lat": 60.1 + number / 1000,
        "lon": 24.9,
        "tile_id": f"t{number}",
        "rank": rank,
        "top1_tile_id": "top",
        "distance_m": distance_m,
        "channels": {},
    } | more


def a_document(*rows: dict[str, object], **more: object) -> dict[str, object]:
    return {"gallery": "town", "scope": "full", "channels": ["facts"], "queries": list(rows)} | more


def a_run(*rows: dict[str, object], **more: object) -> SavedRun:
    return runs_in(a_document(*rows, **more), "run")[0]


class TestFlips:
    def test_only_what_one_run_finds_and_the_other_misses_flips(self) -> None:
        first = a_run(a_row(0, 1, 5), a_row(1, 9, 700), a_row(2, 1, 5), a_row(3, 4, 60))
        second = a_run(a_row(0, 3, 900), a_row(1, 1, 5), a_row(2, 1, 5), a_row(3, 4, 70))
        found = flips(first, second, "R@1")
        assert [(flip.change, flip.first.query_id) for flip in found] == [
            ("lost", "q0"),
            ("gained", "q1"),
        ]
        assert [flip.missed.rank for flip in found] == [3, 9]
        assert flips(first, second, "L@65m")[-1].first.query_id == "q3"

    def test_a_measure_beyond_the_last_known_rank_tells_nothing(self) -> None:
        first = a_run(a_row(0, 1, 5))
        short = SavedRun("s", "cvgtext", "town", "m", "full", (), first.queries, known_to=5)
        assert flips(first, short, "R@10") == ()


class TestAuthors:
    def test_a_report_tells_whose_texts_it_has(self) -> None:
        assert authors_of(a_run(a_row(0, 1, 5))) == "author not known"
        assert authors_of(a_run(a_row(0, 1, 5), written_by="people")) == "by hand"
        mixed = a_run(a_row(0, 1, 5, written_by="program"), a_row(1, 1, 5), written_by="people")
        assert authors_of(mixed) == "1 by hand, 1 by a program"
        assert set(subgroups(mixed, "author")) == {"by hand", "by a program"}
        assert authors_of(a_run(a_row(0, 1, 5), written_by="`x`")) == "author not known"

    def test_lines_of_our_own_programs_are_known_also_from_before(self, tmp_path: Path) -> None:
        path = tmp_path / "texts.jsonl"
        place = {"text": "a church", "lat": 1.0, "lon": 2.0}
        lines = [place, place | {"care": "high"}, place | {"written_by": "people"}]
        path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
        assert [one.written_by for one in read_queries(path, "town")] == [None, "program", "people"]

    def test_the_bundled_reports_tell_it(self) -> None:
        folder = Path(__file__).resolve().parents[2] / "assets" / "reports"
        told = {path.name: authors_of(read_saved(path)[0]) for path in folder.glob("*.json.gz")}
        assert len(told) == 5
        assert {name for name, words in told.items() if words == "by hand"} == {
            "helsinki-by-hand-all.json.gz"
        }
        assert set(told.values()) == {"by hand", "by a program"}


class TestReportFiles:
    @pytest.fixture
    def own(self, tmp_path: Path) -> ReportFile:
        path = tmp_path / "first.json.gz"
        path.write_bytes(gzip.compress(json.dumps(a_document(a_row(0, 1, 5))).encode()))
        return ReportFile("first", path, True, 0, 0)

    def test_a_report_gets_another_title_and_an_author(self, own: ReportFile) -> None:
        before = read_saved(own.path)[0]
        report_files.rename_report(own, "  My\nrun ", "program")
        (run,) = read_saved(own.path)
        assert (run.title, authors_of(run)) == ("My run", "by a program")
        assert [one.rank for one in run.queries] == [one.rank for one in before.queries]
        with pytest.raises(ReportError, match="needs a title"):
            report_files.rename_report(own, " ")

    def test_a_csv_is_renamed_as_a_file_and_takes_no_others_place(self, tmp_path: Path) -> None:
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text(name, "utf-8")
        file = ReportFile("a", tmp_path / "a.csv", True, 0, 0)
        assert report_files.rename_report(file, "B").name == "b-2.csv"
        assert (tmp_path / "b.csv").read_text("utf-8") == "b.csv"

    def test_a_bundled_report_stays(self, own: ReportFile) -> None:
        bundled = ReportFile("first", own.path, False, 0, 0)
        for act in (report_files.delete_report, lambda file: report_files.rename_report(file, "x")):
            with pytest.raises(ReportError, match="comes with the app"):
                act(bundled)
        assert own.path.exists()
        report_files.delete_report(own)
        assert not own.path.exists()

    def test_the_table_of_a_run_has_no_formulas(self, own: ReportFile) -> None:
        rows = list(csv.DictReader(StringIO(report_files.table_of(read_saved(own.path)[0]))))
        assert rows[0]["text"] == "'=church 0"
        assert (rows[0]["id"], rows[0]["rank"]) == ("q0", "1")


class TestGroups:
    def test_texts_of_one_kind_stand_together_under_words_that_tell_them(self) -> None:
        rng = np.random.default_rng(0)
        words = ("a tram stop", "a church tower", "a small park")
        texts = [f"{words[row % 3]} {row}" for row in range(30)]
        centres = np.eye(3, 8)[[row % 3 for row in range(30)]]
        vectors = (centres + rng.normal(0, 0.05, (30, 8))).astype(np.float32)
        found = groups_of(texts, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
        assert [len(group.members) for group in found] == [10, 10, 10]
        assert all(len({row % 3 for row in group.members}) == 1 for group in found)
        assert sorted(group.title for group in found) == ["church, tower", "park", "stop, tram"]

    def test_few_texts_and_equal_texts_are_one_group(self) -> None:
        same = np.ones((20, 4), dtype=np.float32) / 2
        assert groups_of([], same[:0]) == ()
        assert len(groups_of(["a park"] * 20, same)) == 1
        assert groups_of(["a park", "a quay"], same[:2])[0].members == (0, 1)


class TestScenarios:
    def test_a_scenario_is_kept_changed_and_deleted(self, tmp_path: Path) -> None:
        params = {"reports": "a,b", "plot": "map"}
        made = scenarios.save_scenario(tmp_path / "s", " Far\noff ", params, "why?", "open", NOW)
        kept, faults = scenarios.list_scenarios(tmp_path / "s")
        assert (kept, faults) == ((made,), ())
        assert made.title == "Far off"
        scenarios.save_scenario(
            tmp_path / "s", "Far off", params, "a bridge", "solved", NOW, made.scenario_id
        )
        second = scenarios.save_scenario(tmp_path / "s", "New", {}, "", "open", NOW)
        kept, _ = scenarios.list_scenarios(tmp_path / "s")
        assert [one.title for one in kept] == ["New", "Far off"]
        assert (kept[1].note, kept[1].status) == ("a bridge", "solved")
        scenarios.delete_scenario(tmp_path / "s", second.scenario_id)
        assert len(scenarios.list_scenarios(tmp_path / "s")[0]) == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": " "},
            {"status": "nice"},
            {"note": "x" * 5_000},
            {"params": {"k": "x" * 9_000}},
            {"scenario_id": "../../etc"},
            {"scenario_id": "0" * 32},
        ],
    )
    def test_what_cannot_be_a_scenario_is_not_written(
        self, tmp_path: Path, wrong: dict[str, object]
    ) -> None:
        given: dict[str, object] = {"title": "t", "params": {}, "note": "", "status": "open"}
        with pytest.raises(ReportError):
            scenarios.save_scenario(tmp_path, **(given | wrong), at=NOW)  # type: ignore[arg-type]
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_scenario_is_told_and_the_others_are_listed(
        self, tmp_path: Path
    ) -> None:
        scenarios.save_scenario(tmp_path, "t", {}, "", "open", NOW)
        (tmp_path / f"{'a' * 32}.json").write_text('{"title": 1', "utf-8")
        (tmp_path / f"{'b' * 32}.json").write_text('{"title": "x", "params": []}', "utf-8")
        kept, faults = scenarios.list_scenarios(tmp_path)
        assert (len(kept), len(faults)) == (1, 2)
