"""The map of an answer; a pick on it changes the question."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import maps
from core.gallery import Gallery
from core.geo import Area, haversine_m
from core.maps import Mark, ProbabilityArea
from core.records import SearchResult, Tile
from pages.search_page import known_place, place_search, session
from pages.ui import map_view
from pages.ui.link_values import bounds_of, polygon_of, position_of

_KEY = "map"


def draw(
    gallery: Gallery,
    result: SearchResult | None,
    rank: int,
    area: Area | None,
    spread: ProbabilityArea | None = None,
    other: Tile | None = None,
    marks: Sequence[Mark] = (),
) -> None:
    """The gallery's map with an answer on it. Panning asks nothing of the server."""
    sight = place_search.sight(gallery)
    picking = bool(session.picking())
    layer = maps.answer_layer(result, rank, area, spread, other, picking, marks, sight=sight)
    map_view.show(gallery, layer, f"{_KEY}-{gallery.card.name}", partial(_picked, gallery))


def _picked(gallery: Gallery) -> None:
    """Takes over the report of our script, which comes from a browser: checked like a link."""
    event = st.session_state.get(f"{_KEY}-{gallery.card.name}")
    if not isinstance(event, dict):
        return
    rank, area = event.get("rank"), event.get("area")
    if event.get("event") == "choose" and isinstance(rank, int):
        session.change(chosen=rank)
        st.session_state["chosen"] = rank
    elif event.get("event") == "area" and isinstance(area, dict | list):
        within = bounds_of(area) if isinstance(area, dict) else polygon_of(area)
        if within is not None:
            session.rank_anew(area=within)
    elif event.get("event") == "place":
        place_search.seek(gallery.card.name, event.get("words"))
    elif event.get("event") == "spot":
        spot, wanted = position_of(event), session.picking()
        session.pick("")
        if spot is not None and wanted == "truth":
            known_place.take(spot)
        elif spot is not None and wanted == "other":
            away = haversine_m(spot.lat, spot.lon, gallery.lats, gallery.lons)
            session.change(versus=gallery.tile(int(away.argmin())).tile_id)
