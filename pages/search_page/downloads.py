"""The answer to take away: a table for everyone, CSV, GeoJSON, and the link that restores it."""

import streamlit as st

from core.gallery import GalleryCard
from core.maps import title_of
from core.records import SearchResult
from pages.search_page import session
from pages.search_page.exports import STANDINGS, phrases_of, to_csv, to_geojson
from pages.search_page.query_params import SearchParams
from pages.ui.numbers import percent
from pages.ui.templates import render

_HEADS = (
    "Rank",
    "Place",
    "Position",
    "Chance within 100 m",
    "Found on the map",
    "Contradicts it",
    "Not found",
    "No map can tell",
    "Scores",
)


def table(result: SearchResult) -> str:
    """HTML of the whole answer: the equal of the map for people who cannot see it."""
    rows = [
        {
            "rank": one.rank,
            "title": title_of(one),
            "position": f"{one.tile.lat:.5f}, {one.tile.told_lon:.5f}",
            "chance": "" if one.confidence is None else percent(one.confidence),
            "told": [phrases_of(one, standing) for standing in STANDINGS],
            "scores": ", ".join(f"{name} {value:.2f}" for name, value in one.channels.items()),
        }
        for one in result.candidates
    ]
    return render("answer_table", heads=_HEADS, rows=rows)


def draw(card: GalleryCard, ask: SearchParams, result: SearchResult, took_ms: float) -> None:
    """The answer as a table, its files, its link and how long it took."""
    with st.expander("All places as a table"):
        st.html(table(result))
    with st.container(horizontal=True, key="take-away"):
        name = f"saywhere-{card.name}"
        st.download_button(
            "CSV",
            to_csv(result, card),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "GeoJSON",
            to_geojson(result, card),
            f"{name}.geojson",
            "application/geo+json",
            on_click="ignore",
            icon=":material/download:",
        )
        with st.popover("Link to this answer", icon=":material/link:"):
            if ask.fits_link:
                st.code(session.link(ask), language=None, wrap_lines=True)
            else:
                st.write("This description is too long for a link.")
    st.html(render("answer_times", took_ms=took_ms, timings_ms=result.timings_ms))
