"""The last step of a turn: the outcome, the places found, why, and a code to take home."""

import streamlit as st
from markupsafe import Markup

from core import settings
from core.gallery import Gallery
from core.geo import Position
from core.maps import Mark, title_of
from core.records import Candidate, SearchResult
from pages.search_page import candidate_panel, confidence_banner, ledger_table
from pages.search_page.kiosk import day_numbers, distances, qr_code
from pages.search_page.kiosk.session import Visit, change
from pages.search_page.kiosk.steps import marks_of, over
from pages.search_page.session_result import SearchState, answer_to
from pages.ui.markdown import plain
from pages.ui.templates import render

_SAYS = {True: "Saywhere says", False: "Saywhere is not sure"}
"""The headline where nobody knows what is right, by whether the first place is likely."""


def answer(gallery: Gallery, visit: Visit) -> tuple[SearchResult | None, tuple[Mark, ...]]:
    """The outcome, the places, why, and a code to take home; returns what the map shows."""
    state = answer_to(gallery, visit.ask)
    result = state.result
    day_numbers.count(visit, result)
    if result is None or not result.candidates:
        st.html(render("kiosk_question", title="No place found", lead="", quote=""))
        said = state.problem or "No place here fits. Try other words."
        st.info(plain(f"{said[:1].upper()}{said[1:]}", 300))
        over("Start over", visit, first=True)
        return None, ()
    chosen = result.candidates[min(visit.chosen, len(result.candidates)) - 1]
    score, code = st.columns([5, 2], gap="medium", vertical_alignment="center")
    with score:
        title = distances.headline(visit, result) or _SAYS[result.verdict == "likely"]
        st.html(render("kiosk_tally", title=title, rows=distances.tally(visit, result)))
    with code:
        _code(visit, result.candidates[0])
    _places(result, visit)
    _why(state, chosen, gallery.card.title)
    with st.container(key="booth-over"):
        over("Start over", visit, first=True)
    truth = visit.truth if visit.is_example else None
    return result, (*marks_of(visit), *((Mark(truth, "truth", "Here it was"),) if truth else ()))


def _choose() -> None:
    """Also called for a radio of a turn that is over, whose value is gone."""
    rank = st.session_state.get("booth-chosen")
    if isinstance(rank, int):
        change(chosen=rank)


def _places(result: SearchResult, visit: Visit) -> None:
    by_rank = {one.rank: one for one in result.candidates[: distances.PLACES]}
    st.session_state["booth-chosen"] = visit.chosen if visit.chosen in by_rank else 1
    with st.container(key="places"):
        st.radio(
            "Places found, likeliest first",
            list(by_rank),
            key="booth-chosen",
            on_change=_choose,
            format_func=lambda rank: f"**{rank}** {plain(title_of(by_rank[rank]), 60)}",
            captions=[plain(candidate_panel.summary(one)) for one in by_rank.values()],
            label_visibility="collapsed",
        )


def _why(state: SearchState, chosen: Candidate, city: str) -> None:
    result = state.result
    assert result is not None
    ledger = state.standings(chosen)
    verdict = confidence_banner.heading(result, city) if chosen.rank == 1 else ""
    reason = candidate_panel.reason_of(chosen, ledger)
    if result.translation is not None:
        st.caption(plain(result.translation.summary(), 300))
    st.html(render("kiosk_why", verdict=verdict, reason=reason))
    if ledger:
        ledger_table.draw(state, chosen, "How does it know?", "booth-why")


def _code(visit: Visit, best: Candidate) -> None:
    place = Position(best.tile.lat, best.tile.told_lon)
    usual = settings.load().booth
    code = qr_code.code_of(visit.ask, st.context.url or "", place, usual)
    picture = Markup(qr_code.svg(code))
    st.html(render("kiosk_code", picture=picture, content=code.content, words=code.words))
