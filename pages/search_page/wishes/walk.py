"""The place that was passed on the way."""

from dataclasses import replace
from typing import Final

import streamlit as st

from core.records import Steering
from pages.search_page import session

_REACHES_M: Final = (100, 200, 300, 500, 1000, 2000)


def _walk() -> None:
    wishes = session.settled().steering
    passed = str(st.session_state.get("walk-passed", "")).strip()
    reach_m = float(st.session_state.get("walk-reach", wishes.reach_m))
    session.rank_anew(steering=replace(wishes, passed=passed, reach_m=reach_m))


def draw(wishes: Steering) -> None:
    """A popover with the place and how far away it may be; set again on every run, since a closed
    popover shows its widgets late."""
    menu = st.popover("Passed on my way", type="tertiary", key="walk", on_change="rerun")
    if not menu.open:
        return
    st.session_state["walk-passed"] = wishes.passed
    st.session_state["walk-reach"] = min(_REACHES_M, key=lambda one: abs(one - wishes.reach_m))
    menu.text_input(
        "On my way here I passed …",
        key="walk-passed",
        on_change=_walk,
        placeholder="a railway station with a clock tower",
    )
    menu.select_slider(
        "at most so many metres away",
        _REACHES_M,
        key="walk-reach",
        on_change=_walk,
        disabled=not wishes.passed,
    )
