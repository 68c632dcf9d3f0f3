"""Files of cases: CSV, JSON lines, GeoJSON, and what Label Studio and FiftyOne read.

Every format holds all of every row, so that each can be read back; knows no store.
"""

import csv
import io
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args
from xml.sax.saxutils import quoteattr

from core.cases.exchange import CASE_FIELDS, ENTRY_FIELDS, NUMBERS, WHOLE, Row
from core.cases.verdicts import CASE_VERDICTS, VERDICT_KEYS
from core.errors import CasesError
from core.files import replacing, safe_cell

Format = Literal["csv", "jsonl", "geojson", "labelstudio", "fiftyone"]
FORMATS: tuple[Format, ...] = get_args(Format)

Pictures = Callable[[str, str], bytes]
"""The WebP picture of a gallery's tile, b"" where there is none."""

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".geojson": "geojson",
    ".json": "labelstudio",
    "": "fiftyone",
}
_JSON_CELLS = ("report_channels", "channels", "signs")


def format_of(path: Path, given: Format | None) -> Format:
    """The format of a file to write, by its ending where none is given."""
    if given is None and path.suffix.lower() not in _ENDINGS:
        raise CasesError(
            f"{path.name} has no ending of a format; wanted .csv, .jsonl, .geojson, "
            ".json (Label Studio), none (a FiftyOne folder), or --format"
        )
    return given or _ENDINGS[path.suffix.lower()]


def write_cases(rows: Sequence[Row], path: Path, kind: Format, pictures: Pictures) -> Path:
    """Writes rows in a format, whole or not at all; `path` is a folder for FiftyOne.

    Raises CasesError where it cannot.
    """
    if not path.parent.is_dir():
        raise CasesError(f"there is no folder {path.parent}; make it, or choose another")
    try:
        with replacing(path) as part:
            if kind == "fiftyone":
                _write_fiftyone(rows, path, part, pictures)
            else:
                part.write_text(_WRITERS[kind](rows), encoding="utf-8", newline="")
    except OSError as error:
        raise CasesError(f"{path} cannot be written ({error}); is the disk full?") from error
    return path


def _harmless(value: Any) -> Any:
    """A text that no spreadsheet runs, marked so that `_plain` can tell; numbers stay numbers."""
    if isinstance(value, str) and value.startswith("'"):
        return f"'{value}"
    return safe_cell(value)


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _harmless(cell[1:]) != cell[1:] else cell


def _csv(rows: Sequence[Row]) -> str:
    """A line for each entry, and one for each case without any."""
    written = io.StringIO()
    writer = csv.DictWriter(written, [*CASE_FIELDS, *ENTRY_FIELDS])
    writer.writeheader()
    for row in rows:
        flat = {name: row[name] for name in CASE_FIELDS}
        flat |= {name: json.dumps(row[name]) for name in _JSON_CELLS}
        for entry in row["verdicts"] or [{}]:
            whole = flat | {
                name: int(value) if isinstance(value, bool) else value
                for name, value in entry.items()
            }
            writer.writerow({name: _harmless(value) for name, value in whole.items()})
    return written.getvalue()


def _jsonl(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _geojson(rows: Sequence[Row]) -> str:
    """A feature for each case: a line from the truth to the answer."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": row["case_id"],
                    "properties": row,
                    "geometry": {
                        "type": "LineString",
                        "coordinates": [[row["lon"], row["lat"]], [row["top_lon"], row["top_lat"]]],
                    },
                }
                for row in rows
            ],
        },
        ensure_ascii=False,
    )


def label_config() -> str:
    """Label Studio's interface for these tasks, with the keys of our own."""
    choices = "".join(
        f"<Choice value={quoteattr(verdict)} hotkey={quoteattr(VERDICT_KEYS[verdict])}/>"
        for verdict in CASE_VERDICTS
    )
    return (
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="verdict" toName="text" choice="single" required="true">{choices}</Choices>'
        '<TextArea name="note" toName="text" rows="2"/></View>'
    )


def _labelstudio(rows: Sequence[Row]) -> str:
    """Tasks with the standing verdicts as annotations; the history lies in the tasks' data."""
    return json.dumps(
        [
            {
                "data": row,
                "annotations": [
                    _annotation(entry) for entry in row["verdicts"] if entry["standing"]
                ],
            }
            for row in rows
        ],
        ensure_ascii=False,
        indent=1,
    )


def _annotation(entry: Mapping[str, Any]) -> dict[str, Any]:
    short = entry["verdict_id"].replace("-", "")[:10]
    result = [
        {
            "id": f"v{short}",
            "from_name": "verdict",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [entry["verdict"]]},
        }
    ]
    if entry["note"]:
        result.append(
            {
                "id": f"n{short}",
                "from_name": "note",
                "to_name": "text",
                "type": "textarea",
                "value": {"text": [entry["note"]]},
            }
        )
    return {
        "unique_id": entry["verdict_id"],
        "result": result,
        "was_cancelled": False,
        "ground_truth": bool(entry["final"]),
        "created_at": entry["at"],
        "lead_time": None if entry["took_ms"] is None else entry["took_ms"] / 1000,
    }


