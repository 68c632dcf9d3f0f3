"""The one schema of reports, answers, cases and verdicts as plain values: types, lengths, ranges.

What comes in is checked before the first row is written. What a store holds is checked when it is
read, and what cannot be read is set aside and told. Ids are opaque: they never become paths.
"""

import json
import math
import reprlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, get_args

from core.errors import CasesError
from core.review.rows import Row
from core.review.verdicts import CASE_VERDICTS, Kind

MAX_NAME_CHARS = 80
MAX_NOTE_CHARS = 4_000
_ID_CHARS, _NAME_CHARS = 300, 1_000
_PROSE_CHARS = 100_000
"""Below the limit of a cell in Python's CSV reader, 131,072."""
_MOST_WHOLE = 2**31 - 1
"""Of a column of 4 bytes; the product of a lot and a seed fits in 8."""
_MOST_M = 2.1e7
"""A little more than half the way around the earth."""
_MOST_ITEMS = 200
_EPOCH = "1970-01-01T00:00:00.000+00:00"
_NEEDED: Final = object()
_REFUSED = (
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    CasesError,
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `wanted` in words, and `check`, which returns the value as stored or raises.

    `missing` is the value that is read where a store holds an unreadable one; without it the whole
    row is set aside.
    """

    wanted: str
    check: Callable[[Any], Any]
    missing: Any = _NEEDED


def clean(text: str) -> str:
    """A text that every database accepts: no NUL, no invalid characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def stamp(at: datetime) -> str:
    """A time as stored: UTC, ISO 8601 with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def annotator_name(given: str) -> str:
    """A name as stored: one line with single spaces. Raises CasesError for an empty one."""
    name = " ".join(clean(given).split())[:MAX_NAME_CHARS].strip()
    if not name:
        raise CasesError("an annotator needs a name; type any word")
    return name


def checked_uuid(given: str) -> str:
    """A UUID as stored. Raises CasesError for anything else."""
    try:
        return str(uuid.UUID(given))
    except ValueError as error:
        raise CasesError(f"{given[:60]!r} is not a UUID; give every verdict its own") from error


def checked_verdict(given: str) -> str:
    """The verdict itself. Raises CasesError if it is not in `CASE_VERDICTS`."""
    if given not in CASE_VERDICTS:
        raise CasesError(
            f"{given[:60]!r} is not a verdict; give one of: {', '.join(CASE_VERDICTS)}"
        )
    return given


def _id(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _ID_CHARS or clean(value) != value:
        raise ValueError
    return value


def _name(value: Any) -> str:
    """A name as it is: SQLite takes a NUL, and no database takes half of a surrogate pair."""
    if not isinstance(value, str) or len(value) > _NAME_CHARS:
        raise ValueError
    value.encode()
    return value


def _prose(most: int) -> Field:
    """A text that people wrote: what no database accepts is replaced."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise ValueError
        return clean(value)

    return Field(f"a text of up to {most:,} characters", check)


def _number(low: float, high: float) -> Field:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError
        return float(value)

    return Field(f"a number from {low:,.10g} to {high:,.10g}", check)


def _whole(low: int, high: int) -> Field:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError
        if not low <= value <= high:
            raise ValueError
        return value

    return Field(f"a whole number from {low} to {high:,}", check)


def _or_none(field: Field) -> Field:
    return Field(
        f"{field.wanted} or null", lambda value: None if value is None else field.check(value), None
    )


def _flag(value: Any) -> bool:
    if not isinstance(value, int) or value not in (0, 1):
        raise ValueError
    return bool(value)


def _time(value: Any) -> str:
    at = datetime.fromisoformat(value)
    return stamp(at if at.tzinfo else at.replace(tzinfo=UTC))


def _kind(value: Any) -> str:
    if value not in get_args(Kind):
        raise ValueError
    return str(value)


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        raise ValueError
    return [_NAME.check(name) for name in value]


def _numbers(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or len(value) > _MOST_ITEMS:
        raise ValueError
    return {_NAME.check(name): _ANY_NUMBER.check(number) for name, number in value.items()}


_ID = Field(f"a valid text of 1 to {_ID_CHARS} characters", _id)
_NAME = Field(f"a valid text of up to {_NAME_CHARS:,} characters", _name)
_ANY_NUMBER = _number(-1e12, 1e12)
_UUID = Field("a UUID", checked_uuid)
_TIME = Field("a time such as 2026-01-02T12:00:00Z", _time, _EPOCH)
_LAT, _LON = _number(-90, 90), _number(-180, 180)
_NUMBERS = Field("an object of numbers by name", _numbers, {})

REPORT: Final[dict[str, Field]] = {
    "report_id": _ID,
    "title": _NAME,
    "source": _NAME,
    "gallery": _NAME,
    "model": _NAME,
    "scope": _NAME,
    "imported_at": _TIME,
    "report_channels": Field("a list of names", _names, []),
}
ANSWER: Final[dict[str, Field]] = {
    "number": _whole(0, _MOST_WHOLE),
    "query_id": _NAME,
    "text": _prose(_PROSE_CHARS),
    "tile_id": _NAME,
    "lat": _LAT,
    "lon": _LON,
    "rank": _or_none(_whole(1, _MOST_WHOLE)),
    "top_tile": _NAME,
    "top_lat": _LAT,
    "top_lon": _LON,
    "distance_m": _number(0, _MOST_M),
    "confidence": _or_none(_number(0, 1)),
    "said": _or_none(_NAME),
    "channels": _NUMBERS,
    "signs": _NUMBERS,
}
CASE: Final[dict[str, Field]] = {
    "case_id": _ID,
    "kind": Field(f"one of {', '.join(get_args(Kind))}", _kind),
    "difficulty": _number(0, 1_000),
    "lot": _whole(0, _MOST_WHOLE),
}
ENTRY: Final[dict[str, Field]] = {
    "verdict_id": _UUID,
    "annotator": Field("a name", annotator_name),
    "verdict": replace(
        _or_none(Field("a verdict that this app knows", checked_verdict)), missing=_NEEDED
    ),
    "undoes": replace(_or_none(_UUID), missing=_NEEDED),
    "final": Field("true or false", _flag),
    "note": replace(_prose(_PROSE_CHARS), missing=""),
    "took_ms": _or_none(_whole(0, _MOST_WHOLE)),
    "at": _TIME,
}
OTHER_ANSWER: Final[dict[str, Field]] = {
    name: (REPORT | ANSWER)[name]
    for name in ("title", "model", "scope", "top_tile", "top_lat", "top_lon", "distance_m")
}
_PLACE_IN_HISTORY = _or_none(_whole(0, _MOST_WHOLE))
_VERSION = _or_none(_UUID)


def stored(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The same fields as their columns hold them: what is a list or an object is JSON there."""
    return {
        name: replace(field, check=_parsed(field.check))
        if name in ("report_channels", "channels", "signs")
        else field
        for name, field in fields.items()
    }


def _parsed(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: check(json.loads(value))


def readable(
    values: Mapping[Any, Any], fields: Mapping[str, Field], what: str, faults: list[str]
) -> Row | None:
    """The values of a row of a store, None if it has to be set aside; adds a line for each fault.

    An unreadable value that the row can do without is replaced by the field's `missing`.
    """
    row: Row = {}
    for name, field in fields.items():
        try:
            row[name] = field.check(values[name])
        except _REFUSED:
            faults.append(f"{what}: {name} {_shown(values[name])} is not {field.wanted}")
            if field.missing is _NEEDED:
                return None
            row[name] = field.missing
    return row


def checked_rows(rows: list[Any]) -> list[Row]:
    """The rows of a file as they are stored. Raises CasesError that names the first wrong value."""
    return [_checked_row(row, f"case {number}") for number, row in enumerate(rows, 1)]


def _checked_row(row: Any, what: str) -> Row:
    checked = checked_values(row, CASE | REPORT | ANSWER, what)
    entries = row.get("verdicts", [])
    if not isinstance(entries, list):
        raise _wrong(what, "verdicts", entries, "a list")
    checked["verdicts"] = [
        _checked_entry(entry, f"{what}, verdict {number}")
        for number, entry in enumerate(entries, 1)
    ]
    return checked


def _checked_entry(entry: Any, what: str) -> Row:
    checked = checked_values(entry, ENTRY, what)
    if (checked["verdict"] is None) == (checked["undoes"] is None):
        raise _wrong(what, "verdict", checked["verdict"], "a verdict, or null with undoes")
    for name, field in (("seq", _PLACE_IN_HISTORY), ("version_id", _VERSION)):
        checked |= checked_values({name: entry.get(name)}, {name: field}, what)
    checked["reverts"] = entry.get("reverts") is True
    return checked


def checked_values(values: Any, fields: Mapping[str, Field], what: str) -> Row:
    """The values of the fields as stored. Raises CasesError for one that is missing or wrong."""
    if not isinstance(values, Mapping):
        raise CasesError(
            f"the file has an incomplete case: {what} is {_shown(values)} and not an object; "
            "nothing was imported"
        )
    checked: Row = {}
    for name, field in fields.items():
        if name not in values:
            raise CasesError(
                f"the file has an incomplete case: {what} has no {name}; nothing was imported"
            )
        try:
            checked[name] = field.check(values[name])
        except _REFUSED as error:
            raise _wrong(what, name, values[name], field.wanted) from error
    return checked


def _wrong(what: str, name: str, value: Any, wanted: str) -> CasesError:
    return CasesError(
        f"the file has a wrong value: {what}: {name} {_shown(value)} is not {wanted}; "
        "nothing was imported"
    )


def _shown(value: Any) -> str:
    """A short text for a value of any type and size."""
    try:
        return reprlib.repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return f"of type {type(value).__name__}"
