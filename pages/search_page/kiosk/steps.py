"""The first two steps of a turn: say what you see, guess where it is."""

import streamlit as st

from core.gallery import GalleryCard
from core.maps import Mark
from pages.search_page.kiosk.session import Visit, change, start_over
from pages.ui import examples
from pages.ui.distinct_labels import distinct
from pages.ui.markdown import one_line, plain
from pages.ui.templates import render

_MOST_CHARS = 500
_EXAMPLES_SHOWN = 4
_SILENT = "booth-silent"


def say(visit: Visit, cards: tuple[GalleryCard, ...]) -> None:
    """The box, its button, and examples to play with."""
    key = f"said-{visit.number}"
    lead = "Describe a place. Saywhere finds it on the map."
    st.html(render("kiosk_question", title="Where am I?", lead=lead, quote=""))
    with st.form("say", border=False):
        st.text_area(
            "What do you see around you?",
            key=key,
            max_chars=_MOST_CHARS,
            height=150,
            placeholder="A church with two towers, a tram stop, a small park …",
        )
        st.form_submit_button("Next", type="primary", on_click=_said, args=(key,), width="stretch")
    if st.session_state.pop(_SILENT, False):
        st.info("Write a few words first.")
    texts = examples.of_city(visit.city)[:_EXAMPLES_SHOWN]
    if texts:
        st.html(render("kiosk_lead", kind="sw-lead", text="Or guess one of these:"))
    for number, text in enumerate(texts):
        st.button(
            plain(text, 120),
            key=f"example-booth-{number}",
            width="stretch",
            on_click=_picked,
            args=(visit.city, text),
        )
    if "city" not in st.query_params and len(cards) > 1:
        _cities(visit, cards)


def _cities(visit: Visit, cards: tuple[GalleryCard, ...]) -> None:
    titles = distinct({card.name: one_line(card.title, 40) for card in cards})
    st.session_state["booth-city"] = visit.city
    st.selectbox(
        "City",
        list(titles),
        key="booth-city",
        format_func=titles.__getitem__,
        on_change=_moved,
        width=320,
    )


def _moved() -> None:
    start_over(city=st.session_state.get("booth-city", ""))


def _said(key: str) -> None:
    text = str(st.session_state.get(key, "")).strip()
    st.session_state[_SILENT] = not text
    if text:
        change(text=text, step="guess", is_example=False)


def _picked(city: str, text: str) -> None:
    change(text=text, step="guess", is_example=True, truth=examples.truth_of(city, text))


def guess(visit: Visit) -> tuple[Mark, ...]:
    """The question before the answer; it may be skipped."""
    asked = "Where do you think it is?" if visit.is_example else "Where is it?"
    lead = "Tap the map. Then see how close Saywhere gets."
    if not visit.is_example:
        lead = "Tap the place that you described. Saywhere is measured against your spot."
    st.html(render("kiosk_question", title=asked, lead=lead, quote=visit.text))
    with st.container(key="booth-turn"):
        if visit.guess is not None:
            st.button(
                "Show the answer",
                key="reveal",
                type="primary",
                width="stretch",
                on_click=change,
                kwargs={"step": "answer"},
            )
        else:
            st.button(
                "Skip and show the answer",
                key="skip",
                width="stretch",
                on_click=change,
                kwargs={"step": "answer"},
            )
        over("Start over", visit)
    return marks_of(visit)


def over(title: str, visit: Visit, first: bool = False) -> None:
    """A button that starts over; `first` makes it stand out."""
    st.button(
        title,
        key=f"over-{visit.number}",
        width="stretch",
        icon=":material/refresh:",
        type="primary" if first else "secondary",
        on_click=start_over,
    )


def marks_of(visit: Visit) -> tuple[Mark, ...]:
    """The visitor's guess for the map."""
    return (Mark(visit.guess, "guess", "You"),) if visit.guess else ()
