"""The description of a file format for cases; the formats are in `formats`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.review.rows import Row

Pictures = Callable[[str, str], bytes]
"""Returns the WebP picture of a gallery's tile, b"" if there is none."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. Every format contains complete rows, so that each export can be imported.

    `name` is for the command line, `title` and `use` are shown on the page. The letter `key` is the
    shortcut there and gives the order. `suffix` is that of its files; a format that is a folder has
    none, and `inside` is the file in it with the rows. `write` makes a new file or folder.
    `rows_in` reads a format that is a JSON document, `read` any other file with the suffix; both
    return None for a file that is not our export.
    """

    name: str
    title: str
    use: str
    key: str
    suffix: str
    media_type: str
    write: Callable[[Sequence[Row], Path, Pictures], None]
    rows_in: Callable[[Any], list[Row] | None] | None = None
    read: Callable[[Path], list[Row] | None] | None = None
    inside: str = ""

    @property
    def file_name(self) -> str:
        """The default file name of an export."""
        return f"cases-{self.name}" if self.inside else f"cases{self.suffix}"
