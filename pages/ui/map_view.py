"""A map on the page, with any layer on it. The drawing is `core.maps`."""

from collections.abc import Callable, Collection
from dataclasses import replace

import streamlit as st
from folium import FeatureGroup
from streamlit_folium import st_folium

from core import maps
from core.errors import SaywhereError
from core.gallery import Gallery, GalleryCard
from core.geo import Bounds, Position
from core.maps import MapUse
from core.web_tiles.archive import summary_of
from pages.ui import routes
from pages.ui.aerial import credit_of
from pages.ui.link_values import bounds_of, position_of

_HEIGHT_PX = 560
_NO_BASE_MAP_ZOOMS = range(12, 18)
_ANY_ZOOMS = range(2, 18)
_WORLD_ZOOMS = range(0, 18)
_WORLD = Bounds(-170, -56, 180, 74)
_LAND = maps.BaseMap(
    _WORLD, "", "", _WORLD_ZOOMS, land_url=routes.LAND_URL, land_credit="Land: Natural Earth"
)


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


def overview(
    layer: FeatureGroup, key: str, on_change: Callable[[], None], height_px: int = _HEIGHT_PX
) -> None:
    """A layer on a map of the world, which has no tiles; what is picked is kept under the key."""
    base = _LAND
    _mount(base, layer, key, on_change, "overview", height_px)


def world(
    layer: FeatureGroup,
    key: str,
    on_change: Callable[[], None],
    height_px: int = _HEIGHT_PX,
    town: Gallery | None = None,
) -> None:
    """A map of the world, with the base map of a `town`, on which a box can be chosen; it is kept
    under the key."""
    base = _LAND
    if town is not None and (drawn := _base(town.card, town, town.card.bounds)).tiles_url:
        base = replace(
            base,
            tiles_url=drawn.tiles_url,
            attribution=drawn.attribution,
            zooms=drawn.zooms,
            tiled=town.card.bounds,
        )
    _mount(base, layer, key, on_change, "boxing", height_px)


def _base(card: GalleryCard | None, gallery: Gallery | None, around: Bounds) -> maps.BaseMap:
    if card is None:
        return maps.BaseMap(around, "", "", _ANY_ZOOMS)
    aerial = _aerial(card, gallery)
    if gallery is None or gallery.base_map is None:
        return maps.BaseMap(card.bounds, "", card.licence, _NO_BASE_MAP_ZOOMS, aerial)
    try:
        archive = summary_of(gallery.base_map)
    except SaywhereError:
        return maps.BaseMap(card.bounds, "", card.licence, _NO_BASE_MAP_ZOOMS, aerial)
    credit = str(archive.about.get("attribution") or card.licence)
    return maps.BaseMap(card.bounds, routes.tiles_url(card), credit, archive.zooms, aerial)


def _aerial(card: GalleryCard, gallery: Gallery | None) -> maps.TileLayer | None:
    """The imagery of a gallery as a layer."""
    if gallery is None or gallery.aerial is None:
        return None
    url = routes.tiles_url(card, "aerial")
    return maps.TileLayer(url, credit_of(card), gallery.aerial.zooms)


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
        render=False,  # of the whole document, which is not sent: the map alone is rendered anyway
    )


def spot_picked(key: str) -> Position | None:
    """The spot that was just picked on the map of that key, None where it was something else."""
    event = st.session_state.get(key)
    if not isinstance(event, dict) or event.get("event") != "spot":
        return None
    return position_of(event)


def box_picked(key: str) -> Bounds | None:
    """The box that was just chosen on the map of that key, None where it was something else."""
    event = st.session_state.get(key)
    if not isinstance(event, dict) or event.get("event") != "area":
        return None
    edges = event.get("area")
    return bounds_of(edges) if isinstance(edges, dict) else None


def region_picked(key: str, known: Collection[str]) -> str | None:
    """The name of the region that was just picked on the overview of that key, None where it was
    something else or none of the `known`."""
    event = st.session_state.get(key)
    if not isinstance(event, dict) or event.get("event") != "region":
        return None
    name = event.get("name")
    return name if isinstance(name, str) and name in known else None
