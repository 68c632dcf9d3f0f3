"""Says what came to people who do not see it, and puts the keyboard's focus there."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from core import settings
from core.maps import title_of
from pages.search_page.answers import FoundPlaces
from pages.search_page.confidence_banner import title_of_verdict
from pages.ui.templates import render

_TARGET = ".sw-verdict, .st-key-notes [role=alert], .st-key-places"


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., object]:
    script = settings.load().static / "saywhere" / "arrival.js"
    made: Callable[..., object] = st.components.v2.component(
        "saywhere_arrival",
        html=render("component", name="arrival"),
        js=script.read_text(encoding="utf-8"),
        isolate_styles=False,
    )
    return made


def draw(state: FoundPlaces | None, city: str) -> None:
    """The words of an answer; "" before the first. A choice among its places says nothing."""
    asked = replace(state.ask, chosen=1, versus="") if state else None
    _component()(
        key="arrival",
        height=1,
        data={
            "token": urlencode(asked.to_params()) if asked else "",
            "asked": asked.text if asked else "",
            "words": words_of(state, city) if state else "",
            "focus": _TARGET,
        },
    )


def words_of(state: FoundPlaces, city: str) -> str:
    """The answer in two short sentences."""
    result = state.result
    if result is None or not result.candidates:
        return state.problem or "No place here fits."
    verdict = (
        f"{title_of_verdict(result.verdict, city, result.in_area)}. " if result.verdict else ""
    )
    count, first = len(result.candidates), title_of(result.candidates[0])
    return f"{verdict}{count} {'place' if count == 1 else 'places'}. The first is {first}."
