"""The definitions of the verdicts, and the keys of the annotator."""

import streamlit as st

from core.review.guidelines import MAX_CHARS, guidelines_of, reword
from core.review.key_bindings import ACTION_KEYS, bind, default_keys, keys_of
from core.review.store import Store
from core.review.verdicts import CASE_VERDICTS
from pages.review_page import tasks
from pages.review_page.session import ReviewSession, write_link
from pages.ui import case_store
from pages.ui.markdown import plain

_ACTIONS = {
    "skip": "Skip",
    "back": "Back",
    "undo": "Undo",
    "note": "Write a note",
    "together": "Similar failures",
    "definitions": "Definitions",
}


def draw(store: Store, session: ReviewSession) -> None:
    """Definitions at the left, keys and tasks at the right; changes need a name."""
    write_link(session)
    case_store.draw_result()
    left, right = st.columns([7, 5], gap="large")
    with left:
        _definitions(store, session)
    with right:
        _keys(store, session)
        tasks.draw(store, session)


def _definitions(store: Store, session: ReviewSession) -> None:
    st.header("What the verdicts mean", anchor=False)
    st.caption(
        "Everyone sees these beside the card. An empty one brings back the first wording."
        + ("" if session.name else " To change them, press V and enter a name.")
    )
    for number, one in enumerate(guidelines_of(store).values()):
        st.text_area(
            one.verdict,
            one.text,
            key=f"cases-guide-{number}-{one.at}",
            max_chars=MAX_CHARS,
            height=80,
            disabled=not session.name,
            help=plain(f"Worded by {one.author}, {one.at[:10]}", 120) if one.author else None,
        )
    if session.name:
        st.button("Save the definitions", key="cases-guide-save", on_click=_reword, args=(session,))


def _reword(session: ReviewSession) -> None:
    def work(store: Store) -> str:
        changed = 0
        for number, one in enumerate(guidelines_of(store).values()):
            text = st.session_state.get(f"cases-guide-{number}-{one.at}")
            if isinstance(text, str):
                changed += reword(store, one.verdict, text, session.name, case_store.now())
        return f"{changed} definitions changed." if changed else "Nothing changed."

    case_store.attempt(work)


def _keys(store: Store, session: ReviewSession) -> None:
    st.header("Your keys", anchor=False)
    if not session.name:
        st.caption("Press V and enter a name to choose keys of your own.")
        return
    keys = keys_of(store, session.name)
    titles = {title: title for title in CASE_VERDICTS} | {act: _ACTIONS[act] for act in ACTION_KEYS}
    with st.expander("A letter or a digit for each. Enter always records.", key="cases-keys"):
        columns = st.columns(2)
        for number, (action, title) in enumerate(titles.items()):
            columns[number % 2].text_input(
                title, keys[action], max_chars=1, key=f"cases-key-{number}-{keys[action]}"
            )
        with st.container(horizontal=True):
            st.button("Save the keys", key="cases-keys-save", on_click=_bind, args=(session,))
            st.button("Usual keys", key="cases-keys-usual", on_click=_unbind, args=(session,))


def _bind(session: ReviewSession) -> None:
    def work(store: Store) -> str:
        known = keys_of(store, session.name)
        actions = [*CASE_VERDICTS, *ACTION_KEYS]
        given = {
            action: str(st.session_state.get(f"cases-key-{number}-{known[action]}", known[action]))
            for number, action in enumerate(actions)
        }
        bind(store, session.name, given)
        return "Your keys are saved."

    case_store.attempt(work)


def _unbind(session: ReviewSession) -> None:
    def work(store: Store) -> str:
        bind(store, session.name, default_keys())
        return "You have the usual keys again."

    case_store.attempt(work)
