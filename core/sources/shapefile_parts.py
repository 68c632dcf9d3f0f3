"""The files beside a shapefile, and the encoding of its texts where none of them states it."""

import re
from pathlib import Path

_LENGTH = slice(8, 10)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\ufffd]")
_MOST_BROKEN = 0.05
"""Share of broken signs in UTF-8: values that are too long for their column are cut at a byte."""


def beside(path: Path, suffix: str) -> Path | None:
    """The file of the same stem and of this suffix, in small or capitals; None if there is none."""
    wanted = f"{path.stem}{suffix}".lower()
    return next((other for other in path.parent.iterdir() if other.name.lower() == wanted), None)


def encoding_beside(path: Path) -> str | None:
    """UTF-8 for a shapefile without .cpg whose texts are UTF-8; None leaves it to the reader, which
    takes them for Latin ones then."""
    table = beside(path, ".dbf")
    if table is None or beside(path, ".cpg"):
        return None
    content = table.read_bytes()
    text = content[int.from_bytes(content[_LENGTH], "little") :].decode("utf-8", "replace")
    signs = len(_BEYOND_ASCII.findall(text))
    return "UTF-8" if signs and text.count("\ufffd") <= signs * _MOST_BROKEN else None
