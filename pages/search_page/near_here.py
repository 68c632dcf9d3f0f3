"""The area to search without a pointer: a square around the place that is shown."""

import streamlit as st

from core.geo import Position, tile_bounds
from core.records import Candidate
from pages.search_page import session

_RADII_M = (250, 500, 1000)


def draw(candidate: Candidate) -> None:
    """A choice of the distance; it searches again."""
    tile = candidate.tile
    st.session_state["near-here"] = 0
    st.selectbox(
        "Search only around this place",
        [0, *_RADII_M],
        key="near-here",
        format_func=lambda radius_m: f"within {radius_m} m" if radius_m else "no, everywhere",
        on_change=_search,
        args=(Position(tile.lat, tile.lon),),
    )


def _search(at: Position) -> None:
    radius_m = st.session_state.get("near-here")
    if radius_m in _RADII_M:
        session.rank_anew(area=tile_bounds(at, 2 * radius_m))
