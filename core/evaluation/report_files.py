"""The reports on this machine: those that come with the app, and a user's own."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import ReportError
from core.evaluation.saved_runs import read_saved
from core.files import write_bytes
from core.settings import Settings

SUFFIXES = (".json", ".json.gz", ".csv")
MOST_REPORTS = 300
"""How many a folder may hold, so that visitors cannot fill the disk."""
_UNSAFE = re.compile(r"[^a-z0-9]+")
_MOST_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report's file. `key` names it in links; `changed_ns` and `size` change with its content."""

    key: str
    path: Path
    own: bool
    changed_ns: int
    size: int


def list_reports(settings: Settings) -> tuple[ReportFile, ...]:
    """A user's own reports, newest first, then those that come with the app, by name."""
    own = sorted(_files(settings.user_reports, own=True), key=lambda one: -one.changed_ns)
    found, keys = [], set[str]()
    for one in (*_files(settings.bundled_reports, own=False), *own):
        key, number = one.key, 1
        while key in keys:
            number += 1
            key = f"{one.key}-{number}"
        keys.add(key)
        found.append(ReportFile(key, one.path, one.own, one.changed_ns, one.size))
    return tuple(sorted(found, key=lambda one: not one.own))


def _files(folder: Path, *, own: bool) -> Iterator[ReportFile]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        suffix = suffix_of(path.name)
        if suffix and not path.name.startswith(".") and path.is_file():
            about = path.stat()
            yield ReportFile(
                _key(path.name[: -len(suffix)]), path, own, about.st_mtime_ns, about.st_size
            )


def suffix_of(name: str) -> str:
    """The ending of a report's file, "" for any other file."""
    fitting = [one for one in SUFFIXES if name.lower().endswith(one)]
    return max(fitting, key=len, default="")


def _key(name: str) -> str:
    """A name of small letters, digits and hyphens; what holds none of them gets one made."""
    key = _UNSAFE.sub("-", name.lower()).strip("-")[:_MOST_NAME_CHARS].strip("-")
    return key or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]


def save_report(data: bytes, name: str, folder: Path) -> Path:
    """Puts a report into a folder under a safe name, once it was read whole; returns where.

    The same content twice is one file. Raises ReportError, with nothing written, for what is none.
    """
    suffix = suffix_of(name)
    if not suffix:
        raise ReportError(f"{name[:80]} is no report; wanted {', '.join(SUFFIXES)}")
    stem = _key(name[: -len(suffix)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if sum(1 for _ in folder.iterdir()) >= MOST_REPORTS:
            raise ReportError(f"{folder} holds {MOST_REPORTS} reports; take some away first")
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as room:
            new = Path(room) / f"{stem}{suffix}"
            new.write_bytes(data)
            read_saved(new)
            path, number = folder / new.name, 1
            while path.exists() and path.read_bytes() != data:
                number += 1
                path = folder / f"{stem}-{number}{suffix}"
        return write_bytes(path, data)
    except OSError as error:
        raise ReportError(
            f"{name[:80]} cannot be kept in {folder} ({error}); nothing was written"
        ) from error
