"""Training examples from a collection, copied into shards that are read on demand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from core.errors import SourceError, TrainingError
from core.files import write_text
from core.sources.collection import CollectionRow, LocatedRow, Split, open_collection
from core.sources.collection.pictures import decoded
from core.training.datasets import CollectionDataset
from core.training.shards import (
    REGION,
    SHARD,
    PictureShards,
    Progress,
    beside,
    shard_path,
    write_table,
)


def prepare_collection(
    dataset: CollectionDataset, folder: Path, progress: Progress | None = None
) -> PictureShards:
    """Writes the shards of a collection's training and validation rows that have descriptions.

    Rows are read one after another, and a shard is written as soon as it is full. Raises
    TrainingError for a split without rows, SourceError for a row that cannot be used.
    """
    return PictureShards(
        _prepared(dataset, dataset.name, "train", folder, progress),
        _prepared(dataset, dataset.held_name, "validation", folder, progress),
    )


def _prepared(
    dataset: CollectionDataset,
    name: str,
    split: Split,
    folder: Path,
    progress: Progress | None,
) -> tuple[Path, ...]:
    """The shards of a split; a listing says that all of them are there."""
    listing = folder / f"{name}.shards.json"
    if not listing.is_file():
        count = 0
        for rows in _full(_rows(dataset, split)):
            _write(shard_path(folder, name, count), rows)
            count += 1
            if progress is not None:
                progress(name, count, count)
        if not count:
            raise TrainingError(
                f"the collection {dataset.path} has no described rows in the split {split} "
                f"({dataset.protocol}); training needs train and validation"
            )
        write_text(listing, json.dumps(count), error=TrainingError)
    count = json.loads(listing.read_text("utf-8"))
    return tuple(shard_path(folder, name, number) for number in range(count))


def _rows(dataset: CollectionDataset, split: Split) -> Iterator[LocatedRow]:
    """The rows of a split with descriptions, at most `limit` of each region."""
    taken: Counter[str] = Counter()
    for found in open_collection(dataset.path).rows([split], dataset.protocol):
        if found.row.descriptions and (
            not dataset.limit or taken[found.row.region] < dataset.limit
        ):
            taken[found.row.region] += 1
            yield found


def _full(rows: Iterator[LocatedRow]) -> Iterator[list[CollectionRow]]:
    """The rows in lists for one shard each, their pictures checked."""
    part: list[CollectionRow] = []
    for found in rows:
        try:
            decoded(found.row.picture)
        except SourceError as error:
            raise SourceError(f"{found.where}: its picture cannot be read: {error}") from error
        part.append(found.row)
        if len(part) == SHARD:
            yield part
            part = []
    if part:
        yield part


def _write(path: Path, rows: list[CollectionRow]) -> None:
    write_table(
        beside(path, "texts.feather"), pa.table({"texts": [list(row.descriptions) for row in rows]})
    )
    write_table(
        path,
        pa.table(
            {
                "lat": [row.lat for row in rows],
                "lon": [row.lon for row in rows],
                "picture": [row.picture for row in rows],
                "layout": [b""] * len(rows),
                REGION: [row.region for row in rows],
            }
        ),
    )
