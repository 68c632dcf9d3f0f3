"""The answer's verdict as a whole, in words: never by colour alone."""

import streamlit as st

from core.maps import ProbabilityArea
from core.records import Candidate, SearchResult, Verdict
from pages.ui.numbers import percent
from pages.ui.templates import render

_SIGNS: dict[Verdict, str] = {
    "likely": "✓",
    "several places fit": "≈",
    "probably not in this gallery": "✕",
}


def title_of_verdict(verdict: Verdict, city: str) -> str:
    """The verdict on a search in `city` for people."""
    titles: dict[Verdict, str] = {
        "likely": "Likely here",
        "several places fit": "Several places fit",
        "probably not in this gallery": f"Probably not in {city}",
    }
    return titles[verdict]


def chance(candidate: Candidate) -> str:
    """The candidate's confidence in words, "" where it has none."""
    sure = candidate.confidence
    return "" if sure is None else f"{percent(sure)} chance within 100 m"


def advice(result: SearchResult, verdict: Verdict, city: str) -> str:
    """What to make of the answer and what to do next."""
    first = result.candidates[0].confidence or 0.0
    likeliest = _likeliest(max(result.candidates, key=lambda one: one.confidence or 0.0))
    if verdict == "likely":
        return f"The first place stands out. Its chance within 100 m is {percent(first)}."
    if verdict == "several places fit":
        return (
            f"{likeliest} Say more about what you see: a name on a sign, a shape, or where "
            "things are."
        )
    return (
        f"This description fits {city} worse than almost any written there. Try another city. "
        f"If it is in {city}, {likeliest[0].lower()}{likeliest[1:]}"
    )


def _likeliest(one: Candidate) -> str:
    """The order is by how well the words fit; a place among several good tiles may be likelier."""
    if one.rank == 1:
        return f"The first place has a chance of {percent(one.confidence or 0.0)}."
    return (
        f"Place 1 fits the words best, but place {one.rank} is the likeliest "
        f"({percent(one.confidence or 0.0)}), because more places around it fit."
    )


def heading(result: SearchResult, city: str) -> str:
    """HTML of the verdict alone, "" where there is none."""
    if result.verdict is None:
        return ""
    return render(
        "verdict_heading",
        sign=_SIGNS[result.verdict],
        title=title_of_verdict(result.verdict, city),
    )


def draw(result: SearchResult, spread: ProbabilityArea | None, city: str) -> None:
    """The verdict, one line of help, and the map's area of probability in words."""
    if result.verdict is None or not result.candidates:
        return
    st.html(
        render(
            "verdict",
            verdict=result.verdict,
            heading=heading(result, city),
            advice=advice(result, result.verdict, city),
            area=spread.words if spread else "",
        )
    )
