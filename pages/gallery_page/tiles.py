"""The tiles of a gallery: the ground they cover, ways to find one, and the chosen tile."""

from functools import partial
from typing import Any

import streamlit as st

from core import maps
from core.errors import SaywhereError
from core.explain.phrasing import noun_phrase
from core.gallery import Gallery
from core.gallery.inspection import Hit, coverage, look_up, nearest_row
from core.records import Tile
from pages.gallery_page import session, tile_panel
from pages.gallery_page.session import View
from pages.ui import map_view
from pages.ui.distinct_labels import distinct
from pages.ui.markdown import one_line, plain
from pages.ui.templates import render

_KEY = "ground"
_MOST_HITS = 12
_MOST_FACT_CHARS = 60
_MANY = 3000
"""From so many tiles on, joining their ground takes long enough for a spinner."""


def draw(gallery: Gallery, view: View) -> None:
    """The map with a search box at the left, the chosen tile at the right."""
    shown = tile_of(gallery, view.tile)
    left, right = st.columns([1, 1], gap="medium")
    with left.container(key="map-pane"), st.container(key="map-frame"):
        _map(gallery, shown, tile_of(gallery, view.twin))
    with right:
        if view.tile and shown is None:
            st.info(plain(f"{gallery.card.title} has no tile {view.tile!r}.", 200))
        _find()
        words = str(st.session_state.get("find-tile", "")).strip()
        if words:
            _hits(gallery, words)
        if shown is not None:
            tile_panel.draw(gallery, shown)
        elif not words:
            _invitation(gallery)


def tile_of(gallery: Gallery, tile_id: str) -> Tile | None:
    """The tile of that id, None where the gallery has none."""
    if not tile_id:
        return None
    try:
        return gallery.tile(gallery.row_of(tile_id))
    except SaywhereError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _ground(_gallery: Gallery, name: str, created: str) -> Any:  # noqa: ARG001 - they are the key
    return coverage(_gallery)


def ground_of(gallery: Gallery) -> Any:
    """The ground of a gallery, worked out once."""
    card = gallery.card
    wait = st.spinner("Joining the tiles …") if len(gallery) > _MANY else st.empty()
    with wait:
        return _ground(gallery, card.name, card.created)


def _map(gallery: Gallery, shown: Tile | None, twin: Tile | None) -> None:
    key = f"{_KEY}-{gallery.card.name}"
    layer = maps.coverage_layer(ground_of(gallery), shown, twin)
    map_view.show(gallery, layer, key, partial(_picked, gallery, key), "picking")
    st.html(render("map_hint"))


def _picked(gallery: Gallery, key: str) -> None:
    spot = map_view.spot_picked(key)
    if spot is not None:
        session.change(tile=gallery.tile_ids[nearest_row(gallery, spot)], twin="")


def _find() -> None:
    st.text_input(
        "Find tiles by street, name, thing, position or id",
        key="find-tile",
        placeholder="fountain",
        icon=":material/search:",
        max_chars=200,
        on_change=_sought,
    )


def _sought() -> None:
    st.session_state["hits-open"] = True


def _look_at(tile_id: str) -> None:
    st.session_state["hits-open"] = False
    session.change(tile=tile_id, twin="")


def _hits(gallery: Gallery, words: str) -> None:
    hits = look_up(gallery, words)
    if not hits:
        st.info(plain(f"No tile in {gallery.card.title} mentions “{words}”.", 200))
        return
    more = f", first {_MOST_HITS} shown" if len(hits) > _MOST_HITS else ""
    title = f"{len(hits)}{'+' if len(hits) == 30 else ''} tiles{more}"
    wanted = bool(st.session_state.get("hits-open"))
    with (
        st.expander(title, expanded=wanted),
        st.container(horizontal=True, key="hits", gap="small"),
    ):
        shown = {gallery.tile_ids[hit.row]: hit for hit in hits[:_MOST_HITS]}
        labels = distinct({name: _label(gallery, hit) for name, hit in shown.items()})
        for tile_id, hit in shown.items():
            label = plain(labels[tile_id], 200)
            st.button(label, key=f"hit-{hit.row}", on_click=_look_at, args=(tile_id,))


def _label(gallery: Gallery, hit: Hit) -> str:
    """The words of a hit: its fact and its street, or its position."""
    tile = gallery.tile(hit.row)
    position = f"{tile.lat:.5f}, {tile.told_lon:.5f}"
    if hit.distance_m is None:
        return f"{tile.street or 'no street'} · {position}"
    fact = one_line(noun_phrase(hit.fact), _MOST_FACT_CHARS)
    return f"{fact}, {hit.distance_m:.0f} m · {tile.street or position}"


def _invitation(gallery: Gallery) -> None:
    card = gallery.card
    told = "" if len(gallery.facts.text) else " It has no map facts: its tiles are pictures only."
    st.markdown(
        f"{plain(card.title)} has **{len(gallery):,} tiles**, squares of {card.footprint_m:.0f} m. "
        f"Every answer is one of them, inside the tinted area.{told}"
    )
    if len(gallery.facts.text):
        st.markdown(
            f"**{len(gallery.facts.text):,} facts** and **{card.place_count:,} names** tell them "
            "apart. Choose a tile to see its own."
        )
    st.button(
        "Show a tile",
        key="first-tile",
        on_click=_look_at,
        args=(gallery.tile_ids[len(gallery) // 2],),
    )
