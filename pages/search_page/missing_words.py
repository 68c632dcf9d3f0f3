"""Phrases that nothing was found for, reported by a click to whoever keeps the words."""

from datetime import UTC, datetime

import streamlit as st

from core import settings
from core.errors import CasesError
from core.records import Candidate, LedgerEntry
from pages.ui.markdown import plain

_REPORTED, _PROBLEM = "words-reported", "words-problem"
_MOST_SHOWN = 6
_MOST = 20
"""Of one visit."""


def draw(city: str, candidates: tuple[Candidate, ...], ledger: tuple[LedgerEntry, ...]) -> None:
    """A popover with the phrases that no place shown has anything for, none without such. `ledger`
    is that of the first place."""
    phrases = _not_found(candidates, ledger)
    if not phrases:
        return
    menu = st.popover(
        "Report a missing word", type="tertiary", key="report-words", on_change="rerun"
    )
    if menu.open:
        with menu:
            _phrases(city, phrases)


def _not_found(candidates: tuple[Candidate, ...], ledger: tuple[LedgerEntry, ...]) -> list[str]:
    """A phrase that is contradicted, or found at another place, was understood."""
    found = {one.start for each in candidates for one in each.evidence if one.supported}
    wanting = (
        one.evidence.phrase
        for one in ledger
        if one.standing in ("missing", "unchecked") and one.evidence.start not in found
    )
    return list(dict.fromkeys(wanting))[:_MOST_SHOWN]


def _phrases(city: str, phrases: list[str]) -> None:
    st.caption("Not understood? A click writes the word down here, without your text.")
    reported = st.session_state.setdefault(_REPORTED, [])
    for number, phrase in enumerate(phrases):
        done = (city, phrase) in reported
        st.button(
            f"{plain(phrase, 60)}: written down" if done else plain(phrase, 60),
            key=f"report-word-{number}",
            type="tertiary",
            icon=":material/undo:" if done else ":material/edit_note:",
            on_click=_take_back if done else _report,
            args=(city, phrase),
            help="Take it back" if done else "Report this word",
        )
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(plain(problem[:1].upper() + problem[1:], 200))


def _report(city: str, phrase: str) -> None:
    from core.review.missing_words import report_missing  # dear to import, and rarely wanted

    reported: list[tuple[str, str]] = st.session_state[_REPORTED]
    try:
        if len(reported) >= _MOST:
            raise CasesError(f"{_MOST} words are enough for one visit")
        report_missing(settings.load().missing_words, phrase, city, datetime.now(UTC))
        reported.append((city, phrase))
    except CasesError as error:
        st.session_state[_PROBLEM] = str(error)


def _take_back(city: str, phrase: str) -> None:
    from core.review.missing_words import take_back_missing

    reported: list[tuple[str, str]] = st.session_state[_REPORTED]
    try:
        take_back_missing(settings.load().missing_words, phrase, city)
        reported.remove((city, phrase))
    except CasesError as error:
        st.session_state[_PROBLEM] = str(error)
