"""Chips of the phrases of a description, each with how much it weighs."""

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final

import streamlit as st

from core.records import Steering
from pages.search_page import session
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain

CHOICES: Final = {
    "": "as it is",
    "twice": "counts double",
    "must": "must be there",
    "minus": "leave out",
}
"""How a phrase weighs: the field of `Steering` that holds it, and the words for people."""
ABSENT: Final = "absent"
"""The choice that is no wish: the text says then that the thing is not there."""
_MOST_PHRASES = 12
_ARTICLE = r"(?:\b(?:an?|the|some)\s+)?"
_REACHES_M: Final = (100, 200, 300, 500, 1000, 2000)


def weight_of(wishes: Steering, phrase: str) -> str:
    """The field of `Steering` that holds a phrase, "" for none."""
    return next((name for name in CHOICES if name and phrase in getattr(wishes, name)), "")


def weighed(wishes: Steering, phrase: str, choice: str) -> Steering:
    """The wishes with a phrase in one field only, or in none for ""."""
    lists: dict[str, Any] = {
        name: tuple(one for one in getattr(wishes, name) if one != phrase)
        for name in CHOICES
        if name
    }
    if choice:
        lists[choice] = (*lists[choice], phrase)
    return replace(wishes, **lists)


def denied(text: str, phrase: str) -> str:
    """The text with "no" before a phrase, in place of its article; as it is without the phrase."""
    bare = re.sub(f"^{_ARTICLE}", "", phrase, flags=re.IGNORECASE)
    wanted = re.compile(rf"{_ARTICLE}(?<!\w){re.escape(bare)}", re.IGNORECASE)
    return wanted.sub(lambda _: f"no {bare}", text, count=1)


def _weigh(phrase: str, key: str) -> None:
    ask, choice = session.settled(), st.session_state.get(key) or ""
    steering = weighed(ask.steering, phrase, "" if choice == ABSENT else choice)
    text = denied(ask.text, phrase) if choice == ABSENT else ask.text
    if text == ask.text:
        session.rank_anew(steering=steering)
        return
    session.rank_anew(steering=steering, text=text, replies=())
    st.session_state["text"] = text
    st.session_state["redraw"] = True


def _walk() -> None:
    wishes = session.settled().steering
    passed = str(st.session_state.get("walk-passed", "")).strip()
    reach_m = float(st.session_state.get("walk-reach", wishes.reach_m))
    session.rank_anew(steering=replace(wishes, passed=passed, reach_m=reach_m))


def draw(state: SearchState) -> None:
    """A popover with the phrases that were read, and the place that was passed before."""
    trace, wishes = state.trace, state.ask.steering
    if trace is None:
        return
    own = (trace.encoded_query.own_words(phrase)[0] for phrase in trace.encoded_query.phrases)
    phrases = list(dict.fromkeys([*own, *wishes.twice, *wishes.must, *wishes.minus]))
    menu = st.popover("Weigh your words", type="tertiary", key="weigh-words", on_change="rerun")
    if not menu.open:  # a row of choices for each phrase is dear
        return
    can_be_absent = trace.encoded_query.gloss is None  # "no" is English
    with menu:
        for number, phrase in enumerate(phrases[:_MOST_PHRASES]):
            _row(wishes, phrase, f"weigh-{number}", can_be_absent)
        _walk_inputs(wishes)


def _row(wishes: Steering, phrase: str, key: str, can_be_absent: bool) -> None:
    """Set again on every run: a closed popover shows its widgets late."""
    st.session_state[key] = weight_of(wishes, phrase)
    st.segmented_control(
        plain(phrase, 80),
        [*CHOICES, *([ABSENT] if can_be_absent else [])],
        key=key,
        on_change=partial(_weigh, phrase, key),
        format_func=lambda choice: CHOICES.get(choice, "is not there"),
    )


def _walk_inputs(wishes: Steering) -> None:
    """The place that was passed before."""
    st.session_state["walk-passed"] = wishes.passed
    st.session_state["walk-reach"] = min(_REACHES_M, key=lambda one: abs(one - wishes.reach_m))
    st.text_input(
        "On my way here I passed …",
        key="walk-passed",
        on_change=_walk,
        placeholder="a railway station with a clock tower",
    )
    st.select_slider(
        "at most so many metres away",
        _REACHES_M,
        key="walk-reach",
        on_change=_walk,
        disabled=not wishes.passed,
    )
