"""The map on the page: hands a pick on the map to the question. The drawing is `core.maps`."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from folium import FeatureGroup
from streamlit_folium import st_folium

from core import maps
from core.errors import SaywhereError
from core.gallery import Gallery, GalleryCard
from core.geo import Bounds, Position, haversine_m
from core.maps import MapUse, Spread
from core.records import SearchResult, Tile
from pages.search_page import query_params, session
from pages.ui import routes

_KEY = "map"
_HEIGHT_PX = 560
_NO_BASE_MAP_ZOOMS = range(12, 18)
_ANY_ZOOMS = range(2, 18)


def draw(
    gallery: Gallery,
    result: SearchResult | None,
    rank: int,
    area: Bounds | None,
    spread: Spread | None = None,
    other: Tile | None = None,
) -> None:
    """The gallery's map with an answer on it. Panning asks nothing of the server."""
    picking = bool(st.session_state.get("picking"))
    layer = maps.answer_layer(result, rank, area, spread, other, picking)
    show(gallery, layer, f"{_KEY}-{gallery.card.name}", partial(_picked, gallery))


def show(
    gallery: Gallery,
    layer: FeatureGroup,
    key: str,
    on_change: Callable[[], None],
    use: MapUse = "searching",
) -> None:
    """The gallery's base map under any layer; what is picked on it is kept under the key."""
    _mount(_base(gallery.card, gallery, gallery.card.bounds), layer, key, on_change, use)


def look_at(
    card: GalleryCard | None,
    gallery: Gallery | None,
    around: Bounds,
    layer: FeatureGroup,
    key: str,
    on_change: Callable[[], None] | None = None,
    height_px: int = _HEIGHT_PX,
) -> None:
    """A layer on the base map of its gallery, as far as that is here, else on a bare ground."""
    _mount(_base(card, gallery, around), layer, key, on_change, "looking", height_px)


def _base(card: GalleryCard | None, gallery: Gallery | None, around: Bounds) -> maps.BaseMap:
    if card is None:
        return maps.BaseMap(around, "", "", _ANY_ZOOMS)
    if gallery is None or gallery.base_map is None:
        return maps.BaseMap(card.bounds, "", card.licence, _NO_BASE_MAP_ZOOMS)
    try:
        zooms = maps.zooms_of(gallery.base_map)
    except SaywhereError:
        return maps.BaseMap(card.bounds, "", card.licence, _NO_BASE_MAP_ZOOMS)
    return maps.BaseMap(card.bounds, routes.tiles_url(card), card.licence, zooms)


def _mount(
    base: maps.BaseMap,
    layer: FeatureGroup,
    key: str,
    on_change: Callable[[], None] | None,
    use: MapUse,
    height_px: int = _HEIGHT_PX,
) -> None:
    st_folium(
        maps.base_map(base, routes.assets(), use),
        key=key,
        height=height_px,
        width=None,
        returned_objects=[],
        on_change=on_change,
        feature_group_to_add=layer,
    )


def spot_picked(key: str) -> Position | None:
    """The spot that was just picked on the map of that key, None where it was something else."""
    event = st.session_state.get(key)
    if not isinstance(event, dict) or event.get("event") != "spot":
        return None
    return query_params.position_of(event)


def _picked(gallery: Gallery) -> None:
    """What our script reported. It comes from a browser, so it is checked like a link."""
    event = st.session_state.get(f"{_KEY}-{gallery.card.name}")
    if not isinstance(event, dict):
        return
    rank, area = event.get("rank"), event.get("area")
    if event.get("event") == "choose" and isinstance(rank, int):
        session.change(chosen=rank)
        st.session_state["chosen"] = rank
    elif event.get("event") == "area" and isinstance(area, dict):
        box = query_params.area_of(area)
        if box is not None:
            session.rank_anew(area=box)
    elif event.get("event") == "spot" and st.session_state.pop("picking", False):
        spot = query_params.position_of(event)
        if spot is not None:
            away = haversine_m(spot.lat, spot.lon, gallery.lats, gallery.lons)
            session.change(versus=gallery.tile(int(away.argmin())).tile_id)
