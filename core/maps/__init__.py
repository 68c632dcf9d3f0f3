"""Folium maps and their layers; leaves the search to others and the page to `pages/`.

Whatever a person typed or a data file holds reaches the browser through `escaping` only.
"""

from core.maps.base_map import Assets, BaseMap, MapUse, base_map, zooms_of
from core.maps.escaping import safe_html, script_data
from core.maps.layers import (
    Mark,
    Miss,
    NamedPlace,
    answer_layer,
    errors_layer,
    evidence_label,
    ground_layer,
    places_layer,
    title_of,
)
from core.maps.probability_area import ProbabilityArea, probability_area

__all__ = [
    "Assets",
    "BaseMap",
    "MapUse",
    "Mark",
    "Miss",
    "NamedPlace",
    "ProbabilityArea",
    "answer_layer",
    "base_map",
    "errors_layer",
    "evidence_label",
    "ground_layer",
    "places_layer",
    "probability_area",
    "safe_html",
    "script_data",
    "title_of",
    "zooms_of",
]
