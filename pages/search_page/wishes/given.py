"""Chips of the wishes about places that are in force; a click takes one back."""

from dataclasses import replace

import streamlit as st

from core.errors import SaywhereError
from core.gallery import Gallery
from core.records import Steering
from core.retrieval.place_titles import place_titles
from core.retrieval.search import match_index_of
from pages.search_page import session
from pages.search_page.wishes.alike import CHOICES, marked, marked_title
from pages.ui.markdown import one_line, plain


def draw(gallery: Gallery, wishes: Steering) -> None:
    """One chip for each, in the order of `Steering`; phrases have chips of their own."""
    if not (wishes.like or wishes.unlike or wishes.passed):
        return
    with st.container(horizontal=True, key="wishes-given", gap="small"):
        for name in CHOICES:
            for tile_id in getattr(wishes, name):
                words = CHOICES[name][0].replace("this", _place(gallery, tile_id))
                _chip(words, f"{name}-{tile_id}", marked(wishes, tile_id, name))
        if wishes.passed:
            words = f"passed {one_line(wishes.passed, 40)}"
            _chip(words, "passed", replace(wishes, passed=""))


def _place(gallery: Gallery, tile_id: str) -> str:
    """The title of a tile as the list told it; for one of a link that of its tile."""
    title = marked_title(tile_id)
    if not title:
        try:
            row = gallery.row_of(tile_id)
            titles = place_titles(match_index_of(gallery), [row], [()])
            title = titles[0] or gallery.tile(row).street
        except SaywhereError:  # a link may name a tile that is not here; the search says so
            title = ""
    return one_line(title or f"place {tile_id}", 40)


def _take_back(without: Steering) -> None:
    session.rank_anew(steering=without)


def _chip(words: str, key: str, without: Steering) -> None:
    st.button(
        plain(words, 80),
        key=f"wish-{key}",
        type="tertiary",
        icon=":material/close:",
        on_click=_take_back,
        args=(without,),
        help="Take it back",
    )
