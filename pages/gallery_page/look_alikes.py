"""Tiles that read or look almost the same, pair by pair: no description can tell them apart."""

from typing import Any

import streamlit as st

from core.gallery import Gallery
from core.gallery.near_duplicates import (
    APART_M,
    By,
    LookAlikePair,
    LookAlikes,
    channels_of,
    look_alikes,
)
from core.records import Tile
from pages.gallery_page import session, tile_panel
from pages.ui.markdown import plain
from pages.ui.numbers import metres
from pages.ui.templates import render

_WORDS: dict[By, str] = {"facts": "Same facts", "image": "Same picture"}
_AT_ONCE = 8
_TEXT_CHARS = 220


@st.cache_resource(max_entries=16, show_spinner=False)
def _alike(_gallery: Gallery, by: By, key: object) -> Any:  # noqa: ARG001 - it is the key
    return look_alikes(_gallery, by)


def draw(gallery: Gallery) -> None:
    """The tiles that are alike by a channel, as pairs of pictures and texts."""
    channels = channels_of(gallery)
    if not channels:
        st.info("Its tiles have no embeddings yet. To embed the pictures, run:")
        st.code(f"python -m core embed {gallery.card.name} --model compact", language=None)
        return
    by = st.segmented_control(
        "Compare by",
        channels,
        key="alike-by",
        required=True,
        default=channels[0],
        format_func=_WORDS.__getitem__,
    )
    with st.spinner(f"Comparing {len(gallery):,} tiles with each other …"):
        found: LookAlikes = _alike(gallery, by, gallery.card)
    st.html(summary(gallery, found))
    shown = st.session_state.setdefault("alike-shown", _AT_ONCE)
    for number, pair in enumerate(found.pairs[:shown], 1):
        _pair(gallery, found.by, number, pair)
    if shown < len(found.pairs):
        st.button("Show more pairs", key="alike-more", on_click=_more)


def _more() -> None:
    st.session_state["alike-shown"] += _AT_ONCE


def summary(gallery: Gallery, found: LookAlikes) -> str:
    """HTML of the finding and why it matters."""
    whose = "text" if found.by == "facts" else "picture"
    return render(
        "look_alikes_summary", found=found, whose=whose, tiles=len(gallery), apart_m=APART_M
    )


def _pair(gallery: Gallery, by: By, number: int, pair: LookAlikePair) -> None:
    a, b = gallery.tile(pair.a), gallery.tile(pair.b)
    with st.container(key=f"pair-{number}"):
        st.html(both(gallery, by, number, pair))
        st.button(
            "Show both on the map",
            key=f"pair-show-{number}",
            on_click=_look_at,
            args=(a.tile_id, b.tile_id),
            help=plain(f"Pair {number}: {a.tile_id} and {b.tile_id}"),
        )


def _look_at(tile_id: str, twin: str) -> None:
    session.change(tile=tile_id, twin=twin, part="tiles")


def both(gallery: Gallery, by: By, number: int, pair: LookAlikePair) -> str:
    """HTML of a pair: how alike, how far apart, and both sides."""
    return render(
        "look_alikes_pair",
        number=number,
        whose="text" if by == "facts" else "picture",
        similarity=pair.similarity,
        apart=metres(pair.distance_m),
        sides=[_side(gallery, gallery.tile(row)) for row in (pair.a, pair.b)],
    )


def _side(gallery: Gallery, tile: Tile) -> dict[str, object]:
    text = beginning(gallery.text(tile.tile_id))
    return {"picture": tile_panel.picture(gallery, tile), "tile": tile, "text": text}


def beginning(text: str) -> str:
    """The whole facts, else the whole words, at the beginning of a long text."""
    if len(text) <= _TEXT_CHARS:
        return text
    cut = text[:_TEXT_CHARS]
    return f"{cut.rpartition(';')[0] or cut.rpartition(' ')[0] or cut} …"
