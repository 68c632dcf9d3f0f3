"""What the booth shows while nobody is there: one example after another, said and answered."""

import streamlit as st

from core.errors import SaywhereError
from core.gallery import Gallery
from core.maps import Mark, safe_html, title_of
from core.records import SearchResult
from pages.kiosk_page import distances
from pages.kiosk_page.session import Visit, change
from pages.search_page import confidence_banner
from pages.search_page.query_params import SearchParams
from pages.search_page.session_result import answer_to
from pages.ui import examples

WORDS_S, ANSWER_S = 3.5, 5.0


def step_s(visit: Visit) -> float:
    """For how long the picture is shown; 0 for always."""
    if not examples.of_city(visit.city):
        return 0.0
    return ANSWER_S if visit.shown % 2 else WORDS_S


def next_picture() -> None:
    """The words after an answer, the answer after its words."""
    change(shown=st.session_state["visit"].shown + 1, chosen=1)


def draw(gallery: Gallery, visit: Visit) -> tuple[SearchResult | None, tuple[Mark, ...]]:
    """The words and, half of the time, the answer; returns what belongs on the map."""
    st.html('<p class="sw-touch">Touch the screen to play</p>')
    texts = examples.of_city(visit.city)
    if not texts:
        st.html(
            '<h2 class="sw-ask">Where am I?</h2><p class="sw-lead">Say what you see, and '
            "Saywhere finds the place.</p>"
        )
        return None, ()
    text = texts[visit.shown // 2 % len(texts)]
    answered = bool(visit.shown % 2)
    words = "".join(
        f'<span style="--at:{at}">{safe_html(word)} </span>' for at, word in enumerate(text.split())
    )
    typed = "" if answered else " sw-typed"
    st.html(
        f'<h2 class="sw-ask">Somebody says:</h2><blockquote class="sw-spoken{typed}">{words}'
        "</blockquote>"
    )
    if not answered:
        return None, ()
    try:
        found = answer_to(gallery, SearchParams(text=text, city=visit.city))
    except SaywhereError:
        return None, ()
    result = found.result
    if result is None or not result.candidates:
        return None, ()
    st.html(_answer(result))
    truth = examples.truth_of(visit.city, text)
    marks = (Mark(truth, "truth", "Here it was"),) if truth else ()
    if truth:
        away = distances.metres(distances.apart_m(truth, result.candidates[0]))
        st.html(f'<p class="sw-lead">{away} from the place that is meant</p>')
    return result, marks


def _answer(result: SearchResult) -> str:
    first = result.candidates[0]
    sure = confidence_banner.sureness(first)
    return (
        f'<h2 class="sw-ask">Saywhere says:</h2><p class="sw-place">'
        f'<span class="sw-rank">1</span><b dir="auto">{safe_html(title_of(first))}</b></p>'
        f'<p class="sw-lead">{safe_html(sure)}</p>'
    )
