"""The file of arrays beside a gallery: what is read back, and what is not read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.gallery import Gallery
from core.gallery.array_file import ArrayFile
from core.gallery.array_store import Array, packed_strings

TEXTS = ["Lime Street", "", "Schloßstraße"]
ARRAYS: dict[str, Array] = {
    "rows": np.arange(500, dtype=np.uint32),
    "none": np.empty(0, dtype=np.int64),
    **packed_strings("name", TEXTS),
}


@pytest.fixture
def file(tmp_path: Path) -> ArrayFile:
    file = ArrayFile(tmp_path / "places.npz", "the facts")
    file.write(ARRAYS)
    return file


def test_what_was_written_is_read(file: ArrayFile) -> None:
    arrays = file.read()
    assert arrays is not None
    assert arrays.keys() == ARRAYS.keys()
    for name, array in arrays.items():
        assert array.dtype == ARRAYS[name].dtype
        assert array.tolist() == ARRAYS[name].tolist()
    assert list(arrays.strings("name")) == TEXTS
    assert [path.name for path in file.path.parent.iterdir()] == ["places.npz"]


def test_a_file_of_another_source_or_none_is_not_read(file: ArrayFile) -> None:
    assert replace(file, source="other facts").read() is None
    assert replace(file, path=file.path.with_name("absent.npz")).read() is None
    assert replace(file, path=file.path.parent).read() is None


@pytest.mark.parametrize(
    "damaged",
    [
        lambda _: b"",
        lambda _: b"no archive",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"Lime", b"Lame"),
    ],
)
def test_a_damaged_file_is_not_read(file: ArrayFile, damaged: Callable[[bytes], bytes]) -> None:
    content = file.path.read_bytes()
    file.path.write_bytes(damaged(content))
    assert file.path.read_bytes() != content
    assert file.read() is None


def test_a_changed_byte_is_noticed_or_changes_nothing(file: ArrayFile) -> None:
    content, read = file.path.read_bytes(), 0
    for place in range(0, len(content), 7):
        file.path.write_bytes(content[:place] + b"\xff" + content[place + 1 :])
        if (arrays := file.read()) is not None:
            read += 1
            assert {name: array.tolist() for name, array in arrays.items()} == {
                name: array.tolist() for name, array in ARRAYS.items()
            }
    assert read < len(content) / 7 / 2


def test_an_array_of_another_archive_is_not_read(file: ArrayFile) -> None:
    """Each array has its own check in the archive; the key is that of all of them."""
    with np.load(file.path) as archive:
        arrays = dict(archive)
    np.savez(file.path, **arrays | {"rows": np.arange(1, 501, dtype=np.uint32)})
    assert file.read() is None
    np.savez(file.path, **arrays)
    assert file.read() is not None
    np.save(file.path.open("wb"), ARRAYS["rows"])
    assert file.read() is None


def test_the_file_of_a_gallery_is_of_its_facts_and_of_a_version(tiny_gallery: Gallery) -> None:
    first, second = (tiny_gallery.array_file("places", version) for version in (1, 2))
    assert first is not None
    assert second is not None
    assert first.path == second.path
    assert first.source != second.source
    assert "facts.parquet" in first.source
    assert "tiles-000.parquet" in first.source
