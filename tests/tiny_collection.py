"""Tiny collections: a few regions with pictures of one colour each, and ways to spoil them."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.sources.collection import Collection, CollectionInfo, CollectionRow, write_collection
from core.sources.collection.schema import Storage, values_of

PLACES = {
    "lund": ("Sweden", "Europe", "train", 55.7, 13.19),
    "porto": ("Portugal", "Europe", "validation", 41.15, -8.61),
    "osaka": ("Japan", "Asia", "test", 34.69, 135.5),
    "quito": ("Ecuador", "South America", "test", -0.18, -78.47),
}
"""Country, continent, split and position of each region."""


def picture(number: int, form: str = "PNG", size: int = 24) -> bytes:
    """A picture that is like no other of another number."""
    cells = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    tile = Image.fromarray(cells).resize((size, size), Image.Resampling.NEAREST)
    tile.save(file, form, **({"lossless": True} if form == "WEBP" else {}))
    return file.getvalue()


def rows(each: int = 3, described: bool = True) -> list[CollectionRow]:
    """`each` rows of every region, about 200 m apart."""
    return [
        CollectionRow(
            row_id=f"{region}-{number}",
            region=region,
            country=country,
            continent=continent,
            split=split,  # type: ignore[arg-type]
            lat=lat + number * 0.002,
            lon=lon,
            picture=picture(100 * place + number),
            descriptions=(f"a {region} square with {number} trees",) if described else (),
            names=(f"Café {number}",) if region == "lund" else (),
        )
        for place, (region, (country, continent, split, lat, lon)) in enumerate(PLACES.items())
        for number in range(each)
    ]


INFO = CollectionInfo("tiny", "Tiny places", "drawn", 100.0, licence="CC0", source="a test")
CONTINENTS = {"Europe": "train", "South America": "validation", "Asia": "test"}


def quiet(*_: object) -> None:
    """No progress."""


def written(
    folder: Path,
    of: Sequence[CollectionRow] | None = None,
    storage: Storage = "parquet",
    shard_rows: int = 5,
    **info: object,
) -> Collection:
    """A collection of some rows, by default of all."""
    head = replace(INFO, **info)  # type: ignore[arg-type]
    return write_collection(
        folder, head, rows() if of is None else of, storage, quiet, 0, shard_rows
    )


def as_lines(
    folder: Path, of: Sequence[CollectionRow], spoil: Callable[[int, dict[str, object]], None]
) -> Path:
    """The rows as JSON lines with picture files; `spoil` changes the values of a line from 1."""
    folder.mkdir(exist_ok=True)

    def lines() -> Iterator[str]:
        for number, row in enumerate(of, 1):
            name = f"{row.row_id}.png"
            (folder / name).write_bytes(row.picture)
            values = values_of(row) | {"picture": name}
            spoil(number, values)
            yield json.dumps(values)

    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines()) + "\n", "utf-8")
    return path
