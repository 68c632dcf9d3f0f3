"""Saved scenarios: what somebody looked at among the reports, with a note and a status.

Each is a file of its own, written atomically, so that two people never overwrite each other's.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from core.errors import ReportError
from core.files import write_json

Status = Literal["open", "looked into", "solved"]
STATUSES: tuple[Status, ...] = get_args(Status)
MOST_SCENARIOS = 300
"""Most scenarios in a folder, so that visitors cannot fill the disk."""
MAX_TITLE_CHARS, MAX_NOTE_CHARS = 120, 4_000
_MOST_PARAMS, _MOST_PARAM_CHARS = 40, 2_000
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """`params` restores the view: the parameters of the page's address."""

    scenario_id: str
    title: str
    params: Mapping[str, str]
    note: str
    status: Status
    changed_at: str


def list_scenarios(folder: Path) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """The scenarios of a folder, the open ones first and then the newest, and a line for each file
    that cannot be read."""
    found, faults = [], []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        if not _ID.fullmatch(path.stem):
            continue
        try:
            found.append(_checked(path.stem, json.loads(path.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError, RecursionError, ReportError) as error:
            faults.append(f"the scenario {path.name} cannot be read ({error!r:.120})")
    found.sort(key=lambda one: one.changed_at, reverse=True)
    return tuple(sorted(found, key=lambda one: STATUSES.index(one.status))), tuple(faults)


def save_scenario(
    folder: Path,
    title: str,
    params: Mapping[str, str],
    note: str,
    status: str,
    at: datetime,
    scenario_id: str = "",
) -> Scenario:
    """Writes a new scenario, or another version of the one with this id.

    Raises ReportError for an empty title, an unknown status, values that are too long, a full
    folder, and an id that is not there.
    """
    document = {
        "title": title,
        "params": dict(params),
        "note": note,
        "status": status,
        "changed_at": at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    made = _checked(scenario_id or uuid.uuid4().hex, document)
    path = folder / f"{made.scenario_id}.json"
    if scenario_id and not path.is_file():
        raise ReportError("the scenario is not there any more; save it as a new one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not scenario_id and sum(1 for _ in folder.glob("*.json")) >= MOST_SCENARIOS:
            raise ReportError(f"there are {MOST_SCENARIOS} scenarios; delete some first")
        written = asdict(made)
        del written["scenario_id"]
        write_json(path, written)
    except OSError as error:
        raise ReportError(f"the scenario cannot be saved ({error}); nothing was written") from error
    return made


def delete_scenario(folder: Path, scenario_id: str) -> None:
    """Deletes a scenario; does nothing if it is not there. Raises ReportError if it cannot."""
    if not _ID.fullmatch(scenario_id):
        raise ReportError("this is no scenario")
    try:
        (folder / f"{scenario_id}.json").unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"the scenario cannot be deleted ({error})") from error


def _checked(scenario_id: str, document: Any) -> Scenario:
    title = " ".join(str(document["title"]).split())
    note, status, params = document["note"], document["status"], document["params"]
    if not _ID.fullmatch(scenario_id):
        raise ReportError("this is no scenario")
    if not 1 <= len(title) <= MAX_TITLE_CHARS:
        raise ReportError(f"a scenario needs a title of 1 to {MAX_TITLE_CHARS} characters")
    if not isinstance(note, str) or len(note) > MAX_NOTE_CHARS:
        raise ReportError(f"the note may have up to {MAX_NOTE_CHARS:,} characters")
    if status not in STATUSES:
        raise ReportError(f"{status!r:.40} is no status; give one of {', '.join(STATUSES)}")
    pairs = params.items() if isinstance(params, dict) else ()
    fits = isinstance(params, dict) and len(params) <= _MOST_PARAMS
    if not fits or any(
        not isinstance(part, str) or len(part) > _MOST_PARAM_CHARS
        for pair in pairs
        for part in pair
    ):
        raise ReportError("the view cannot be saved: its address is too long")
    at = datetime.fromisoformat(document["changed_at"]).isoformat(timespec="seconds")
    return Scenario(scenario_id, title, dict(params), note, status, at)
