"""What each kind of map feature looks like, as tables; knows neither geometry nor Mapnik.

Tables run from OpenStreetMap tags to a look of our own. Widths are pixels at a web-map zoom,
colours are CSS. In every table that is matched against tags, the first row that fits wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

LAND = "#f4f1ea"
WATER = "#a8d0e6"
WHITE = "#ffffff"
INK = "#2e2a26"
PATH_INK = "#6b4a3e"
WATER_INK = "#27688f"
PLACE_INK = "#4b4358"
NUMBER_INK = "#77695b"
UNKNOWN_INK = "#505a70"
UNKNOWN_LINE = "#8f887f"
HALO = "rgba(255,255,255,0.85)"
NUMBER_HALO = "rgba(255,255,255,0.6)"

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """A tag and the values that count; no values means any but a negation.

    `also` is a second condition, all of whose pairs must hold.
    """

    key: str
    values: frozenset[str] = frozenset()
    also: tuple[tuple[str, str], ...] = ()

    def fits(self, tags: Tags) -> bool:
        """Whether a feature with these tags is meant; of several values the first counts."""
        value = tags.get(self.key)
        if not value or value in ABSENT:
            return False
        value = value.split(";")[0].strip()
        if self.values and value not in self.values:
            return False
        return all(tags.get(key) == wanted for key, wanted in self.also)


ABSENT = frozenset({"no", "none", "proposed", "razed", "abandoned", "disused", "demolished"})


class _Row(Protocol):
    @property
    def match(self) -> Match: ...


class Finder:
    """Finds the number of the first row of a table that fits a feature's tags."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._by_key: dict[str, list[tuple[int, Match]]] = {}
        for number, row in enumerate(rows):
            self._by_key.setdefault(row.match.key, []).append((number, row.match))

    def __call__(self, tags: Tags) -> int | None:
        """The row's number, None where no row fits."""
        fitting = (
            next((number for number, match in self._by_key[key] if match.fits(tags)), None)
            for key in self._by_key.keys() & tags.keys()
        )
        return min((number for number in fitting if number is not None), default=None)


def tag(key: str, values: str = "", **also: str) -> Match:
    """A `Match` for any of some values, parted by blanks, of one tag."""
    return Match(key, frozenset(values.split()), tuple(also.items()))


# --- Surfaces -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Area:
    """A filled surface. Higher `tier` lies on top; within one the smaller lies on the larger.

    `label` is the colour of its name, "" for a surface that is never named.
    """

    name: str
    match: Match
    fill: str
    outline: str = ""
    tier: int = 0
    min_zoom: int = 10
    label: str = ""
    pattern: str = ""


_GREEN_INK = "#37702f"
_GREY_INK = "#6b655c"
_PITCH_INK = "#1f7a5a"

