"""Says what came to people who do not see it, and puts the keyboard's focus there."""

from dataclasses import replace
from urllib.parse import urlencode

from core.maps import title_of
from pages.search_page.answers import FoundPlaces
from pages.search_page.confidence_banner import title_of_verdict
from pages.ui.script_component import script_component
from pages.ui.templates import render

_TARGET = ".sw-verdict, .st-key-notes [role=alert], .st-key-places"


def draw(state: FoundPlaces | None, city: str) -> None:
    """The words of an answer; "" before the first. A choice among its places says nothing."""
    asked = replace(state.ask, chosen=1, versus="") if state else None
    component = script_component(
        "arrival", render("component", name="arrival"), isolate_styles=False
    )
    component(
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
