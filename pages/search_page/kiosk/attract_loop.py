"""The loop while nobody is at the booth: one example after another, said and answered."""

import streamlit as st

from core.errors import SaywhereError
from core.gallery import Gallery
from core.maps import Mark, title_of
from core.records import SearchResult
from pages.search_page.confidence_banner import chance
from pages.search_page.kiosk import distances
from pages.search_page.kiosk.session import Visit, change
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import answer_to
from pages.ui import examples
from pages.ui.templates import render

WORDS_S, ANSWER_S = 3.5, 5.0


def step_s(visit: Visit) -> float:
    """Seconds for which the picture is shown; 0 for always."""
    if not examples.of_city(visit.city):
        return 0.0
    return ANSWER_S if visit.shown % 2 else WORDS_S


def next_picture() -> None:
    """The words after an answer, the answer after its words."""
    change(shown=st.session_state["visit"].shown + 1, chosen=1)


def draw(gallery: Gallery, visit: Visit) -> tuple[SearchResult | None, tuple[Mark, ...]]:
    """The words and, half of the time, the answer; returns what belongs on the map."""
    st.html(render("kiosk_lead", kind="sw-touch", text="Touch the screen to play"))
    texts = examples.of_city(visit.city)
    if not texts:
        lead = "Say what you see, and Saywhere finds the place."
        st.html(render("kiosk_question", title="Where am I?", lead=lead, quote=""))
        return None, ()
    text = texts[visit.shown // 2 % len(texts)]
    answered = bool(visit.shown % 2)
    st.html(render("kiosk_words", words=text.split(), typed=not answered))
    if not answered:
        return None, ()
    try:
        state = answer_to(gallery, SearchParams(text=text, city=visit.city))
    except SaywhereError:
        return None, ()
    result = state.result
    if result is None or not result.candidates:
        return None, ()
    first = result.candidates[0]
    st.html(render("kiosk_answer", title=title_of(first), chance=chance(first)))
    truth = examples.truth_of(visit.city, text)
    marks = (Mark(truth, "truth", "Here it was"),) if truth else ()
    if truth:
        away = distances.metres(distances.apart_m(truth, first))
        told = f"{away} from the right place"
        st.html(render("kiosk_lead", kind="sw-lead", text=told))
    return result, marks
