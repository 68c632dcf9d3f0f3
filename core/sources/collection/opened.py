"""An opened collection: its manifest, and its rows by split and region."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Collection as Names
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SourceError
from core.sources.collection import json_lines, parquet_shards, webdataset
from core.sources.collection.schema import (
    MANIFEST,
    OF_DESCRIPTIONS,
    CollectionManifest,
    CollectionRow,
    Protocol,
    RawRow,
    Split,
    Storage,
    read_collection_manifest,
    row_of,
    value_faults,
)


@dataclass(frozen=True, slots=True)
class ShardKind:
    """A way to store rows: the ending of its files, their reader (with or without pictures) and
    their writer, which returns the path."""

    ending: str
    read: Callable[[Path, bool], Iterator[RawRow]]
    write: Callable[[Path, Sequence[CollectionRow]], Path]


SHARD_KINDS: Final[dict[Storage, ShardKind]] = {
    "parquet": ShardKind(
        parquet_shards.ENDING, parquet_shards.read_rows, parquet_shards.write_rows
    ),
    "webdataset": ShardKind(webdataset.ENDING, webdataset.read_rows, webdataset.write_rows),
}


@dataclass(frozen=True, slots=True)
class LocatedRow:
    """A row, and where it is: the shard's name and the row's number in it, from 1."""

    shard: str
    number: int
    row: CollectionRow

    @property
    def where(self) -> str:
        """The place for a message."""
        return f"{self.shard}, row {self.number}"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection in a folder. Its shards are read one after another, never all at once."""

    folder: Path
    manifest: CollectionManifest

    def rows(
        self,
        splits: Names[Split] = (),
        protocol: Protocol = "world",
        regions: Names[str] = (),
        pictures: bool = True,
    ) -> Iterator[LocatedRow]:
        """The rows of some splits and regions, of all by default, in the order of the shards.

        Raises SourceError at the first row that cannot be used, for a shard with another number of
        rows than the manifest says, an unknown region, and a protocol that it does not have.
        """
        self._check(protocol, regions)
        wanted, places = set(splits), set(regions)
        read = SHARD_KINDS[self.manifest.storage].read
        for shard in self.manifest.shards:
            count = 0
            for raw in read(self.folder / shard.name, pictures):
                count += 1
                if places and raw.values.get("region") not in places:
                    continue
                found = LocatedRow(shard.name, raw.number, usable_row(shard.name, raw, pictures))
                if not wanted or self.manifest.split_of(found.row, protocol) in wanted:
                    yield found
            if count != shard.rows:  # a tar file may end anywhere
                raise SourceError(
                    f"{shard.name} has {count} rows, {shard.rows} in the manifest; copy it again"
                )

    def _check(self, protocol: Protocol, regions: Names[str]) -> None:
        if protocol == "intercontinental" and not self.manifest.continents:
            raise SourceError(
                f"{self.manifest.name} has no split by continent; convert it with "
                "--intercontinental SPLIT=CONTINENT,…"
            )
        if unknown := sorted(set(regions) - set(self.manifest.regions)):
            known = ", ".join(list(self.manifest.regions)[:8])
            raise SourceError(
                f"{self.manifest.name} has no region {', '.join(unknown)[:80]}; it has {known}"
                f"{', …' * (len(self.manifest.regions) > 8)}"
            )


def usable_row(shard: str, raw: RawRow, pictures: bool = True, unit: str = "row") -> CollectionRow:
    """The row of its values. Raises SourceError with its place for a fault other than of its
    descriptions."""
    told = raw.fault and ("row unreadable", raw.fault)
    for fault in (told,) if told else value_faults(raw.values):
        kind, detail = fault
        if kind in OF_DESCRIPTIONS or (kind == "no picture" and not pictures):
            continue
        raise SourceError(
            f"{shard}, {unit} {raw.number}: {kind}{f' ({detail})' if detail else ''}; "
            "python -m core collection check lists all that is wrong"
        )
    return row_of(raw.values)


def is_collection(path: Path) -> bool:
    """Whether a path is a folder with the manifest of a collection."""
    return (path / MANIFEST).is_file()


def open_collection(folder: Path) -> Collection:
    """Opens a collection; its shards are not read yet. Raises SourceError."""
    if folder.is_file():
        raise SourceError(f"{folder} is a file; give the folder with {MANIFEST}")
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}; give the folder with {MANIFEST}")
    return Collection(folder, read_collection_manifest(folder))


def rows_of_file(path: Path) -> Iterator[LocatedRow]:
    """The rows of a file of JSON lines with pictures beside it. Raises SourceError with the line
    of the first fault."""
    for raw in json_lines.read_rows(path):
        row = usable_row(path.name, raw, unit="line")
        yield LocatedRow(path.name, raw.number, row)
