"""A page's state for one visitor: kept in the session, restored by the address.

The one rule of all pages: the session's state holds until the address changes without us, by a
link that was just opened or by the Back button. Then the address replaces the state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import streamlit as st

Params = dict[str, str]

_CITY = "searched-city"


def remember_city(city: str) -> None:
    """Keeps the city of the visitor's last question, for pages that have a city of their own."""
    st.session_state[_CITY] = city


def searched_city() -> str:
    """The city of the visitor's last question, "" before the first."""
    return str(st.session_state.get(_CITY, ""))


@dataclass(kw_only=True)
class SessionLink:
    """Base of a page's state. A page keeps one object of its own subclass for each session.

    `written` is the address that the state belongs to, None before the first. `touched`: a widget
    asked for this run, not the address. The browser may send such a run off before it has heard of
    the address written last, and what was just chosen must not be lost to the older one.
    """

    written: Params | None = None
    touched: bool = False

    @classmethod
    def of_session(cls, key: str) -> Self:
        """The session's object under a key, made on the first visit."""
        kept = st.session_state.get(key)
        if not isinstance(kept, cls):
            kept = st.session_state[key] = cls()
        return kept

    def sync(self, follow: Callable[[Params], None], stale: bool = False) -> None:
        """Calls `follow` with the address where it replaces the state; `stale` asks for that."""
        params = st.query_params.to_dict()
        if stale or self.written is None or (not self.touched and params != self.written):
            follow(params)
            self.written = params
        self.touched = False

    def write(self, params: Params) -> None:
        """Makes the browser's address restore the state."""
        self.written = params
        if params != st.query_params.to_dict():
            st.query_params.from_dict(params)
