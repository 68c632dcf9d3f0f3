"""The list of the places found, in which one is chosen."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.maps import title_of
from core.records import Candidate
from pages.search_page import session
from pages.ui.markdown import plain


def draw(
    candidates: Sequence[Candidate], rank: int, summary: Callable[[Candidate], str]
) -> Candidate:
    """The list in which a place is chosen, with a summary of each; returns the one of `rank`."""
    by_rank = {candidate.rank: candidate for candidate in candidates}
    if st.session_state.get("chosen") != rank:
        st.session_state["chosen"] = rank
    st.radio(
        "Places found, likeliest first",
        list(by_rank),
        key="chosen",
        on_change=choose,
        format_func=lambda rank: f"**{rank}** {plain(title_of(by_rank[rank]), 60)}",
        captions=[plain(summary(candidate)) for candidate in candidates],
    )
    return by_rank[rank]


def choose() -> None:
    """Shows another candidate; for callbacks of the list."""
    session.change(chosen=st.session_state["chosen"])
