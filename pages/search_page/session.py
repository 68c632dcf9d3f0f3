"""What a visitor asks, kept for the session and written as a link. Knows no widgets' looks."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.records import SearchResult
from pages.search_page.query_params import SearchParams, from_params


def link(ask: SearchParams) -> str:
    """The whole address that restores a question, on the address this visitor uses."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{here.path}?{urlencode(ask.to_params())}"


_ABSENT = "absent-city"


def absent_city() -> str:
    """The city that the link just opened asks for and this machine lacks, "" for none."""
    return str(st.session_state.get(_ABSENT, ""))


def current(cities: Iterable[str]) -> SearchParams:
    """The session's question; a link that was just opened, or the Back button, replaces it.

    Not in a run that a widget asked for: the browser may send such a run off before it has heard
    of the address written last, and what was just typed must not be lost to the older one.
    """
    params = st.query_params.to_dict()
    touched = st.session_state.pop("touched", False)
    if "ask" not in st.session_state or (not touched and params != st.session_state.get("written")):
        ask = from_params(params, cities)
        wanted = params.get("city", ask.city)
        st.session_state[_ABSENT] = "" if wanted == ask.city else wanted
        st.session_state["written"] = params
        st.session_state["asked"] = False
        _fill_widgets(ask)
        st.session_state["ask"] = ask
    ask = st.session_state["ask"]
    assert isinstance(ask, SearchParams)
    return ask


def settled() -> SearchParams:
    """The session's question where only the answer is drawn again; ends what `change` began."""
    st.session_state.pop("touched", None)
    ask = st.session_state["ask"]
    assert isinstance(ask, SearchParams)
    return ask


def redraw_if_asked() -> None:
    """Runs the whole page again where something below the question changed the question."""
    if st.session_state.pop("redraw", False):
        st.session_state["touched"] = True
        st.rerun()


def change(**changes: Any) -> SearchParams:
    """Replaces parts of the session's question; for callbacks, before widgets are drawn."""
    ask = replace(st.session_state["ask"], **changes)
    st.session_state[_ABSENT] = ""
    st.session_state["ask"] = ask
    st.session_state["touched"] = True
    return ask


def ask_anew(**changes: Any) -> SearchParams:
    """Another description or city: what was chosen, compared or replied belongs to the old one."""
    return rank_anew(**changes, replies=())


def rank_anew(**changes: Any) -> SearchParams:
    """The same description in another order: what was chosen and compared is no more."""
    st.session_state["chosen"] = 1
    st.session_state["picking"] = False
    return change(**changes, chosen=1, versus="")


def write_link(ask: SearchParams) -> None:
    """Makes the browser's address restore the question."""
    params = ask.to_params() if ask.text else {"city": ask.city}
    if st.query_params.get("booth") == "0":
        params["booth"] = "0"  # or the machine's setting would make the next visit a booth
    if params != st.session_state.get("written") or params != st.query_params.to_dict():
        st.session_state["written"] = params
        st.query_params.from_dict(params)


def _fill_widgets(ask: SearchParams) -> None:
    """The widgets keep their values under these keys."""
    st.session_state["text"] = ask.text
    st.session_state["city"] = ask.city
    st.session_state["chosen"] = ask.chosen


def chosen_rank(result: SearchResult, ask: SearchParams) -> int:
    """The rank to show: the chosen one where the answer has it, else the first."""
    ranks = [candidate.rank for candidate in result.candidates]
    return ask.chosen if ask.chosen in ranks else ranks[0]
