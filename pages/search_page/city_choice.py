"""The choice of a city, which changes the question."""

from functools import partial

import streamlit as st

from core.gallery import GalleryCard
from pages.search_page import session
from pages.search_page.anywhere import TITLE
from pages.search_page.query_params import ANYWHERE
from pages.ui.distinct_labels import distinct
from pages.ui.markdown import one_line, plain

_MANY_CITIES = 6


def _change_city() -> None:
    session.ask_anew(city=st.session_state["city"], area=None)
    st.session_state["asked"] = False


def draw(cards: tuple[GalleryCard, ...]) -> None:
    """The galleries as a row of names, or as a list where there are many."""
    titles = distinct({card.name: one_line(card.title) for card in cards})
    if len(cards) > 1 or any(card.regions for card in cards):
        titles = {ANYWHERE: TITLE} | titles
    (
        partial(
            st.selectbox,
            label="City",
            options=list(titles),
            key="city",
            on_change=_change_city,
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            width=260,
        )
        if len(cards) > _MANY_CITIES
        else partial(
            st.segmented_control,
            label="City",
            options=list(titles),
            key="city",
            on_change=_change_city,
            format_func=lambda name: plain(titles[name]),
            label_visibility="collapsed",
            required=True,
        )
    )()
