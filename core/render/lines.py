"""Style tables of streets, paths, rails, waterways and barriers.

The tables map OpenStreetMap tags to a style of our own; the first row that fits wins. Widths are
pixels at a web-map zoom, colours are CSS.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.render.matching import Match, tag
from core.render.palette import WATER


@dataclass(frozen=True, slots=True)
class Road:
    """A street: fill over casing. `widths` maps zoom to full width in pixels, casing included.

    A higher `rank` is drawn above crossing roads and gets space for its name first.
    """

    name: str
    match: Match
    fill: str
    casing: str
    widths: tuple[tuple[int, float], ...]
    rank: int
    text_size: float = 10


def widths(first_zoom: int, *pixels: float) -> tuple[tuple[int, float], ...]:
    """A width for each zoom, from `first_zoom` on."""
    return tuple(enumerate(pixels, first_zoom))


_WIDE = widths(8, 1, 1.5, 2, 2.6, 3.4, 5, 6.5, 9, 12, 16, 22, 30)
_MAIN = widths(9, 1, 1.4, 1.8, 2.6, 4, 5.5, 8, 11, 15, 21, 28)
_MIDDLE = widths(10, 0.9, 1.3, 1.9, 3, 4.6, 7, 10, 14, 20, 26)
_COMMON = widths(12, 0.9, 1.6, 3, 5, 8, 12, 17, 23)
_NARROW = widths(15, 1.2, 3, 6, 9.5, 13)

ROADS: tuple[Road, ...] = (
    Road("motorway", tag("highway", "motorway motorway_link"), "#ec9aa0", "#c25b67", _WIDE, 9),
    Road("trunk", tag("highway", "trunk trunk_link"), "#f5b195", "#cc7653", _WIDE, 8),
    Road("primary", tag("highway", "primary primary_link"), "#fbd08a", "#cf9a45", _MAIN, 7, 11),
    Road(
        "secondary", tag("highway", "secondary secondary_link"), "#f8ee9f", "#bdb04f", _MAIN, 6, 11
    ),
    Road("tertiary", tag("highway", "tertiary tertiary_link"), "#fffdf0", "#b5ab98", _MIDDLE, 5),
    Road(
        "street",
        tag("highway", "residential unclassified road busway"),
        "#ffffff",
        "#bfb6a8",
        _COMMON,
        4,
    ),
    Road("calm", tag("highway", "living_street"), "#f1eef3", "#bfb6c3", _COMMON, 3),
    Road("walk", tag("highway", "pedestrian"), "#e7e0ea", "#b9a9c1", _COMMON, 3),
    Road("race", tag("highway", "raceway"), "#f9c9d4", "#d08a9b", _COMMON, 2),
    Road("works", tag("highway", "construction"), "#eee7c4", "#c2b98c", _COMMON, 1),
    Road(
        "service",
        tag("highway", "service bus_guideway escape rest_area services"),
        "#ffffff",
        "#c9c1b5",
        _NARROW,
        2,
        9,
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A thin line; `dash` in pixels, "" for solid; `bed` is the colour of a wider line below it."""

    name: str
    match: Match
    colour: str
    widths: tuple[tuple[int, float], ...]
    dash: str = ""
    bed: str = ""
    bed_extra: float = 1.6
    cap: str = "butt"


_FOOT = widths(15, 0.8, 1.1, 1.5, 1.9, 2.3)
_TRAM = widths(13, 0.5, 0.6, 0.7, 0.9, 1.2, 1.7, 2.2)
_RAIL = widths(9, 0.6, 0.7, 0.9, 1.2, 1.6, 2, 2.4, 2.8, 3.2, 3.6, 4)

