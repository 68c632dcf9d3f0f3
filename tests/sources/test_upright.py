"""Pictures of 16 bits and turned ones are read as viewers show them, at every door."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.describe.streetview import read_photo
from core.models.pictures import open_picture
from core.sources.collection.pictures import decoded

GREY = np.linspace(0, 65535, 90 * 120).astype(np.uint16).reshape(90, 120)


def opened(data: bytes, folder: Path) -> Image.Image:
    (folder / "picture").write_bytes(data)
    return open_picture(folder / "picture")


DOORS: dict[str, Callable[[bytes, Path], Image.Image]] = {
    "file": opened,
    "collection": lambda data, _: decoded(data),
    "photograph": lambda data, _: read_photo(data).picture,
}


@pytest.mark.parametrize("door", DOORS)
def test_sixteen_bits_are_reduced_and_not_cut(door: str, tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray(GREY).save(data, "PNG")
    picture = DOORS[door](data.getvalue(), tmp_path).convert("RGB")
    assert np.asarray(picture)[..., 1] == pytest.approx(GREY // 256, abs=1)


@pytest.mark.parametrize("door", DOORS)
def test_a_turned_picture_stands_upright(door: str, tmp_path: Path) -> None:
    stored = np.zeros((90, 120, 3), dtype=np.uint8)
    stored[:, :60] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter: what is stored left is above
    data = io.BytesIO()
    Image.fromarray(stored).save(data, "PNG", exif=exif)
    shown = np.asarray(DOORS[door](data.getvalue(), tmp_path).convert("RGB"))
    assert shown.shape == (120, 90, 3)
    assert (shown[:60].min(), shown[60:].max()) == (255, 0)


@pytest.mark.parametrize("door", ["file", "collection"])
def test_an_upright_picture_is_the_one_of_the_file(door: str, tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("RGB", (90, 90), "orange").save(data, "WEBP", exif=b"Exif\0\0broken")
    assert DOORS[door](data.getvalue(), tmp_path).format == "WEBP"
