"""The line above a card: how far the annotator is, the order of the cases, and which ones come."""

import streamlit as st

from core.errors import CasesError
from core.review.model import Progress
from core.review.store import Store
from core.review.verdicts import ORDERS, Order
from pages.review_page import history, verdict_form
from pages.review_page.session import ReviewSession
from pages.ui import case_store

_ORDERS: dict[Order, str] = {"hardest": "Hardest first", "shuffled": "Shuffled"}


def draw(store: Store, session: ReviewSession, done: Progress) -> None:
    """Progress, and a button with a key for each choice."""
    with st.container(horizontal=True, vertical_alignment="center", key="cases-bar"):
        st.html(history.progress(done))
        other = next(one for one in ORDERS if one != done.order)
        verdict_form.button_with_shortcut(
            f"{_ORDERS[done.order]} (change)",
            "O",
            lambda: _reorder(store, session, other),
            "cases-order",
            type="tertiary",
        )
        if done.second_votes or session.focus != "all":
            waiting = f"{done.second_votes:,} need another vote"
            verdict_form.button_with_shortcut(
                "All cases" if session.focus != "all" else waiting,
                "W",
                lambda: _refocus(session),
                "cases-focus",
                type="tertiary",
            )


def _refocus(session: ReviewSession) -> None:
    session.touched = True
    session.focus = "second vote" if session.focus == "all" else "all"
    session.turn()


def _reorder(store: Store, session: ReviewSession, order: Order) -> None:
    session.touched = True
    try:
        store.join(session.name, case_store.now(), order)
        session.turn()
    except CasesError as error:
        session.problem = str(error)
