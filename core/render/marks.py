"""Which places get a mark or a name on the map, as tables; knows neither geometry nor Mapnik.

Pictograms are in `symbols`; in every table that is matched against tags the first row wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.render.palette import Match, tag, widths


@dataclass(frozen=True, slots=True)
class Dot:
    """A small round mark without a name; `widths` are its diameters."""

    name: str
    match: Match
    fill: str
    widths: tuple[tuple[int, float], ...]
    outline: str = ""


DOTS: tuple[Dot, ...] = (
    Dot("tree", tag("natural", "tree shrub"), "#8cc27cb8", widths(16, 2.6, 5, 9, 13), "#6ea65f90"),
    Dot("stone", tag("natural", "stone rock"), "#b8b1a8", widths(17, 2.5, 4, 5)),
    Dot("bollard", tag("barrier", "bollard block"), "#8c857c", widths(18, 2.2, 3)),
    Dot("gate", tag("barrier", "gate lift_gate swing_gate"), "#8c7f6f", widths(17, 2.6, 3.6, 4.6)),
    Dot("pylon", tag("power", "tower"), "#8f8984", widths(15, 2, 3, 4, 5, 6)),
)


@dataclass(frozen=True, slots=True)
class Poi:
    """A place worth a mark: pictogram (a key of SYMBOLS or of DISCS), ink, and the
    zooms from which the mark and its name are shown. Lower `rank` gets its space first."""

    name: str
    match: Match
    symbol: str
    ink: str
    min_zoom: int = 17
    text_zoom: int = 17
    rank: int = 5


_FOOD = "#b85a17"
_SHOP = "#a03f95"
_MOVE = "#2563ad"
_CULTURE = "#75502a"
_HEALTH = "#c03a3f"
_CIVIC = "#505a70"
_BED = "#157a8c"
_PLAY = "#2a7a3f"
_FAITH = "#4a4048"

POIS: tuple[Poi, ...] = (
    Poi("station", tag("railway", "station halt"), "train", _MOVE, 14, 14, 0),
    Poi("station", tag("public_transport", "station"), "train", _MOVE, 14, 14, 0),
    Poi("metro", tag("railway", "subway_entrance"), "metro", _MOVE, 16, 18, 3),
    Poi("busstation", tag("amenity", "bus_station"), "bus", _MOVE, 15, 15, 1),
    Poi("ferry", tag("amenity", "ferry_terminal"), "ferry", _MOVE, 15, 15, 2),
    Poi("heliport", tag("aeroway", "helipad heliport"), "heli", _MOVE, 16, 17, 3),
    Poi("hospital", tag("amenity", "hospital"), "plus", _HEALTH, 15, 15, 1),
    Poi("pharmacy", tag("amenity", "pharmacy"), "plus", "#1f8a4c", 17, 17, 3),
    Poi("doctor", tag("amenity", "doctors clinic dentist veterinary"), "plus", _HEALTH, 17, 18, 5),
    Poi(
        "church",
        tag("amenity", "place_of_worship", religion="christian"),
        "cross",
        _FAITH,
        15,
        16,
        1,
    ),
    Poi(
        "mosque",
        tag("amenity", "place_of_worship", religion="muslim"),
        "crescent",
        _FAITH,
        15,
        16,
        1,
    ),
    Poi(
        "synagogue",
        tag("amenity", "place_of_worship", religion="jewish"),
        "hexagram",
        _FAITH,
        15,
        16,
        1,
    ),
    Poi("worship", tag("amenity", "place_of_worship"), "shrine", _FAITH, 15, 16, 1),
    Poi("museum", tag("tourism", "museum"), "temple", _CULTURE, 15, 16, 1),
    Poi("gallery", tag("tourism", "gallery"), "frame", _CULTURE, 17, 17, 3),
    Poi("theatre", tag("amenity", "theatre arts_centre"), "mask", _CULTURE, 16, 16, 2),
    Poi("cinema", tag("amenity", "cinema"), "film", _CULTURE, 16, 16, 2),
    Poi("casino", tag("amenity", "casino nightclub"), "dice", _CULTURE, 16, 16, 3),
    Poi("library", tag("amenity", "library"), "book", _CULTURE, 16, 16, 2),
    Poi("townhall", tag("amenity", "townhall courthouse"), "flag", _CIVIC, 15, 16, 1),
    Poi("embassy", tag("amenity", "embassy"), "flag", _CIVIC, 17, 17, 3),
    Poi("embassy", tag("office", "diplomatic government"), "flag", _CIVIC, 17, 17, 4),
    Poi("police", tag("amenity", "police"), "shield", _CIVIC, 16, 16, 2),
    Poi("fire", tag("amenity", "fire_station"), "flame", _HEALTH, 16, 16, 2),
    Poi("post", tag("amenity", "post_office"), "letter", _CIVIC, 16, 17, 3),
    Poi("postbox", tag("amenity", "post_box"), "speck", "#b8902f", 18, 99, 9),
    Poi("university", tag("amenity", "university college"), "cap", _CIVIC, 15, 15, 2),
    Poi("school", tag("amenity", "school kindergarten"), "cap", _CIVIC, 16, 16, 3),
    Poi("bank", tag("amenity", "bank bureau_de_change"), "coin", _CIVIC, 17, 17, 4),
    Poi("atm", tag("amenity", "atm"), "speck", "#7a8090", 18, 99, 8),
    Poi(
        "hotel",
        tag("tourism", "hotel hostel motel guest_house apartment chalet"),
        "bed",
        _BED,
        16,
        17,
        2,
    ),
    Poi("restaurant", tag("amenity", "restaurant food_court"), "fork", _FOOD, 17, 17, 4),
    Poi("cafe", tag("amenity", "cafe"), "cup", _FOOD, 17, 17, 4),
    Poi("bar", tag("amenity", "bar pub biergarten"), "glass", _FOOD, 17, 17, 4),
    Poi("snack", tag("amenity", "fast_food"), "burger", _FOOD, 17, 17, 5),
    Poi("ice", tag("amenity", "ice_cream"), "cone", _FOOD, 17, 17, 5),
    Poi("market", tag("shop", "supermarket mall department_store"), "cart", _SHOP, 16, 16, 2),
    Poi("bakery", tag("shop", "bakery pastry confectionery"), "bread", _SHOP, 17, 17, 4),
    Poi("clothes", tag("shop", "clothes shoes fashion boutique"), "shirt", _SHOP, 17, 18, 6),
    Poi("hair", tag("shop", "hairdresser beauty"), "scissors", _SHOP, 17, 18, 6),
    Poi("books", tag("shop", "books stationery"), "book", _SHOP, 17, 18, 5),
    Poi("cars", tag("shop", "car car_repair car_parts motorcycle tyres"), "car", _SHOP, 17, 17, 5),
    Poi("bicycles", tag("shop", "bicycle"), "bike", _SHOP, 17, 17, 5),
    Poi(
        "kiosk",
        tag("shop", "convenience kiosk newsagent greengrocer butcher"),
        "bag",
        _SHOP,
        17,
        17,
        5,
    ),
    Poi("shop", tag("shop"), "bag", _SHOP, 18, 18, 6),
    Poi("fuel", tag("amenity", "fuel charging_station"), "pump", _MOVE, 16, 17, 3),
    Poi("parking", tag("amenity", "parking"), "p", _MOVE, 16, 18, 6),
    Poi(
        "parking",
        tag("amenity", "parking_entrance motorcycle_parking"),
        "speck",
        "#5f86bd",
        18,
        99,
        8,
    ),
    Poi("bikes", tag("amenity", "bicycle_rental bicycle_parking"), "bike", _MOVE, 18, 18, 7),
    Poi("taxi", tag("amenity", "taxi car_rental car_sharing"), "car", _MOVE, 17, 18, 6),
    Poi("tramstop", tag("railway", "tram_stop"), "tram", _MOVE, 16, 17, 3),
    Poi("busstop", tag("highway", "bus_stop"), "bus", _MOVE, 17, 17, 4),
    Poi("lift", tag("highway", "elevator"), "lift", _CIVIC, 17, 18, 6),
    Poi("signals", tag("highway", "traffic_signals"), "lights", "#8a857c", 18, 99, 8),
    Poi(
        "monument",
        tag("historic", "monument memorial wayside_cross wayside_shrine"),
        "statue",
        _CULTURE,
        17,
        17,
        4,
    ),
    Poi(
        "castle",
        tag("historic", "castle fort city_gate ruins archaeological_site tower"),
        "tower",
        _CULTURE,
        15,
        15,
        1,
    ),
    Poi("art", tag("tourism", "artwork"), "statue", _CULTURE, 17, 18, 5),
    Poi("view", tag("tourism", "viewpoint"), "eye", _CULTURE, 16, 16, 3),
    Poi("sight", tag("tourism", "attraction zoo theme_park aquarium"), "star", _CULTURE, 16, 16, 2),
    Poi("info", tag("tourism", "information"), "info", _CULTURE, 18, 18, 6),
    Poi("fountain", tag("amenity", "fountain drinking_water"), "drop", "#2b83b8", 17, 18, 5),
    Poi("play", tag("leisure", "playground"), "ball", _PLAY, 17, 17, 5),
    Poi(
        "sport",
        tag("leisure", "sports_centre stadium fitness_centre swimming_pool ice_rink"),
        "ball",
        _PLAY,
        16,
        16,
        3,
    ),
    Poi("marina", tag("leisure", "marina slipway"), "anchor", _MOVE, 15, 15, 2),
    Poi("toilets", tag("amenity", "toilets"), "wc", _CIVIC, 18, 99, 7),
    Poi("recycling", tag("amenity", "recycling"), "speck", "#4f8f4a", 18, 99, 8),
    Poi("shelter", tag("amenity", "shelter"), "roof", "#7b756d", 17, 18, 7),
    Poi("bench", tag("amenity", "bench"), "speck", "#a08c74", 18, 99, 9),
    Poi(
        "tower",
        tag("man_made", "lighthouse water_tower windmill tower communications_tower"),
        "tower",
        _CULTURE,
        16,
        16,
        3,
    ),
    Poi("peak", tag("natural", "peak"), "peak", _CULTURE, 13, 13, 2),
    Poi("heritage", tag("historic"), "dot", _CULTURE, 18, 18, 7),
    Poi("office", tag("office"), "dot", _CIVIC, 18, 18, 8),
    Poi("craft", tag("craft"), "dot", _SHOP, 18, 18, 7),
    Poi("health", tag("healthcare"), "plus", _HEALTH, 18, 18, 6),
    Poi(
        "leisure",
        tag(
            "leisure",
            "bowling_alley dance escape_game sauna hackerspace amusement"
            "_arcade adult_gaming_centre",
        ),
        "ball",
        _PLAY,
        17,
        17,
        5,
    ),
    Poi(
        "amenity",
        tag(
            "amenity",
            "social_facility community_centre public_building nursing_home"
            " marketplace conference_centre events_venue studio social_centre"
            " car_wash driving_school childcare",
        ),
        "dot",
        _CIVIC,
        17,
        17,
        6,
    ),
)

PLACES: Mapping[str, tuple[int, int, float]] = {
    "city": (9, 15, 15),
    "town": (10, 16, 14),
    "village": (11, 17, 13),
    "suburb": (12, 16, 12),
    "borough": (12, 16, 12),
    "quarter": (13, 17, 11),
    "neighbourhood": (14, 17, 11),
    "hamlet": (13, 18, 11),
    "island": (12, 18, 11),
    "islet": (15, 19, 10),
    "locality": (14, 18, 10),
}
"""Settlement → first zoom, last zoom and text size of its name."""
