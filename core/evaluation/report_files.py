"""The report files on this machine: the bundled ones, and a user's own."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ReportError
from core.evaluation.saved_runs import read_saved
from core.files import write_bytes
from core.settings import Settings

SUFFIXES = (".json", ".json.gz", ".csv")
MOST_REPORTS = 300
"""Most reports in a folder, so that visitors cannot fill the disk."""
_UNSAFE = re.compile(r"[^a-z0-9]+")
_MOST_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class ReportFile:
    """The file of a report: `key` is its name in links, `changed_ns` and `size` its version."""

    key: str
    path: Path
    own: bool
    changed_ns: int
    size: int


def list_reports(settings: Settings) -> tuple[ReportFile, ...]:
    """A user's own reports, newest first, then the bundled ones by name."""
    own = sorted(_files(settings.user_reports, own=True), key=lambda report: -report.changed_ns)
    reports, keys = [], set[str]()
    for report in (*_files(settings.bundled_reports, own=False), *own):
        key, number = report.key, 1
        while key in keys:
            number += 1
            key = f"{report.key}-{number}"
        keys.add(key)
        reports.append(replace(report, key=key))
    return tuple(sorted(reports, key=lambda report: not report.own))


def _files(folder: Path, *, own: bool) -> Iterator[ReportFile]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        suffix = suffix_of(path.name)
        if suffix and not path.name.startswith(".") and path.is_file():
            about = path.stat()
            yield ReportFile(
                _key(path.name[: -len(suffix)]), path, own, about.st_mtime_ns, about.st_size
            )


def suffix_of(name: str) -> str:
    """The suffix of a report's file name, "" for any other file."""
    fitting = [suffix for suffix in SUFFIXES if name.lower().endswith(suffix)]
    return max(fitting, key=len, default="")


def _key(name: str) -> str:
    """A key of lower-case letters, digits and hyphens; a hash if the name has none of them."""
    key = _UNSAFE.sub("-", name.lower()).strip("-")[:_MOST_NAME_CHARS].strip("-")
    return key or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]


def save_report(data: bytes, name: str, folder: Path) -> Path:
    """Saves a valid report in a folder under a safe name and returns its path.

    The same content is saved only once. Raises ReportError for a file that is not a report;
    nothing is written then.
    """
    suffix = suffix_of(name)
    if not suffix:
        raise ReportError(f"{name[:80]} is not a report; give a file with {', '.join(SUFFIXES)}")
    stem = _key(name[: -len(suffix)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if sum(1 for _ in folder.iterdir()) >= MOST_REPORTS:
            raise ReportError(f"{folder} has {MOST_REPORTS} reports; delete some first")
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as temporary:
            new = Path(temporary) / f"{stem}{suffix}"
            new.write_bytes(data)
            read_saved(new)
            path, number = folder / new.name, 1
            while path.exists() and path.read_bytes() != data:
                number += 1
                path = folder / f"{stem}-{number}{suffix}"
        return write_bytes(path, data)
    except OSError as error:
        raise ReportError(
            f"{name[:80]} cannot be saved in {folder} ({error}); nothing was written"
        ) from error
