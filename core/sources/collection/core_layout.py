"""CORE → a collection: a skeleton, unverified.

CORE (arXiv 2603.08491) has 1,034,786 pairs of pictures and descriptions in 225 regions of all
continents. Its data, its code and its format on disk are not public, so nothing here was ever
tried on it. The converter expects a guess, `CoreLayout`: a folder with one index of JSON lines and
the pictures below the folder. Once CORE is published, change the names in `CoreLayout`, or the
function `core_rows` if the index is of another kind; all else stays. A collection made by it says
in its manifest that it is unverified.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SourceError
from core.sources.collection.json_lines import picture_of
from core.sources.collection.opened import usable_row
from core.sources.collection.schema import CollectionRow, RawRow, json_of
from core.sources.collection.writing import CollectionInfo

UNVERIFIED: Final = (
    "converted by a guess of CORE's layout, which is not published; nothing was compared with it"
)


@dataclass(frozen=True, slots=True)
class CoreLayout:
    """Names that are guessed: the index, and for each field of ours the name in its lines.

    `splits` has our split for each of theirs. `footprint_m` is a guess, too.
    """

    index: str = "metadata.jsonl"
    row_id: str = "id"
    region: str = "region"
    country: str = "country"
    continent: str = "continent"
    split: str = "split"
    lat: str = "lat"
    lon: str = "lon"
    picture: str = "image"
    description: str = "caption"
    splits: tuple[tuple[str, str], ...] = (
        ("train", "train"),
        ("val", "validation"),
        ("validation", "validation"),
        ("test", "test"),
    )
    footprint_m: float = 100.0


def core_info(root: Path, name: str, layout: CoreLayout = CoreLayout()) -> CollectionInfo:
    """The head of the collection, marked unverified."""
    return CollectionInfo(
        name=name,
        title="CORE",
        view="aerial",
        footprint_m=layout.footprint_m,
        source=f"CORE, arXiv 2603.08491, in {root.name}",
        unverified=UNVERIFIED,
    )


def core_rows(root: Path, layout: CoreLayout = CoreLayout()) -> Iterator[CollectionRow]:
    """The rows of the index, one after another. Raises SourceError with the line of a fault."""
    index = root / layout.index
    if not index.is_file():
        raise SourceError(
            f"{root} has no {layout.index}; CORE's own layout is not published: adapt CoreLayout "
            "in core/sources/collection/core_layout.py to your copy"
        )
    with index.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield usable_row(index.name, _raw(root, layout, number, line), unit="line")


def _raw(root: Path, layout: CoreLayout, number: int, line: str) -> RawRow:
    try:
        told = json_of(line)
        picture, fault = picture_of(root, str(told[layout.picture]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        return RawRow(number, {}, f"it has no JSON with {layout.picture} ({error!s:.60})")
    text = told.get(layout.description)
    return RawRow(
        number,
        {
            "id": told.get(layout.row_id),
            "region": told.get(layout.region),
            "country": told.get(layout.country),
            "continent": told.get(layout.continent),
            "split": dict(layout.splits).get(str(told.get(layout.split)), told.get(layout.split)),
            "lat": told.get(layout.lat),
            "lon": told.get(layout.lon),
            "picture": picture,
            "picture_fault": fault,
            "descriptions": [text] if isinstance(text, str) and text.strip() else [],
        },
    )
