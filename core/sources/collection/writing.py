"""Writes collections: shards one after another, then the manifest that makes them valid."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from core.errors import SourceError
from core.sources.collection.opened import SHARD_KINDS, Collection
from core.sources.collection.schema import (
    MANIFEST,
    CollectionManifest,
    CollectionRow,
    ShardEntry,
    Split,
    Storage,
    write_collection_manifest,
)

Progress = Callable[[str, int, int], None]

_SHARD_ROWS: Final = 2_000
_SHARD_BYTES: Final = 128 * 2**20
"""A shard ends at this number of rows, or of bytes of pictures and facts; one is in memory."""
_FACT_BYTES: Final = 300
"""Memory of a fact while its shard is written."""


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What a manifest tells beside the counts; see `CollectionManifest`."""

    name: str
    title: str
    view: Literal["drawn", "aerial"]
    footprint_m: float
    split_by: Literal["region", "picture"] = "region"
    continents: Mapping[str, Split] = field(default_factory=dict)
    licence: str = ""
    credit: str = ""
    source: str = ""
    unverified: str = ""


def write_collection(
    folder: Path,
    info: CollectionInfo,
    rows: Iterable[CollectionRow],
    storage: Storage,
    progress: Progress,
    total: int = 0,
    shard_rows: int = _SHARD_ROWS,
) -> Collection:
    """Writes rows into shards, then the manifest; a stopped run leaves no collection.

    `total` is the number of rows for the progress, 0 if unknown. Raises SourceError if there is a
    collection already, if there are no rows, or if the disk is full.
    """
    if (folder / MANIFEST).exists():
        raise SourceError(f"{folder} has a collection already; choose another folder")
    regions: Counter[str] = Counter()
    described, entries, kind = 0, list[ShardEntry](), SHARD_KINDS[storage]
    for part in _parts(rows, shard_rows):
        _make(folder)
        path = folder / f"part-{len(entries):05d}{kind.ending}"
        kind.write(path, part)
        entries.append(ShardEntry(path.name, len(part), path.stat().st_size, sha256_of(path)))
        regions.update(row.region for row in part)
        described += sum(bool(row.descriptions) for row in part)
        progress("collection", regions.total(), max(total, regions.total()))
    if not entries:
        raise SourceError("there is no row to write into a collection")
    manifest = CollectionManifest(
        name=info.name,
        title=info.title,
        storage=storage,
        view=info.view,
        footprint_m=round(info.footprint_m, 2),
        split_by=info.split_by,
        rows=regions.total(),
        described=described,
        regions=dict(sorted(regions.items())),
        shards=tuple(entries),
        continents=dict(info.continents),
        licence=info.licence,
        credit=info.credit,
        source=info.source,
        unverified=info.unverified,
    )
    write_collection_manifest(folder, manifest)
    return Collection(folder, manifest)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{folder} cannot be made: {error.strerror}") from error


def _parts(rows: Iterable[CollectionRow], shard_rows: int) -> Iterator[list[CollectionRow]]:
    part: list[CollectionRow] = []
    size = 0
    for row in rows:
        part.append(row)
        size += len(row.picture) + _FACT_BYTES * len(row.facts)
        if len(part) == shard_rows or size >= _SHARD_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def sha256_of(path: Path) -> str:
    """The SHA-256 hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
