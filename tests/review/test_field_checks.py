"""Hostile lines of an export: refused in one line before the first row is written, or harmless."""

import math
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_exchange import INTAKE, PICTURE
from tiny_cases import NOW, a_report, an_answer

from core.errors import CasesError
from core.review.exchange import import_rows, read_store, rows_of
from core.review.formats import FORMATS, write_cases
from core.review.importing import import_cases
from core.review.model import RecordedAnswer
from core.review.rows import Row
from core.review.store import Store, open_store

Say = Callable[..., str]

WRONG_CASES: dict[str, list[Any]] = {
    "case_id": ["", 7, None, "x" * 301, "\ud800", "a\0b"],
    "report_id": ["", ["x"], "\udfff"],
    "kind": ["triumph", None, ["failure"]],
    "difficulty": [math.nan, math.inf, "5", None, True],
    "lot": [-1, 2**31, 2**65, 1.5, "7", True],
    "title": [None, 7, "\ud800", "x" * 1001],
    "gallery": [None, {}],
    "imported_at": ["yesterday", 7, None, "", "0001-01-01T00:00:00+14:00"],
    "number": [-1, 2**70, None, 0.5],
    "text": [None, 7, "x" * 100_001],
    "lat": [int("6" * 40), "6" * 40, 91, -90.1, math.nan, math.inf, None, True, [60]],
    "lon": [181, "24.9", None],
    "rank": [0, "1", 2**31, 1.0],
    "top_lat": [91, None],
    "distance_m": [-1, math.inf, 3e7, "0", None],
    "confidence": [1.1, -0.1, "likely", math.nan],
    "said": [7, "\ud800"],
    "report_channels": [None, "image", [7], ["\ud800"], {}, ["x"] * 201],
    "channels": [None, [1], {"image": "x"}, {"image": math.inf}, {"\ud800": 1.0}],
    "signs": [None, 7, {"words": None}],
    "verdicts": [7, None, "x", {}],
}
WRONG_ENTRIES: dict[str, list[Any]] = {
    "verdict_id": ["7", 7, None],
    "annotator": ["", "  ", " \0", None, 7],
    "verdict": ["nice", 7, ["model error"], None],
    "undoes": ["7", 7, str(uuid.UUID(int=1))],
    "final": [math.inf, "yes", 2, None, 1.0e300],
    "note": [None, 7, "x" * 100_001],
    "took_ms": ["", -1, 2**31, 2**65, 1.5, math.inf, True],
    "at": ["now", "", None, 7],
    "seq": [-1, "1", 2**65],
}


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The checks come before the database; one kind of it is enough here."""
    return str(tmp_path / "cases.sqlite")


@pytest.fixture
def row(store: Store, case_ids: list[str], say: Say) -> Row:
    """A case with a verdict."""
    say("Ada", case_ids[0], note="a note", took_ms=900)
    return next(row for row in rows_of(store) if row["verdicts"])


@pytest.fixture
def other(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "other.sqlite"), NOW)


def assert_refused(other: Store, row: Row, change: Row, name: str) -> None:
    """A good case comes first, so that a check between the rows would be seen."""
    try:
        import_rows(other, [row | {"case_id": "good", "verdicts": []}, row | change])
    except CasesError as error:
        told = str(error)
    else:
        pytest.fail(f"{str(change)[:200]} was taken")
    assert f"{name} " in told, str(change)[:200]
    assert "case 2" in told
    assert "nothing was imported" in told
    assert len(told) < 300
    assert (rows_of(other), other.reports(), other.names()) == ([], (), ())


@pytest.mark.parametrize("name", WRONG_CASES)
def test_a_wrong_value_of_a_case_is_refused_before_the_first_row(
    row: Row, other: Store, name: str
) -> None:
    assert WRONG_CASES[name]
    for value in WRONG_CASES[name]:
        assert_refused(other, row, {name: value}, name)


@pytest.mark.parametrize("name", WRONG_ENTRIES)
def test_a_wrong_value_of_a_verdict_is_refused_before_the_first_row(
    row: Row, other: Store, name: str
) -> None:
    assert WRONG_ENTRIES[name]
    for value in WRONG_ENTRIES[name]:
        wrong = "verdict" if name == "undoes" and value == str(uuid.UUID(int=1)) else name
        assert_refused(other, row, {"verdicts": [row["verdicts"][0] | {name: value}]}, wrong)


def test_every_field_of_a_row_is_needed(row: Row, other: Store) -> None:
    needed = [name for name in row if name not in ("settled", "verdicts")]
    assert len(needed) == 27
    for name in needed:
        with pytest.raises(CasesError, match=f"incomplete case: case 1 has no {name};"):
            import_rows(other, [{key: value for key, value in row.items() if key != name}])
    assert rows_of(other) == []


@pytest.mark.parametrize(
    "case_id", ["../../victim", "/etc/passwd", "..", "a/b", "C:\\x", "x" * 300]
)
@pytest.mark.parametrize("kind", FORMATS)
def test_no_id_becomes_a_path(
    row: Row, other: Store, tmp_path: Path, case_id: str, kind: str
) -> None:
    """The attack: an imported `case_id` that the FiftyOne export took for a file's name."""
    victim = tmp_path / "victim.webp"
    victim.write_bytes(b"mine")
    import_rows(other, [row | {"case_id": case_id, "verdicts": []}])
    inner = tmp_path / "out" / "deep"
    inner.mkdir(parents=True)
    path = write_cases(rows_of(other), inner / f"cases{FORMATS[kind].suffix}", kind, picture)
    assert victim.read_bytes() == b"mine"
    made = {file.relative_to(tmp_path).parts[:2] for file in tmp_path.rglob("*") if file.is_file()}
    assert made - {("out", "deep")} <= {
        (file.name,) for file in tmp_path.iterdir() if file.is_file()
    }
    assert [file.name for file in inner.iterdir()] == [path.name]
    if path.is_dir():
        names = [file.name for file in (path / "data").iterdir()]
        assert len(names) == 1
        assert names[0].removesuffix(".webp").isalnum()
    again = open_store(str(tmp_path / "again.sqlite"), NOW)
    import_cases(again, path, INTAKE, NOW)
    assert rows_of(again) == rows_of(other)


