"""The datasets of a training run: towns, picture folders with texts, cities of CVG-Text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.sources.cvgtext import Kind, Version


def check_name(name: str) -> None:
    """Raises ValueError for a name that cannot be part of a file name."""
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"{name!r} cannot name a file; use letters, digits and . _ -")


@dataclass(frozen=True, slots=True)
class MapDataset:
    """Map files of one town.

    At most `limit` viewpoints are sampled, more often where more things are near. `held` marks a
    validation place.
    """

    name: str
    sources: tuple[Path, ...]
    spacing_m: float
    limit: int
    held: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        if not (self.sources and self.spacing_m > 0 and self.limit > 0):
            raise ValueError("give at least one of sources, and a spacing_m and a limit above 0")


@dataclass(frozen=True, slots=True)
class PictureDataset:
    """A folder of pictures, and a file of JSON lines with the `picture` name and its `texts`."""

    name: str
    pictures: Path
    texts: Path
    held: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True, slots=True)
class CvgTextDataset:
    """The training split of CVG-Text for one city.

    Its northern share `held_share` is for validation, as a place named `<name>-held`.
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
            raise ValueError(f"held_share is {self.held_share}; give more than 0, less than 1")

    @property
    def held_name(self) -> str:
        """The name of the validation place."""
        return f"{self.name}-held"
