"""A search with its true place as a case to judge."""

from dataclasses import replace

import streamlit as st

from core.errors import CasesError
from core.retrieval import SearchTrace
from core.review.search_cases import keep_search, report_of_search, take_back_search
from core.review.store import Store
from pages.search_page import known_place
from pages.search_page.known_place import TruePlace
from pages.ui import case_store, frame

_MOST_CASES = 50
"""Of one visit."""


def draw(trace: SearchTrace, place: TruePlace) -> None:
    """The button that makes a case, or takes it back."""
    if not place.case_id:
        case_store.draw_result()
        st.button(
            "Make it a case",
            key="true-place-case",
            type="tertiary",
            icon=":material/rate_review:",
            on_click=_keep,
            args=(trace, place),
            help="Your words and this spot go to the cases on this machine, for people to judge.",
        )
        return
    st.page_link(
        frame.pages()["cases"], label="It is a case now" if place.own else "A case already"
    )
    if place.own:
        st.button(
            "Undo",
            key="true-place-undo",
            type="tertiary",
            icon=":material/undo:",
            on_click=_take_back,
            args=(place,),
        )
    case_store.draw_result()


def _keep(trace: SearchTrace, place: TruePlace) -> None:
    made = int(st.session_state.get("true-places-made", 0))

    def work(store: Store) -> str:
        if made >= _MOST_CASES:
            raise CasesError(f"{_MOST_CASES} cases are enough for one visit")
        kept = keep_search(store, report_of_search(trace, place.at), case_store.now())
        known_place.keep(replace(place, case_id=kept.case_id, own=kept.new))
        st.session_state["true-places-made"] = made + kept.new
        return ""

    case_store.attempt(work)


def _take_back(place: TruePlace) -> None:
    def work(store: Store) -> str:
        if not take_back_search(store, place.case_id):
            raise CasesError("somebody works on this case already, so it stays")
        known_place.keep(replace(place, case_id="", own=False))
        return ""

    case_store.attempt(work)
