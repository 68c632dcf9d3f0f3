"""Text drawn into pictures and read again by the real networks, without a network."""

import socket
import time
from pathlib import Path

import pytest
from PIL import Image
from tiny_cvgtext import write_picture

from core.sources.ocr import PictureReader


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    return PictureReader(threads=1)


def test_lines_are_read_from_the_top(reader: PictureReader, tmp_path: Path) -> None:
    lines = ("Lime Street", "Broadway 12", "Saint Olaf")
    path = write_picture(tmp_path / "signs.png", lines=lines, size=320)
    with Image.open(path) as picture:
        assert reader.lines(picture) == lines


def test_a_line_that_stands_twice_is_one(reader: PictureReader, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "signs.png", lines=("Broadway", "Broadway", "X"), size=320)
    with Image.open(path) as picture:
        assert reader.lines(picture) == ("Broadway",)


def test_a_picture_without_text_has_no_lines(
    reader: PictureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("reading asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for mode in ("RGB", "L", "RGBA", "P"):
        assert reader.lines(Image.new(mode, (64, 64))) == ()
    assert PictureReader(threads=1).lines(Image.new("RGB", (64, 64), "white")) == ()


def test_a_narrow_picture_takes_about_as_long_as_a_square_one(reader: PictureReader) -> None:
    def seconds(size: tuple[int, int]) -> float:
        started = time.perf_counter()
        assert reader.lines(Image.new("RGB", size, "white")) == ()
        return time.perf_counter() - started

    square = min(seconds((900, 900)) for _ in range(2))
    for size in ((2, 900), (3000, 1)):
        assert seconds(size) / square < 30
