"""The verdict form beside a card: verdicts, note and keys in the browser, and their reports."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import streamlit as st

from core import settings
from core.errors import SaywhereError
from core.review.field_checks import MAX_NOTE_CHARS
from core.review.model import Card
from core.review.selection import key_of
from core.review.verdicts import CASE_VERDICTS
from pages.review_page import actions, case_store
from pages.review_page.session import ReviewSession
from pages.ui.templates import render

_KEY = "desk"
ACTS = {
    "record": ("Record", "Enter"),
    "skip": ("Skip", "S"),
    "back": ("Back", "B"),
    "undo": ("Undo", "U"),
}
"""Actions on a card: label and key."""


@cache
def _component(name: str) -> Any:
    script = settings.load().static / "saywhere" / f"{name}.js"
    return st.components.v2.component(
        f"saywhere_{name}",
        html=render("component", name=name),
        js=script.read_text(encoding="utf-8"),
        isolate_styles=False,
    )


def draw(session: ReviewSession, card: Card | None, title: str = "Why did it fail?") -> None:
    """The form for a card; without a card, only the ways back."""
    acts = ACTS if card else {name: ACTS[name] for name in ("back", "undo")}
    reported = _component("desk")(
        key=_KEY,
        on_deed_change=partial(_on_action, session),
        data={
            "token": session.token,
            "title": title,
            "of": key_of(session.name, session.view, card.case_id) if card else "",
            "verdicts": _verdicts() if card else [],
            "acts": _acts(acts),
            "was": card.was if card and session.view == "review" else None,
            "note": card.note if card and session.view == "review" else "",
            "longest": MAX_NOTE_CHARS,
            "problem": session.problem,
            "deeds": session.deeds,
        },
    )
    before = session.deeds
    _apply(session, reported.deed)
    if session.deeds != before:
        st.rerun()


def _verdicts() -> list[dict[str, str]]:
    return [{"verdict": kind.title, "key": kind.key} for kind in CASE_VERDICTS.values()]


def _acts(acts: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    return [{"act": act, "label": label, "key": key} for act, (label, key) in acts.items()]


def _on_action(session: ReviewSession) -> None:
    """Applies an action before anything is drawn, so the store has it when the next card comes.

    Whatever touches the session may be where a later key ends this run; then the page meets the
    same report once more, in `draw`. Nothing does so once the store has it."""
    reported = st.session_state.get(_KEY)
    _apply(session, reported.get("deed") if isinstance(reported, Mapping) else None)


def _apply(session: ReviewSession, deed: object) -> None:
    if not isinstance(deed, Mapping) or deed.get("once") == session.heard:
        return
    try:
        actions.apply_action(case_store.store(), session, deed, case_store.now())
    except (SaywhereError, OSError) as error:
        session.problem, session.heard = str(error), str(deed.get("once"))
        session.deeds += 1


def focus(session: ReviewSession, on: str, press: Mapping[str, str]) -> None:
    """Puts the cursor into a field once; `press` maps keys to the selectors they click."""
    _component("focus")(
        key=f"focus-{on}", data={"focus": on, "press": dict(press), "token": session.token}
    )


def button_with_shortcut(
    label: str, key: str, act: Callable[[], None], name: str, **look: Any
) -> None:
    """A button with its key on it; `act` runs before anything is drawn, and must not touch the
    session, or the next key could end it half-way."""
    st.button(label, key=name, shortcut=key, on_click=act, **look)
