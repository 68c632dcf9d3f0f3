"""What a training is fed with, as data: towns, albums, cities of CVG-Text. Reads none of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.sources.cvgtext import Kind, Version


def check_name(name: str) -> None:
    """Raises ValueError for what cannot be part of a file's name."""
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"{name!r} is no name for files; wanted letters, digits and . _ -")


@dataclass(frozen=True, slots=True)
class MapDataset:
    """Map files of one place; at most `limit` viewpoints of it, likelier where more is to see."""

    name: str
    sources: tuple[Path, ...]
    spacing_m: float
    limit: int
    held: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        if not (self.sources and self.spacing_m > 0 and self.limit > 0):
            raise ValueError("wanted at least one of sources, a spacing_m and a limit above 0")


@dataclass(frozen=True, slots=True)
class PictureDataset:
    """Pictures in a folder and a file of JSON lines with `picture`, its name there, and `texts`."""

    name: str
    pictures: Path
    texts: Path
    held: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True, slots=True)
class CvgTextDataset:
    """The training split of CVG-Text for one city, whose northern `held_share` is held apart.

    What is held makes a place of its own, `<name>-held`.
    """

    name: str
    root: Path
    city: str
    kind: Kind
    version: Version = "mixed"
    held_share: float = 0.1

    def __post_init__(self) -> None:
        check_name(self.name)
        if not 0 < self.held_share < 1:
            raise ValueError(f"held_share is {self.held_share}; wanted more than 0, less than 1")

    @property
    def held_name(self) -> str:
        """The place that is held apart."""
        return f"{self.name}-held"
