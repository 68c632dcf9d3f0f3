"""One tile: its picture, position, description, and every fact and name it holds."""

from urllib.parse import urlencode

import streamlit as st

from core.explain.phrasing import distance_phrase
from core.gallery import Gallery
from core.gallery.inspection import TileFact, tile_facts
from core.records import Tile
from pages.gallery_page import session
from pages.ui.aerial import aerial_uri, credit_of
from pages.ui.templates import picture_uri, render

_FIRST_ROWS = 12
_MOST_NAMES = 4
_MOST_WORDS = 1200


def draw(gallery: Gallery, tile: Tile) -> None:
    """The whole panel."""
    row = gallery.row_of(tile.tile_id)
    text, held = gallery.text(tile.tile_id), tile_facts(gallery, row)
    _steps(gallery, row)
    st.html(render("tile_head", tile=tile, row=row, count=len(gallery)))
    st.html(
        render(
            "tile_panel",
            picture=picture(gallery, tile),
            sentences=text.split("; ") if text else [],
            source=", ".join(gallery.card.sources)[:100],
        )
    )
    if text:
        words = ", ".join(text.split("; "))[:_MOST_WORDS]
        link = urlencode({"city": gallery.card.name, "q": words})
        st.html(render("tile_search_link", link=link))
    _holdings(held)


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


def picture(gallery: Gallery, tile: Tile) -> str:
    """HTML of a tile's picture, or of the remark that there is none."""
    seen = gallery.picture(tile.tile_id)
    return render(
        "tile_picture",
        picture=picture_uri(seen) if seen else "",
        aerial=aerial_uri(gallery, tile.tile_id),
        credit=credit_of(gallery.card),
        place=tile.street or tile.tile_id,
        card=gallery.card,
    )


def _holdings(held: tuple[TileFact, ...]) -> None:
    if not held:
        return
    with st.expander(f"Facts and names of this tile ({len(held):,})", expanded=True):
        st.html(table(held[:_FIRST_ROWS]))
    if len(held) > _FIRST_ROWS:
        with st.expander(f"{len(held) - _FIRST_ROWS:,} more, further away"):
            st.html(table(held[_FIRST_ROWS:]))


def table(held: tuple[TileFact, ...]) -> str:
    """HTML of a tile's facts and names, nearest first."""
    rows = [
        {
            "text": one.text,
            "name_only": not one.spoken,
            "kind": one.kind,
            "names": ", ".join(one.names[:_MOST_NAMES]),
            "more": len(one.names) - _MOST_NAMES,
            "where": distance_phrase(one.distance_m, one.direction),
        }
        for one in held
    ]
    return render("tile_holdings", rows=rows)
