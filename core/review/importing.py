"""Import of a file into a store: a report of a run, or an export, recognized by its content."""

import csv
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import CasesError, GalleryError, ReportError
from core.evaluation.saved_runs import read_bytes
from core.gallery import Gallery
from core.geo import Position
from core.review.exchange import import_rows
from core.review.formats import FORMATS
from core.review.model import Report
from core.review.reports import is_outside, read_document, read_results
from core.review.rows import Row
from core.review.store import Store

_CONTROL = 20


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Options for reading a file, see `read_document`; `control` successes become cases too."""

    open_gallery: Callable[[str], Gallery]
    queries: Path | None = None
    scope: str | None = None
    control: int = _CONTROL


def import_cases(store: Store, path: Path, options: ImportOptions, at: datetime) -> dict[str, Any]:
    """Imports a report or an export; existing cases and verdicts stay unchanged.

    Places outside the gallery are left out of a report. In an export they are imported with their
    verdicts and counted. Returns the counts for printing. Raises CasesError, with the store
    unchanged, for a file that is neither.
    """
    content = read_file(path, options)
    if isinstance(content, Report):
        count = store.add_report(content, options.control, at)
        return {
            "file": path.name,
            "report": count.report_id,
            "gallery": content.gallery,
            "model": content.model,
            "scope": content.scope,
            "queries": len(content.answers),
            "cases": count.new,
            "known": count.known,
            "outside": content.outside,
        }
    rows = import_rows(store, content)
    return {
        "file": path.name,
        "cases": rows.cases,
        "verdicts": rows.verdicts,
        "known": rows.known,
        "outside": _outside(content, options.open_gallery),
        "left_out": sum(row["left_out"] for row in content if isinstance(row.get("left_out"), int)),
    }


def left_out_lines(imported: Mapping[str, Any]) -> list[str]:
    """A line for each kind of thing that an import left out, or took and doubts."""
    lines = []
    if imported["outside"]:
        fate = "left out" if "report" in imported else "imported, check their places"
        lines.append(f"cases outside their gallery, {fate}: {imported['outside']:,}")
    if imported.get("left_out"):
        lines.append(f"annotations without a verdict, left out: {imported['left_out']:,}")
    return lines


def _outside(rows: Sequence[Row], open_gallery: Callable[[str], Gallery]) -> int:
    """The number of rows outside their gallery, of those whose gallery is on this machine."""
    places: dict[str, list[Position]] = defaultdict(list)
    for row in rows:
        places[row["gallery"]].append(Position(row["lat"], row["lon"]))
    outside = 0
    for name, positions in places.items():
        with suppress(GalleryError):  # a gallery of another machine: nothing to compare with
            gallery = open_gallery(name)
            outside += sum(is_outside(gallery, at) for at in positions)
    return outside


def read_file(path: Path, options: ImportOptions) -> Report | list[Row]:
    """The report in a file, or the rows of an export. Raises CasesError for any other file."""
    target = _rows_file(path)
    suffix = target.suffix.lower()
    try:
        for form in FORMATS.values():
            if form.read and form.suffix == suffix and (rows := form.read(target)) is not None:
                return rows
        if suffix == ".csv":
            return read_results(target)
        document = json.loads(read_bytes(target).decode("utf-8-sig"))
        for form in FORMATS.values():
            if form.rows_in and (rows := form.rows_in(document)) is not None:
                return rows
    except UnicodeDecodeError as error:
        raise CasesError(
            f"{path} is not UTF-8 text ({error.reason}); unpack it, or save it as UTF-8"
        ) from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise CasesError(f"{path} cannot be read ({error}); check the path") from error
    except ReportError as error:
        raise CasesError(str(error)) from error
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OverflowError,
    ) as error:
        raise CasesError(
            f"{path.name} is neither a report nor an export of cases ({error!r:.120}); give one"
        ) from error
    return read_document(document, path.name, options.open_gallery, options.queries, options.scope)


def _rows_file(path: Path) -> Path:
    """The file with the rows of an export, which may be a folder."""
    candidates = (path / form.inside for form in FORMATS.values() if form.inside)
    return next((file for file in candidates if file.is_file()), path)
