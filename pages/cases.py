"""The cases page: failures to review, one card at a time."""

from functools import partial

import streamlit as st

from core.errors import SaywhereError
from pages.review_page import (
    agreement,
    export,
    guidelines,
    review,
    sign_in,
    verdict_form,
)
from pages.review_page.session import ReviewSession, View, current, write_link
from pages.ui import case_store, frame
from pages.ui.markdown import plain

_VIEWS: dict[View, tuple[str, str]] = {
    "review": ("Review", "V"),
    "agreement": ("Agreement", "A"),
    "guidelines": ("Guidelines", "G"),
    "export": ("Export", "E"),
}


def views(session: ReviewSession) -> None:
    """A button with a key for each view, and one to leave."""
    with st.container(horizontal=True, width="content", key="cases-views"):
        for view, (label, key) in _VIEWS.items():
            look = "primary" if view == session.view else "secondary"
            look_at = partial(session.look_at, view)
            verdict_form.button_with_shortcut(label, key, look_at, f"view-{view}", type=look)
        if session.name:
            verdict_form.button_with_shortcut(
                f"Leave, {plain(session.name, 20)}",
                "L",
                session.leave,
                "view-leave",
                type="tertiary",
            )


def drawn(session: ReviewSession) -> None:
    """The view that was asked for. Faults of the store end it with a line."""
    store = case_store.store()
    trouble = st.empty()
    if session.problem and session.name:
        trouble.error(plain(session.problem, 600))
    if session.view == "agreement":
        agreement.draw(store, session)
    elif session.view == "guidelines":
        guidelines.draw(store, session)
    elif session.view == "export":
        export.draw(store)
        write_link(session)
    elif session.name:
        review.draw(store, session)
    else:
        sign_in.draw(store, session)


frame.begin("cases")
session = current()
with frame.head():
    views(session)
try:
    drawn(session)
except (SaywhereError, OSError) as error:
    st.error(plain(str(error), 600))
