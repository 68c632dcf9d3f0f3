"""All faults of a collection, each with its shard and row."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.sources.collection import json_lines
from core.sources.collection.opened import SHARD_KINDS, Collection
from core.sources.collection.pictures import decoded
from core.sources.collection.schema import (
    CONTINENTS,
    OF_DESCRIPTIONS,
    SPLITS,
    CollectionManifest,
    FaultKind,
    RawRow,
    ShardEntry,
    value_faults,
)
from core.sources.collection.writing import sha256_of

Progress = Callable[[str, int, int], None]

_KNOWN = 8
"""Bytes of a hash by which ids and pictures are remembered: a million fit into 200 MB."""


_ONE_OF_REGION: Final[tuple[tuple[FaultKind, str, Callable[[Any], bool]], ...]] = (
    ("region in two splits", "split", lambda value: value in SPLITS),
    ("region in two countries", "country", lambda value: isinstance(value, str) and value != ""),
    ("region in two continents", "continent", lambda value: value in CONTINENTS),
)
"""What a region has one of; other values are told as faults of their row."""


@dataclass(frozen=True, slots=True)
class CollectionFault:
    """A fault: the shard, the row's number in it from 1 (0 for the shard itself), and what is
    there. Of a file of JSON lines the number is the line's."""

    kind: FaultKind
    shard: str
    row: int
    detail: str = ""

    def __str__(self) -> str:
        place = f"{self.shard}, row {self.row}" if self.row else self.shard
        return f"{place}: {self.kind}{f' ({self.detail})' if self.detail else ''}"


@dataclass
class _Seen:
    """What earlier rows had: where each id and picture was, and the split and country of each
    region."""

    split_by_region: bool
    described: bool
    continents: frozenset[str]
    ids: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    pictures: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    regions: dict[tuple[FaultKind, str], set[str]] = field(default_factory=dict)
    rows: int = 0
    with_text: int = 0


def collection_faults(
    collection: Collection, decode: bool, progress: Progress
) -> Iterator[CollectionFault]:
    """All faults of a collection, shard by shard.

    `decode` decodes each picture, too, which takes most of the time. Ids and pictures are
    remembered by their hashes, so memory grows a little with each row.
    """
    manifest = collection.manifest
    yield from _unlisted(collection.folder, manifest)
    seen = _Seen(
        manifest.split_by == "region", manifest.described > 0, frozenset(manifest.continents)
    )
    for shard in manifest.shards:
        yield from _file_faults(collection.folder, shard)
        before = seen.rows
        rows = SHARD_KINDS[manifest.storage].read(collection.folder / shard.name, True)
        yield from _shard_faults(
            shard.name, rows, decode, seen, lambda n: progress("check", n, manifest.rows)
        )
        if seen.rows - before != shard.rows:
            told = f"{seen.rows - before} rows, {shard.rows} in the manifest"
            yield CollectionFault("wrong count", shard.name, 0, told)
    if seen.with_text != manifest.described:
        told = f"{seen.with_text} rows with a description, {manifest.described} in the manifest"
        yield CollectionFault("wrong count", collection.folder.name, 0, told)
    progress("check", manifest.rows, manifest.rows)


def file_faults(path: Path, decode: bool, progress: Progress) -> Iterator[CollectionFault]:
    """All faults of a file of JSON lines, one without rows among them; rows without descriptions
    are none if all are so."""
    seen = _Seen(split_by_region=True, described=_has_descriptions(path), continents=frozenset())
    rows, faults = json_lines.read_rows(path), 0
    for fault in _shard_faults(path.name, rows, decode, seen, lambda n: progress("check", n, n)):
        faults += 1
        yield fault
    if not seen.rows and not faults:
        yield CollectionFault("no rows", path.name, 0)
    progress("check", seen.rows, seen.rows)


def _has_descriptions(path: Path) -> bool:
    return any(raw.values.get("descriptions") for raw in json_lines.read_rows(path, pictures=False))


