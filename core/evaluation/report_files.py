"""The report files on this machine: the bundled ones, and a user's own."""

import csv
import gzip
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ReportError
from core.evaluation.queries import AUTHORS
from core.evaluation.saved_runs import SavedRun, read_bytes, read_saved
from core.files import safe_cell, write_bytes
from core.settings import Settings

SUFFIXES = (".json", ".json.gz", ".csv")
MOST_REPORTS = 300
"""Most reports in a folder, so that visitors cannot fill the disk."""
_UNSAFE = re.compile(r"[^a-z0-9]+")
_MOST_NAME_CHARS = 60
_MOST_TITLE_CHARS = 120
_COLUMNS = (
    *("id", "rank", "distance_m", "confidence", "verdict", "lat", "lon", "tile_id"),
    *("answer_tile_id", "written_by", "text"),
)


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


def rename_report(report: ReportFile, title: str, written_by: str = "") -> Path:
    """Gives a user's own report another title, and says who wrote its texts; returns its path.

    `written_by` is a key of `AUTHORS`, "" leaves that as it is. A CSV has no place for either: its
    file gets the name instead. Raises ReportError for a bundled report and for an empty title.
    """
    _check_own(report)
    title = " ".join(title.split())[:_MOST_TITLE_CHARS]
    if not title:
        raise ReportError("a report needs a title; type one")
    suffix = suffix_of(report.path.name)
    try:
        if suffix == ".csv":
            return _renamed(report.path, f"{_key(title)}{suffix}")
        document = json.loads(read_bytes(report.path).decode("utf-8-sig"))
        document["title"] = title
        if written_by in AUTHORS:
            document["written_by"] = written_by
        data = json.dumps(document, ensure_ascii=False).encode()
        return write_bytes(report.path, gzip.compress(data) if suffix == ".json.gz" else data)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ReportError(f"{report.path.name} cannot be renamed ({error!r:.120})") from error


def _renamed(path: Path, name: str) -> Path:
    new, number = path.with_name(name), 1
    while new.exists() and new != path:
        number += 1
        new = path.with_name(f"{Path(name).stem}-{number}{path.suffix}")
    return path.replace(new)


def delete_report(report: ReportFile) -> None:
    """Deletes a user's own report. Raises ReportError for a bundled one."""
    _check_own(report)
    try:
        report.path.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"{report.path.name} cannot be deleted ({error})") from error


def _check_own(report: ReportFile) -> None:
    if not report.own:
        raise ReportError(f"{report.path.name} comes with the app; only your own reports change")


def table_of(run: SavedRun) -> str:
    """The queries of a run as CSV, one line each, with cells that no spreadsheet evaluates."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for query in run.queries:
        place = query.position
        rows.writerow(
            [
                safe_cell(query.query_id),
                query.rank,
                query.distance_m,
                query.confidence,
                query.verdict,
                place.lat,
                place.lon,
                safe_cell(query.tile_id),
                safe_cell(query.top_tile),
                query.written_by,
                safe_cell(query.text),
            ]
        )
    return out.getvalue()
