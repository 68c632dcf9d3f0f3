"""Reads CVG-Text (arXiv 2412.17007): pictures by position, with descriptions.

All known folder layouts are read, and the faults of a copy are listed. The data set is the user's
own; the app comes with none of it.
"""

import hashlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.errors import SourceError
from core.geo import Position

Version = Literal["panorama", "photos", "mixed"]
Kind = Literal["sat", "osm", "ground"]
Split = Literal["train", "test"]

SPLITS: tuple[Split, ...] = ("train", "test")
LICENCES: dict[Kind, str] = {
    "sat": "CVG-Text satellite pictures, which may not be redistributed",
    "osm": "CVG-Text map pictures, which may not be redistributed, © OpenStreetMap contributors",
    "ground": "CVG-Text street views, which may not be redistributed",
}
_FOLDERS: dict[Kind, str] = {"sat": "satellite", "osm": "OSM", "ground": "ground"}
_ARCHIVE: dict[Kind, str] = {"sat": "reference", "osm": "reference", "ground": "query"}
_ANNOTATIONS = (("CVG-text",), ("annotation",), ("annotation", "texts"))
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_COORDINATES = re.compile(r"([+-]?\d*\.?\d+),([+-]?\d*\.?\d+)", re.ASCII)
_CITY = re.compile(r"\w[\w ]*", re.ASCII)
_MERCATOR_M = 512 * 2 * math.pi * 6_378_137 / 256 / 2**20
"""Mercator metres across a tile, at the equator: 512 px at zoom 20, or 256 px at zoom 19 drawn at
twice the size."""

FaultKind = Literal[
    "no annotation",
    "no tile",
    "no description",
    "no position",
    "same picture",
    "same description",
    "same name",
]
_FAULTS: dict[FaultKind, str] = {
    "no annotation": "missing annotation files",
    "no tile": "descriptions without a picture, left out",
    "no description": "pictures without a description",
    "no position": "names without a latitude and longitude, left out",
    "same picture": "groups of pictures that are the same byte for byte",
    "same description": "descriptions given to several pictures",
    "same name": "names twice in an annotation file, the last description kept",
}


@dataclass(frozen=True, slots=True)
class CvgRow:
    """A picture and its position; `description` is "" if it has none."""

    name: str
    description: str
    lat: float
    lon: float
    is_panorama: bool
    picture: Path


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a copy of CVG-Text, and the names of the files or rows that have it."""

    kind: FaultKind
    names: tuple[str, ...]

    def __str__(self) -> str:
        first = ", ".join(self.names[:3])
        return f"{len(self.names)} {_FAULTS[self.kind]}: {first}{', …' * (len(self.names) > 3)}"


@dataclass(frozen=True, slots=True)
class CvgText:
    """Pictures of one city and kind: first the described ones in the annotation's order."""

    root: Path
    city: str
    version: Version
    kind: Kind
    rows: tuple[CvgRow, ...]
    faults: tuple[Fault, ...]

    @property
    def footprint_m(self) -> float:
        """Ground metres across a tile, at the mean latitude.

        Map tiles come from a fixed grid, so a viewpoint may be far from the centre of its tile.
        """
        middle = sum(row.lat for row in self.rows) / len(self.rows)
        return _MERCATOR_M * math.cos(math.radians(middle))

    def faults_json(self) -> list[dict[str, Any]]:
        """The faults as the command line prints them, each with its first 20 names."""
        return [
            {"fault": fault.kind, "count": len(fault.names), "names": list(fault.names[:20])}
            for fault in self.faults
        ]


@dataclass
class _Contents:
    """Rows and faults read so far."""

    rows: list[CvgRow] = field(default_factory=list)
    faults: dict[FaultKind, list[str]] = field(default_factory=lambda: defaultdict(list))


def base_name(name: str) -> str:
    """A file name without its folders, separated by slashes or backslashes."""
    return name.replace("\\", "/").rpartition("/")[2]


def is_panorama(name: str) -> bool:
    """Whether a base name has more than two parts between underscores."""
    return name.count("_") > 1