PATHS: tuple[Line, ...] = (
    Line(
        "steps",
        tag("highway", "steps"),
        "#c4604f",
        widths(15, 1.6, 2.6, 3.6, 5, 7),
        "1.6,1.4",
        "#ffffffcc",
        1.4,
    ),
    Line("cycleway", tag("highway", "cycleway"), "#5f74d2", _FOOT, "5,3", "#ffffffb0"),
    Line("bridleway", tag("highway", "bridleway"), "#4d8a4d", _FOOT, "5,3", "#ffffffb0"),
    Line(
        "track",
        tag("highway", "track"),
        "#a27a3d",
        widths(13, 0.8, 1, 1.2, 1.5, 1.8, 2.2, 2.6),
        "7,3",
        "#ffffffb0",
    ),
    Line(
        "sidewalk",
        Match("footway", frozenset({"sidewalk", "crossing"})),
        "#d79a88",
        widths(17, 1, 1.6, 2),
        "3.5,2.5",
        "#ffffffb0",
    ),
    Line("footway", tag("highway", "footway path trail"), "#d4775f", _FOOT, "3.5,2.5", "#ffffffb0"),
)

RAILS: tuple[Line, ...] = (
    Line("tram", tag("railway", "tram"), "#5b5870", _TRAM, "", "#ffffff70"),
    Line(
        "rail", tag("railway", "rail light_rail narrow_gauge funicular monorail"), "#75706f", _RAIL
    ),
    Line("oldrail", tag("railway", "miniature preserved turntable"), "#9a9594", _RAIL, "4,3"),
    Line("subway", tag("railway", "subway"), "#8c88a0", _TRAM, "4,3"),
)

WATERWAYS: tuple[Line, ...] = (
    Line(
        "river",
        tag("waterway", "river"),
        WATER,
        widths(9, 1, 1.4, 2, 2.6, 3.4, 4.6, 6, 8, 10, 13, 16),
        cap="round",
    ),
    Line(
        "canal",
        tag("waterway", "canal"),
        WATER,
        widths(11, 1, 1.4, 2, 3, 4, 6, 8, 10, 12),
        cap="round",
    ),
    Line(
        "stream",
        tag("waterway", "stream"),
        WATER,
        widths(13, 0.9, 1.2, 1.6, 2.2, 3, 4, 5),
        cap="round",
    ),
    Line(
        "ditch",
        tag("waterway", "ditch drain"),
        WATER,
        widths(14, 0.7, 0.9, 1.2, 1.7, 2.2, 3),
        cap="round",
    ),
)

BARRIERS: tuple[Line, ...] = (
    Line("hedge", tag("barrier", "hedge"), "#9cc587", widths(15, 1, 1.6, 2.4, 3.4, 4.6)),
    Line(
        "treerow",
        tag("natural", "tree_row"),
        "#8fc07d",
        widths(15, 2, 3, 4.5, 6.5, 8.5),
        "0.1,9",
        cap="round",
    ),
    Line("citywall", tag("barrier", "city_wall"), "#87796b", widths(13, 1.2, 1.6, 2.2, 3, 4, 5, 6)),
    Line(
        "citywall", tag("historic", "citywalls"), "#87796b", widths(13, 1.2, 1.6, 2.2, 3, 4, 5, 6)
    ),
    Line("wall", tag("barrier", "wall retaining_wall"), "#a3988b", widths(16, 0.7, 1, 1.4, 1.8)),
    Line(
        "fence",
        tag("barrier", "fence guard_rail handrail chain"),
        "#b0a69b",
        widths(16, 0.5, 0.7, 1, 1.2),
        "4,1.5",
    ),
    Line("cliff", tag("natural", "cliff"), "#a59a8c", widths(14, 0.8, 1, 1.4, 1.8, 2.4, 3), "3,1"),
    Line(
        "pier",
        tag("man_made", "pier breakwater groyne"),
        "#ece7dd",
        widths(13, 1, 1.5, 2.2, 3.4, 5, 7, 9),
        bed="#c9c0b0",
    ),
    Line("powerline", tag("power", "line"), "#a8a29c", widths(14, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
    Line(
        "ferry",
        tag("route", "ferry"),
        "#6aa3c6",
        widths(11, 0.7, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2),
        "6,5",
    ),
)