def picture(gallery: str, tile_id: str) -> bytes:
    assert gallery
    assert tile_id
    return PICTURE


def test_a_gallery_of_an_imported_case_is_never_a_path(
    row: Row, other: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import settings
    from core.review.pictures import pictures_of

    monkeypatch.setenv("SAYWHERE_DATA", str(tmp_path))
    import_rows(other, [row | {"gallery": "../../secret"}])
    assert pictures_of(settings.load())("../../secret", "t0") == b""


def test_a_case_with_another_content_is_refused(store: Store, row: Row) -> None:
    before = rows_of(store)
    for change in ({"tile_id": "t9"}, {"number": 77}, {"report_id": "r9"}, {"top_tile": "t8"}):
        with pytest.raises(CasesError, match="exists with another content"):
            import_rows(store, [row | change])
    assert rows_of(store) == before


def test_nobody_undoes_a_verdict_of_another_person(store: Store, row: Row) -> None:
    """A file made by hand took back what others had said."""
    told = row["verdicts"][0]
    undo = told | {
        "verdict_id": str(uuid.uuid4()),
        "annotator": "Ben",
        "verdict": None,
        "undoes": told["verdict_id"],
        "seq": 5,
    }
    with pytest.raises(CasesError, match="undoes no verdict of 'Ben'"):
        import_rows(store, [row | {"verdicts": [told, undo]}])
    assert [entry.standing for entry in store.history(row["case_id"])] == [True]
    import_rows(store, [row | {"verdicts": [told, undo | {"annotator": "Ada"}]}])
    assert [entry.standing for entry in store.history(row["case_id"])] == [False, False]


@pytest.mark.parametrize(
    "change",
    [{"distance_m": -1.0}, {"confidence": 7.0}, {"lat": 91.0}, {"query_id": "x" * 1001}],
)
def test_a_report_is_checked_by_the_same_schema(address: str, change: dict[str, Any]) -> None:
    opened = open_store(address, NOW)
    answer = RecordedAnswer(**(as_values(an_answer(1)) | change))
    with pytest.raises(CasesError, match=next(iter(change))):
        opened.add_report(a_report(an_answer(0), answer), 0, NOW)
    assert opened.reports() == ()


def as_values(answer: RecordedAnswer) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(answer)


def test_texts_are_kept_and_what_no_database_accepts_is_replaced(row: Row, other: Store) -> None:
    prose = "é 你好 \u202e \x1b[31m"
    import_rows(other, [row | {"text": f"{prose}\ud800\0", "title": prose}])
    (found,) = read_store(other).rows
    assert (found["text"], found["title"]) == (f"{prose}?", prose)
