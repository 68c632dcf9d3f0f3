"""What to say instead of words that the map has nothing for; a click puts them into the text."""

import streamlit as st

from core.explain.proposals import Proposal, proposals
from core.records import Candidate
from pages.search_page import session
from pages.search_page.session_result import SearchState
from pages.ui.markdown import one_line, plain


def draw(state: SearchState, first: Candidate) -> None:
    """A line for each phrase without a match at the first place, with the nearest things here."""
    trace = state.trace
    assert trace is not None
    found = state.cached("proposals", lambda: proposals(trace, state.standings(first)))
    for number, one in enumerate(found):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"proposal-{number}"
        ):
            words = f"Instead of “{one_line(one.phrase, 40)}”, did you mean"
            st.markdown(plain(words, 120), width="content")
            for kind in one.kinds:
                st.button(
                    plain(kind, 40),
                    key=f"proposal-{number}-{kind}",
                    type="tertiary",
                    on_click=_say_instead,
                    args=(one, kind),
                )


def _say_instead(one: Proposal, kind: str) -> None:
    text = session.settled().text
    if text[one.start : one.end] != one.phrase:  # another answer came meanwhile
        return
    st.session_state["text"] = f"{text[: one.start]}{kind}{text[one.end :]}"
    session.ask_anew(text=st.session_state["text"])
    st.session_state["redraw"] = True
