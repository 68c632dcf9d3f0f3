"""What an annotator does with a card, on the disk before the screen moves on; knows no widgets."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.cases import queue
from core.cases.agreement import Dispute, disputes
from core.cases.store import Said, Store
from core.errors import CasesError
from pages.shared.cases.seat import Seat

_LONGEST_MS = 3_600_000


def do(store: Store, seat: Seat, deed: Mapping[Any, Any], now: datetime) -> None:
    """One deed that the desk reported. It comes from a browser, so it is checked like a link; one
    heard of before, or about a card that lies there no more, is left out."""
    act, once = _ACTS.get(str(deed.get("act"))), str(deed.get("once") or "")
    if act is None or deed.get("token") != seat.token or not seat.name:
        return
    if once and once == seat.heard:
        return
    seat.heard, seat.touched = once, True
    seat.deeds += 1
    seat.problem = ""
    try:
        act(store, seat, deed, now)
    except CasesError as error:
        seat.problem = str(error)


def _record(store: Store, seat: Seat, deed: Mapping[Any, Any], now: datetime) -> None:
    final = seat.view == "agreement"
    store.record(
        Said(
            seat.token,
            seat.case_id,
            seat.name,
            str(deed.get("verdict")),
            str(deed.get("note") or ""),
            _took(deed.get("took_ms")),
            final,
        ),
        now,
    )
    seat.last = seat.case_id
    _move_on(seat)


def _took(given: object) -> int | None:
    """A time that can be true: more than an hour is a pause."""
    return given if isinstance(given, int) and 0 <= given <= _LONGEST_MS else None


def _skip(store: Store, seat: Seat, _: Mapping[Any, Any], now: datetime) -> None:
    if seat.view == "review":
        queue.skip(store, seat.name, seat.case_id, now)
        _move_on(seat)
        return
    torn = [one.case_id for one in disputes_for(store, seat.name)]
    at = torn.index(seat.case_id) if seat.case_id in torn else -1
    seat.trail.append(seat.case_id)
    seat.turn(torn[(at + 1) % len(torn)] if torn else "")


def _move_on(seat: Seat) -> None:
    seat.trail.append(seat.case_id)
    seat.turn()


def _back(store: Store, seat: Seat, _: Mapping[Any, Any], __: datetime) -> None:
    seat.last = ""
    if seat.trail:
        seat.turn(seat.trail.pop())
        return
    card = queue.last_card(store, seat.name) if seat.view == "review" else None
    if card is None or card.case_id == seat.case_id:
        raise CasesError("there is no case before this one")
    seat.turn(card.case_id)


def _undo(store: Store, seat: Seat, _: Mapping[Any, Any], now: datetime) -> None:
    case_id = store.undo(seat.name, seat.token, now, final=seat.view == "agreement")
    if case_id is None:
        raise CasesError("there is no verdict of yours to take back")
    seat.last = ""
    seat.trail = [one for one in seat.trail if one != case_id]
    seat.turn(case_id)


_ACTS: dict[str, Callable[[Store, Seat, Mapping[Any, Any], datetime], None]] = {
    "record": _record,
    "skip": _skip,
    "back": _back,
    "undo": _undo,
}


def disputes_for(store: Store, name: str) -> tuple[Dispute, ...]:
    """The disputes that somebody may see: those they have answered themselves, for they are blind
    to the others until then."""
    return tuple(
        one
        for one in disputes(store)
        if any(
            entry.annotator == name and entry.standing and not entry.final
            for entry in one.reveal.entries
        )
    )
