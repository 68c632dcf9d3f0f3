"""Tasks of Label Studio, written and read back with what was annotated there."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.review.export_format import Format, Pictures
from core.review.rows import Row
from core.review.verdicts import CASE_VERDICTS


def label_config() -> str:
    """Label Studio's interface for these tasks, with the keys of our own."""
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
    """Writes the standing verdicts as annotations; the history lies in the tasks' data."""
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
    """The row of a task that we exported; annotations made in Label Studio become verdicts.

    Such a one is by the annotator's address or number there, and has the same id at each reading.
    """
    row = dict(task["data"])
    known = {entry["verdict_id"] for entry in row["verdicts"]}
    made = [
        _entry(row["case_id"], one)
        for one in task.get("annotations", ())
        if one.get("unique_id") not in known and not one.get("was_cancelled") and _chosen(one)
    ]
    return row | {"verdicts": [*row["verdicts"], *made]}


def _chosen(annotation: Mapping[str, Any]) -> str:
    found = [
        part["value"]["choices"][0]
        for part in annotation["result"]
        if part.get("type") == "choices"
    ]
    return str(found[0]) if found else ""


def _entry(case_id: str, annotation: Mapping[str, Any]) -> dict[str, Any]:
    who = annotation.get("completed_by")
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    mark = annotation.get("unique_id") or annotation.get("id")
    notes = [part["value"]["text"] for part in annotation["result"] if part["type"] == "textarea"]
    note = notes[0] if notes else ""
    took = annotation.get("lead_time")
    return {
        "verdict_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"label studio {case_id} {mark}")),
        "annotator": f"Label Studio {who or 'somebody'}",
        "verdict": _chosen(annotation),
        "undoes": None,
        "final": False,
        "note": " ".join(note) if isinstance(note, list) else note,
        "took_ms": None if took is None else int(1000 * took),
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
