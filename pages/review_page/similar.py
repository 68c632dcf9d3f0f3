"""Open cases like the one on the desk, which can get the same verdict at once."""

import streamlit as st

from core.review.alike import similar_cases
from core.review.model import Card
from pages.review_page.session import ReviewSession
from pages.ui import case_store
from pages.ui.markdown import plain
from pages.ui.numbers import metres
from pages.ui.text_embeddings import text_embeddings

_MOST_CHARS = 220


def draw(session: ReviewSession, card: Card) -> None:
    """While the annotator gathers: a box to tick for each similar case, all ticked at first."""
    if not (session.gathering and session.view == "review"):
        return
    with st.spinner("Looking for similar failures …"):
        found = similar_cases(case_store.store(), session.name, card.case_id, text_embeddings().of)
    if not found:
        session.together = ()
        st.info("No other open case of this report is like this one.")
        return
    with st.container(border=True, key="cases-similar"):
        st.markdown("**Similar failures get the same verdict. Untick those that should not.**")
        ticked = [
            one.case_id
            for one in found
            if st.checkbox(
                f"{metres(one.distance_m)} away · {plain(one.text, _MOST_CHARS)}",
                True,
                key=f"cases-similar-{one.case_id}",
            )
        ]
    session.together = tuple(ticked)