def coordinates_of(name: str) -> tuple[float, float] | None:
    """Latitude and longitude at the start of a base name; None if there are none."""
    match = _COORDINATES.match(name)
    return (float(match[1]), float(match[2])) if match else None


def read_cvgtext(
    root: Path, city: str, version: Version, kind: Kind, split: Split | None
) -> CvgText:
    """Reads the described pictures of a split; if it is None, all pictures of both splits.

    Raises SourceError if folders or the split are missing, if an annotation is not one JSON
    object of file names and descriptions, or if no picture remains.
    """
    if not root.is_dir():
        raise SourceError(f"there is no folder {root}; give the root folder of CVG-Text")
    if not _CITY.fullmatch(city):
        raise SourceError(f"{city[:60]!r} is not a city of CVG-Text; give one such as NewYork")
    contents = _Contents()
    for part in _parts(root, city, version, split):
        _read_part(root, city, part, kind, split, contents)
    contents.faults["same picture"] = _identical([row.picture for row in contents.rows])
    contents.faults["same description"] = _repeated(contents.rows)
    if not contents.rows:
        wrong = "; ".join(str(fault) for fault in _faults(contents)) or "its folders are empty"
        raise SourceError(f"{root} has no usable picture of {city} ({wrong})")
    return CvgText(root, city, version, kind, tuple(contents.rows), tuple(_faults(contents)))


def _faults(contents: _Contents) -> Iterator[Fault]:
    for kind in _FAULTS:
        if names := contents.faults[kind]:
            yield Fault(kind, tuple(names))


def _parts(root: Path, city: str, version: Version, split: Split | None) -> tuple[str, ...]:
    """Folder names of a version; the mixed version pools the other two or has its own folder."""
    if version != "mixed":
        return (city,) if version == "panorama" else (f"{city}-photos",)
    pooled, own = (city, f"{city}-photos"), f"{city}-mixed"
    splits = (split,) if split else SPLITS
    if all(_annotation(root, part, name) for part in pooled for name in splits):
        return pooled
    return (own,) if all(_annotation(root, own, name) for name in splits) else pooled


def _find(folder: Path, *steps: str) -> Path | None:
    """Path at some steps below a folder, ignoring case; None if there is none."""
    for step in steps:
        children = sorted(folder.iterdir()) if folder.is_dir() else []
        same = [child for child in children if child.name.lower() == step.lower()]
        if not same:
            return None
        folder = next((child for child in same if child.name == step), same[0])
    return folder


def _annotation(root: Path, part: str, split: Split) -> Path | None:
    paths = (_find(root, *steps, part, f"{split}.json") for steps in _ANNOTATIONS)
    return next((path for path in paths if path and path.is_file()), None)


def _picture_folder(root: Path, part: str, kind: Kind) -> Path | None:
    name = f"{part}-{_FOLDERS[kind]}"
    paths = (_find(root, name), _find(root, _ARCHIVE[kind], name))
    return next((path for path in paths if path and path.is_dir()), None)


def _read_part(
    root: Path, city: str, part: str, kind: Kind, split: Split | None, contents: _Contents
) -> None:
    """Adds the rows of one part; its pictures may be in the folder of another part."""
    folders = _folders_of(root, city, part, kind)
    pictures = [_pictures(folder) for folder in folders]
    described: set[str] = set()
    for name in (split,) if split else SPLITS:
        path = _annotation(root, part, name)
        if path is not None:
            described |= _add_described(path, pictures, contents)
        elif split is None:
            contents.faults["no annotation"].append(f"{part}/{name}.json")
        else:
            raise SourceError(
                f"{root} has no {split}.json of {part}; copy it to CVG-text/{part}/{split}.json or "
                f"annotation/{part}/{split}.json"
            )
    if split is None:
        mixed = part == f"{city}-mixed"
        pooled = not mixed and folders[0] != _picture_folder(root, part, kind)
        for files in pictures if mixed else pictures[:1]:
            for picture in dict.fromkeys(files.values()):
                if not pooled or is_panorama(picture.name) == (part == city):
                    _add_other(picture, described, contents)