AREAS: tuple[Area, ...] = (
    Area("pool", tag("leisure", "swimming_pool swimming_area"), "#9fdcee", "#62b4cd", 3, 15),
    Area("fountain", tag("amenity", "fountain"), WATER, "#78b2d0", 3, 16),
    Area("water", tag("natural", "water bay strait"), WATER, "#8fc0da", 2, 8, WATER_INK),
    Area("water", tag("waterway", "riverbank dock boatyard"), WATER, "#8fc0da", 2, 8, WATER_INK),
    Area("water", tag("landuse", "basin reservoir"), WATER, "#8fc0da", 2, 8, WATER_INK),
    Area("marsh", tag("natural", "wetland mud"), "#cfe3d6", "", 1, 10, _GREEN_INK),
    Area("pier", tag("man_made", "pier breakwater groyne quay"), "#ece7dd", "#c9c0b0", 4, 13),
    Area("bridge", tag("man_made", "bridge"), "#dcd8d2", "#b9b2a8", 4, 14),
    Area("pitch", tag("leisure", "pitch track"), "#a9dcbf", "#79bd98", 3, 14, _PITCH_INK),
    Area(
        "play",
        tag("leisure", "playground dog_park fitness_station"),
        "#d3efd0",
        "#9bcf97",
        3,
        15,
        _GREEN_INK,
    ),
    Area("flowers", tag("landuse", "flowerbed"), "#dcecb5", "#b9d184", 3, 16),
    Area(
        "grass",
        tag("landuse", "grass meadow village_green greenfield"),
        "#d5ebbd",
        "",
        2,
        11,
        _GREEN_INK,
    ),
    Area("wood", tag("landuse", "forest"), "#b1d49e", "", 1, 8, _GREEN_INK),
    Area("wood", tag("natural", "wood"), "#b1d49e", "", 1, 8, _GREEN_INK),
    Area("scrub", tag("natural", "scrub shrubbery heath shrub"), "#c9deac", "", 2, 11),
    Area("grass", tag("natural", "grassland fell"), "#d5ebbd", "", 2, 11),
    Area("grave", tag("landuse", "cemetery"), "#bcd6b4", "#98b78f", 1, 12, _GREEN_INK),
    Area("grave", tag("amenity", "grave_yard"), "#bcd6b4", "#98b78f", 1, 12, _GREEN_INK),
    Area("park", tag("leisure", "park common garden"), "#cbe8b6", "#a7d18c", 1, 10, _GREEN_INK),
    Area(
        "sport",
        tag("leisure", "stadium sports_centre golf_course miniature_golf water_park"),
        "#d9efdd",
        "#a9cfb1",
        1,
        12,
        _PITCH_INK,
    ),
    Area("sport", tag("landuse", "recreation_ground"), "#d9efdd", "#a9cfb1", 1, 12, _PITCH_INK),
    Area(
        "plots",
        tag("landuse", "allotments orchard vineyard plant_nursery"),
        "#d3e3bb",
        "#b4ca94",
        1,
        12,
        _GREEN_INK,
    ),
    Area("sand", tag("natural", "sand beach shingle"), "#f5e8bb", "", 2, 11, "#8a7433"),
    Area("rock", tag("natural", "bare_rock scree rock cliff stone"), "#dedad3", "", 2, 12),
    Area(
        "plaza",
        tag("highway", "pedestrian footway living_street"),
        "#e7e0ea",
        "#c9bccf",
        4,
        13,
        "#6a5478",
    ),
    Area("plaza", tag("place", "square"), "#ece6ee", "#d3c8d8", 1, 14, "#6a5478"),
    Area("plaza", tag("amenity", "marketplace"), "#f0e2dc", "#d8bfb4", 3, 14, "#8a4f3a"),
    Area(
        "roadway",
        tag("highway", "service residential unclassified tertiary secondary primary"),
        "#ffffff",
        "#c8c0b4",
        4,
        14,
    ),
    Area("platform", tag("railway", "platform"), "#d9d5dc", "#aaa4b0", 4, 15),
    Area("platform", tag("public_transport", "platform"), "#d9d5dc", "#aaa4b0", 4, 15),
    Area("platform", tag("highway", "platform"), "#d9d5dc", "#aaa4b0", 4, 15),
    Area(
        "parking",
        tag("amenity", "parking parking_space motorcycle_parking"),
        "#eae9ee",
        "#c7c5d1",
        3,
        14,
    ),
    Area(
        "school",
        tag("amenity", "school kindergarten college university library childcare"),
        "#f6eed0",
        "#ddd0a2",
        1,
        12,
        "#7d6a2a",
    ),
    Area(
        "clinic",
        tag("amenity", "hospital clinic nursing_home"),
        "#f9e5e2",
        "#e2bdb8",
        1,
        12,
        "#a4433c",
    ),
    Area("worship", tag("landuse", "religious"), "#e2dcd9", "", 1, 13),
    Area("worship", tag("amenity", "place_of_worship monastery"), "#e2dcd9", "#bfb5b0", 1, 14),
    Area("trade", tag("landuse", "retail"), "#f8e2d8", "", 0, 11, "#a0563a"),
    Area("trade", tag("landuse", "commercial"), "#f3e5e1", "", 0, 11, _GREY_INK),
    Area(
        "works", tag("landuse", "industrial port harbour quarry"), "#e9e3ea", "", 0, 10, _GREY_INK
    ),
    Area("works", tag("power", "substation plant"), "#e2dde2", "#b8aeb8", 2, 14),
    Area(
        "works",
        tag("man_made", "wastewater_plant works water_works"),
        "#e9e3ea",
        "",
        1,
        12,
        _GREY_INK,
    ),
    Area("works", tag("landuse", "railway"), "#e8e4e6", "", 0, 12),
    Area("works", tag("landuse", "garages"), "#e2dfd8", "", 1, 14),
    Area(
        "site",
        tag("landuse", "construction brownfield landfill"),
        "#e6e2c8",
        "#c9c3a0",
        0,
        12,
        _GREY_INK,
    ),
    Area(
        "camp",
        tag("tourism", "zoo theme_park camp_site caravan_site picnic_site"),
        "#dcefcb",
        "#a9cc8f",
        1,
        12,
        _GREEN_INK,
    ),
    Area("military", tag("landuse", "military"), "#f0dcd6", "#d9aaa0", 0, 11, "#a0503f"),
    Area("fields", tag("landuse", "farmland farm"), "#f1ebd3", "", 0, 9),
    Area("farmyard", tag("landuse", "farmyard greenhouse_horticulture"), "#eee0c4", "", 0, 12),
    Area("homes", tag("landuse", "residential"), "#ebe7e1", "", -1, 9),
    Area("civic", tag("landuse", "civil institutional education"), "#efe9dc", "", -1, 11),
    Area(
        "tank",
        tag("man_made", "storage_tank silo gasometer reservoir_covered"),
        "#d2cdc8",
        "#a59c94",
        3,
        15,
    ),
)


