"""A collection on the gallery page: its regions on a map, and a way into each of them."""

from functools import partial

import streamlit as st

from core import maps
from core.gallery import GalleryCard
from core.maps import RegionMark
from pages.gallery_page import session
from pages.ui import map_view, resources
from pages.ui.markdown import one_line, plain
from pages.ui.templates import render

_KEY = "collection-map"


def draw(card: GalleryCard) -> None:
    """The map of its regions at the left; what it holds, and the choice of a region, at the
    right."""
    regions = resources.regions_of(card)
    st.html(render("gallery_title", title=card.title))
    left, right = st.columns([1, 1], gap="medium")
    with left.container(key="map-pane"), st.container(key="map-frame"):
        marks = [RegionMark(one.name, one_line(one.title, 60), one.bounds) for one in regions]
        map_view.overview(maps.regions_layer(marks), _KEY, partial(_picked, card))
    with right:
        st.markdown(
            f"{plain(card.title)} is a collection of **{card.regions:,} regions** with "
            f"**{card.tiles:,} tiles** and **{card.place_count:,} names**. It has no pictures and "
            "no map of its own: it is searched by what was packed from them."
        )
        titles = {one.name: f"{one_line(one.title, 60)} · {one.tiles:,} tiles" for one in regions}
        st.selectbox(
            "Look into a region",
            list(titles),
            index=None,
            key="region-name",
            on_change=_chosen,
            format_func=titles.__getitem__,
            placeholder="Choose one, or click it on the map",
        )
        st.caption(plain(f"{card.licence}. Texts by {card.model}.", 400))


def back(card: GalleryCard, whole: GalleryCard) -> None:
    """A way from a region back to its collection."""
    st.button(
        plain(f"{card.title} is one of {whole.regions:,} regions of {whole.title}", 100),
        key="whole-collection",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=_open,
        args=(whole.name,),
    )


def _picked(card: GalleryCard) -> None:
    """Takes over the report of our script, which comes from a browser: checked like a link."""
    name = map_view.region_picked(_KEY, {one.name for one in resources.regions_of(card)})
    if name is not None:
        _open(name)


def _chosen() -> None:
    name = st.session_state.get("region-name")
    if name:
        _open(str(name))


def _open(name: str) -> None:
    session.change(gallery=name, tile="", twin="")
    st.session_state["find-tile"] = ""
