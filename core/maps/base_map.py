"""The constant base map under all layers, and the element that calls our script."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import folium
from branca.element import MacroElement
from folium.template import Template
from xyzservices import TileProvider

from core.geo import Bounds
from core.maps.escaping import safe_html, script_data

_ONLINE_TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
_ONLINE_ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright">&copy; OpenStreetMap contributors</a>'
)

MapUse = Literal["searching", "picking", "boxing", "looking", "overview"]
"""The use of a map. "searching" has buttons that limit the search to an area, "picking" a button
that picks the centre and no online layer, "boxing" buttons that choose a box anywhere in the world,
"looking" neither. "overview" shows the world: its land and a graticule, no online layer and no
scale."""
_WORLDWIDE: Final[tuple[MapUse, ...]] = ("boxing", "overview")


@dataclass(frozen=True, slots=True)
class Assets:
    """The addresses of Leaflet and of our own script, served by the app itself."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TileLayer:
    """Tiles served by the app: a Leaflet template, whom to credit, and the zooms that there are."""

    tiles_url: str
    attribution: str
    zooms: range


@dataclass(frozen=True, slots=True)
class BaseMap:
    """The base map of one gallery; `tiles_url` is a Leaflet template, "" for none. `aerial` is the
    imagery of the same ground, None for none. `land_url` is the address of a GeoJSON geometry to
    draw below everything, "" for none, and `land_credit` its source. `tiled` is the ground of the
    tiles, None where that does not matter."""

    bounds: Bounds
    tiles_url: str
    attribution: str
    zooms: range
    aerial: TileLayer | None = None
    land_url: str = ""
    land_credit: str = ""
    tiled: Bounds | None = None


class Call(MacroElement):
    """One call of our script with data; one call for many markers costs as much as for one."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "saywhere.{{ this.function }}({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(
        self,
        function: Literal["ready", "draw", "errors", "places", "regions"],
        data: dict[str, Any],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Call"
        self.function = function
        self.data = script_data(data)


def base_map(base: BaseMap, assets: Assets, use: MapUse = "searching") -> folium.Map:
    """The constant map of a gallery; the browser keeps its frame as long as it does not change.

    It requests nothing from other servers, unless a person selects the online layer.
    """
    center = base.bounds.center
    folium_map = folium.Map(
        location=(center.lat, center.lon),
        zoom_start=14,
        tiles=None,
        control_scale=use != "overview",
        min_zoom=0 if use in _WORLDWIDE else max(base.zooms.start - 1, 2),
        max_zoom=19,
        zoom_snap=0.25 if use == "overview" else 0.5,
    )
    folium_map.default_js = [(url, url) for url in assets.scripts]
    folium_map.default_css = [(url, url) for url in assets.styles]
    if base.tiles_url:
        within: dict[str, Any] = {"bounds": corners(base.tiled)} if base.tiled else {}
        folium.TileLayer(
            _tiles(base.tiles_url),
            name="Saywhere, offline",
            class_name="sw-own",  # the server has these tiles in the dark, too
            attr=safe_html(base.attribution),
            min_native_zoom=base.zooms.start,
            max_native_zoom=base.zooms.stop - 1,
            min_zoom=base.zooms.start if base.tiled else 2,
            max_zoom=19,
            **within,
        ).add_to(folium_map)
    if base.aerial:
        _add_aerial(folium_map, base.aerial, show=not base.tiles_url)
    land = {"land": base.land_url, "credit": base.land_credit} if base.land_url else {}
    photo = {"photo": _photo(base.aerial)} if base.aerial and base.tiles_url else {}
    Call("ready", {"bounds": corners(base.bounds), "use": use} | land | photo).add_to(folium_map)
    if use not in ("picking", "overview"):
        folium.TileLayer(
            _tiles(_ONLINE_TILES),
            name="OpenStreetMap, online",
            attr=_ONLINE_ATTRIBUTION,
            show=False,
            max_zoom=19,
        ).add_to(folium_map)
        folium.LayerControl(collapsed=True).add_to(folium_map)
    return folium_map


def _tiles(url: str) -> TileProvider:
    """The tiles of an address. Folium takes a plain address for a provider's name first, and looks
    through all names for it."""
    return TileProvider(name="tiles", url=url, attribution="")


def _photo(aerial: TileLayer) -> dict[str, object]:
    """The imagery for a layer that our script makes: its address and Leaflet's options."""
    options = {
        "attribution": safe_html(aerial.attribution),
        "minNativeZoom": aerial.zooms.start,
        "maxNativeZoom": aerial.zooms.stop - 1,
        "minZoom": 2,
        "maxZoom": 19,
    }
    return {"url": aerial.tiles_url, "options": options}


def _add_aerial(folium_map: folium.Map, aerial: TileLayer, *, show: bool) -> None:
    folium.TileLayer(
        _tiles(aerial.tiles_url),
        name="Aerial picture",
        class_name="sw-photo",  # a photograph keeps its colours in the dark
        attr=safe_html(aerial.attribution),
        min_native_zoom=aerial.zooms.start,
        max_native_zoom=aerial.zooms.stop - 1,
        min_zoom=2,
        max_zoom=19,
        show=show,
    ).add_to(folium_map)


def corners(bounds: Bounds) -> list[list[float]]:
    """The corners of bounds for Leaflet: south-west and north-east, latitude first."""
    return [[bounds.south, bounds.west], [bounds.north, bounds.east]]
