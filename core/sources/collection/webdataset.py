"""Rows of a collection in tar files, as WebDataset lays them out.

Files with the same name up to the first point are one row: `NAME.json` with the fields, the picture
as `NAME.jpg`, `.jpeg`, `.png` or `.webp`, and optionally a description as `NAME.txt`. Python's own
`tarfile` reads them as a stream; nothing is ever unpacked to a disk, and the library `webdataset`
would bring nothing but its decoders.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.files import open_replacing
from core.sources.collection.pictures import ending_of
from core.sources.collection.schema import CollectionRow, RawRow, json_of, values_of

ENDING: Final = ".tar"
_PICTURES: Final = ("jpg", "jpeg", "png", "webp")
_LARGEST: Final = {"json": 64 * 2**20, "txt": 2**20} | dict.fromkeys(_PICTURES, 256 * 2**20)
"""Most bytes of a file by its ending; files with other endings are passed over."""


def read_rows(path: Path, pictures: bool = True) -> Iterator[RawRow]:
    """The rows of a shard in order, one at a time. Raises SourceError for a damaged file."""
    number, stem = 0, None
    parts: dict[str, bytes | str] = {}
    try:
        with tarfile.open(path, "r|") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                folder, _, base = name.rpartition("/")
                key, _, ending = base.partition(".")
                ending = ending.lower()
                if not member.isfile() or ending not in _LARGEST:
                    continue
                if (folder, key) != stem and parts:
                    number += 1
                    yield _row_of(number, parts)
                    parts = {}
                stem = (folder, key)
                parts["key"] = f"{folder}/{key}" if folder else key
                if member.size > _LARGEST[ending]:
                    parts["fault"] = f"{base[:60]!a} has {member.size:,} bytes"
                elif pictures or ending not in _PICTURES:
                    file = tar.extractfile(member)
                    parts[ending] = file.read() if file else b""
            if parts:
                yield _row_of(number + 1, parts)
    except FileNotFoundError as error:
        raise SourceError(f"there is no shard {path}; copy it again") from error
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise SourceError(
            f"{path.name} is damaged after row {number} ({error!s:.120}); copy it again"
        ) from error


def _row_of(number: int, parts: dict[str, bytes | str]) -> RawRow:
    """The values of a row from its files; the picture is empty if there is none."""
    fault = str(parts.get("fault", ""))
    values: dict[str, Any] = {}
    try:
        values = json_of(bytes(parts["json"]) if "json" in parts else b"{}")  # type: ignore[arg-type]
        if not isinstance(values, dict):
            raise TypeError("it is no JSON object")
    except (ValueError, TypeError, RecursionError) as error:
        fault, values = f"its JSON cannot be read: {error!s:.80}", {}
    values.setdefault("id", parts["key"])
    text = parts.get("txt")
    if isinstance(text, bytes) and not values.get("descriptions"):
        values["descriptions"] = [text.decode("utf-8", "replace").strip()]
    values["picture"] = next((parts[one] for one in _PICTURES if one in parts), b"")
    return RawRow(number, values, fault)


def write_rows(path: Path, rows: Sequence[CollectionRow]) -> Path:
    """Writes a shard atomically; returns its path. Raises SourceError."""
    with (
        open_replacing(path, error=SourceError) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for number, row in enumerate(rows):
            fields = json.dumps(values_of(row), ensure_ascii=False).encode()
            name = f"{path.stem}-{number:06d}"
            for ending, content in (("json", fields), (ending_of(row.picture), row.picture)):
                entry = tarfile.TarInfo(f"{name}.{ending}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return path
