"""The spot where a visitor says that a described place is, kept in this session."""

from dataclasses import dataclass

import streamlit as st

from core.geo import Position
from core.maps import Mark
from pages.search_page import session

_KEY = "true-spot"


@dataclass(frozen=True, slots=True)
class TruePlace:
    """A spot of one description in one city. `case_id` is the case made of it, "" for none; `own`
    says that this visit made it, and may take it back."""

    text: str
    city: str
    at: Position
    case_id: str = ""
    own: bool = False


def current(text: str, city: str) -> TruePlace | None:
    """The spot of this description, None before the visitor picked one."""
    kept = st.session_state.get(_KEY)
    return kept if isinstance(kept, TruePlace) and (kept.text, kept.city) == (text, city) else None


def take(at: Position) -> None:
    """Keeps the spot that was picked; for callbacks."""
    ask = session.settled()
    st.session_state[_KEY] = TruePlace(ask.text, ask.city, at)


def keep(place: TruePlace | None) -> None:
    """Replaces the spot, or forgets it."""
    st.session_state[_KEY] = place


def marks(text: str, city: str) -> tuple[Mark, ...]:
    """The spot as a flag on the map."""
    place = current(text, city)
    return (Mark(place.at, "truth", "It was here"),) if place else ()
