"""Bounds files: JSON or CSV with the west, south, east and north edge of each picture."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import SourceError
from core.geo import Bounds

_EDGES: Final = ("west", "south", "east", "north")
_NAMES: Final = ("file", "name", "picture", "filename", "sheet", "id")


def read_bounds(path: Path) -> dict[str, Bounds]:
    """Bounds by the name of a picture, with or without its ending.

    JSON is an object of names, or a list of objects with a name; each holds four numbers, or the
    keys west, south, east and north. CSV has columns of these names, between commas, or between
    semicolons with decimal commas, or between tabs. Raises SourceError.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"the bounds file {path} cannot be read ({error})") from error
    rows = _csv_rows(text) if path.suffix.lower() == ".csv" else _json_rows(text, path)
    if "" in rows:
        raise SourceError(f"{path} names no picture; give a column or key {_NAMES[0]!r}")
    bounds = {}
    for name, row in rows.items():
        try:
            bounds[name] = _bounds(row)
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f"{path}: the bounds of {name[:60]!r} are not west, south, east, north in degrees "
                f"({str(error)[:80]}); correct them"
            ) from error
    if not bounds:
        raise SourceError(f"{path} holds no bounds; give a name and four edges for each picture")
    return bounds


def _json_rows(text: str, path: Path) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SourceError(f"the bounds file {path} is not JSON ({error})") from error
    if isinstance(document, list):
        return {_name_of(row): row for row in document if isinstance(row, dict)}
    return document if isinstance(document, dict) else {}


def _csv_rows(text: str) -> dict[str, Any]:
    lines = text.splitlines()
    mark = max(",;\t", key=lines[0].count) if lines else ","
    rows = csv.DictReader(lines, delimiter=mark)
    clean = [{str(key).strip().lower(): value for key, value in row.items()} for row in rows]
    if mark != ",":
        clean = [
            row | {key: _with_point(row[key]) for key in _EDGES if key in row} for row in clean
        ]
    return {_name_of(row): row for row in clean}


def _with_point(number: str | None) -> str | None:
    return number and number.replace(",", ".")


def _name_of(row: Mapping[str, Any]) -> str:
    return next((str(row[key]).strip() for key in _NAMES if row.get(key)), "")


def _bounds(row: Any) -> Bounds:
    if isinstance(row, dict) and "bounds" in row:
        row = row["bounds"]
    if isinstance(row, dict):
        row = [row[edge] for edge in _EDGES]
    west, south, east, north = (float(edge) for edge in row)
    return Bounds(west, south, east, north)
