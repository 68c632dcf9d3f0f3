"""Folium maps and their layers, as documents for the browser.

Text from users and data files reaches the browser through `escaping` only. The colours of markers
and areas are in `assets/static/saywhere/map.css`.
"""

from core.maps.base_map import Assets, BaseMap, MapUse, TileLayer, base_map
from core.maps.escaping import safe_html, script_data
from core.maps.layers import (
    Mark,
    Miss,
    NamedPlace,
    Sight,
    answer_layer,
    coverage_layer,
    errors_layer,
    evidence_label,
    places_layer,
    title_of,
)
from core.maps.probability_area import ProbabilityArea, probability_area
from core.maps.region_marks import RegionMark, regions_layer

__all__ = [
    "Assets",
    "BaseMap",
    "MapUse",
    "Mark",
    "Miss",
    "NamedPlace",
    "ProbabilityArea",
    "RegionMark",
    "Sight",
    "TileLayer",
    "answer_layer",
    "base_map",
    "coverage_layer",
    "errors_layer",
    "evidence_label",
    "places_layer",
    "probability_area",
    "regions_layer",
    "safe_html",
    "script_data",
    "title_of",
]