_WRITERS: dict[Format, Callable[[Sequence[Row]], str]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "geojson": _geojson,
    "labelstudio": _labelstudio,
}


def _write_fiftyone(rows: Sequence[Row], path: Path, part: Path, pictures: Pictures) -> None:
    """A dataset folder: a sample for each case, its picture that of the answer."""
    if path.exists() and not (path / "samples.json").is_file():
        raise CasesError(f"{path} is there and no dataset of FiftyOne; give a new folder")
    (part / "data").mkdir(parents=True)
    samples = []
    for row in rows:
        name = f"data/{row['case_id']}.webp"
        found = pictures(row["gallery"], row["top_tile"])
        if found:
            (part / name).write_bytes(found)
        samples.append(_sample(row, name))
    (part / "samples.json").write_text(json.dumps({"samples": samples}), encoding="utf-8")
    (part / "metadata.json").write_text(
        json.dumps({"media_type": "image", "info": {"source": "saywhere cases"}}), encoding="utf-8"
    )
    if path.exists():
        shutil.rmtree(path)


def _sample(row: Row, name: str) -> dict[str, Any]:
    said = [
        {"_cls": "Classification", "label": entry["verdict"], "tags": [entry["annotator"]]}
        for entry in row["verdicts"]
        if entry["standing"]
    ]
    return {
        "filepath": name,
        "tags": [row["kind"]],
        "_media_type": "image",
        "metadata": None,
        "case_id": row["case_id"],
        "text": row["text"],
        "gallery": row["gallery"],
        "tile_id": row["tile_id"],
        "top_tile": row["top_tile"],
        "distance_m": row["distance_m"],
        "location": {
            "_cls": "GeoLocation",
            "point": [row["lon"], row["lat"]],
            "line": [[row["lon"], row["lat"]], [row["top_lon"], row["top_lat"]]],
        },
        "verdict": row["settled"]
        and {"_cls": "Classification", "label": row["settled"], "tags": []},
        "verdicts": {"_cls": "Classifications", "classifications": said},
        "case": json.dumps(row, ensure_ascii=False),
    }


def read_csv(path: Path) -> list[Row]:
    """The rows of a CSV that `write_cases` wrote, perhaps saved again by a spreadsheet."""
    by_case: dict[str, Row] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        missing = {*CASE_FIELDS, *ENTRY_FIELDS} - {*(lines.fieldnames or ())}
        if missing:
            raise CasesError(
                f"{path.name} has no column {', '.join(sorted(missing)[:5])}; wanted "
                "an export of cases"
            )
        for line in lines:
            try:
                cells = {name: _cell(name, line[name]) for name in (*CASE_FIELDS, *ENTRY_FIELDS)}
            except (ValueError, AttributeError) as error:
                raise CasesError(
                    f"{path.name}, line {lines.line_num}: {error!r:.120}; wanted an export of cases"
                ) from error
            row = by_case.setdefault(
                cells["case_id"], {name: cells[name] for name in CASE_FIELDS} | {"verdicts": []}
            )
            if cells["verdict_id"]:
                row["verdicts"].append({name: cells[name] for name in ENTRY_FIELDS})
    return list(by_case.values())


def _cell(name: str, cell: str) -> Any:
    text = _plain(cell)
    if name in _JSON_CELLS:
        return json.loads(text)
    if name in NUMBERS:
        return float(text) if text else None
    if name in WHOLE:
        return int(text) if text else None
    if name in ("final", "standing"):
        return text in ("1", "True", "true", "TRUE")
    return text if text or name in ("note", "text", "model", "gallery", "title") else None


def rows_in(document: Any) -> list[Row] | None:
    """The rows in a JSON document of ours: GeoJSON, Label Studio's tasks, FiftyOne's samples.

    None where it is none of them.
    """
    if isinstance(document, list):
        from core.cases.labelstudio import row_of_task

        return [row_of_task(task) for task in document]
    if document.get("type") == "FeatureCollection":
        return [feature["properties"] for feature in document["features"]]
    if isinstance(document.get("samples"), list):
        return [json.loads(sample["case"]) for sample in document["samples"]]
    return None
