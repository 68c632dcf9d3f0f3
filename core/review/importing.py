"""Any file of cases taken into a store: a report of a run, or an export; told apart by content."""

import csv
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import CasesError, ReportError
from core.evaluation.saved_runs import read_bytes
from core.gallery import Gallery
from core.review.exchange import take_in
from core.review.formats import FORMATS
from core.review.model import Report
from core.review.reports import read_document, read_results
from core.review.rows import Row
from core.review.store import Store

_CONTROL = 20


@dataclass(frozen=True, slots=True)
class Intake:
    """How a file is to be read: see `read_document`. `control` successes become cases, too."""

    opened: Callable[[str], Gallery]
    queries: Path | None = None
    scope: str | None = None
    control: int = _CONTROL


def take_file(store: Store, path: Path, intake: Intake, at: datetime) -> dict[str, Any]:
    """Takes a report or an export in; what is there already is not doubled.

    Returns what came in, for printing. Raises CasesError, with the store as it was, for a file
    that is neither.
    """
    found = read_file(path, intake)
    if isinstance(found, Report):
        added = store.add_report(found, intake.control, at)
        return {
            "file": path.name,
            "report": added.report_id,
            "gallery": found.gallery,
            "model": found.model,
            "scope": found.scope,
            "queries": len(found.answers),
            "cases": added.new,
            "known": added.known,
        }
    taken = take_in(store, found)
    return {
        "file": path.name,
        "cases": taken.cases,
        "verdicts": taken.verdicts,
        "known": taken.known,
    }


def read_file(path: Path, intake: Intake) -> Report | list[Row]:
    """What a file holds: a report, or the rows of an export."""
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
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise CasesError(f"{path} cannot be read ({error}); check the path") from error
    except ReportError as error:
        raise CasesError(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise CasesError(
            f"{path.name} is neither a report nor an export of cases ({error!r:.120})"
        ) from error
    return read_document(document, path.name, intake.opened, intake.queries, intake.scope)


def _rows_file(path: Path) -> Path:
    """The file that holds the rows of an export, which may be a folder."""
    held = (path / form.inside for form in FORMATS.values() if form.inside)
    return next((file for file in held if file.is_file()), path)
