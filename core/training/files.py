"""Files that are there whole or not at all; knows nothing of what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import TrainingError


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that becomes `path` when all went well; else nothing is left of it.

    Raises TrainingError where the disk is full or the folder cannot be written to.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise TrainingError(
            f"{path} cannot be written: {error.strerror or error}; mend that and run it again"
        ) from error
    finally:
        part.unlink(missing_ok=True)
