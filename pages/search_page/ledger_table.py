"""The ledger of one candidate as a table: how each phrase stands, and its effect."""

from collections.abc import Sequence

import streamlit as st

from core.explain.phrasing import distance_phrase, thing_phrase
from core.records import CHANNEL_TRAITS, Candidate, LedgerEntry
from pages.search_page.session_result import SearchState
from pages.ui import folding
from pages.ui.highlighted_text import STANDINGS
from pages.ui.numbers import signed
from pages.ui.templates import render

_LEAST_EFFECT_OF_CHANNEL = 0.005


@st.fragment
def draw(state: SearchState, candidate: Candidate, title: str, key: str) -> None:
    """A folded section; the effects are measured when it is opened."""
    section = folding.opened(title, key)
    if section is None:
        return
    with section:
        with st.spinner("Leaving out one phrase after another …"):
            ledger, notes = state.ledger_of(candidate), state.ledgers().notes
        st.html(table(ledger, notes))


def table(ledger: tuple[LedgerEntry, ...], notes: Sequence[str] = ()) -> str:
    """HTML of the table and of notes below it, "" for a ledger without phrases."""
    if not ledger:
        return ""
    most = max(abs(entry.effect) for entry in ledger)
    return render("ledger", rows=[_row(entry, most) for entry in ledger], notes=notes)


def _row(entry: LedgerEntry, most: float) -> dict[str, object]:
    evidence = entry.evidence
    seen = f" ({evidence.seen})" if evidence.seen else ""
    return {
        "standing": entry.standing,
        "standing_words": STANDINGS[entry.standing],
        "phrase": evidence.phrase,
        "english": evidence.english,
        "against": entry.against,
        "absent": entry.absent,
        "fact": f"{thing_phrase(evidence)}{seen}" if evidence.channel else "",
        "doubt": evidence.doubt,
        "unshown": ", ".join(entry.unshown),
        "where": distance_phrase(evidence.distance_m or 0.0, evidence.direction or "here"),
        "channel": CHANNEL_TRAITS[evidence.channel].word if evidence.channel else "",
        "similarity": evidence.similarity,
        "effect": entry.effect if entry.effects else None,
        "share": abs(entry.effect) / most / 2 if most > 0 else 0.0,
        "rank_without": entry.rank_without,
        "by_channel": _by_channel(entry),
    }


def _by_channel(entry: LedgerEntry) -> str:
    """The effect in each channel; small effects are left out."""
    return ", ".join(
        f"{CHANNEL_TRAITS[name].word} {signed(value)}"
        for name, value in entry.effects.items()
        if abs(value) >= _LEAST_EFFECT_OF_CHANNEL
    )
