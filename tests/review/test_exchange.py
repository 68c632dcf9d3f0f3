"""Exports in every format, read by the formats' own libraries if installed, and imported again."""

import csv
import gzip
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_cases import NOW, a_report, an_answer

from core.errors import CasesError, GalleryError
from core.gallery import Gallery
from core.review.exchange import rows_of
from core.review.formats import FORMATS, format_of, write_cases
from core.review.formats.label_studio import label_config
from core.review.importing import ImportOptions, import_cases
from core.review.store import NewVerdict, Store, open_store

Say = Callable[..., str]
PICTURE = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
ENDINGS = {name: f"a{form.suffix}" if form.suffix else "folder" for name, form in FORMATS.items()}


def no_gallery(name: str) -> Gallery:
    raise GalleryError(f"there is no gallery {name!r}")


INTAKE = ImportOptions(no_gallery)


@pytest.fixture
def judged(store: Store, case_ids: list[str], say: Say) -> Store:
    """A store with a dispute, an adjudication, an undone verdict and a hostile note."""
    say("Ada", case_ids[0], "model error", note='=HYPERLINK("http://x")', took_ms=1500)
    say("Ben", case_ids[0], "cannot tell", note="'quoted', \"twice\"\nand æøå 你好")
    say("Ada", case_ids[0], "description wrong", final=True)
    say("Ada", case_ids[1], "several places fit")
    store.undo("Ada", str(uuid.uuid4()), NOW.replace(hour=13))
    return store


def exported(store: Store, tmp_path: Path, kind: Any) -> Path:
    path = tmp_path / ENDINGS[kind]
    return write_cases(rows_of(store), path, format_of(path, None), lambda *_: PICTURE)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_makes_the_same_store_elsewhere(judged: Store, tmp_path: Path, kind: str) -> None:
    path = exported(judged, tmp_path, kind)
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    found = import_cases(other, path, INTAKE, NOW)
    assert (found["cases"], found["verdicts"], found["known"]) == (4, 5, 0)
    assert rows_of(other) == rows_of(judged)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_taken_in_again_doubles_nothing(judged: Store, tmp_path: Path, kind: str) -> None:
    before = rows_of(judged)
    found = import_cases(judged, exported(judged, tmp_path, kind), INTAKE, NOW)
    assert (found["cases"], found["verdicts"], found["known"]) == (0, 0, 5)
    assert rows_of(judged) == before


def test_two_annotators_files_become_one_store(tmp_path: Path) -> None:
    """Each works on a machine of their own, on the same report."""
    rows = []
    for name in ("Ada", "Ben"):
        own = open_store(str(tmp_path / f"{name}.sqlite"), NOW)
        own.add_report(a_report(), 0, NOW)
        own.join(name, NOW)
        case_id = rows_of(own)[0]["case_id"]
        own.record(NewVerdict(str(uuid.uuid4()), case_id, name, "model error"), NOW)
        rows.append(write_cases(rows_of(own), tmp_path / f"{name}.jsonl", "jsonl", lambda *_: b""))
    joined = open_store(str(tmp_path / "joined.sqlite"), NOW)
    for path in (*rows, *rows):
        import_cases(joined, path, INTAKE, NOW)
    assert joined.names() == ("Ada", "Ben")
    assert [row["settled"] for row in rows_of(joined)] == ["model error", None, None, None]