def _unlisted(folder: Path, manifest: CollectionManifest) -> Iterator[CollectionFault]:
    listed = {shard.name for shard in manifest.shards}
    for path in sorted(folder.glob(f"*{SHARD_KINDS[manifest.storage].ending}")):
        if path.name not in listed:
            yield CollectionFault("shard unlisted", path.name, 0)


def _file_faults(folder: Path, shard: ShardEntry) -> Iterator[CollectionFault]:
    path = folder / shard.name
    if not path.is_file():
        yield CollectionFault("shard missing", shard.name, 0)
    elif path.stat().st_size != shard.bytes or sha256_of(path) != shard.sha256:
        yield CollectionFault("shard changed", shard.name, 0, "not as the manifest lists it")


def _shard_faults(
    shard: str,
    rows: Iterable[RawRow],
    decode: bool,
    seen: _Seen,
    progress: Callable[[int], None],
) -> Iterator[CollectionFault]:
    try:
        for raw in rows:
            seen.rows += 1
            if raw.fault:
                yield CollectionFault("row unreadable", shard, raw.number, raw.fault)
                continue
            for kind, detail in _row_faults(raw, decode, seen):
                yield CollectionFault(kind, shard, raw.number, detail)
            for kind, detail in _faults_between(shard, raw, seen):
                yield CollectionFault(kind, shard, raw.number, detail)
            if seen.rows % 100 == 0:
                progress(seen.rows)
    except SourceError as error:
        kind = "no column" if "has no column" in str(error) else "shard unreadable"
        if "there is no shard" not in str(error):  # told by `_file_faults`
            yield CollectionFault(kind, shard, 0, str(error))


def _row_faults(raw: RawRow, decode: bool, seen: _Seen) -> Iterator[tuple[FaultKind, str]]:
    """The faults of a row by itself. In a collection without any description, a missing one is
    none."""
    texts = raw.values.get("descriptions") or ()
    seen.with_text += any(isinstance(text, str) and text.strip() for text in texts)
    for kind, detail in value_faults(raw.values):
        if seen.described or kind not in OF_DESCRIPTIONS:
            yield kind, detail
    if decode and raw.values.get("picture"):
        try:
            decoded(raw.values["picture"])
        except SourceError as error:
            yield "unreadable picture", str(error)


def _faults_between(shard: str, raw: RawRow, seen: _Seen) -> Iterator[tuple[FaultKind, str]]:
    """The faults of a row beside earlier ones; a region is told once for each pair of values."""
    values, here = raw.values, (shard, raw.number)
    for kind, name, known in (
        ("duplicate id", "id", seen.ids),
        ("same picture", "picture", seen.pictures),
    ):
        if not (value := values.get(name)) or not isinstance(value, str | bytes):
            continue
        digest = hashlib.sha256(
            value if isinstance(value, bytes) else value.encode("utf-8", "replace")
        )
        first = known.setdefault(digest.digest()[:_KNOWN], here)
        if first != here:
            yield kind, f"as in {first[0]}, row {first[1]}"  # type: ignore[misc]
    region = values.get("region")
    for kind, name, valid in _ONE_OF_REGION:
        value = values.get(name)
        if (name == "split" and not seen.split_by_region) or not valid(value) or not region:
            continue
        others = seen.regions.setdefault((kind, str(region)), set())
        if repr(value) not in others and others:
            yield kind, f"{region!a:.60}: {', '.join(sorted(others))} and {value!a:.40}"
        others.add(repr(value))
    continent = values.get("continent") or ""
    told = seen.regions.setdefault(("no continent", str(region)), set())
    if seen.continents and continent not in seen.continents and not told:
        told.add(str(continent))
        detail = f"{region!a:.60} in {continent or 'no continent'!a:.40}"
        yield "no continent", f"{detail}: in no split of intercontinental"


def fault_json(fault: CollectionFault) -> dict[str, Any]:
    """A fault as JSON."""
    return {"fault": fault.kind, "shard": fault.shard, "row": fault.row, "detail": fault.detail}
