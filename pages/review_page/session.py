"""The annotator of this session and the card on the desk.

A token is made before a card is shown. Every action on the card carries it, and it becomes the id
of what is written, so the same action reported twice is written once.
"""

import uuid
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.review.queue import FOCUSES, Focus
from pages.ui.link_values import one_of
from pages.ui.session_link import Params, SessionLink

View = Literal["review", "agreement", "guidelines", "export"]
VIEWS: tuple[View, ...] = get_args(View)
_KEY = "seat"
_LONGEST_ID = 100


@dataclass
class ReviewSession(SessionLink):
    """An annotator at work. `name` is "" before they gave one; `case_id` "" takes the next card.

    `last` is the case just answered, which may be revealed; `trail` the cases seen before, to go
    back to; `problem` the fault of the last action, `deeds` the number of actions, and `heard` the
    id of the last one. `focus` are the cases that come. While `gathering`, similar cases are
    listed, and `together` are those that get the same verdict; `batches` has how many verdicts went
    together with that of a case.
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
    focus: Focus = "all"
    gathering: bool = False
    together: tuple[str, ...] = ()
    batches: dict[str, int] = field(default_factory=dict)

    def turn(self, case_id: str = "") -> None:
        """Puts another card on the desk, the next one unless a case is given."""
        self.case_id = case_id
        self.token = str(uuid.uuid4())
        self.gathering, self.together = False, ()

    def leave(self) -> None:
        """Signs out; the next annotator sees nothing of this one."""
        self.touched = True
        self.name, self.last, self.problem, self.trail = "", "", "", []
        self.focus, self.batches = "all", {}
        self.turn()

    def look_at(self, view: View) -> None:
        """Another view; the queue offers an unanswered card again."""
        self.touched = True
        if view != self.view:
            self.view, self.last, self.problem = view, "", ""
            self.turn()

    def follow(self, params: Params) -> None:
        """Takes view and case of a link over; leaves out what makes no sense."""
        self.look_at(one_of(params.get("view"), VIEWS, "review"))
        self.focus = one_of(params.get("only"), FOCUSES, "all")
        case_id = params.get("case", "")
        if case_id.isalnum() and len(case_id) <= _LONGEST_ID and case_id != self.case_id:
            self.turn(case_id)


def current() -> ReviewSession:
    """The session's annotator; a link just opened, or the Back button, chooses view and case."""
    session = ReviewSession.of_session(_KEY)
    session.sync(session.follow)
    return session


def write_link(session: ReviewSession) -> None:
    """Makes the browser's address restore view and case; who looks at them is not in it."""
    params = {} if session.view == "review" else {"view": str(session.view)}
    if session.focus != "all" and session.view == "review":
        params["only"] = session.focus
    if session.case_id and session.view in ("review", "agreement"):
        params["case"] = session.case_id
    session.write(params)
