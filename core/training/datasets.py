"""The datasets of a training run: towns, towns seen from above, picture folders, CVG-Text and
collections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.sources.collection import Protocol
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
class AerialDataset:
    """Aerial photographs of one town, and map files of the same ground.

    At most `limit` viewpoints are sampled, as for a `MapDataset`. `bbox` is west, south, east,
    north in degrees; viewpoints outside it are not used, empty for all.
    """

    name: str
    sources: tuple[Path, ...]
    imagery: tuple[Path, ...]
    spacing_m: float
    limit: int
    bbox: tuple[float, ...] = ()
    held: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        if not (self.sources and self.imagery and self.spacing_m > 0 and self.limit > 0):
            raise ValueError(
                "give at least one of sources and of imagery, and a spacing_m and a limit above 0"
            )
        if self.bbox and not (
            len(self.bbox) == 4 and self.bbox[0] < self.bbox[2] and self.bbox[1] < self.bbox[3]
        ):
            raise ValueError(f"bbox is {list(self.bbox)}; give west, south, east, north")


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


@dataclass(frozen=True, slots=True)
class CollectionDataset:
    """The splits "train" and "validation" of a collection, the latter as `<name>-held`.

    With the `protocol` "intercontinental" they are those of the continents. At most `limit` rows
    of each region are used, 0 for all.
    """

    name: str
    path: Path
    protocol: Protocol = "world"
    limit: int = 0

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.limit < 0:
            raise ValueError(f"limit is {self.limit}; give 1 or more, or 0 for all rows")

    @property
    def held_name(self) -> str:
        """The name of the validation rows."""
        return f"{self.name}-held"
