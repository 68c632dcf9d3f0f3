"""The description of a file format for cases; the formats themselves are in `formats`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.review.rows import Row

Pictures = Callable[[str, str], bytes]
"""The WebP picture of a gallery's tile, b"" where there is none."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. Every format holds all of every row, so that each can be read back.

    `name` is for the command line, `title` and `use` are shown on the page, the digit `key` takes
    it there and gives the order. `suffix` is the ending of its files; a format that is a folder has
    none, and `inside` is the file in it that holds the rows. `write` makes a new file or folder.
    One that is a JSON document is recognized and read by `rows_in`, any other by `read`, from files
    with its ending; both return None for what is not an export of ours.
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
        """The name that an export gets where none is chosen."""
        return f"cases-{self.name}" if self.inside else f"cases{self.suffix}"
