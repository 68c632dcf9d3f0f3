"""Chips of the phrases of a description under its box; a click says how one counts."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.records import Candidate
from pages.search_page import session
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import SearchState
from pages.search_page.wishes.phrases import (
    ABSENT,
    CHOICES,
    PRESENT,
    Chip,
    affirmed,
    chips_of,
    denied,
    weighed,
)
from pages.ui.highlighted_text import STANDINGS
from pages.ui.script_component import script_component
from pages.ui.templates import render

_KEY = "phrases"
_LABELS: Final = CHOICES | {ABSENT: "It is not there", PRESENT: "It is there"}
_SAID: Final = {
    "": "",
    "twice": "counts double",
    "must": "must be there",
    "minus": "left out",
    ABSENT: "you say it is not there",
}


def draw(
    place: DeltaGenerator, ask: SearchParams, state: SearchState | None, first: Candidate | None
) -> None:
    """A row of chips, none without phrases. `first` is the likeliest candidate, None without one;
    without an answer only the wishes have chips."""
    query = state.trace.encoded_query if state and state.trace else None
    standings = state.standings(first) if state and first else ()
    shown = chips_of(ask.text, ask.steering, query, standings)
    if not shown:
        return
    component = script_component(
        "phrases", render("component", name="phrases"), isolate_styles=False
    )
    with place:
        component(
            key=_KEY,
            on_chosen_change=partial(_on_choice, shown),
            data={"chips": [_told(chip) for chip in shown]},
        )


def _told(chip: Chip) -> dict[str, object]:
    found = f"place 1: {STANDINGS[chip.standing]}" if chip.standing else ""
    if chip.state == ABSENT and chip.standing == "supported":
        found = "place 1: not on the map"
    return {
        "phrase": " ".join(chip.phrase.split()),
        "state": chip.state,
        "said": _SAID[chip.state],
        "standing": chip.standing or "",
        "found": found,
        "choices": [[one, _LABELS[one]] for one in chip.choices],
    }


def _on_choice(shown: tuple[Chip, ...]) -> None:
    """What the browser says is checked: it may have drawn another answer's chips."""
    told = st.session_state.get(_KEY)
    chosen = told.get("chosen") if isinstance(told, Mapping) else None
    if not isinstance(chosen, Mapping):
        return
    for number, chip in enumerate(shown):
        same = " ".join(chip.phrase.split()) == chosen.get("phrase")
        if same and number == chosen.get("number") and chosen.get("choice") in chip.choices:
            count(chip, str(chosen["choice"]))
            return


def count(chip: Chip, choice: str) -> None:
    """Lets a phrase count otherwise, and ranks anew."""
    ask = session.settled()
    text = ask.text
    if choice == ABSENT:
        text = denied(text, chip.phrase)
    elif choice == PRESENT:
        text = affirmed(text, chip.phrase, chip.start)
    steering = weighed(ask.steering, chip.phrase, choice if choice in CHOICES else "")
    if text == ask.text:
        session.rank_anew(steering=steering)
        return
    session.rank_anew(steering=steering, text=text, replies=())
    st.session_state["text"] = text
    st.session_state["redraw"] = True