def _folders_of(root: Path, city: str, part: str, kind: Kind) -> list[Path]:
    """Folders that may hold a part's pictures: its own first, then pooled ones."""
    mixed = f"{city}-mixed"
    names = dict.fromkeys((part, mixed, city, f"{city}-photos" if part == mixed else city))
    folders = [path for name in names if (path := _picture_folder(root, name, kind))]
    if not folders:
        raise SourceError(
            f"{root} has no folder {part}-{_FOLDERS[kind]}, nor has its {_ARCHIVE[kind]}/; "
            f"copy it there. It has: {_listed(root)}"
        )
    return folders


def _add_described(
    annotation: Path, pictures: Sequence[dict[str, Path]], contents: _Contents
) -> set[str]:
    """Adds the rows of one annotation; returns the stems it names."""
    stems = set()
    for name, description in _descriptions(annotation, contents).items():
        stem = stem_of(name)
        stems.add(stem)
        paths = (files.get(name) or files.get(stem) for files in pictures)
        picture = next(filter(None, paths), None)
        if picture is None:
            contents.faults["no tile"].append(name)
        else:
            _add(name, description, picture, contents)
    return stems


def _add_other(picture: Path, described: set[str], contents: _Contents) -> None:
    """Adds a picture unless it is described or was added with another suffix."""
    stem = stem_of(picture.name)
    if stem not in described:
        described.add(stem)
        contents.faults["no description"].append(picture.name)
        _add(picture.name, "", picture, contents)


def _add(name: str, description: str, picture: Path, contents: _Contents) -> None:
    at = coordinates_of(name)
    try:
        place = Position(*at) if at else None
    except ValueError:
        place = None
    if place is None:
        contents.faults["no position"].append(name)
    else:
        row = CvgRow(name, description, place.lat, place.lon, is_panorama(name), picture)
        contents.rows.append(row)


def stem_of(name: str) -> str:
    """A file name without a picture's suffix; other points belong to coordinates."""
    ending = next((end for end in _PICTURES if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)]


def _pictures(folder: Path) -> dict[str, Path]:
    """The pictures directly in a folder, by name and by stem; no other file is opened."""
    every = sorted(path for path in folder.iterdir() if path.is_file())
    files = [path for path in every if path.name.lower().endswith(_PICTURES)]
    return {stem_of(path.name): path for path in files} | {path.name: path for path in files}


class _OrderedPairs(list[tuple[str, object]]):
    """A JSON object in its order, with repeated keys."""


def _descriptions(path: Path, contents: _Contents) -> dict[str, str]:
    """Description by file name, in the order of the file."""
    try:
        pairs = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_OrderedPairs)
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} is not JSON ({error}); copy it again") from error
    if not isinstance(pairs, _OrderedPairs) or not all(isinstance(text, str) for _, text in pairs):
        raise SourceError(
            f"{path} is not one JSON object of file names and descriptions; copy the annotation of "
            f"CVG-Text again"
        )
    descriptions: dict[str, str] = {}
    for key, text in pairs:
        name = base_name(key)
        if name in descriptions:
            contents.faults["same name"].append(name)
        descriptions[name] = str(text)
    return descriptions


def _identical(paths: Sequence[Path]) -> list[str]:
    """Groups of files with the same bytes, as "a = b"; only files of equal size are read."""
    by_size = _grouped((str(path.stat().st_size), path) for path in dict.fromkeys(paths))
    same_size = [path for group in by_size for path in group]
    by_hash = _grouped((hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in same_size)
    return [" = ".join(path.name for path in group) for group in by_hash]


def _grouped(pairs: Iterable[tuple[str, Path]]) -> list[list[Path]]:
    groups: dict[str, list[Path]] = defaultdict(list)
    for key, path in pairs:
        groups[key].append(path)
    return [group for group in groups.values() if len(group) > 1]


def _repeated(rows: Sequence[CvgRow]) -> list[str]:
    names: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.description:
            names[row.description].append(row.name)
    return [" = ".join(group) for group in names.values() if len(group) > 1]


def _listed(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:8]) + ", …" * (len(names) > 8) if names else "nothing"
