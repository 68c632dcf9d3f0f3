"""Tiles that read or look almost the same, pair by pair: no description can tell them apart."""

from typing import Any

import streamlit as st

from core.gallery import Gallery
from core.gallery.twins import APART_M, Alike, By, Twins, alike, channels_of
from core.maps import safe_html
from core.records import Tile
from pages.gallery_page import session, tile_panel
from pages.ui.markdown import plain

_WORDS: dict[By, str] = {"facts": "Read the same (facts)", "image": "Look the same (pictures)"}
_AT_ONCE = 8
_TEXT_CHARS = 220


@st.cache_resource(max_entries=16, show_spinner=False)
def _alike(_gallery: Gallery, by: By, key: object) -> Any:  # noqa: ARG001 - it is the key
    return alike(_gallery, by)


def draw(gallery: Gallery) -> None:
    """What is alike by a channel, as pairs of pictures and texts."""
    channels = channels_of(gallery)
    if not channels:
        st.info("Its tiles have no embeddings to be compared by yet. For those of pictures, run:")
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
        found: Alike = _alike(gallery, by, gallery.card)
    st.html(f'<p class="sw-told">{told(gallery, found)}</p>')
    shown = st.session_state.setdefault("alike-shown", _AT_ONCE)
    for number, pair in enumerate(found.pairs[:shown], 1):
        _pair(gallery, found.by, number, pair)
    if shown < len(found.pairs):
        st.button("Show more pairs", key="alike-more", on_click=_more)


def _more() -> None:
    st.session_state["alike-shown"] += _AT_ONCE


def told(gallery: Gallery, found: Alike) -> str:
    """HTML of the finding and why it matters."""
    whose = "texts" if found.by == "facts" else "pictures"
    least = f"a similarity of {found.at_least:.2f} or more"
    if not found.count:
        return (
            f"<b>No two tiles have {whose} that are almost the same</b> ({least}, at least "
            f"{APART_M:.0f} m apart, as neighbours share ground). Below are those that come "
            "nearest to it."
        )
    share = found.count / len(gallery)
    pairs = len(found.pairs)
    first = f"The {pairs} pairs below are the most similar." if pairs > 1 else "It is below."
    return (
        f"<b>{found.count:,} of {len(gallery):,} tiles ({share:.0%}) have a twin</b>: another "
        f"tile at least {APART_M:.0f} m away whose {whose[:-1]} has {least}. What is said of one "
        f"fits the other as well, so that no description can tell them apart by "
        f"{'their facts' if found.by == 'facts' else 'how they look'} alone. {first}"
    )


def _pair(gallery: Gallery, by: By, number: int, pair: Twins) -> None:
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


def both(gallery: Gallery, by: By, number: int, pair: Twins) -> str:
    """HTML of a pair: how alike, how far apart, and both sides."""
    apart = (
        f"{pair.distance_m:,.0f} m"
        if pair.distance_m < 1000
        else (f"{pair.distance_m / 1000:.1f} km")
    )
    sides = "".join(_side(gallery, gallery.tile(row)) for row in (pair.a, pair.b))
    return (
        f'<section class="sw-twins"><h3>Pair {number} <small>similarity of the '
        f"{'texts' if by == 'facts' else 'pictures'} {pair.similarity:.3f}, {apart} apart"
        f'</small></h3><div class="sw-pair">{sides}</div></section>'
    )


def _side(gallery: Gallery, tile: Tile) -> str:
    text = gallery.text(tile.tile_id)
    short = text if len(text) <= _TEXT_CHARS else f"{text[:_TEXT_CHARS].rstrip()} …"
    return (
        f'<div class="sw-side">{tile_panel.picture(gallery, tile)}'
        f'<p><b dir="auto">{safe_html(tile.street or "No street")}</b><br><small>{tile.lat:.5f}, '
        f'{tile.lon:.5f}</small></p><p dir="auto">{safe_html(short)}</p></div>'
    )
