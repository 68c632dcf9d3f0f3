"""Tasks for Label Studio, written, and read back with the annotations made there."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.review.export_format import Format, Pictures
from core.review.rows import Row
from core.review.verdicts import CASE_VERDICTS


def label_config() -> str:
    """The labelling interface in Label Studio for these tasks, with our shortcuts."""
    from xml.sax.saxutils import quoteattr  # loads half of urllib

    choices = "".join(
        f"<Choice value={quoteattr(kind.title)} hotkey={quoteattr(kind.key)}/>"
        for kind in CASE_VERDICTS.values()
    )
    return (
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="verdict" toName="text" choice="single" required="true">{choices}</Choices>'
        '<TextArea name="note" toName="text" rows="2"/></View>'
    )


def _write(rows: Sequence[Row], path: Path, _: Pictures) -> None:
    """Writes the current verdicts as annotations and the histories as the tasks' data."""
    tasks = [
        {
            "data": row,
            "annotations": [_annotation(entry) for entry in row["verdicts"] if entry["standing"]],
        }
        for row in rows
    ]
    text = json.dumps(tasks, ensure_ascii=False, indent=1)
    path.write_text(text, encoding="utf-8", newline="")


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


def _rows_in(document: Any) -> list[Row] | None:
    return [_row_of(task) for task in document] if isinstance(document, list) else None


def _row_of(task: Mapping[str, Any]) -> Row:
    """The row of an exported task; annotations made in Label Studio become verdicts.

    Their annotator is named by the address or number there; their ids are the same at each reading.
    """
    row = dict(task["data"])
    known = {entry["verdict_id"] for entry in row["verdicts"]}
    added = [
        _entry(row["case_id"], annotation)
        for annotation in task.get("annotations", ())
        if annotation.get("unique_id") not in known
        and not annotation.get("was_cancelled")
        and _verdict_of(annotation)
    ]
    return row | {"verdicts": [*row["verdicts"], *added]}


def _verdict_of(annotation: Mapping[str, Any]) -> str:
    choices = [
        part["value"]["choices"][0]
        for part in annotation["result"]
        if part.get("type") == "choices"
    ]
    return str(choices[0]) if choices else ""


def _entry(case_id: str, annotation: Mapping[str, Any]) -> dict[str, Any]:
    annotator = annotation.get("completed_by")
    if isinstance(annotator, Mapping):
        annotator = annotator.get("email") or annotator.get("id")
    annotation_id = annotation.get("unique_id") or annotation.get("id")
    notes = [part["value"]["text"] for part in annotation["result"] if part["type"] == "textarea"]
    note = notes[0] if notes else ""
    took_s = annotation.get("lead_time")
    return {
        "verdict_id": str(
            uuid.uuid5(uuid.NAMESPACE_OID, f"label studio {case_id} {annotation_id}")
        ),
        "annotator": f"Label Studio {annotator or 'somebody'}",
        "verdict": _verdict_of(annotation),
        "undoes": None,
        "final": False,
        "note": " ".join(note) if isinstance(note, list) else note,
        "took_ms": None if took_s is None else int(1000 * took_s),
        "at": str(annotation["created_at"]),
    }


FORMAT = Format(
    name="labelstudio",
    title="Label Studio",
    use="tasks with annotations",
    key="4",
    suffix=".json",
    media_type="application/json",
    write=_write,
    rows_in=_rows_in,
)
