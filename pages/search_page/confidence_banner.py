"""The answer's verdict as a whole, in words: never by colour alone."""

import streamlit as st

from core.maps import ProbabilityArea
from core.records import Candidate, SearchResult, Verdict
from core.vocabulary.chances import percent
from pages.ui.templates import render

_SIGNS: dict[Verdict, str] = {
    "likely": "✓",
    "several places fit": "≈",
    "probably not in this gallery": "✕",
}


def title_of_verdict(verdict: Verdict, city: str, in_area: bool = False) -> str:
    """The verdict on a search in `city`, or in an area of it, for people."""
    where = " in this area" if in_area else ""
    titles: dict[Verdict, str] = {
        "likely": f"Likely here{',' if in_area else ''}{where}",
        "several places fit": f"Several places fit{where}",
        "probably not in this gallery": f"Probably not in {city}",
    }
    return titles[verdict]


def chance(candidate: Candidate) -> str:
    """The candidate's confidence in words, "" where it has none."""
    sure = candidate.confidence
    return "" if sure is None else f"{percent(sure)} chance within 100 m"


def advice(result: SearchResult, verdict: Verdict, city: str) -> str:
    """What to make of the answer and what to do next."""
    first = percent(result.candidates[0].confidence or 0.0)
    where = ", if you are in this area" if result.in_area else ""
    if verdict == "likely":
        return f"The first place stands out. Its chance within 100 m is {first}{where}."
    if verdict == "several places fit":
        return (
            f"The first place has a chance of {first}{where}. Say more about what you see: a name "
            "on a sign, a shape, or where things are."
        )
    return (
        f"Most descriptions of places in {city} fit better than yours. "
        "Say more about what you see, or try another city. "
        f"If it is in {city}, the first place has a chance of {first}."
    )


def heading(result: SearchResult, city: str) -> str:
    """HTML of the verdict alone, "" where there is none."""
    if result.verdict is None:
        return ""
    return render(
        "verdict_heading",
        sign=_SIGNS[result.verdict],
        title=title_of_verdict(result.verdict, city, result.in_area),
    )


def draw(result: SearchResult, spread: ProbabilityArea | None, city: str, lacks: str = "") -> None:
    """The verdict, one line of help, what the first place `lacks` of the description, and the map's
    area of probability in words."""
    if result.verdict is None or not result.candidates:
        return
    st.html(
        render(
            "verdict",
            verdict=result.verdict,
            heading=heading(result, city),
            advice=advice(result, result.verdict, city),
            lacks=lacks,
            area=spread.words if spread else "",
        )
    )
