"""Who sits before the cards in this session, and which card lies there; knows no widgets.

A token is made before a card is shown. Whatever is done with the card carries it and becomes the
id of what is written, so the same deed reported twice is written once.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import streamlit as st

View = Literal["review", "agreement", "export"]
VIEWS: tuple[View, ...] = get_args(View)
_LONGEST_ID = 100


@dataclass
class ReviewSession:
    """An annotator at work. `name` is "" before they gave one; `case_id` "" takes the next card.

    `last` is the case just answered, which may be revealed; `trail` the cases seen before, to go
    back to; `problem` what went wrong with the last deed, `deeds` how many there were, and `heard`
    the one heard of last. `touched` says that this run obeys a deed and not an address.
    """

    name: str = ""
    view: View = "review"
    case_id: str = ""
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    last: str = ""
    trail: list[str] = field(default_factory=list)
    problem: str = ""
    deeds: int = 0
    heard: str = ""
    touched: bool = False

    def turn(self, case_id: str = "") -> None:
        """Puts another card on the desk, the next one unless a case is given."""
        self.case_id = case_id
        self.token = str(uuid.uuid4())

    def leave(self) -> None:
        """The next to sit here sees nothing of who sat here before."""
        self.touched = True
        self.name, self.last, self.problem, self.trail = "", "", "", []
        self.turn()

    def look_at(self, view: View) -> None:
        """Another view; a card begun is taken up again from the queue."""
        self.touched = True
        if view != self.view:
            self.view, self.last, self.problem = view, "", ""
            self.turn()


def current() -> ReviewSession:
    """The session's seat; a link just opened, or the Back button, chooses view and case."""
    params = st.query_params.to_dict()
    session = st.session_state.get("seat")
    if not isinstance(session, ReviewSession):
        session = st.session_state["seat"] = ReviewSession()
        _follow(session, params)
    elif not session.touched and params != st.session_state.get("cases-written"):
        _follow(session, params)
    session.touched = False
    return session


def _follow(session: ReviewSession, params: Mapping[str, str]) -> None:
    """A link is a stranger's text: what makes no sense is left out."""
    wanted = params.get("view", "review")
    session.look_at(next((view for view in VIEWS if view == wanted), "review"))
    case_id = params.get("case", "")
    if case_id.isalnum() and len(case_id) <= _LONGEST_ID and case_id != session.case_id:
        session.turn(case_id)
    st.session_state["cases-written"] = dict(params)


def write_link(session: ReviewSession) -> None:
    """Makes the browser's address restore view and case; who looks at them is not in it."""
    params: dict[str, Any] = {} if session.view == "review" else {"view": session.view}
    if session.case_id and session.view != "export":
        params["case"] = session.case_id
    st.session_state["cases-written"] = params
    if params != st.query_params.to_dict():
        st.query_params.from_dict(params)
