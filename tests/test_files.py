"""Files are written completely or stay unchanged; no table cell is a formula."""

from pathlib import Path

import pytest
from tiny_training import full_disk

from core.errors import ModelError, TrainingError
from core.files import (
    open_replacing,
    remove_parts,
    replacing,
    safe_cell,
    write_bytes,
    write_json,
    write_text,
)


@pytest.mark.parametrize("sync", [False, True])
def test_a_file_appears_when_it_is_whole(tmp_path: Path, sync: bool) -> None:
    path = tmp_path / "a"
    with open_replacing(path, sync=sync) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "a"
    if before is not None:
        path.write_bytes(before)
    with (
        full_disk(),
        pytest.raises(TrainingError, match="a cannot be written: File too large; fix this"),
    ):
        write_bytes(path, b"x" * 9000, error=TrainingError)
    assert list(tmp_path.iterdir()) == ([path] if before else [])
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ModelError("no weights")])
def test_what_is_interrupted_leaves_nothing(tmp_path: Path, fault: BaseException) -> None:
    def interrupted() -> None:
        with replacing(tmp_path / "a", error=TrainingError) as part:
            part.write_bytes(b"x")
            raise fault

    with pytest.raises(type(fault) if isinstance(fault, ModelError) else KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    """Temporary files of other or killed processes are not touched."""
    other = tmp_path / ".a.1-1.part"
    other.write_bytes(b"half")
    assert write_text(tmp_path / "a", "ä\n").read_bytes() == b"\xc3\xa4\n"
    assert other.read_bytes() == b"half"
    remove_parts(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_folder_takes_its_place_in_one_step_too(tmp_path: Path) -> None:
    def written(text: str) -> None:
        with replacing(tmp_path / "a") as part:
            part.mkdir()
            (part / "b").write_text(text, "utf-8")
            assert not text or not (tmp_path / "a").exists()
            if not text:
                raise OSError(28, "No space left on device")

    written("new")
    with pytest.raises(OSError, match="No space"):
        written("")
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a" / "b").read_text("utf-8") == "new"


@pytest.mark.parametrize("folder", ["none", "file"])
def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    path = tmp_path / folder / "a"
    with pytest.raises(TrainingError, match=r"cannot be written: No(t a| such file or) directory"):
        write_bytes(path, b"", error=TrainingError)
    with pytest.raises(OSError, match="directory"):
        write_bytes(path, b"")


def test_json_is_for_people_too(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", {"où": [1, 2.5]})
    assert path.read_text("utf-8") == '{\n "où": [\n  1,\n  2.5\n ]\n}\n'


# ---- Cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_text_like_a_formula_gets_an_apostrophe(sign: str) -> None:
    blank = ("", " ", "   ", "\t", "\r", "\n", " \t", "\u00a0", "\u3000", "\ufeff", "\u200b", "\0")
    for before in blank:
        text = f"{before}{sign}1+cmd"
        assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\tbank", "\rbank", "\nbank"])
def test_a_text_that_would_begin_another_cell_gets_one_too(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "bank", " bank", "a=1", "1-2", "'t Zand", "Kahvila (=bar)", "½", "\N{MINUS SIGN}1"]
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("number", [-1, -34.9, 0, 7.5, True, None])
def test_a_number_stays_a_number(number: float | bool | None) -> None:
    assert safe_cell(number) is number
