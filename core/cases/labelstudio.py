"""Tasks of Label Studio read back, with what was annotated there; knows no other format."""

import uuid
from collections.abc import Mapping
from typing import Any

from core.cases.exchange import Row


def row_of_task(task: Mapping[str, Any]) -> Row:
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
