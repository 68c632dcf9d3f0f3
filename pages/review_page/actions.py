"""Actions on a card: record, skip, back, undo; written before the next card is shown."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.errors import CasesError
from core.review import queue
from core.review.agreement import Dispute, disputes
from core.review.store import NewVerdict, Store
from pages.review_page.session import ReviewSession

_LONGEST_MS = 3_600_000


def apply_action(
    store: Store, session: ReviewSession, deed: Mapping[Any, Any], now: datetime
) -> None:
    """Applies one action from the verdict form. Input is untrusted; duplicates, and actions for a
    card that is no longer shown, are ignored."""
    act, once = _ACTS.get(str(deed.get("act"))), str(deed.get("once") or "")
    if act is None or deed.get("token") != session.token or not session.name:
        return
    if once and once == session.heard:
        return
    session.heard, session.touched = once, True
    session.deeds += 1
    session.problem = ""
    try:
        act(store, session, deed, now)
    except CasesError as error:
        session.problem = str(error)


def _record(store: Store, session: ReviewSession, deed: Mapping[Any, Any], now: datetime) -> None:
    shown = NewVerdict(
        session.token,
        session.case_id,
        session.name,
        str(deed.get("verdict")),
        str(deed.get("note") or ""),
        _plausible_duration_ms(deed.get("took_ms")),
        session.view == "agreement",
    )
    others = session.together if session.gathering and session.view == "review" else ()
    alike = [
        replace(shown, verdict_id=_derived(session.token, case_id), case_id=case_id, took_ms=None)
        for case_id in others
    ]
    store.record_all([*alike, shown], now)
    session.batches[session.case_id] = len(alike)
    session.last = session.case_id
    _move_on(session)


def _derived(token: str, part: str) -> str:
    """An id that the same action always gets again."""
    return str(uuid.uuid5(uuid.UUID(token), part))


def _gather(_: Store, session: ReviewSession, __: Mapping[Any, Any], ___: datetime) -> None:
    """Lists similar cases, or no longer."""
    session.gathering, session.together = not session.gathering, ()


def _plausible_duration_ms(given: object) -> int | None:
    """A plausible duration; more than an hour is a pause."""
    return given if isinstance(given, int) and 0 <= given <= _LONGEST_MS else None


def _skip(store: Store, session: ReviewSession, _: Mapping[Any, Any], now: datetime) -> None:
    if session.view == "review":
        queue.skip(store, session.name, session.case_id, now)
        _move_on(session)
        return
    torn = [one.case_id for one in disputes_for(store, session.name)]
    at = torn.index(session.case_id) if session.case_id in torn else -1
    session.trail.append(session.case_id)
    session.turn(torn[(at + 1) % len(torn)] if torn else "")


def _move_on(session: ReviewSession) -> None:
    session.trail.append(session.case_id)
    session.turn()


def _back(store: Store, session: ReviewSession, _: Mapping[Any, Any], __: datetime) -> None:
    session.last = ""
    if session.trail:
        session.turn(session.trail.pop())
        return
    card = queue.last_card(store, session.name) if session.view == "review" else None
    if card is None or card.case_id == session.case_id:
        raise CasesError("there is no case before this one")
    session.turn(card.case_id)


def _undo(store: Store, session: ReviewSession, _: Mapping[Any, Any], now: datetime) -> None:
    case_id = store.undo(session.name, session.token, now, final=session.view == "agreement")
    if case_id is None:
        raise CasesError("there is no verdict of yours to take back")
    if session.view == "review":
        for number in range(session.batches.pop(case_id, 0)):
            store.undo(session.name, _derived(session.token, str(number)), now)
    session.last = ""
    session.trail = [one for one in session.trail if one != case_id]
    session.turn(case_id)


_ACTS: dict[str, Callable[[Store, ReviewSession, Mapping[Any, Any], datetime], None]] = {
    "record": _record,
    "skip": _skip,
    "back": _back,
    "undo": _undo,
    "together": _gather,
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
