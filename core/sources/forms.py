"""The form of a file by its first bytes, whatever its name ends with: packed, PBF, XML or JSON."""

import bz2
import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, Literal, cast

from core.errors import SourceError

Form = Literal["pbf", "xml", "json", ""]

_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_ARCHIVES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xfd7zXZ\x00", "packed by xz"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd"),
)
_POINTER = b"version https://git-lfs"
_HEAD_BYTES = 1024


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises SourceError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read ({error}); check the path") from error


def check_unpacked(path: Path) -> None:
    """Raises SourceError for an archive and for what Git LFS leaves in place of a file."""
    head = head_of(path)
    for start, what in _ARCHIVES:
        if head.startswith(start):
            raise SourceError(f"{path.name} is {what}; unpack it, and give the map file inside")
    if head.startswith(_POINTER):
        raise SourceError(
            f"{path.name} is a pointer of Git LFS and not the file itself; fetch it with "
            f"git lfs pull"
        )


def packing_of(path: Path) -> Literal["gz", "bz2", ""]:
    """How a file is packed."""
    head = head_of(path)
    return "gz" if head.startswith(_GZIP) else "bz2" if head.startswith(_BZIP2) else ""


def open_unpacked(path: Path) -> BinaryIO:
    """Opens a file that may be packed by gzip or bzip2."""
    packing = packing_of(path)
    if packing == "gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return cast(BinaryIO, bz2.open(path, "rb") if packing == "bz2" else path.open("rb"))


def form_of(path: Path) -> Form:
    """The form of the unpacked content; "" if it is another one or cannot be unpacked."""
    try:
        with open_unpacked(path) as file:
            head = file.read(_HEAD_BYTES)
    except (EOFError, OSError, zlib.error):
        return ""
    if b"OSMHeader" in head[:64]:
        return "pbf"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")
    if text.startswith(b"<"):
        return "xml"
    return "json" if text.startswith((b"{", b"[")) else ""