@dataclass(frozen=True, slots=True)
class Building:
    """A kind of building: fill and outline; `label` is the colour of its name."""

    name: str
    match: Match
    fill: str
    outline: str
    label: str = "#54473a"


_HOLY = "cathedral church chapel mosque synagogue temple shrine monastery religious"

BUILDINGS: tuple[Building, ...] = (
    Building("holy", tag("amenity", "place_of_worship"), "#bfb0a8", "#8d7a70", "#3f3530"),
    Building("holy", tag("building", _HOLY), "#bfb0a8", "#8d7a70", "#3f3530"),
    Building("roof", tag("building", "roof carport canopy"), "#e6dfd6", "#c9bfb2"),
    Building("roof", tag("man_made", "canopy"), "#e6dfd6", "#c9bfb2"),
    Building(
        "small",
        tag("building", "garage garages shed hut carport greenhouse service kiosk"),
        "#ddd6cd",
        "#bfb4a6",
    ),
    Building(
        "station", tag("building", "train_station transportation"), "#c9bcb0", "#9b8a7a", "#2f568f"
    ),
    Building("notable", tag("amenity"), "#cfbfae", "#a48f79"),
    Building("notable", tag("tourism"), "#cfbfae", "#a48f79"),
    Building("notable", tag("historic"), "#cfbfae", "#a48f79"),
    Building("notable", tag("shop"), "#d6c6b4", "#ab977f"),
    Building("notable", tag("office"), "#d6c6b4", "#ab977f"),
    Building("notable", tag("name"), "#d3c5b5", "#a99681"),
    Building("plain", tag("building"), "#dcd2c6", "#b8aa99"),
)


# --- Lines --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Road:
    """A street: fill over casing. `widths` maps zoom to full width in pixels, casing included.

    `rank` orders crossing roads and the search for space by their names.
    """

    name: str
    match: Match
    fill: str
    casing: str
    widths: tuple[tuple[int, float], ...]
    rank: int
    text_size: float = 10


def widths(first_zoom: int, *pixels: float) -> tuple[tuple[int, float], ...]:
    """A width per zoom, from `first_zoom` on."""
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
    """A thin line; `dash` in pixels, "" for solid; `bed` is a wider line beneath, "" for none."""

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