def test_a_file_that_says_otherwise_is_refused_whole(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    rows = rows_of(judged)
    before = json.dumps(rows)
    rows[0]["verdicts"][0]["verdict"] = "cannot tell"
    rows.append(json.loads(before)[1] | {"case_id": "new", "verdicts": []})
    path = write_cases(rows, tmp_path / "a.jsonl", "jsonl", lambda *_: b"")
    with pytest.raises(CasesError, match="exists with another content"):
        import_cases(judged, path, INTAKE, NOW)
    assert json.dumps(rows_of(judged)) == before
    assert case_ids == [row["case_id"] for row in rows_of(judged)]


@pytest.mark.parametrize("line", ['{"case_id": "x"}', "[]", "7", '{"verdicts": 7}'])
def test_rows_that_are_not_whole_are_refused(judged: Store, tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    before = rows_of(judged)
    with pytest.raises(CasesError, match="has an incomplete case"):
        import_cases(judged, path, INTAKE, NOW)
    assert rows_of(judged) == before


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "'=1",
        "\n=1",
        "  =1",
        " \t-1",
        "'  =1",
        "＝1",
    ],
)
def test_no_cell_of_a_csv_begins_like_a_formula(tmp_path: Path, text: str) -> None:
    store = open_store(str(tmp_path / "cases.sqlite"), NOW)
    answer = an_answer(0)
    store.add_report(a_report(replace(answer, text=text, lat=-34.9), title=text), 0, NOW)
    path = exported(store, tmp_path, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    numbers = {"lat", "lon", "top_lat", "top_lon"}
    assert not [
        name
        for name, cell in row.items()
        if name not in numbers
        and cell.startswith(("=", "+", "-", "@", "＝", "\t", "\r", "\n", "  =", " \t-"))
    ]
    assert row["lat"] == "-34.9"
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    import_cases(other, path, INTAKE, NOW)
    assert rows_of(other)[0]["text"] == text


def test_geojson_is_read_by_geopandas(judged: Store, tmp_path: Path) -> None:
    import geopandas

    frame = geopandas.read_file(exported(judged, tmp_path, "geojson"))
    assert len(frame) == 4
    assert set(frame.geometry.geom_type) == {"LineString"}
    assert list(frame.geometry[0].coords) == [(24.9, 60.1), (24.8, 60.2)]
    assert {"settled", "distance_m", "text"} <= set(frame.columns)


def tasks_of(store: Store, tmp_path: Path) -> Any:
    return json.loads(exported(store, tmp_path, "labelstudio").read_text(encoding="utf-8"))


def test_label_studios_tasks_are_as_it_documents_them(judged: Store, tmp_path: Path) -> None:
    tasks = tasks_of(judged, tmp_path)
    assert len(tasks) == 4
    assert [len(task["annotations"]) for task in tasks] == [3, 0, 0, 0]
    first = tasks[0]["annotations"][0]
    assert first["result"][0]["value"] == {"choices": ["model error"]}
    assert first["lead_time"] == 1.5
    assert {part["type"] for part in first["result"]} == {"choices", "textarea"}


def test_label_studios_own_library_takes_the_tasks(judged: Store, tmp_path: Path) -> None:
    reason = "needs label-studio-sdk"
    interface = pytest.importorskip("label_studio_sdk.label_interface", reason=reason)
    made = interface.LabelInterface(config=label_config())
    made.validate()
    tasks = tasks_of(judged, tmp_path)
    assert tasks
    assert any(task["annotations"] for task in tasks)
    for task in tasks:
        assert made.validate_task({"data": task["data"]})
        for annotation in task["annotations"]:
            assert made.validate_annotation(annotation)


def test_what_was_said_in_label_studio_comes_in_once(
    judged: Store, case_ids: list[str], tmp_path: Path
) -> None:
    tasks = tasks_of(judged, tmp_path)
    tasks[1]["annotations"] = [
        {
            "id": 31,
            "completed_by": {"id": 1, "email": "dora@example.org"},
            "lead_time": 2.5,
            "was_cancelled": False,
            "created_at": "2026-02-01T10:00:00Z",
            "result": [
                {
                    "type": "choices",
                    "from_name": "verdict",
                    "to_name": "text",
                    "value": {"choices": ["description too vague"]},
                },
                {
                    "type": "textarea",
                    "from_name": "note",
                    "to_name": "text",
                    "value": {"text": ["no", "names"]},
                },
            ],
        }
    ]
    path = tmp_path / "back.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    assert import_cases(judged, path, INTAKE, NOW)["verdicts"] == 1
    assert import_cases(judged, path, INTAKE, NOW)["verdicts"] == 0
    (entry,) = [one for one in judged.history(case_ids[1]) if one.standing]
    assert (entry.annotator, entry.verdict) == (
        "Label Studio dora@example.org",
        "description too vague",
    )
    assert (entry.note, entry.took_ms) == ("no names", 2500)


def test_fiftyone_samples_are_as_it_documents_them(judged: Store, tmp_path: Path) -> None:
    folder = exported(judged, tmp_path, "fiftyone")
    samples = json.loads((folder / "samples.json").read_text(encoding="utf-8"))["samples"]
    assert len(samples) == 4
    assert all((folder / sample["filepath"]).read_bytes() == PICTURE for sample in samples)
    assert samples[0]["verdict"]["label"] == "description wrong"
    assert samples[0]["location"]["point"] == [24.9, 60.1]


def test_fiftyones_own_library_takes_the_dataset(judged: Store, tmp_path: Path) -> None:
    """Its importer, as `Dataset.from_dir` uses it, without the database that this would want."""
    read = pytest.importorskip("fiftyone.utils.data.importers", reason="needs fiftyone")
    folder = exported(judged, tmp_path, "fiftyone")
    assert read.FiftyOneDatasetImporter(str(folder))._is_legacy_format_data()
    importer = read.LegacyFiftyOneDatasetImporter(str(folder))
    importer.setup()
    samples = list(importer)
    assert [sample.tags for sample in samples] == [["failure"]] * 4
    labels = [one.label for one in samples[0].verdicts.classifications]
    assert labels == ["model error", "cannot tell", "description wrong"]
    assert samples[0].location.point == [24.9, 60.1]


def test_an_export_never_replaces_a_folder_of_something_else(judged: Store, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(CasesError, match="is not a dataset of FiftyOne"):
        exported(judged, tmp_path, "fiftyone")
    assert (tmp_path / "folder" / "thesis.txt").exists()


def test_an_export_that_cannot_be_written_leaves_the_old_one(
    judged: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported(judged, tmp_path, "csv")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CasesError, match="cannot be written"):
        exported(judged, tmp_path, "csv")
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*.part"))


def test_every_module_of_formats_is_a_format_that_can_be_told_from_the_others() -> None:
    import core.review.formats as package

    modules = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert len(modules) == len(FORMATS) >= 5
    for what in ("name", "title", "key", "suffix"):
        assert len({getattr(form, what) for form in FORMATS.values()}) == len(FORMATS), what
    assert [name for name, form in FORMATS.items() if bool(form.read) == bool(form.rows_in)] == []
    assert {form.name for form in FORMATS.values() if not form.suffix} == {
        form.name for form in FORMATS.values() if form.inside
    }


def test_an_unknown_ending_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(CasesError) as told:
        format_of(tmp_path / "a.xlsx", None)
    assert str(told.value).startswith(
        "a.xlsx has an unknown suffix; give one of .csv, .jsonl, .geojson, .json (Label Studio), "
        "none (a FiftyOne folder), "
    )
    assert str(told.value).endswith(", or --format")
    assert format_of(tmp_path / "a.xlsx", "csv") == "csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_is_read_as_spreadsheets_save_it(
    mark: str, encoding: str, judged: Store, tmp_path: Path
) -> None:
    path = exported(judged, tmp_path, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=mark)
        writer.writerows([*rows, [""] * len(rows[0]), []])
    other = open_store(str(tmp_path / "other.sqlite"), NOW)
    found = import_cases(other, path, INTAKE, NOW)
    assert (found["cases"], found["verdicts"]) == (4, 5)
    assert rows_of(other) == rows_of(judged)


def test_a_packed_file_is_told_as_that(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_bytes(gzip.compress(b"[]"))
    with pytest.raises(CasesError, match=r"is not UTF-8 text .*; unpack it"):
        import_cases(store, path, INTAKE, NOW)
