"""The constant map under everything, and how layers reach our script."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import folium
from branca.element import MacroElement
from folium.template import Template

from core.errors import SourceError
from core.geo import Bounds
from core.maps.escaping import safe_html, script_data

_ONLINE_TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
_ONLINE_ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright">&copy; OpenStreetMap contributors</a>'
)

MapUse = Literal["searching", "picking", "looking"]
"""What a map is for: a search has buttons that limit it to an area, picking a spot has one for the
middle and no online layer, looking has none."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Where the browser finds Leaflet and our own script, on the app's own address."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseMap:
    """The map under the markers of one gallery; `tiles_url` is a Leaflet template, "" for none."""

    bounds: Bounds
    tiles_url: str
    attribution: str
    zooms: range


def zooms_of(archive: Path) -> range:
    """The zooms a PMTiles archive holds, from its header (v3: bytes 100 and 101).

    Raises SourceError where the file is missing or is no PMTiles archive.
    """
    try:
        with archive.open("rb") as file:
            header = file.read(102)
    except OSError as error:
        raise SourceError(f"there is no base map {archive.name}; build it again") from error
    if len(header) < 102 or not header.startswith(b"PMTiles"):
        raise SourceError(f"{archive.name} is no base map in PMTiles format; build it again")
    return range(header[100], header[101] + 1)


class Call(MacroElement):
    """One call of our script with data. One call, so many markers cost what one does."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "saywhere.{{ this.function }}({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(
        self, function: Literal["ready", "draw", "errors", "places"], data: dict[str, Any]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Call"
        self.function = function
        self.data = script_data(data)


def base_map(base: BaseMap, assets: Assets, use: MapUse = "searching") -> folium.Map:
    """The constant map of a gallery: as long as it stays the same, its frame is kept.

    Nothing outside the app is asked for, unless a person picks the online layer.
    """
    center = base.bounds.center
    drawn = folium.Map(
        location=(center.lat, center.lon),
        zoom_start=14,
        tiles=None,
        control_scale=True,
        min_zoom=max(base.zooms.start - 1, 2),
        max_zoom=19,
        zoom_snap=0.5,
    )
    drawn.default_js = [(url, url) for url in assets.scripts]
    drawn.default_css = [(url, url) for url in assets.styles]
    if base.tiles_url:
        folium.TileLayer(
            base.tiles_url,
            name="Saywhere, offline",
            attr=safe_html(base.attribution),
            min_native_zoom=base.zooms.start,
            max_native_zoom=base.zooms.stop - 1,
            min_zoom=2,
            max_zoom=19,
        ).add_to(drawn)
    Call("ready", {"bounds": corners(base.bounds), "use": use}).add_to(drawn)
    if use != "picking":
        folium.TileLayer(
            _ONLINE_TILES,
            name="OpenStreetMap, online",
            attr=_ONLINE_ATTRIBUTION,
            show=False,
            max_zoom=19,
        ).add_to(drawn)
        folium.LayerControl(collapsed=True).add_to(drawn)
    return drawn


def corners(bounds: Bounds) -> list[list[float]]:
    """As Leaflet wants them: south-west and north-east, latitude first."""
    return [[bounds.south, bounds.west], [bounds.north, bounds.east]]
