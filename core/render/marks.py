"""Style tables of dots, places with a pictogram, and names of settlements.

The pictograms are in `symbols`. The first row that fits a feature's tags wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.render.lines import widths
from core.render.matching import Match, tag
from core.vocabulary.kinds import marked


@dataclass(frozen=True, slots=True)
class Dot:
    """A small round mark without a name; `widths` are diameters."""

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
    """A place with a pictogram (a key of SYMBOLS or DISCS), its colour, and the first zooms of the
    pictogram and of the name. The lowest `rank` gets its space first."""

    name: str
    match: Match
    symbol: str
    ink: str
    min_zoom: int
    text_zoom: int
    rank: int


_FOOD = "#b85a17"
_SHOP = "#a03f95"
_MOVE = "#2563ad"
_CULTURE = "#75502a"
_HEALTH = "#c03a3f"
_CIVIC = "#505a70"
_BED = "#157a8c"
_PLAY = "#2a7a3f"
_FAITH = "#4a4048"


def _poi(
    name: str, of: str | Match, symbol: str, ink: str, min_zoom: int, text_zoom: int, rank: int
) -> Poi:
    """A row of POIS. `of` is a tag key, for the kinds that have `name` in their column `mark`, or a
    condition of its own."""
    match = Match(of, marked(name, of)) if isinstance(of, str) else of
    return Poi(name, match, symbol, ink, min_zoom, text_zoom, rank)


POIS: tuple[Poi, ...] = (
    _poi("station", "railway", "train", _MOVE, 14, 14, 0),
    _poi("station", "public_transport", "train", _MOVE, 14, 14, 0),
    _poi("metro", "railway", "metro", _MOVE, 16, 18, 3),
    _poi("busstation", "amenity", "bus", _MOVE, 15, 15, 1),
    _poi("ferry", "amenity", "ferry", _MOVE, 15, 15, 2),
    _poi("heliport", "aeroway", "heli", _MOVE, 16, 17, 3),
    _poi("hospital", "amenity", "plus", _HEALTH, 15, 15, 1),
    _poi("pharmacy", "amenity", "plus", "#1f8a4c", 17, 17, 3),
    _poi("doctor", "amenity", "plus", _HEALTH, 17, 18, 5),
    _poi(
        "church",
        tag("amenity", "place_of_worship", religion="christian"),
        "cross",
        _FAITH,
        15,
        16,
        1,
    ),
    _poi(
        "mosque",
        tag("amenity", "place_of_worship", religion="muslim"),
        "crescent",
        _FAITH,
        15,
        16,
        1,
    ),
    _poi(
        "synagogue",
        tag("amenity", "place_of_worship", religion="jewish"),
        "hexagram",
        _FAITH,
        15,
        16,
        1,
    ),
    _poi("worship", tag("amenity", "place_of_worship"), "shrine", _FAITH, 15, 16, 1),
    _poi("museum", "tourism", "temple", _CULTURE, 15, 16, 1),
    _poi("gallery", "tourism", "frame", _CULTURE, 17, 17, 3),
    _poi("theatre", "amenity", "mask", _CULTURE, 16, 16, 2),
    _poi("cinema", "amenity", "film", _CULTURE, 16, 16, 2),
    _poi("casino", "amenity", "dice", _CULTURE, 16, 16, 3),
    _poi("library", "amenity", "book", _CULTURE, 16, 16, 2),
    _poi("townhall", "amenity", "flag", _CIVIC, 15, 16, 1),
    _poi("embassy", "amenity", "flag", _CIVIC, 17, 17, 3),
    _poi("embassy", "office", "flag", _CIVIC, 17, 17, 4),
    _poi("police", "amenity", "shield", _CIVIC, 16, 16, 2),
    _poi("fire", "amenity", "flame", _HEALTH, 16, 16, 2),
    _poi("post", "amenity", "letter", _CIVIC, 16, 17, 3),
    _poi("postbox", "amenity", "speck", "#b8902f", 18, 99, 9),
    _poi("university", "amenity", "cap", _CIVIC, 15, 15, 2),
    _poi("school", "amenity", "cap", _CIVIC, 16, 16, 3),
    _poi("bank", "amenity", "coin", _CIVIC, 17, 17, 4),
    _poi("atm", "amenity", "speck", "#7a8090", 18, 99, 8),
    _poi("hotel", "tourism", "bed", _BED, 16, 17, 2),
    _poi("restaurant", "amenity", "fork", _FOOD, 17, 17, 4),
    _poi("cafe", "amenity", "cup", _FOOD, 17, 17, 4),
    _poi("bar", "amenity", "glass", _FOOD, 17, 17, 4),
    _poi("snack", "amenity", "burger", _FOOD, 17, 17, 5),
    _poi("ice", "amenity", "cone", _FOOD, 17, 17, 5),
    _poi("market", "shop", "cart", _SHOP, 16, 16, 2),
    _poi("bakery", "shop", "bread", _SHOP, 17, 17, 4),
    _poi("clothes", "shop", "shirt", _SHOP, 17, 18, 6),
    _poi("hair", "shop", "scissors", _SHOP, 17, 18, 6),
    _poi("books", "shop", "book", _SHOP, 17, 18, 5),
    _poi("cars", "shop", "car", _SHOP, 17, 17, 5),
    _poi("bicycles", "shop", "bike", _SHOP, 17, 17, 5),
    _poi("kiosk", "shop", "bag", _SHOP, 17, 17, 5),
    _poi("shop", tag("shop"), "bag", _SHOP, 18, 18, 6),
    _poi("fuel", "amenity", "pump", _MOVE, 16, 17, 3),
    _poi("parking", "amenity", "p", _MOVE, 16, 18, 6),
    _poi("parking-speck", "amenity", "speck", "#5f86bd", 18, 99, 8),
    _poi("bikes", "amenity", "bike", _MOVE, 18, 18, 7),
    _poi("taxi", "amenity", "car", _MOVE, 17, 18, 6),
    _poi("tramstop", "railway", "tram", _MOVE, 16, 17, 3),
    _poi("busstop", "highway", "bus", _MOVE, 17, 17, 4),
    _poi("lift", "highway", "lift", _CIVIC, 17, 18, 6),
    _poi("signals", "highway", "lights", "#8a857c", 18, 99, 8),
    _poi("monument", "historic", "statue", _CULTURE, 17, 17, 4),
    _poi("castle", "historic", "tower", _CULTURE, 15, 15, 1),
    _poi("art", "tourism", "statue", _CULTURE, 17, 18, 5),
    _poi("view", "tourism", "eye", _CULTURE, 16, 16, 3),
    _poi("sight", "tourism", "star", _CULTURE, 16, 16, 2),
    _poi("info", "tourism", "info", _CULTURE, 18, 18, 6),
    _poi("fountain", "amenity", "drop", "#2b83b8", 17, 18, 5),
    _poi("play", "leisure", "ball", _PLAY, 17, 17, 5),
    _poi("sport", "leisure", "ball", _PLAY, 16, 16, 3),
    _poi("marina", "leisure", "anchor", _MOVE, 15, 15, 2),
    _poi("toilets", "amenity", "wc", _CIVIC, 18, 99, 7),
    _poi("recycling", "amenity", "speck", "#4f8f4a", 18, 99, 8),
    _poi("shelter", "amenity", "roof", "#7b756d", 17, 18, 7),
    _poi("bench", "amenity", "speck", "#a08c74", 18, 99, 9),
    _poi("tower", "man_made", "tower", _CULTURE, 16, 16, 3),
    _poi("peak", "natural", "peak", _CULTURE, 13, 13, 2),
    _poi("heritage", tag("historic"), "dot", _CULTURE, 18, 18, 7),
    _poi("office", tag("office"), "dot", _CIVIC, 18, 18, 8),
    _poi("craft", tag("craft"), "dot", _SHOP, 18, 18, 7),
    _poi("health", tag("healthcare"), "plus", _HEALTH, 18, 18, 6),
    _poi("leisure", "leisure", "ball", _PLAY, 17, 17, 5),
    _poi("amenity", "amenity", "dot", _CIVIC, 17, 17, 6),
)
"""The table of kinds, `core.vocabulary.kinds`, assigns kinds to these rows; the rows with a
condition of their own are for all other values of a key."""

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
