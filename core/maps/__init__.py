"""Folium maps and their layers; leaves the search to others and the page to `pages/`.

Whatever a person typed or a data file holds reaches the browser through `escaping` only.
"""

from core.maps.escaping import safe_html, script_data
from core.maps.ground import Assets, BaseMap, MapUse, base_map, zooms_of
from core.maps.layers import (
    Mark,
    Miss,
    Place,
    answer_layer,
    errors_layer,
    evidence_label,
    ground_layer,
    places_layer,
    title_of,
)
from core.maps.spread import Spread, spread_of

__all__ = [
    "Assets",
    "BaseMap",
    "MapUse",
    "Mark",
    "Miss",
    "Place",
    "Spread",
    "answer_layer",
    "base_map",
    "errors_layer",
    "evidence_label",
    "ground_layer",
    "places_layer",
    "safe_html",
    "script_data",
    "spread_of",
    "title_of",
    "zooms_of",
]
