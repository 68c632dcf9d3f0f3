"""A street drawn with signs, as a photograph would show it, and what tests of photographs share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from core.describe.streetview import PhotoDescriber
from core.sources.ocr import PictureReader


def drawn_street() -> Image.Image:
    """A street between a yellow house with a pharmacy and a red one with a name."""
    picture = Image.new("RGB", (640, 480), "#6fa0e0")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 50), (260, 200), (260, 260), (0, 410)], "#d9a520")
    draw.polygon([(640, 50), (380, 200), (380, 260), (640, 410)], "#8a2b20")
    draw.polygon([(0, 480), (0, 405), (310, 250), (330, 250), (640, 405), (640, 480)], "#8c8a88")
    for text, at in (("APOTHEKE", (10, 190)), ("Lindenhof", (470, 190))):
        draw.rectangle((at[0] - 6, at[1] - 4, at[0] + 156, at[1] + 40), "white")
        draw.text(at, text, "black", ImageFont.load_default(30))
    return picture


def write_street(path: Path) -> None:
    """The street as a JPEG."""
    drawn_street().save(path, "JPEG", quality=95)


def write_streets(folder: Path) -> None:
    """A folder with the street at a known position."""
    folder.mkdir()
    write_street(folder / "60.170500,24.941200_001.jpg")


@pytest.fixture(scope="session")
def reader() -> PictureReader:
    return PictureReader(threads=1)


@pytest.fixture(scope="session")
def by_rules(reader: PictureReader) -> PhotoDescriber:
    return PhotoDescriber(reader)


@pytest.fixture(scope="session")
def street() -> Image.Image:
    return drawn_street()


@pytest.fixture
def folder(street: Image.Image, tmp_path: Path) -> Callable[..., Path]:
    """Writes pictures under names into a folder; without a picture, the street."""

    def write(*names: str, **others: bytes) -> Path:
        photos = tmp_path / "photos"
        photos.mkdir(exist_ok=True)
        for number, name in enumerate(names):
            picture = street.copy()
            picture.paste((60 * number, 0, 0), (0, 0, 16, 16))
            picture.save(photos / name, quality=95)
        for name, data in others.items():
            (photos / f"{name}.jpg").write_bytes(data)
        return photos

    return write
