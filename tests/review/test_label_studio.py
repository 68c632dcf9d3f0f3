"""The way through Label Studio and back: our own annotations are recognized, edits are versions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_exchange import INTAKE, exported
from tiny_cases import NOW

from core.errors import CasesError
from core.review.agreement import agreement
from core.review.exchange import rows_of
from core.review.importing import import_cases
from core.review.store import Store, open_store

Say = Callable[..., str]
KEPT = ("result", "lead_time", "ground_truth", "was_cancelled")
"""The parts of an annotation that Label Studio's importer keeps (`add_annotations`)."""


def through_label_studio(path: Path, user: int = 1) -> list[dict[str, Any]]:
    """The tasks of a file as Label Studio exports them after it has imported them."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    number = 0
    for task_number, task in enumerate(tasks, 1):
        task |= {"id": task_number, "drafts": [], "predictions": [7], "meta": {}, "project": 1}
        for annotation in task["annotations"]:
            number += 1
            kept = {name: annotation[name] for name in KEPT}
            for part in kept["result"]:
                part["origin"] = "manual"
            annotation.clear()
            annotation |= kept | {
                "id": number,
                "unique_id": f"05effc79-d59d-4eb9-a24d-{number:012}",
                "completed_by": user,
                "updated_by": user,
                "created_at": "2026-06-01T08:00:00.000000Z",
                "updated_at": "2026-06-01T08:00:00.000000Z",
                "import_id": None,
            }
    return tasks


@pytest.fixture
def judged(store: Store, case_ids: list[str], say: Say) -> Store:
    """Two people who agree on one of two cases."""
    for case_id, verdicts in zip(
        case_ids,
        (("model error", "cannot tell"), ("several places fit", "several places fit")),
        strict=False,
    ):
        for name, verdict in zip(("Ada", "Ben"), verdicts, strict=True):
            say(name, case_id, verdict, note="seen", took_ms=1500)
    return store


def taken(store: Store, path: Path, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return import_cases(store, path, INTAKE, NOW)


def edited(annotation: dict[str, Any], verdict: str, user: Any, at: str) -> None:
    annotation["result"][0]["value"]["choices"] = [verdict]
    annotation |= {"updated_by": user, "updated_at": at}


def test_a_round_trip_adds_nothing_and_kappa_stays(judged: Store, tmp_path: Path) -> None:
    before, kappa = rows_of(judged), agreement(judged).fleiss
    assert kappa == pytest.approx(0.2)
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    found = taken(judged, tmp_path / "back.json", tasks)
    assert (found["cases"], found["verdicts"], found["known"]) == (0, 0, 4)
    assert rows_of(judged) == before
    assert agreement(judged).fleiss == kappa
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    found = taken(other, tmp_path / "back.json", tasks)
    assert (found["cases"], found["verdicts"], found["left_out"]) == (4, 4, 0)
    assert rows_of(other) == before


@pytest.mark.parametrize("who", [2, {"id": 2, "email": "eve@example.org"}])
def test_an_edited_verdict_is_a_new_version_by_its_editor(
    judged: Store, case_ids: list[str], tmp_path: Path, who: Any
) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    edited(tasks[0]["annotations"][0], "description wrong", who, "2026-06-02T08:00:00Z")
    for added in (1, 0):
        assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == added
    name = "Label Studio 2" if who == 2 else "Label Studio eve@example.org"
    history = judged.history(case_ids[0])
    assert [(entry.annotator, entry.verdict) for entry in history] == [
        ("Ada", "model error"),
        ("Ben", "cannot tell"),
        (name, "description wrong"),
    ]
    assert (history[-1].at, history[-1].note) == ("2026-06-02T08:00:00.000+00:00", "seen")
    assert all(entry.standing for entry in history)
    edited(tasks[0]["annotations"][0], "several places fit", who, "2026-06-03T08:00:00Z")
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 1
    assert [
        (entry.annotator, entry.verdict) for entry in judged.history(case_ids[0]) if entry.standing
    ][-1] == (name, "several places fit")
    assert len(judged.history(case_ids[0])) == 4


def test_a_chain_of_edits_may_return_to_what_was_written_here(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    written = "model error"
    days = iter(range(2, 10))
    for verdict, added in (
        ("description wrong", 1),
        ("several places fit", 1),
        (written, 1),
        ("description wrong", 1),
        (written, 1),
        (written, 0),
    ):
        edited(tasks[0]["annotations"][0], verdict, 2, f"2026-06-0{next(days)}T08:00:00Z")
        for more in (added, 0):
            assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == more
        stands = {one.annotator: one.verdict for one in judged.history(case_ids[0]) if one.standing}
        assert stands == {"Ada": written, "Ben": "cannot tell", "Label Studio 2": verdict}
    before, kappa = rows_of(judged), agreement(judged).fleiss
    again = through_label_studio(exported(judged, tmp_path, "labelstudio"), user=7)
    assert taken(judged, tmp_path / "back.json", again)["verdicts"] == 0
    assert rows_of(judged) == before
    assert agreement(judged).fleiss == kappa


def made_there(tasks: Any) -> Any:
    """An annotation of the third task that Label Studio made itself, under ids of its own."""
    made = json.loads(json.dumps(tasks[0]["annotations"][0])) | {"id": 31, "unique_id": "made"}
    for part in made["result"]:
        part["id"] = "aXyZ"
    tasks[2]["annotations"] = [made]
    return made


def test_an_annotation_made_there_may_return_to_its_first_verdict(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    made = made_there(tasks)
    older = None
    for day, verdict in ((2, "model error"), (3, "description wrong"), (4, "model error")):
        edited(made, verdict, 1, f"2026-06-0{day}T08:00:00Z")
        older = older or json.loads(json.dumps(tasks))
        for added in (1, 0):
            assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == added
        (stands,) = (one for one in judged.history(case_ids[2]) if one.standing)
        assert stands.verdict == verdict
    edited(made, "cannot tell", 1, "2026-06-09T08:00:00Z")
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 1
    assert taken(judged, tmp_path / "back.json", older)["verdicts"] == 0, "an old export"


def test_a_touched_annotation_that_was_never_edited_adds_nothing(
    judged: Store, tmp_path: Path
) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    for task in tasks:
        for annotation in task["annotations"]:
            annotation["updated_at"] = "2026-07-01T08:00:00Z"
    before = rows_of(judged)
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 0
    assert rows_of(judged) == before


def test_an_edit_keeps_working_where_the_ids_are_ours(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    """A file that never was in Label Studio has our `unique_id`; a hand edited the verdict."""
    tasks = json.loads(exported(judged, tmp_path, "labelstudio").read_text(encoding="utf-8"))
    annotation = tasks[0]["annotations"][0]
    edited(annotation, "description wrong", None, "2026-06-02T08:00:00Z")
    annotation["completed_by"] = 2
    for part in annotation["result"]:
        del part["id"]
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 1
    assert judged.history(case_ids[0])[-1].annotator == "Label Studio 2"


def test_an_edited_note_is_a_new_version_too(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    tasks[0]["annotations"][0]["result"][1]["value"]["text"] = ["seen  ", "twice"]
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 1
    assert judged.history(case_ids[0])[-1].note == "seen   twice"


def test_a_verdict_made_and_edited_there_is_taken_in_twice(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    """The second export has another content under the same id; it was refused."""
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    made = made_there(tasks)
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 1
    edited(made, "description too vague", 1, "2026-06-02T08:00:00Z")
    for added in (1, 0):
        assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == added
    (case_id,) = {tasks[2]["data"]["case_id"]}
    assert [(entry.verdict, entry.standing) for entry in judged.history(case_id)] == [
        ("model error", False),
        ("description too vague", True),
    ]
    assert case_id == case_ids[2]


def test_what_has_no_verdict_is_left_out_and_counted(judged: Store, tmp_path: Path) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    blank = {"id": 50, "result": [], "was_cancelled": False, "created_at": "2026-06-01T08:00:00Z"}
    tasks[0]["annotations"] += [blank, blank | {"was_cancelled": True}]
    found = taken(judged, tmp_path / "back.json", tasks)
    assert (found["verdicts"], found["left_out"]) == (0, 2)


@pytest.mark.parametrize("lead_time", [1e400, -1.0, "fast", None, 1e9])
def test_a_time_that_cannot_be_is_no_time(
    judged: Store, case_ids: list[str], tmp_path: Path, lead_time: Any
) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    edited(tasks[0]["annotations"][0], "description wrong", 2, "2026-06-02T08:00:00Z")
    tasks[0]["annotations"][0]["lead_time"] = lead_time
    assert taken(judged, tmp_path / "back.json", tasks)["verdicts"] == 1
    assert judged.history(case_ids[0])[-1].took_ms is None


def test_a_choice_that_we_do_not_have_is_told(judged: Store, tmp_path: Path) -> None:
    tasks = through_label_studio(exported(judged, tmp_path, "labelstudio"))
    edited(tasks[0]["annotations"][0], "nice", 2, "2026-06-02T08:00:00Z")
    before = rows_of(judged)
    with pytest.raises(CasesError, match=r"case 1, verdict 3: verdict 'nice' is not a verdict"):
        taken(judged, tmp_path / "back.json", tasks)
    assert rows_of(judged) == before
