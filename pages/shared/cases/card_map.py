"""The map of a card: places with letters and the way between them; its frame stays the same."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template
from streamlit_folium import st_folium

from core.cases.case import Card
from core.errors import SaywhereError
from core.geo import Position, tile_bounds
from core.maps import Assets, safe_html, script_data, zooms_of
from pages.shared import routes
from pages.shared.cases.places import Place, Spot, metres, spots_of

_HEIGHT_PX = 300
_NO_BASE_MAP_ZOOMS = range(2, 18)
_NO_FOOTPRINT_M = 100.0
_ONLINE = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
_ONLINE_ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright">&copy; OpenStreetMap contributors</a>'
)


class _Call(JSCSSMixin, MacroElement):
    """One call of our script, with data that can be nothing but data."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this.function }}({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, function: str, data: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Call"
        self.function = function
        self.data = script_data(data)


def draw(card: Card, place: Place) -> None:
    """Truth, answer and other models' answers; panning asks nothing of the server."""
    name = place.card.name if place.card else "nowhere"
    st_folium(
        ground(place), key=f"cases-map-{name}", height=_HEIGHT_PX, width=None,
        returned_objects=[], feature_group_to_add=layer(card, place),
    )  # fmt: skip


def ground(place: Place) -> folium.Map:
    """The constant map of a gallery; without a base map there is a grey ground."""
    archive = place.gallery.base_map if place.gallery else None
    zooms = _zooms(place)
    center = place.card.bounds.center if place.card else Position(0, 0)
    drawn = folium.Map(
        location=(center.lat, center.lon), zoom_start=zooms.stop - 3, tiles=None, max_zoom=19,
        control_scale=True, min_zoom=max(zooms.start - 1, 2), zoom_snap=0.5,
    )  # fmt: skip
    own = _assets()
    drawn.default_js = [(url, url) for url in own.scripts]
    drawn.default_css = [(url, url) for url in own.styles]
    if archive and place.card:
        folium.TileLayer(
            routes.tiles_url(place.card), name="Saywhere, offline",
            attr=safe_html(place.card.licence), min_native_zoom=zooms.start,
            max_native_zoom=zooms.stop - 1, min_zoom=2, max_zoom=19,
        ).add_to(drawn)  # fmt: skip
    folium.TileLayer(_ONLINE, name="OpenStreetMap, online", attr=_ONLINE_ATTRIBUTION, show=False,
                     max_zoom=19).add_to(drawn)  # fmt: skip
    _Call("saywherePlaces.ready", {}).add_to(drawn)
    folium.LayerControl(collapsed=True).add_to(drawn)
    return drawn


def _assets() -> Assets:
    shared = routes.assets()
    return replace(shared, scripts=(shared.scripts[0], routes.ours("places.js")))


def _zooms(place: Place) -> range:
    try:
        archive = place.gallery.base_map if place.gallery else None
        return zooms_of(archive) if archive else _NO_BASE_MAP_ZOOMS
    except SaywhereError:
        return _NO_BASE_MAP_ZOOMS


def layer(card: Card, place: Place) -> folium.FeatureGroup:
    """What is drawn anew for each card; the browser fits the map to it."""
    group = folium.FeatureGroup(name="places", control=False)
    spots = spots_of(card)
    _Call("saywherePlaces.draw", {
        "case": card.case_id, "spots": [_spot(one, place) for one in spots],
        "line": _line(spots), "length": metres(card.distance_m),
    }).add_to(group)  # fmt: skip
    return group


def _spot(spot: Spot, place: Place) -> dict[str, Any]:
    wide_m = place.card.footprint_m if place.card else _NO_FOOTPRINT_M
    box = tile_bounds(Position(spot.lat, spot.lon), wide_m)
    return {
        "letters": spot.letters, "at": [spot.lat, spot.lon], "told": spot.told,
        "box": [[box.south, box.west], [box.north, box.east]] if place.card else None,
    }  # fmt: skip


def _line(spots: Sequence[Spot]) -> list[list[float]]:
    """From the truth to the answer, nothing where they are one."""
    if "A" in spots[0].letters:
        return []
    return [[one.lat, one.lon] for one in spots[:2]]
