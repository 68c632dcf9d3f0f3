"""The answer to one question: notes, map, verdict, list and panel; drawn again on every choice."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import GalleryError
from core.gallery import Gallery, GalleryCard
from core.maps import ProbabilityArea, probability_area
from core.records import SearchResult
from pages.search_page import (
    answer_map,
    arrival,
    candidate_panel,
    city_hints,
    comparison_panel,
    confidence_banner,
    downloads,
    followup,
    invitation,
    known_place,
    missing_words,
    place_list,
    place_search,
    proposed_words,
    session,
    true_place,
)
from pages.search_page.photo import panel as photo
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import SearchState, answer_to
from pages.search_page.wishes import given, phrase_chips, walk
from pages.ui import resources
from pages.ui.markdown import plain


@st.fragment
def draw(card: GalleryCard, cards: tuple[GalleryCard, ...], understood: DeltaGenerator) -> None:
    """Everything below the question, and what was `understood` in it. The map comes first and
    waits for no explanation."""
    session.redraw_if_asked()
    try:
        _draw(card, cards, understood)
    except GalleryError as error:
        resources.set_aside(card, str(error))
        st.rerun()  # with the next city, and a line about this one


def _draw(card: GalleryCard, cards: tuple[GalleryCard, ...], understood: DeltaGenerator) -> None:
    ask, gallery = session.settled(), resources.open_gallery(card)
    notes = st.container(key="notes")
    left, right = st.columns([1, 1], gap="medium")
    with left.container(key="map-pane"):
        place = st.container(key="map-frame")
    wanted = bool(ask.text or st.session_state.get("asked"))
    state = answer_to(gallery, ask) if wanted else None
    result = state.result if state and state.result and state.result.candidates else None
    rank = session.chosen_rank(result, ask) if result else 1
    with place:
        draw_map(gallery, state, rank, ask)
        if state and state.trace and result:
            true_place.draw(ask, result, (state.trace,))
    if state:
        phrase_chips.draw(understood, ask, state, result.candidates[0] if result else None)
    with notes:
        place_search.draw(gallery, cards)
        given.draw(gallery, ask.steering)
        draw_notes(ask, state)
    with right:
        if state and result:
            city_hints.unsearched(result)
            confidence_banner.draw(result, _spread(state), card.title, state.lacks())
            city_hints.better(card, cards, state)
            _answer(gallery, state, result, rank, ask)
        else:
            invitation.draw(card)
    if state and result:
        downloads.draw(gallery, ask, state)
    arrival.draw(state, card.title)
    session.write_link(ask)


def draw_map(gallery: Gallery, state: SearchState | None, rank: int, ask: SearchParams) -> None:
    """The map of a city with its candidates, as far as there are any."""
    trace = state.trace if state else None
    if state is None or trace is None or not trace.result.candidates:
        answer_map.draw(gallery, None, rank, ask.area)
        return
    spread = _spread(state)
    marks = known_place.marks(ask.text, ask.city)
    other = comparison_panel.picked_tile(gallery, trace.result, ask.versus)
    answer_map.draw(gallery, state.shown(rank), rank, ask.area, spread, other, marks)


def _spread(state: SearchState) -> ProbabilityArea:
    trace = state.trace
    assert trace is not None
    return state.cached("spread", lambda: probability_area(trace))


def draw_notes(ask: SearchParams, state: SearchState | None) -> None:
    """What was understood of the description, and what to know about the answer."""
    if ask.area:
        st.button(
            "Only inside the marked area",
            icon=":material/close:",
            key="clear-area",
            on_click=_clear_area,
            help="Search the whole city again",
        )
    if state is None:
        return
    if state.problem:
        st.info(plain(state.problem[:1].upper() + state.problem[1:], 500))
    elif state.result is not None:
        if state.result.translation is not None:
            st.caption(plain(state.result.translation.summary(), 500))
        notes = list(state.result.notes)
        cut = state.result.truncated
        if cut is not None and not any("character" in note for note in notes):
            notes.append(f"Only the first {cut:,} characters were read.")
        if not state.result.candidates:
            notes.append("No place here fits. Try other words or the whole city.")
        for note in notes:
            st.info(plain(note, 500))


def _clear_area() -> None:
    session.rank_anew(area=None)


def _answer(
    gallery: Gallery, state: SearchState, result: SearchResult, rank: int, ask: SearchParams
) -> None:
    """The question above the list and the panel; the question is chosen last."""
    question = st.container()
    names, details = st.columns([4, 7], gap="small")
    with names.container(key="places"):
        chosen = place_list.draw(result.candidates, rank, candidate_panel.summary)
    with question:
        followup.draw(state)
        photo.truth(state)
        proposed_words.draw(state, result.candidates[0])
        with st.container(horizontal=True, key="about-words", gap="small"):
            walk.draw(ask.steering)
            first = result.candidates[0]
            missing_words.draw(gallery.card.name, result.candidates, state.standings(first))
    with details.container(key="panel"):
        candidate_panel.draw(gallery, state, chosen, ask)
