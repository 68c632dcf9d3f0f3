"""Tasks for Label Studio, written, and read back with the annotations made there.

Label Studio keeps an annotation's `result`, `lead_time`, `ground_truth` and `was_cancelled`, and
replaces its `unique_id`, times and author (`label_studio/tasks/serializers.py`, `add_annotations`).
So our annotations are recognized by the ids of the parts of `result`.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core.review.export_format import Format, Pictures
from core.review.rows import Row
from core.review.verdicts import CASE_VERDICTS

_LONGEST_S = 86_400
_SAVING = timedelta(seconds=1)
"""Label Studio saves a new annotation several times at once."""


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
    short = _short(entry["verdict_id"])
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


def _short(verdict_id: str) -> str:
    """The part of a verdict's id that the ids in `result` have after their first letter."""
    return verdict_id.replace("-", "")[:10]


def _rows_in(document: Any) -> list[Row] | None:
    return [_row_of(task) for task in document] if isinstance(document, list) else None


def _row_of(task: Mapping[str, Any]) -> Row:
    """The row of an exported task; annotations made or edited in Label Studio become verdicts.

    Our own annotations add nothing as long as they are as we wrote them. The verdict of an edited
    one is a new version by its editor. Skipped annotations, and those without a verdict, are left
    out and counted.
    """
    row = dict(task["data"])
    ours = {_short(str(entry["verdict_id"])): entry for entry in row["verdicts"]}
    annotations = list(task.get("annotations", ()))
    judged = [one for one in annotations if not one.get("was_cancelled") and _verdict_of(one)]
    found = [_entry(row["case_id"], one, _own(one, ours)) for one in judged]
    added = [entry for entry in found if entry]
    left_out = len(annotations) - len(judged)
    return row | {"verdicts": [*row["verdicts"], *added], "left_out": left_out}


def _own(
    annotation: Mapping[str, Any], ours: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Our entry that an annotation was made from, None for one made in Label Studio."""
    for part in annotation["result"]:
        part_id = str(part.get("id", ""))
        if part_id[:1] in ("v", "n") and part_id[1:] in ours:
            return ours[part_id[1:]]
    entry = ours.get(_short(str(annotation.get("unique_id"))))
    return entry if entry and entry["verdict_id"] == annotation["unique_id"] else None


def _parts(annotation: Mapping[str, Any], kind: str, name: str) -> list[Any]:
    """The values of an annotation's parts of a kind, without the empty ones."""
    values = [part["value"].get(name) for part in annotation["result"] if part.get("type") == kind]
    return [value for value in values if value]


def _verdict_of(annotation: Mapping[str, Any]) -> str:
    found = _parts(annotation, "choices", "choices")
    return str(found[0][0]) if found else ""


def _note_of(annotation: Mapping[str, Any]) -> str:
    found = _parts(annotation, "textarea", "text")
    note = found[0] if found else ""
    return " ".join(map(str, note)) if isinstance(note, list) else str(note)


def _entry(
    case_id: str, annotation: Mapping[str, Any], own: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """The entry of an annotation; None for one of ours that nobody has touched.

    Its ids are the same at each reading. One that was touched and is as we wrote it `reverts` an
    edit, if there was one.
    """
    verdict, note, editor = _verdict_of(annotation), _note_of(annotation), _editor(annotation)
    same = own is not None and (verdict, note.split()) == (own["verdict"], str(own["note"]).split())
    if same and not _touched(annotation):
        return None
    annotation_id = annotation.get("unique_id") or annotation.get("id")
    of = f"edit of {own['verdict_id']}" if own else str(annotation_id)
    version = f"{case_id} {of} {editor} {verdict} {note} {annotation.get('updated_at')}"
    first_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"label studio {case_id} {annotation_id}"))
    version_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"label studio version {version}"))
    return {
        "verdict_id": version_id if own else first_id,
        "version_id": version_id,
        "annotator": f"Label Studio {editor}",
        "verdict": verdict,
        "undoes": None,
        "final": False,
        "note": note,
        "took_ms": _duration_ms(annotation.get("lead_time")),
        "at": annotation.get("updated_at") or annotation["created_at"],
        "reverts": same,
    }


def _touched(annotation: Mapping[str, Any]) -> bool:
    """Whether an annotation was saved again after Label Studio had made it."""
    try:
        made, saved = (
            datetime.fromisoformat(str(annotation[name])) for name in ("created_at", "updated_at")
        )
        return saved - made > _SAVING
    except (KeyError, TypeError, ValueError):
        return False


def _editor(annotation: Mapping[str, Any]) -> str:
    """The address or number of the person who changed an annotation last, else who made it."""
    author, editor = annotation.get("completed_by"), annotation.get("updated_by")
    if isinstance(author, Mapping) and editor in (None, author.get("id")):
        editor = author
    person = editor or author
    if isinstance(person, Mapping):
        person = person.get("email") or person.get("id")
    return str(person or "somebody")


def _duration_ms(took_s: Any) -> int | None:
    """A plausible duration; a task that stayed open for days has none."""
    plausible = isinstance(took_s, int | float) and 0 <= took_s <= _LONGEST_S
    return int(1000 * took_s) if plausible else None


FORMAT = Format(
    name="labelstudio",
    title="Label Studio",
    use="tasks with annotations",
    key="M",
    suffix=".json",
    media_type="application/json",
    write=_write,
    rows_in=_rows_in,
)
