"""The answer from all cities: their chances, one list of places, and the map of the chosen one."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.gallery import Gallery, GalleryCard
from core.records import Candidate
from pages.search_page import (
    anywhere,
    arrival,
    candidate_panel,
    city_hints,
    confidence_banner,
    downloads,
    invitation,
    missing_words,
    place_list,
    place_search,
    regions_map,
    results,
    session,
    true_place,
)
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import SearchState
from pages.search_page.wishes import phrase_chips
from pages.ui import resources
from pages.ui.markdown import plain

_ANY_CITY = "any of these cities"


@st.fragment
def draw(cards: tuple[GalleryCard, ...], understood: DeltaGenerator) -> None:
    """Everything below the question, and what was `understood` in it."""
    session.redraw_if_asked()
    ask = session.settled()
    everywhere = anywhere.card_of(cards)
    wanted = bool(ask.text or st.session_state.get("asked"))
    state = anywhere.answer_to(cards, ask) if wanted else None
    if state is None or state.result is None or not state.result.candidates:
        if state is not None:
            st.info(plain(_problem(state.problem), 500))
            phrase_chips.draw(understood, ask, None, None)
        left, right = st.columns([1, 1], gap="medium")
        with left.container(key="map-pane"), st.container(key="map-frame"):
            regions_map.draw(cards)
        with right:
            invitation.draw(cards[0] if len(cards) == 1 else everywhere)
        arrival.draw(state, _ANY_CITY)
        session.write_link(ask)
        return
    rank = session.chosen_rank(state.result, ask)
    notes = st.container(key="notes")
    overview, chances = st.columns([1, 1], gap="medium")
    left, right = st.columns([1, 1], gap="medium")
    part = state.state_of(rank)
    gallery = _gallery_of(part, cards)
    with left.container(key="map-pane"), st.container(key="map-frame"):
        results.draw_map(gallery, part, rank, ask)
        true_place.draw(ask, state.result, state.traces(rank))
    first = state.result.candidates[0]
    phrase_chips.draw(understood, ask, state.state_of(first.rank), first)
    with notes:
        place_search.draw(gallery, cards)
        results.draw_notes(ask, part)
        if ask.steering.like or ask.steering.unlike or ask.steering.passed:
            st.info("Likeness to a place, and what you passed, count when you search in one city.")
    with overview.container(key="regions-frame"):
        regions_map.draw(cards, state.result.regions)
    with chances:
        result = state.result
        is_nowhere = result.verdict == "probably not in this gallery"
        p_none = 1.0 if is_nowhere else result.p_outside or 0.0
        city_hints.likeliest(result.regions, result.candidates[0], p_none)
        city_hints.unsearched(state.result)
        confidence_banner.draw(state.result, None, _ANY_CITY, state.state_of(first.rank).lacks())
    with right:
        _places(state, rank, {one.gallery: one.title for one in state.result.regions}, ask)
    downloads.draw(state, ask, state)
    arrival.draw(state, _ANY_CITY)
    session.write_link(ask)


def _problem(said: str) -> str:
    return f"{said[:1].upper()}{said[1:]}" or "No place fits. Try other words."


def _gallery_of(part: SearchState, cards: tuple[GalleryCard, ...]) -> Gallery:
    """The gallery of an answer, or the region of a collection."""
    assert part.raw is not None
    found = part.raw.gallery
    own = next((card for card in cards if card.name == found.card.name), None)
    return resources.open_gallery(own) if own else found


def _places(
    state: anywhere.AnywhereState, rank: int, titles: dict[str, str], ask: SearchParams
) -> None:
    assert state.result is not None
    first = state.result.candidates[0]
    with st.container(horizontal=True, key="about-words", gap="small"):
        missing_words.draw(
            first.gallery, state.result.candidates, state.state_of(first.rank).standings(first)
        )
    names, details = st.columns([4, 7], gap="small")

    def summary(candidate: Candidate) -> str:
        cities = [titles.get(name, name) for name in (candidate.gallery, *candidate.also_in)]
        return f"{' and '.join(cities)} · {candidate_panel.summary(candidate)}"

    with names.container(key="places"):
        chosen = place_list.draw(state.result.candidates, rank, summary)
    part = state.state_of(rank)
    assert part.raw is not None
    with details.container(key="panel"):
        candidate_panel.draw(part.raw.gallery, part, chosen, ask)
