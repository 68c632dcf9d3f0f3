"""One tile: its picture, where it is, what is read of it, and every fact and name it holds."""

import base64
from urllib.parse import urlencode

import streamlit as st

from core.explain.things import place
from core.gallery import Gallery
from core.gallery.inspection import Holding, holdings
from core.maps import safe_html
from core.records import Tile
from pages.gallery_page import session

_FIRST_ROWS = 12
_MOST_NAMES = 4
_MOST_WORDS = 1200


def draw(gallery: Gallery, tile: Tile) -> None:
    """The whole panel."""
    row = gallery.row_of(tile.tile_id)
    text, held = gallery.text(tile.tile_id), holdings(gallery, row)
    _steps(gallery, row)
    st.html(_head(tile, row, len(gallery)))
    body = f"{picture(gallery, tile)}<div>{_read(gallery, text)}</div>"
    st.html(
        f'<section class="sw-panel" aria-label="Tile"><div class="sw-tile">{body}</div></section>'
    )
    _search_link(gallery, text)
    _held(held)


def _steps(gallery: Gallery, row: int) -> None:
    with st.container(horizontal=True, key="steps", gap="small"):
        for title, other in (("Previous tile", row - 1), ("Next tile", row + 1)):
            inside = 0 <= other < len(gallery)
            st.button(
                title,
                key=f"step-{title}",
                disabled=not inside,
                on_click=_step,
                args=(gallery.tile_ids[other] if inside else "",),
            )


def _step(tile_id: str) -> None:
    session.change(tile=tile_id, twin="")


def _head(tile: Tile, row: int, count: int) -> str:
    return (
        f'<header class="sw-head"><div><h3 dir="auto">{safe_html(tile.street or "No street")}</h3>'
        f"<p>{tile.lat:.6f}, {tile.lon:.6f} · tile {row + 1:,} of {count:,} · id "
        f"{safe_html(tile.tile_id)}</p></div></header>"
    )


def picture(gallery: Gallery, tile: Tile) -> str:
    """HTML of a tile's picture, or of the remark that there is none."""
    seen = gallery.picture(tile.tile_id)
    if not seen:
        return '<p class="sw-wait">This gallery was built without pictures.</p>'
    return (
        f'<figure><img src="data:image/webp;base64,{base64.b64encode(seen).decode()}" width="256" '
        f'height="256" alt="Map picture of the tile at {safe_html(tile.street or tile.tile_id)}">'
        f"<figcaption>{gallery.card.footprint_m:.0f} m across, north up. "
        f"{safe_html(gallery.card.licence)}</figcaption></figure>"
    )


def _read(gallery: Gallery, text: str) -> str:
    """The text as a list, and who wrote it."""
    if not text:
        return (
            '<h4>What is read of it</h4><p class="sw-wait">Nothing: only its picture is '
            "searched, and what can be read in it.</p>"
        )
    items = "".join(f'<li dir="auto">{safe_html(one)}</li>' for one in text.split("; "))
    source = safe_html(", ".join(gallery.card.sources)[:100])
    return (
        f'<h4>Its description: what the facts channel reads</h4><div class="sw-read" tabindex="0" '
        f'role="region" aria-label="Description"><ul>{items}</ul></div>'
        f"<p><small>Made by program from {source}; no person wrote it. A gallery keeps facts, "
        "not the map they came from: sentences as a person would say them need that file, and "
        "<code>core describe</code> writes them.</small></p>"
    )


def _search_link(gallery: Gallery, text: str) -> None:
    if text:
        words = ", ".join(text.split("; "))[:_MOST_WORDS]
        link = urlencode({"city": gallery.card.name, "q": words})
        st.html(
            f'<p class="sw-links"><a href="/?{safe_html(link)}" target="_self">'
            "Search what this tile says</a></p>"
        )


def _held(held: tuple[Holding, ...]) -> None:
    if not held:
        return
    with st.expander(f"Facts and names it holds ({len(held):,})", expanded=True):
        st.html(table(held[:_FIRST_ROWS]))
    if len(held) > _FIRST_ROWS:
        with st.expander(f"The {len(held) - _FIRST_ROWS:,} further away"):
            st.html(table(held[_FIRST_ROWS:]))


def table(held: tuple[Holding, ...]) -> str:
    """HTML of the things a tile knows, nearest first."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Fact", "Kind", "Names", "Where"))
    rows = "".join(
        f'<tr><th scope="row" dir="auto">{safe_html(one.text)}'
        + ("" if one.spoken else "<small>for the names channel only</small>")
        + f'</th><td>{safe_html(one.kind)}</td><td dir="auto">{_names(one)}</td>'
        f"<td>{safe_html(place(one.distance_m, one.direction))}</td></tr>"
        for one in held
    )
    return (
        '<div class="sw-table" tabindex="0" role="region" aria-label="Facts and names">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _names(one: Holding) -> str:
    shown = ", ".join(one.names[:_MOST_NAMES])
    more = len(one.names) - _MOST_NAMES
    return safe_html(shown) + (f" and {more} more" if more > 0 else "")
