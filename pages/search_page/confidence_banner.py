"""What the answer is worth as a whole, in words: never by colour alone."""

import streamlit as st

from core.maps import Spread, safe_html
from core.records import Candidate, SearchResult, Verdict

_SIGNS: dict[Verdict, str] = {
    "likely": "✓",
    "several places fit": "≈",
    "probably not in this gallery": "✕",
}
_TITLES: dict[Verdict, str] = {
    "likely": "Likely here",
    "several places fit": "Several places fit",
    "probably not in this gallery": "Probably not in this gallery",
}


def percent(share: float) -> str:
    """A probability as one says it; never 0 % and never 100 %."""
    if share < 0.005:
        return "under 1 %"
    return "over 99 %" if share >= 0.995 else f"{round(100 * share)} %"


def sureness(candidate: Candidate) -> str:
    """How sure a candidate is, "" where nothing says so."""
    sure = candidate.confidence
    return "" if sure is None else f"{percent(sure)}: within 100 m"


def _advice(result: SearchResult, verdict: Verdict) -> str:
    first = result.candidates[0].confidence or 0.0
    likeliest = max(result.candidates, key=lambda one: one.confidence or 0.0)
    if verdict == "likely":
        return f"The first place stands out: a chance of {percent(first)} to be within 100 m of it."
    if verdict == "several places fit":
        return (
            f"{_likeliest(likeliest)} Say more of what you see: a name on a sign, a shape, "
            "which way things lie."
        )
    told = _likeliest(likeliest)
    return (
        "Few descriptions that belong to a map fit it as badly as this one, so try another "
        f"city. If it is this one after all, {told[0].lower()}{told[1:]}"
    )


def _likeliest(one: Candidate) -> str:
    """The order is by how well the words fit; a spot of several good tiles may be likelier."""
    chance = percent(one.confidence or 0.0)
    if one.rank == 1:
        return f"The best has a chance of {chance}."
    return (
        f"The first fits the words best; number {one.rank} is the likeliest, with a chance of "
        f"{chance}, since more around it fits."
    )


def heading(result: SearchResult) -> str:
    """HTML of the verdict alone, "" where there is none."""
    if result.verdict is None:
        return ""
    sign, title = _SIGNS[result.verdict], _TITLES[result.verdict]
    return f'<h3><span aria-hidden="true">{sign}</span>{title}</h3>'


def draw(result: SearchResult, spread: Spread | None) -> None:
    """The verdict, one line of help, and the map's surface of probability in words."""
    verdict = result.verdict
    if verdict is None or not result.candidates:
        return
    area = f"<small>{safe_html(spread.words)}</small>" if spread else ""
    st.html(
        f'<section class="sw-verdict" data-verdict="{safe_html(verdict)}" role="status">'
        f"{heading(result)}<p>{safe_html(_advice(result, verdict))} {area}</p></section>"
    )
