"""What tests of photographs share: the reader of signs, and a street drawn with signs."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_street
from PIL import Image

from core.describe.streetview import PhotoDescriber
from core.sources.ocr import PictureReader


@pytest.fixture(scope="session")
def reader() -> PictureReader:
    return PictureReader(threads=1)


@pytest.fixture(scope="session")
def by_rules(reader: PictureReader) -> PhotoDescriber:
    return PhotoDescriber(reader)


@pytest.fixture(scope="session")
def street() -> Image.Image:
    return tiny_street.street()


@pytest.fixture
def folder(street: Image.Image, tmp_path: Path) -> Callable[..., Path]:
    """Writes pictures under names into a folder; without a picture, the street."""

    def write(*names: str, **others: bytes) -> Path:
        photos = tmp_path / "photos"
        photos.mkdir(exist_ok=True)
        for number, name in enumerate(names):
            picture = street.copy()
            picture.putpixel((0, 0), (number, 0, 0))
            picture.save(photos / name, quality=95)
        for name, data in others.items():
            (photos / f"{name}.jpg").write_bytes(data)
        return photos

    return write
