"""CSV: one line for each entry in the history of a case, or one for a case without entries."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import CasesError
from core.files import encoding_of, safe_cell, table_rows
from core.review.export_format import Format, Pictures
from core.review.rows import CASE_FIELDS, ENTRY_FIELDS, JSON_FIELDS, NUMBERS, WHOLE, Row

_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_MAY_LACK = ("said", "settled", "verdict_id", "verdict", "undoes")
"""Texts that may be missing. An empty cell of any other text is an empty text."""


def _harmless(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula, marked for `_plain`; numbers are unchanged."""
    if isinstance(value, str) and value.startswith("'"):
        return f"'{value}"
    return safe_cell(value)


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _harmless(cell[1:]) != cell[1:] else cell


def _write(rows: Sequence[Row], path: Path, _: Pictures) -> None:
    """Writes one line for each entry, or one for a case without entries."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*CASE_FIELDS, *ENTRY_FIELDS])
    writer.writeheader()
    for row in rows:
        flat = {name: row[name] for name in CASE_FIELDS}
        flat |= {name: json.dumps(row[name]) for name in JSON_FIELDS}
        for entry in row["verdicts"] or [{}]:
            line = flat | {
                name: int(value) if isinstance(value, bool) else value
                for name, value in entry.items()
            }
            writer.writerow({name: _harmless(value) for name, value in line.items()})
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _read(path: Path) -> list[Row] | None:
    """The rows of an export, also after a spreadsheet has saved it; None for another CSV."""
    by_case: dict[str, Row] = {}
    with path.open(encoding=encoding_of(path), newline="") as file:
        lines = table_rows(file)
        if "case_id" not in (lines.fieldnames or ()):
            return None
        missing = {*CASE_FIELDS, *ENTRY_FIELDS} - {"seq", *(lines.fieldnames or ())}
        if missing:
            raise CasesError(
                f"{path.name} has no column {', '.join(sorted(missing)[:5])}; give "
                "an export of cases"
            )
        for line in lines:
            if not any(line.values()):  # spreadsheets leave such lines at the end
                continue
            try:
                cells = {
                    name: _cell(name, line.get(name, "")) for name in (*CASE_FIELDS, *ENTRY_FIELDS)
                }
            except (ValueError, AttributeError) as error:
                raise CasesError(
                    f"{path.name}, line {lines.line_num}: {error!r:.120}; give an export of cases"
                ) from error
            row = by_case.setdefault(
                cells["case_id"], {name: cells[name] for name in CASE_FIELDS} | {"verdicts": []}
            )
            if cells["verdict_id"]:
                row["verdicts"].append({name: cells[name] for name in ENTRY_FIELDS})
    return list(by_case.values())


def _cell(name: str, cell: str) -> Any:
    text = _plain(cell)
    if name in JSON_FIELDS:
        return json.loads(text)
    if name in NUMBERS:
        return float(text) if text else None
    if name in WHOLE:
        return int(text) if text else None
    if name in ("final", "standing"):
        return _FLAGS.get(text.lower(), text)
    return text if text or name not in _MAY_LACK else None


FORMAT = Format(
    name="csv",
    title="CSV",
    use="one line for each verdict, for spreadsheets",
    key="H",
    suffix=".csv",
    media_type="text/csv",
    write=_write,
    read=_read,
)
