"""The verdict form beside a card: verdicts, note and keys in the browser, and their reports."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.errors import SaywhereError
from core.review.field_checks import MAX_NOTE_CHARS
from core.review.guidelines import guidelines_of
from core.review.key_bindings import keys_of
from core.review.model import Card
from core.review.selection import key_of
from core.review.store import Store
from pages.review_page import actions
from pages.review_page.session import ReviewSession
from pages.ui import case_store
from pages.ui.script_component import script_component
from pages.ui.templates import render

_KEY = "desk"
ACTS = {
    "record": "Record",
    "skip": "Skip",
    "back": "Back",
    "undo": "Undo",
    "together": "Similar",
}
"""Actions on a card with their labels; everyone's keys are in the store, but Enter records."""


def draw(session: ReviewSession, card: Card | None, title: str = "Why did it fail?") -> None:
    """The form for a card; without a card, only the ways back."""
    store = case_store.store()
    keys = keys_of(store, session.name)
    review = session.view == "review"
    hidden = () if review else ("together",)
    acts = [act for act in ACTS if act not in hidden] if card else ["back", "undo"]
    reported = script_component("desk", render("component", name="desk"), isolate_styles=False)(
        key=_KEY,
        on_deed_change=partial(_on_action, session),
        data={
            "token": session.token,
            "title": title,
            "of": key_of(session.name, session.view, card.case_id) if card else "",
            "verdicts": _verdicts(store, keys) if card else [],
            "acts": [
                {"act": act, "label": ACTS[act], "key": keys.get(act, "Enter")} for act in acts
            ],
            "keys": {name: keys[name] for name in ("note", "definitions")},
            "more": len(session.together) if session.gathering else 0,
            "gathering": session.gathering,
            "was": card.was if card and review else None,
            "note": card.note if card and review else "",
            "longest": MAX_NOTE_CHARS,
            "problem": session.problem,
            "deeds": session.deeds,
        },
    )
    before = session.deeds
    _apply(session, reported.deed)
    if session.deeds != before:
        st.rerun()


def _verdicts(store: Store, keys: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"verdict": one.verdict, "key": keys[one.verdict], "meaning": one.text}
        for one in guidelines_of(store).values()
    ]


def _on_action(session: ReviewSession) -> None:
    """Applies an action before anything is drawn, so the store has it when the next card comes.

    Whatever touches the session may be where a later key ends this run; then the page meets the
    same report once more, in `draw`. Nothing does so once the store has it.

    A report that is sent again may have left with the address of the card before, which must not
    bring that card back: `touched` is for every report, known or new."""
    session.touched = True
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
    script_component("focus", render("component", name="focus"), isolate_styles=False)(
        key=f"focus-{on}", data={"focus": on, "press": dict(press), "token": session.token}
    )


def button_with_shortcut(
    label: str, key: str, act: Callable[[], None], name: str, **look: Any
) -> None:
    """A button with its key on it; `act` runs before anything is drawn, and must not touch the
    session, or the next key could end it half-way."""
    st.button(label, key=name, shortcut=key, on_click=act, **look)
