"""Writes tiny copies of CVG-Text in every folder layout that is about, with real pictures."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SUFFIXES = {"sat": "satellite", "osm": "OSM", "ground": "ground"}


def panorama(lat: float, lon: float, number: int = 0, ending: str = "jpg") -> str:
    """A panorama's file name; its id holds both signs that the parts are told apart by."""
    return f"{lat:.6f},{lon:.6f}_2019-05_aB-c_D{number:03d}_d{number % 360}_z2.{ending}"


def photo(lat: float, lon: float, number: int = 0, ending: str = "jpg") -> str:
    """A single view's file name."""
    return f"{lat:.6f},{lon:.6f}_{number:03d}.{ending}"


def some_names(count: int, sort: Callable[..., str] = panorama, lat: float = 40.7) -> list[str]:
    """Names on a line from south to north, about 111 m apart."""
    return [sort(lat + number / 1000, -74.0, number) for number in range(count)]


def write_picture(path: Path, number: int = 0, lines: Sequence[str] = (), size: int = 32) -> Path:
    """A picture that is like no other of another number, with lines of text on it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colours = np.random.default_rng(number).integers(160, 256, (4, 4, 3), dtype=np.uint8)
    picture = Image.fromarray(colours).resize((size, size), Image.Resampling.NEAREST)
    if lines:
        picture = Image.new("RGB", (size, size), (242, 239, 233))
        for row, line in enumerate(lines):
            at = (20, 30 + row * 80)
            ImageDraw.Draw(picture).text(at, line, (40, 40, 40), ImageFont.load_default(24))
    picture.save(path)
    return path


@dataclass(frozen=True)
class Layout:
    """Where pictures and annotations of a folder name lie below the root."""

    pictures: str
    annotations: str

    def write(
        self,
        root: Path,
        part: str,
        kind: str,
        described: dict[str, dict[str, str]],
        others: Iterable[str] = (),
    ) -> Path:
        """A copy with its descriptions by split, and pictures that nothing describes."""
        folder = root / self.pictures.format(part=part, suffix=SUFFIXES[kind])
        names = [name for texts in described.values() for name in texts]
        for number, name in enumerate([*names, *others]):
            write_picture(folder / name, hash_of(f"{part}{kind}{number}"))
        for split, texts in described.items():
            path = root / self.annotations.format(part=part) / f"{split}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
        return folder


def hash_of(text: str) -> int:
    """A number that is the same in every run."""
    return int.from_bytes(text.encode()[-12:], "big")


PUBLIC = Layout("{part}-{suffix}", "CVG-text/{part}")
LAYOUTS = {
    "of the public code": PUBLIC,
    "of the archive": Layout("reference/{part}-{suffix}", "annotation/{part}"),
    "of the archive, texts apart": Layout("reference/{part}-{suffix}", "annotation/texts/{part}"),
    "mixed": Layout("{part}-{suffix}", "annotation/{part}"),
    "in other letters": Layout("reference/{part}-{suffix}", "cvg-text/{part}"),
}
