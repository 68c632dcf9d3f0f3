"""One visitor's turn at the booth: its state, and its end without a trace.

Everything is kept in this session and nowhere else; not in the address, a file or a log. Only
`day_numbers` outlive it, which are counts and sums of metres.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from core import settings
from core.gallery import GalleryCard
from core.geo import Position
from pages.search_page.query_params import SearchParams
from pages.ui import examples

Step = Literal["say", "guess", "answer", "loop"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A turn. `home` is the city where turns begin, `truth` where an example was written, as far as
    that is known; `number` counts the turns and `shown` the pictures of the loop, two for each
    example: its words, its answer. `lost` is the city that was gone when the turn began,
    and `is_counted` says that the host's numbers have this turn."""

    home: str
    city: str
    step: Step = "say"
    text: str = ""
    is_example: bool = False
    truth: Position | None = None
    guess: Position | None = None
    chosen: int = 1
    number: int = 0
    shown: int = 0
    lost: str = ""
    is_counted: bool = False

    @property
    def ask(self) -> SearchParams:
        """The question, as the search page would ask it."""
        return SearchParams(text=self.text, city=self.city)


def wanted() -> bool:
    """Whether this page is a booth: by its link, else by the setting of the machine."""
    said = _said()
    return said == "1" or (settings.load().booth and said != "0")


def hosting() -> bool:
    """Whether the link asks for the host's page."""
    return _said() == "host"


def _said() -> str:
    """The link's value for the booth, "" for none: `kiosk` is another name, a bare name means 1."""
    value = st.query_params.get("booth", st.query_params.get("kiosk"))
    return "" if value is None else value or "1"


def usual_city(cards: tuple[GalleryCard, ...]) -> str:
    """The city of the link, else the first that has examples, else the first."""
    names = [card.name for card in cards]
    named = st.query_params.get("city", "")
    with_examples = [name for name in names if examples.of_city(name)]
    return named if named in names else (with_examples or names)[0]


def current(cards: tuple[GalleryCard, ...]) -> Visit:
    """The turn that goes on, or a first one; where its city is gone, one with the next city."""
    kept = st.session_state.get("visit")
    if not isinstance(kept, Visit) or kept.city not in {card.name for card in cards}:
        home = usual_city(cards)
        lost = kept.city if isinstance(kept, Visit) else ""
        st.session_state["visit"] = Visit(home, home, lost=lost)
    visit = st.session_state["visit"]
    assert isinstance(visit, Visit)
    return visit


def change(**changes: Any) -> None:
    """Goes on with the turn; for callbacks, which may still come from a turn that is over."""
    st.session_state["visit"] = replace(st.session_state["visit"], **changes)


def start_over(step: Step = "say", city: str = "") -> None:
    """Clears the session except for the number of turns, and begins another turn."""
    last: Visit = st.session_state["visit"]
    warmed = st.session_state.get("warmed", False)
    st.session_state.clear()
    st.session_state["warmed"] = warmed
    st.session_state["visit"] = Visit(last.home, city or last.home, step, number=last.number + 1)
