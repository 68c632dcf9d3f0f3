"""CVG-Text → a collection, and back."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SourceError
from core.files import replacing, write_bytes
from core.sources.collection.opened import Collection
from core.sources.collection.pictures import ending_of
from core.sources.collection.schema import CollectionRow, Split
from core.sources.collection.writing import CollectionInfo
from core.sources.cvgtext import (
    LICENCES,
    CvgRow,
    CvgText,
    Kind,
    Version,
    base_name,
    coordinates_of,
    is_panorama,
    read_cvgtext,
    stem_of,
)
from core.sources.cvgtext import Split as CvgSplit

PLACES: Final = {
    "newyork": ("United States", "North America"),
    "brisbane": ("Australia", "Oceania"),
    "tokyo": ("Japan", "Asia"),
}
"""Country and continent of CVG-Text's cities; another city has neither."""
_OF_SPLIT: Final[dict[CvgSplit, Split]] = {"train": "train", "test": "test"}
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_FOLDERS: Final[dict[Kind, str]] = {"sat": "satellite", "osm": "OSM", "ground": "ground"}


@dataclass(frozen=True, slots=True)
class CvgSource:
    """The splits of a copy of CVG-Text that are there, and its faults in words."""

    parts: tuple[tuple[CvgSplit, CvgText], ...]
    faults: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The number of described pictures."""
        return sum(len(data.rows) for _, data in self.parts)


def read_source(root: Path, city: str, version: Version, kind: Kind) -> CvgSource:
    """Reads the annotations of both splits, or of the one that is there. Raises SourceError."""
    parts: list[tuple[CvgSplit, CvgText]] = []
    faults: list[str] = []
    missing: SourceError | None = None
    for split in _OF_SPLIT:
        try:
            data = read_cvgtext(root, city, version, kind, split)
        except SourceError as error:
            missing = error
            faults.append(str(error))
            continue
        parts.append((split, data))
        faults += map(str, data.faults)
    if not parts and missing:
        raise missing
    return CvgSource(tuple(parts), tuple(faults))


def info_of(source: CvgSource, name: str, title: str) -> CollectionInfo:
    """The head of the collection. Training and test pictures are of the same city, so it is split
    by picture."""
    _, data = source.parts[0]
    return CollectionInfo(
        name=name,
        title=title or f"{data.city}, CVG-Text {data.kind}",
        view="drawn" if data.kind == "osm" else "aerial",
        footprint_m=data.footprint_m,
        split_by="picture",
        licence=LICENCES[data.kind],
        source=f"CVG-Text {data.city}, {data.version}, {data.kind}",
    )


def rows_of(source: CvgSource) -> Iterator[CollectionRow]:
    """The described pictures, file by file as they are, the city as the region."""
    for split, data in source.parts:
        country, continent = PLACES.get(data.city.lower(), ("", ""))
        for row in data.rows:
            yield CollectionRow(
                row_id=row.name,
                region=data.city,
                country=country,
                continent=continent,
                split=_OF_SPLIT[split],
                lat=row.lat,
                lon=row.lon,
                picture=_content(row),
                descriptions=(row.description,) if row.description.strip() else (),
            )


def _content(row: CvgRow) -> bytes:
    try:
        return row.picture.read_bytes()
    except OSError as error:
        raise SourceError(f"{row.picture} cannot be read: {error.strerror}") from error


def write_cvgtext_copy(collection: Collection, root: Path, city: str, kind: Kind) -> dict[str, int]:
    """Writes a collection in the layout of CVG-Text; returns counts.

    Pictures go to `<version>-<kind>`, the first description of each to
    `CVG-text/<version>/<split>.json`, while rows are read. Left out are rows of the split
    "validation", which CVG-Text does not have, and rows without a description. Raises SourceError.
    """
    counts = {"panoramas": 0, "single_views": 0, "left_out": 0}
    with ExitStack() as stack:
        files = _Annotations(root, city, stack)
        for found in collection.rows():
            row = found.row
            if row.split == "validation" or not row.descriptions:
                counts["left_out"] += 1
                continue
            name = _name_of(row)
            version = city if is_panorama(name) else f"{city}-photos"
            target = root / f"{version}-{_FOLDERS[kind]}" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(target, row.picture, error=SourceError)
            files.add(version, row.split, name, row.descriptions[0])
            counts["panoramas" if version == city else "single_views"] += 1
        files.finish()
    return counts


def _name_of(row: CollectionRow) -> str:
    """The row's id if it is a file name of CVG-Text, else one with its position."""
    name = row.row_id
    at_its_place = name == base_name(name) and coordinates_of(name) == (row.lat, row.lon)
    if at_its_place and stem_of(name) != name and "\x00" not in name:
        return name
    label = _UNSAFE.sub("-", stem_of(name)).strip("-")[:60]
    return f"{row.lat:.6f},{row.lon:.6f}_{label}.{ending_of(row.picture)}"


class _Annotations:
    """The annotation files, written line by line and moved to their place at the end."""

    def __init__(self, root: Path, city: str, stack: ExitStack) -> None:
        self._root, self._city, self._stack = root, city, stack
        self._files: dict[tuple[str, str], Path] = {}

    def add(self, version: str, split: str, name: str, text: str) -> None:
        """Adds a description."""
        key = (version, split)
        first = key not in self._files
        if first:
            path = self._root / "CVG-text" / version / f"{split}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[key] = self._stack.enter_context(replacing(path, error=SourceError))
        with self._files[key].open("a", encoding="utf-8") as file:
            start = "{\n" if first else ",\n"
            file.write(
                f"{start} {json.dumps(name, ensure_ascii=False)}: "
                f"{json.dumps(text, ensure_ascii=False)}"
            )

    def finish(self) -> None:
        """Ends each file."""
        for path in self._files.values():
            with path.open("a", encoding="utf-8") as file:
                file.write("\n}\n")
