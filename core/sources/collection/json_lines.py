"""Rows of a collection in a file of JSON lines, with picture files beside it.

A line has `picture`, the name of a file in the same folder or below it, `region`, `split`, `lat`,
`lon`, and optionally `id`, `country`, `continent`, `descriptions` (or `text`) and `names`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.sources.collection.schema import RawRow, json_of

ENDING: Final = ".jsonl"
_LARGEST = 256 * 2**20


def read_rows(path: Path, pictures: bool = True) -> Iterator[RawRow]:
    """The rows of a file, line by line. Raises SourceError for a file that is not UTF-8 text."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row_of(number, line, path.parent, pictures)
    except FileNotFoundError as error:
        raise SourceError(f"there is no file {path}; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read ({error}); save it as UTF-8 text") from error


def _row_of(number: int, line: str, folder: Path, pictures: bool) -> RawRow:
    try:
        values: dict[str, Any] = json_of(line)
        if not isinstance(values, dict):
            raise TypeError("it is no JSON object")
    except (ValueError, TypeError, RecursionError) as error:
        return RawRow(number, {}, f"it is not JSON: {error!s:.80}")
    name = values.pop("picture", None)
    if isinstance(name, str):
        values.setdefault("id", name)
        values["picture"], values["picture_fault"] = (
            picture_of(folder, name) if pictures else (b"", "")
        )
    if isinstance(text := values.pop("text", None), str):
        values.setdefault("descriptions", [text])
    return RawRow(number, values)


def picture_of(folder: Path, name: str) -> tuple[bytes, str]:
    """The bytes of a picture file, or why there are none."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            return b"", f"{name[:60]!a} is outside the folder of the file"
        if path.stat().st_size > _LARGEST:
            return b"", f"{name[:60]!a} has more than {_LARGEST // 2**20} MB"
        return path.read_bytes(), ""
    except (OSError, ValueError) as error:
        return b"", f"{name[:60]!a} cannot be read ({getattr(error, 'strerror', None) or error})"
