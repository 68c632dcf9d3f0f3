"""The visitor's question, kept for the session and written as a link."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.records import SearchResult, Steering
from pages.search_page.query_params import SearchParams, from_params, usual_city
from pages.ui.session_link import Params, SessionLink, remember_city

_KEY = "ask"
Picking = Literal["", "other", "truth"]
"""A spot on the map: to compare with, or where the description really was written."""


@dataclass
class SearchSession(SessionLink):
    """A question; `absent_city` is the city that its link asks for and this machine lacks."""

    ask: SearchParams = field(default_factory=SearchParams)
    absent_city: str = ""

    def follow(self, params: Params, cities: Iterable[str]) -> None:
        """Takes the question of a link over; the widgets keep their values under these keys."""
        known = tuple(cities)
        ask = from_params(params, known)
        gone = self.ask.city if self.ask.city and self.ask.city not in known else ask.city
        wanted = params.get("city", gone)
        self.absent_city = "" if wanted == ask.city else wanted
        st.session_state["asked"] = False
        st.session_state["text"] = ask.text
        st.session_state["city"] = ask.city
        st.session_state["chosen"] = ask.chosen
        self.ask = ask
        remember_city(ask.city)


def _session() -> SearchSession:
    return SearchSession.of_session(_KEY)


def link(ask: SearchParams) -> str:
    """The whole address that restores a question, on the address this visitor uses."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{here.path}?{urlencode(ask.to_params())}"


def absent_city() -> str:
    """The city that the link just opened asks for and this machine lacks, "" for none."""
    return _session().absent_city


def current(cities: Iterable[str]) -> SearchParams:
    """The session's question; a link that was just opened, or the Back button, replaces it, and
    so does the address where the city is gone, with the next city."""
    session, known = _session(), tuple(cities)
    gone = session.ask.city not in {*known, usual_city(known)}
    session.sync(lambda params: session.follow(params, known), stale=gone)
    return session.ask


def settled() -> SearchParams:
    """The session's question in a run that draws only the answer; clears the mark of `change`."""
    session = _session()
    session.touched = False
    return session.ask


def redraw_if_asked() -> None:
    """Runs the whole page again where something below the question changed the question."""
    if st.session_state.pop("redraw", False):
        _session().touched = True
        st.rerun()


def change(**changes: Any) -> SearchParams:
    """Replaces parts of the session's question; for callbacks, before widgets are drawn."""
    session = _session()
    session.ask = replace(session.ask, **changes)
    remember_city(session.ask.city)
    session.absent_city, session.touched = "", True
    return session.ask


def ask_anew(**changes: Any) -> SearchParams:
    """Another description or city; drops the choice, comparison, replies and wishes of the old, and
    that all regions were to be searched."""
    return rank_anew(**changes, replies=(), steering=Steering(), exact=False)


def rank_anew(**changes: Any) -> SearchParams:
    """The same description in another order; drops the choice and the comparison."""
    st.session_state["chosen"] = 1
    pick("")
    return change(**changes, chosen=1, versus="")


def picking() -> Picking:
    """The use of the next click on the map, "" for a choice among the markers."""
    wanted: Picking = st.session_state.get("picking", "")
    return wanted


def pick(wanted: Picking) -> None:
    """Says what the next click on the map is for."""
    st.session_state["picking"] = wanted


def write_link(ask: SearchParams) -> None:
    """Makes the browser's address restore the question."""
    params = (ask if ask.text else SearchParams(city=ask.city)).to_params()
    if "0" in (st.query_params.get("booth"), st.query_params.get("kiosk")):
        params["booth"] = "0"  # or the machine's setting would make the next visit a booth
    _session().write(params)


def chosen_rank(result: SearchResult, ask: SearchParams) -> int:
    """The rank to show: the chosen one where the answer has it, else the first."""
    ranks = [candidate.rank for candidate in result.candidates]
    return ask.chosen if ask.chosen in ranks else ranks[0]
