"""A file is there whole, or it is as it was before."""

from pathlib import Path

import pytest
from tiny_training import full_disk

from core.errors import TrainingError
from core.training.files import whole


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with whole(path) as file:
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
        pytest.raises(TrainingError, match="a cannot be written: File too large; mend that"),
        whole(path) as file,
    ):
        file.write(b"x" * 9000)
    assert list(tmp_path.iterdir()) == ([path] if before else [])
    assert before is None or path.read_bytes() == before


def test_what_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole(tmp_path / "a") as file:
            file.write(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(TrainingError, match="cannot be written: No such file or directory"),
        whole(tmp_path / "none" / "a"),
    ):
        pass
