"""Atomic writes of files and folders, tables that spreadsheets saved or will open, and the files
of the app whose content is known."""

import codecs
import csv
import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import ModelError, SaywhereError

_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")


@contextmanager
def replacing(
    path: Path, *, sync: bool = False, error: type[SaywhereError] | None = None
) -> Iterator[Path]:
    """Atomic write: yields a temporary path beside `path`, to be filled with a file or a folder.

    It is renamed to `path` when the block ends, and deleted when the block fails. With `sync` the
    content is on disk before the rename. Raises OSError if the disk is full or the folder is not
    writable, or `error` if one is given.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_native_id()}.part")
    try:
        yield part
        if sync:
            with part.open("rb") as file:
                os.fsync(file.fileno())
        part.replace(path)
    except OSError as fault:
        if error is None:
            raise
        raise error(
            f"{path} cannot be written: {fault.strerror or fault}; fix this and run it again"
        ) from fault
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        elif part.exists():
            part.unlink()


@contextmanager
def open_replacing(
    path: Path, *, sync: bool = False, error: type[SaywhereError] | None = None
) -> Iterator[BinaryIO]:
    """The same as `replacing`, but yields an open binary file."""
    with replacing(path, sync=sync, error=error) as part, part.open("wb") as file:
        yield file


def write_bytes(path: Path, content: bytes, *, error: type[SaywhereError] | None = None) -> Path:
    """Writes bytes to a file atomically; returns its path."""
    with open_replacing(path, error=error) as file:
        file.write(content)
    return path


def write_text(path: Path, text: str, *, error: type[SaywhereError] | None = None) -> Path:
    """Writes UTF-8 text atomically, with unchanged line ends; returns the path."""
    return write_bytes(path, text.encode(), error=error)


def write_json(path: Path, document: Any, *, error: type[SaywhereError] | None = None) -> Path:
    """Writes indented JSON atomically; returns the path."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return write_text(path, f"{text}\n", error=error)


def remove_parts(folder: Path) -> None:
    """Deletes temporary files of killed processes below a folder that nobody else writes to."""
    for part in folder.rglob(".*.part"):
        if part.is_file():
            part.unlink(missing_ok=True)


def encoding_of(path: Path) -> str:
    """The encoding of a text file by its first bytes: UTF-16, or UTF-8 with a BOM or without."""
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def table_rows(lines: Iterable[str]) -> "csv.DictReader[str]":
    """The rows of a CSV as spreadsheets save it: with commas, semicolons or tabs, as the header
    has."""
    following = iter(lines)
    header = next(following, "")
    return csv.DictReader(chain([header], following), delimiter=max(",;\t", key=header.count))


def safe_cell(value: Any) -> Any:
    """The value of a table cell, with an apostrophe before text that a spreadsheet might evaluate
    as a formula. Numbers stay numbers."""
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value


def asset_file(path: Path, sha256: str, title: str) -> Path:
    """The path of a file of the app if its content is that of the model, else raises ModelError."""
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"{title} cannot be read from {path} ({error.strerror}); fetch the whole app again"
        ) from error
    if actual != sha256:
        raise ModelError(
            f"{path} is not {title}: SHA-256 {actual[:12]}…, wanted {sha256[:12]}…; "
            f"fetch the whole app again"
        )
    return path
