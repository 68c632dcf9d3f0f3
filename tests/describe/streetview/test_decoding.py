"""Files of strangers: decoded elsewhere, with limits, without their metadata."""

import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_hostile import FAMILIES, HostileFile, hostile_files, png_bomb, saved

from core.describe.streetview import LIMITS, PhotoError, read_photo


def with_position(lat: float, lon: float) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(
        {
            1: "N" if lat >= 0 else "S",
            2: (abs(lat), 30.0, 0.0),
            3: "E" if lon >= 0 else "W",
            4: (abs(lon), 15.0, 36.0),
        }
    )
    return saved(Image.new("RGB", (120, 90), "orange"), exif=exif)


def assert_harmless(file: HostileFile) -> None:
    """It gives its line, or plain pixels where it may."""
    line, photo = "", None
    try:
        photo = read_photo(file.data, with_position=True)
    except PhotoError as error:
        line = str(error)
    if photo is None:
        assert "\n" not in line, file.name
        assert line.startswith("the photo cannot be read: "), file.name
        return
    assert file.readable, file.name
    assert photo.picture.mode == "RGB", file.name
    assert max(photo.picture.size) <= LIMITS.view_px, file.name
    assert not photo.picture.info, file.name
    assert not photo.picture.getexif(), file.name


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hostile_file_gives_one_line_or_plain_pixels(family: str) -> None:
    assert_harmless(next(file for file in hostile_files() if file.family == family))


def resident_mb() -> float:
    """The memory of this process now; the most so far would hide what earlier tests took."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@pytest.mark.slow
def test_a_hundred_hostile_files_do_no_harm(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    files = hostile_files()
    assert len(files) == 100
    assert_harmless(files[0])  # what is loaded once
    before_mb, most_mb = resident_mb(), 0.0
    for file in files:
        assert_harmless(file)
        most_mb = max(most_mb, resident_mb())
    grown_mb = most_mb - before_mb
    record_property("grown_mb", round(grown_mb, 1))
    assert grown_mb < 64
    assert not [*tmp_path.iterdir()]


def test_memory_is_limited_where_a_picture_is_decoded() -> None:
    bomb, tight = png_bomb(6_000, 5_000), replace(LIMITS, memory_bytes=150 * 2**20)
    assert read_photo(bomb).picture.size == (2048, 1707)
    with pytest.raises(PhotoError, match=r"memory|too much"):
        read_photo(bomb, limits=tight)


def test_time_is_limited() -> None:
    with pytest.raises(PhotoError, match="takes too long"):
        read_photo(saved(Image.new("RGB", (90, 90))), limits=replace(LIMITS, wall_s=0))


def test_the_size_of_the_file_is_limited_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(saved(Image.new("RGB", (90, 90))) + bytes(5000))
    with pytest.raises(PhotoError, match="more than 0 MB"):
        read_photo(path, limits=replace(LIMITS, file_bytes=4000))
    with pytest.raises(PhotoError, match="no photo"):
        read_photo(tmp_path / "absent.jpg")


def test_a_position_is_read_only_on_request() -> None:
    photo = read_photo(with_position(55.0, -13.0))
    assert photo.taken_at is None
    assert not photo.picture.info
    asked = read_photo(with_position(55.0, -13.0), with_position=True)
    assert asked.taken_at is not None
    assert (asked.taken_at.lat, asked.taken_at.lon) == pytest.approx((55.5, -13.26))


def test_a_photo_is_turned_upright_and_reduced() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((1000, 3000, 3), dtype=np.uint8)
    pixels[:, :100] = (255, 0, 0)
    photo = read_photo(saved(Image.fromarray(pixels), exif=exif, quality=95))
    assert photo.picture.size == (683, 2048)
    red, green, _ = photo.picture.getpixel((340, 20))
    assert red > 200 > 60 > green
