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


def _tag(key: str, values: str = "", **also: str) -> Match:
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
    Area("pool", _tag("leisure", "swimming_pool swimming_area"), "#9fdcee", "#62b4cd", 3, 15),
    Area("fountain", _tag("amenity", "fountain"), WATER, "#78b2d0", 3, 16),
    Area("water", _tag("natural", "water bay strait"), WATER, "#8fc0da", 2, 8, WATER_INK),
    Area("water", _tag("waterway", "riverbank dock boatyard"), WATER, "#8fc0da", 2, 8, WATER_INK),
    Area("water", _tag("landuse", "basin reservoir"), WATER, "#8fc0da", 2, 8, WATER_INK),
    Area("marsh", _tag("natural", "wetland mud"), "#cfe3d6", "", 1, 10, _GREEN_INK),
    Area("pier", _tag("man_made", "pier breakwater groyne quay"), "#ece7dd", "#c9c0b0", 4, 13),
    Area("bridge", _tag("man_made", "bridge"), "#dcd8d2", "#b9b2a8", 4, 14),
    Area("pitch", _tag("leisure", "pitch track"), "#a9dcbf", "#79bd98", 3, 14, _PITCH_INK),
    Area("play", _tag("leisure", "playground dog_park fitness_station"), "#d3efd0", "#9bcf97",
         3, 15, _GREEN_INK),
    Area("flowers", _tag("landuse", "flowerbed"), "#dcecb5", "#b9d184", 3, 16),
    Area("grass", _tag("landuse", "grass meadow village_green greenfield"), "#d5ebbd", "", 2, 11,
         _GREEN_INK),
    Area("wood", _tag("landuse", "forest"), "#b1d49e", "", 1, 8, _GREEN_INK),
    Area("wood", _tag("natural", "wood"), "#b1d49e", "", 1, 8, _GREEN_INK),
    Area("scrub", _tag("natural", "scrub shrubbery heath shrub"), "#c9deac", "", 2, 11),
    Area("grass", _tag("natural", "grassland fell"), "#d5ebbd", "", 2, 11),
    Area("grave", _tag("landuse", "cemetery"), "#bcd6b4", "#98b78f", 1, 12, _GREEN_INK),
    Area("grave", _tag("amenity", "grave_yard"), "#bcd6b4", "#98b78f", 1, 12, _GREEN_INK),
    Area("park", _tag("leisure", "park common garden"), "#cbe8b6", "#a7d18c", 1, 10, _GREEN_INK),
    Area("sport", _tag("leisure", "stadium sports_centre golf_course miniature_golf water_park"),
         "#d9efdd", "#a9cfb1", 1, 12, _PITCH_INK),
    Area("sport", _tag("landuse", "recreation_ground"), "#d9efdd", "#a9cfb1", 1, 12, _PITCH_INK),
    Area("plots", _tag("landuse", "allotments orchard vineyard plant_nursery"), "#d3e3bb",
         "#b4ca94", 1, 12, _GREEN_INK),
    Area("sand", _tag("natural", "sand beach shingle"), "#f5e8bb", "", 2, 11, "#8a7433"),
    Area("rock", _tag("natural", "bare_rock scree rock cliff stone"), "#dedad3", "", 2, 12),
    Area("plaza", _tag("highway", "pedestrian footway living_street"), "#e7e0ea", "#c9bccf", 4, 13,
         "#6a5478"),
    Area("plaza", _tag("place", "square"), "#ece6ee", "#d3c8d8", 1, 14, "#6a5478"),
    Area("plaza", _tag("amenity", "marketplace"), "#f0e2dc", "#d8bfb4", 3, 14, "#8a4f3a"),
    Area("roadway", _tag("highway", "service residential unclassified tertiary secondary primary"),
         "#ffffff", "#c8c0b4", 4, 14),
    Area("platform", _tag("railway", "platform"), "#d9d5dc", "#aaa4b0", 4, 15),
    Area("platform", _tag("public_transport", "platform"), "#d9d5dc", "#aaa4b0", 4, 15),
    Area("platform", _tag("highway", "platform"), "#d9d5dc", "#aaa4b0", 4, 15),
    Area("parking", _tag("amenity", "parking parking_space motorcycle_parking"), "#eae9ee",
         "#c7c5d1", 3, 14),
    Area("school", _tag("amenity", "school kindergarten college university library childcare"),
         "#f6eed0", "#ddd0a2", 1, 12, "#7d6a2a"),
    Area("clinic", _tag("amenity", "hospital clinic nursing_home"), "#f9e5e2", "#e2bdb8", 1, 12,
         "#a4433c"),
    Area("worship", _tag("landuse", "religious"), "#e2dcd9", "", 1, 13),
    Area("worship", _tag("amenity", "place_of_worship monastery"), "#e2dcd9", "#bfb5b0", 1, 14),
    Area("trade", _tag("landuse", "retail"), "#f8e2d8", "", 0, 11, "#a0563a"),
    Area("trade", _tag("landuse", "commercial"), "#f3e5e1", "", 0, 11, _GREY_INK),
    Area("works", _tag("landuse", "industrial port harbour quarry"), "#e9e3ea", "", 0, 10,
         _GREY_INK),
    Area("works", _tag("power", "substation plant"), "#e2dde2", "#b8aeb8", 2, 14),
    Area("works", _tag("man_made", "wastewater_plant works water_works"), "#e9e3ea", "", 1, 12,
         _GREY_INK),
    Area("works", _tag("landuse", "railway"), "#e8e4e6", "", 0, 12),
    Area("works", _tag("landuse", "garages"), "#e2dfd8", "", 1, 14),
    Area("site", _tag("landuse", "construction brownfield landfill"), "#e6e2c8", "#c9c3a0", 0, 12,
         _GREY_INK),
    Area("camp", _tag("tourism", "zoo theme_park camp_site caravan_site picnic_site"), "#dcefcb",
         "#a9cc8f", 1, 12, _GREEN_INK),
    Area("military", _tag("landuse", "military"), "#f0dcd6", "#d9aaa0", 0, 11, "#a0503f"),
    Area("fields", _tag("landuse", "farmland farm"), "#f1ebd3", "", 0, 9),
    Area("farmyard", _tag("landuse", "farmyard greenhouse_horticulture"), "#eee0c4", "", 0, 12),
    Area("homes", _tag("landuse", "residential"), "#ebe7e1", "", -1, 9),
    Area("civic", _tag("landuse", "civil institutional education"), "#efe9dc", "", -1, 11),
    Area("tank", _tag("man_made", "storage_tank silo gasometer reservoir_covered"), "#d2cdc8",
         "#a59c94", 3, 15),
)  # fmt: skip


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
    Building("holy", _tag("amenity", "place_of_worship"), "#bfb0a8", "#8d7a70", "#3f3530"),
    Building("holy", _tag("building", _HOLY), "#bfb0a8", "#8d7a70", "#3f3530"),
    Building("roof", _tag("building", "roof carport canopy"), "#e6dfd6", "#c9bfb2"),
    Building("roof", _tag("man_made", "canopy"), "#e6dfd6", "#c9bfb2"),
    Building("small", _tag("building", "garage garages shed hut carport greenhouse service kiosk"),
             "#ddd6cd", "#bfb4a6"),
    Building("station", _tag("building", "train_station transportation"), "#c9bcb0", "#9b8a7a",
             "#2f568f"),
    Building("notable", _tag("amenity"), "#cfbfae", "#a48f79"),
    Building("notable", _tag("tourism"), "#cfbfae", "#a48f79"),
    Building("notable", _tag("historic"), "#cfbfae", "#a48f79"),
    Building("notable", _tag("shop"), "#d6c6b4", "#ab977f"),
    Building("notable", _tag("office"), "#d6c6b4", "#ab977f"),
    Building("notable", _tag("name"), "#d3c5b5", "#a99681"),
    Building("plain", _tag("building"), "#dcd2c6", "#b8aa99"),
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


def _widths(first_zoom: int, *pixels: float) -> tuple[tuple[int, float], ...]:
    return tuple(enumerate(pixels, first_zoom))


_WIDE = _widths(8, 1, 1.5, 2, 2.6, 3.4, 5, 6.5, 9, 12, 16, 22, 30)
_MAIN = _widths(9, 1, 1.4, 1.8, 2.6, 4, 5.5, 8, 11, 15, 21, 28)
_MIDDLE = _widths(10, 0.9, 1.3, 1.9, 3, 4.6, 7, 10, 14, 20, 26)
_COMMON = _widths(12, 0.9, 1.6, 3, 5, 8, 12, 17, 23)
_NARROW = _widths(15, 1.2, 3, 6, 9.5, 13)

ROADS: tuple[Road, ...] = (
    Road("motorway", _tag("highway", "motorway motorway_link"), "#ec9aa0", "#c25b67", _WIDE, 9),
    Road("trunk", _tag("highway", "trunk trunk_link"), "#f5b195", "#cc7653", _WIDE, 8),
    Road("primary", _tag("highway", "primary primary_link"), "#fbd08a", "#cf9a45", _MAIN, 7, 11),
    Road("secondary", _tag("highway", "secondary secondary_link"), "#f8ee9f", "#bdb04f", _MAIN, 6,
         11),
    Road("tertiary", _tag("highway", "tertiary tertiary_link"), "#fffdf0", "#b5ab98", _MIDDLE, 5),
    Road("street", _tag("highway", "residential unclassified road busway"), "#ffffff", "#bfb6a8",
         _COMMON, 4),
    Road("calm", _tag("highway", "living_street"), "#f1eef3", "#bfb6c3", _COMMON, 3),
    Road("walk", _tag("highway", "pedestrian"), "#e7e0ea", "#b9a9c1", _COMMON, 3),
    Road("race", _tag("highway", "raceway"), "#f9c9d4", "#d08a9b", _COMMON, 2),
    Road("works", _tag("highway", "construction"), "#eee7c4", "#c2b98c", _COMMON, 1),
    Road("service", _tag("highway", "service bus_guideway escape rest_area services"), "#ffffff",
         "#c9c1b5", _NARROW, 2, 9),
)  # fmt: skip


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


_FOOT = _widths(15, 0.8, 1.1, 1.5, 1.9, 2.3)
_TRAM = _widths(13, 0.5, 0.6, 0.7, 0.9, 1.2, 1.7, 2.2)
_RAIL = _widths(9, 0.6, 0.7, 0.9, 1.2, 1.6, 2, 2.4, 2.8, 3.2, 3.6, 4)

PATHS: tuple[Line, ...] = (
    Line("steps", _tag("highway", "steps"), "#c4604f", _widths(15, 1.6, 2.6, 3.6, 5, 7),
         "1.6,1.4", "#ffffffcc", 1.4),
    Line("cycleway", _tag("highway", "cycleway"), "#5f74d2", _FOOT, "5,3", "#ffffffb0"),
    Line("bridleway", _tag("highway", "bridleway"), "#4d8a4d", _FOOT, "5,3", "#ffffffb0"),
    Line("track", _tag("highway", "track"), "#a27a3d", _widths(13, 0.8, 1, 1.2, 1.5, 1.8, 2.2, 2.6),
         "7,3", "#ffffffb0"),
    Line("sidewalk", Match("footway", frozenset({"sidewalk", "crossing"})), "#d79a88",
         _widths(17, 1, 1.6, 2), "3.5,2.5", "#ffffffb0"),
    Line("footway", _tag("highway", "footway path trail"), "#d4775f", _FOOT, "3.5,2.5",
         "#ffffffb0"),
)  # fmt: skip

RAILS: tuple[Line, ...] = (
    Line("tram", _tag("railway", "tram"), "#5b5870", _TRAM, "", "#ffffff70"),
    Line("rail", _tag("railway", "rail light_rail narrow_gauge funicular monorail"), "#75706f",
         _RAIL),
    Line("oldrail", _tag("railway", "miniature preserved turntable"), "#9a9594", _RAIL, "4,3"),
    Line("subway", _tag("railway", "subway"), "#8c88a0", _TRAM, "4,3"),
)

WATERWAYS: tuple[Line, ...] = (
    Line("river", _tag("waterway", "river"), WATER,
         _widths(9, 1, 1.4, 2, 2.6, 3.4, 4.6, 6, 8, 10, 13, 16), cap="round"),
    Line("canal", _tag("waterway", "canal"), WATER,
         _widths(11, 1, 1.4, 2, 3, 4, 6, 8, 10, 12), cap="round"),
    Line("stream", _tag("waterway", "stream"), WATER, _widths(13, 0.9, 1.2, 1.6, 2.2, 3, 4, 5),
         cap="round"),
    Line("ditch", _tag("waterway", "ditch drain"), WATER, _widths(14, 0.7, 0.9, 1.2, 1.7, 2.2, 3),
         cap="round"),
)

BARRIERS: tuple[Line, ...] = (
    Line("hedge", _tag("barrier", "hedge"), "#9cc587", _widths(15, 1, 1.6, 2.4, 3.4, 4.6)),
    Line("treerow", _tag("natural", "tree_row"), "#8fc07d", _widths(15, 2, 3, 4.5, 6.5, 8.5),
         "0.1,9", cap="round"),
    Line("citywall", _tag("barrier", "city_wall"), "#87796b", _widths(13, 1.2, 1.6, 2.2, 3, 4, 5,
         6)),
    Line("citywall", _tag("historic", "citywalls"), "#87796b", _widths(13, 1.2, 1.6, 2.2, 3, 4, 5,
         6)),
    Line("wall", _tag("barrier", "wall retaining_wall"), "#a3988b", _widths(16, 0.7, 1, 1.4, 1.8)),
    Line("fence", _tag("barrier", "fence guard_rail handrail chain"), "#b0a69b",
         _widths(16, 0.5, 0.7, 1, 1.2), "4,1.5"),
    Line("cliff", _tag("natural", "cliff"), "#a59a8c", _widths(14, 0.8, 1, 1.4, 1.8, 2.4, 3),
         "3,1"),
    Line("pier", _tag("man_made", "pier breakwater groyne"), "#ece7dd",
         _widths(13, 1, 1.5, 2.2, 3.4, 5, 7, 9), bed="#c9c0b0"),
    Line("powerline", _tag("power", "line"), "#a8a29c", _widths(14, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
    Line("ferry", _tag("route", "ferry"), "#6aa3c6", _widths(11, 0.7, 0.8, 1, 1.2, 1.4, 1.6, 1.8,
         2), "6,5"),
)  # fmt: skip


# --- Points -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dot:
    """A small round mark without a name; `widths` are its diameters."""

    name: str
    match: Match
    fill: str
    widths: tuple[tuple[int, float], ...]
    outline: str = ""


DOTS: tuple[Dot, ...] = (
    Dot("tree", _tag("natural", "tree shrub"), "#8cc27cb8", _widths(16, 2.6, 5, 9, 13),
        "#6ea65f90"),
    Dot("stone", _tag("natural", "stone rock"), "#b8b1a8", _widths(17, 2.5, 4, 5)),
    Dot("bollard", _tag("barrier", "bollard block"), "#8c857c", _widths(18, 2.2, 3)),
    Dot("gate", _tag("barrier", "gate lift_gate swing_gate"), "#8c7f6f",
        _widths(17, 2.6, 3.6, 4.6)),
    Dot("pylon", _tag("power", "tower"), "#8f8984", _widths(15, 2, 3, 4, 5, 6)),
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
    Poi("station", _tag("railway", "station halt"), "train", _MOVE, 14, 14, 0),
    Poi("station", _tag("public_transport", "station"), "train", _MOVE, 14, 14, 0),
    Poi("metro", _tag("railway", "subway_entrance"), "metro", _MOVE, 16, 18, 3),
    Poi("busstation", _tag("amenity", "bus_station"), "bus", _MOVE, 15, 15, 1),
    Poi("ferry", _tag("amenity", "ferry_terminal"), "ferry", _MOVE, 15, 15, 2),
    Poi("heliport", _tag("aeroway", "helipad heliport"), "heli", _MOVE, 16, 17, 3),
    Poi("hospital", _tag("amenity", "hospital"), "plus", _HEALTH, 15, 15, 1),
    Poi("pharmacy", _tag("amenity", "pharmacy"), "plus", "#1f8a4c", 17, 17, 3),
    Poi("doctor", _tag("amenity", "doctors clinic dentist veterinary"), "plus", _HEALTH, 17, 18, 5),
    Poi("church", _tag("amenity", "place_of_worship", religion="christian"), "cross", _FAITH, 15,
        16, 1),
    Poi("mosque", _tag("amenity", "place_of_worship", religion="muslim"), "crescent", _FAITH, 15,
        16, 1),
    Poi("synagogue", _tag("amenity", "place_of_worship", religion="jewish"), "hexagram", _FAITH,
        15, 16, 1),
    Poi("worship", _tag("amenity", "place_of_worship"), "shrine", _FAITH, 15, 16, 1),
    Poi("museum", _tag("tourism", "museum"), "temple", _CULTURE, 15, 16, 1),
    Poi("gallery", _tag("tourism", "gallery"), "frame", _CULTURE, 17, 17, 3),
    Poi("theatre", _tag("amenity", "theatre arts_centre"), "mask", _CULTURE, 16, 16, 2),
    Poi("cinema", _tag("amenity", "cinema"), "film", _CULTURE, 16, 16, 2),
    Poi("casino", _tag("amenity", "casino nightclub"), "dice", _CULTURE, 16, 16, 3),
    Poi("library", _tag("amenity", "library"), "book", _CULTURE, 16, 16, 2),
    Poi("townhall", _tag("amenity", "townhall courthouse"), "flag", _CIVIC, 15, 16, 1),
    Poi("embassy", _tag("amenity", "embassy"), "flag", _CIVIC, 17, 17, 3),
    Poi("embassy", _tag("office", "diplomatic government"), "flag", _CIVIC, 17, 17, 4),
    Poi("police", _tag("amenity", "police"), "shield", _CIVIC, 16, 16, 2),
    Poi("fire", _tag("amenity", "fire_station"), "flame", _HEALTH, 16, 16, 2),
    Poi("post", _tag("amenity", "post_office"), "letter", _CIVIC, 16, 17, 3),
    Poi("postbox", _tag("amenity", "post_box"), "speck", "#b8902f", 18, 99, 9),
    Poi("university", _tag("amenity", "university college"), "cap", _CIVIC, 15, 15, 2),
    Poi("school", _tag("amenity", "school kindergarten"), "cap", _CIVIC, 16, 16, 3),
    Poi("bank", _tag("amenity", "bank bureau_de_change"), "coin", _CIVIC, 17, 17, 4),
    Poi("atm", _tag("amenity", "atm"), "speck", "#7a8090", 18, 99, 8),
    Poi("hotel", _tag("tourism", "hotel hostel motel guest_house apartment chalet"), "bed", _BED,
        16, 17, 2),
    Poi("restaurant", _tag("amenity", "restaurant food_court"), "fork", _FOOD, 17, 17, 4),
    Poi("cafe", _tag("amenity", "cafe"), "cup", _FOOD, 17, 17, 4),
    Poi("bar", _tag("amenity", "bar pub biergarten"), "glass", _FOOD, 17, 17, 4),
    Poi("snack", _tag("amenity", "fast_food"), "burger", _FOOD, 17, 17, 5),
    Poi("ice", _tag("amenity", "ice_cream"), "cone", _FOOD, 17, 17, 5),
    Poi("market", _tag("shop", "supermarket mall department_store"), "cart", _SHOP, 16, 16, 2),
    Poi("bakery", _tag("shop", "bakery pastry confectionery"), "bread", _SHOP, 17, 17, 4),
    Poi("clothes", _tag("shop", "clothes shoes fashion boutique"), "shirt", _SHOP, 17, 18, 6),
    Poi("hair", _tag("shop", "hairdresser beauty"), "scissors", _SHOP, 17, 18, 6),
    Poi("books", _tag("shop", "books stationery"), "book", _SHOP, 17, 18, 5),
    Poi("cars", _tag("shop", "car car_repair car_parts motorcycle tyres"), "car", _SHOP, 17, 17, 5),
    Poi("bicycles", _tag("shop", "bicycle"), "bike", _SHOP, 17, 17, 5),
    Poi("kiosk", _tag("shop", "convenience kiosk newsagent greengrocer butcher"), "bag", _SHOP, 17,
        17, 5),
    Poi("shop", _tag("shop"), "bag", _SHOP, 18, 18, 6),
    Poi("fuel", _tag("amenity", "fuel charging_station"), "pump", _MOVE, 16, 17, 3),
    Poi("parking", _tag("amenity", "parking"), "p", _MOVE, 16, 18, 6),
    Poi("parking", _tag("amenity", "parking_entrance motorcycle_parking"), "speck", "#5f86bd",
        18, 99, 8),
    Poi("bikes", _tag("amenity", "bicycle_rental bicycle_parking"), "bike", _MOVE, 18, 18, 7),
    Poi("taxi", _tag("amenity", "taxi car_rental car_sharing"), "car", _MOVE, 17, 18, 6),
    Poi("tramstop", _tag("railway", "tram_stop"), "tram", _MOVE, 16, 17, 3),
    Poi("busstop", _tag("highway", "bus_stop"), "bus", _MOVE, 17, 17, 4),
    Poi("lift", _tag("highway", "elevator"), "lift", _CIVIC, 17, 18, 6),
    Poi("signals", _tag("highway", "traffic_signals"), "lights", "#8a857c", 18, 99, 8),
    Poi("monument", _tag("historic", "monument memorial wayside_cross wayside_shrine"), "statue",
        _CULTURE, 17, 17, 4),
    Poi("castle", _tag("historic", "castle fort city_gate ruins archaeological_site tower"),
        "tower", _CULTURE, 15, 15, 1),
    Poi("art", _tag("tourism", "artwork"), "statue", _CULTURE, 17, 18, 5),
    Poi("view", _tag("tourism", "viewpoint"), "eye", _CULTURE, 16, 16, 3),
    Poi("sight", _tag("tourism", "attraction zoo theme_park aquarium"), "star", _CULTURE, 16, 16,
        2),
    Poi("info", _tag("tourism", "information"), "info", _CULTURE, 18, 18, 6),
    Poi("fountain", _tag("amenity", "fountain drinking_water"), "drop", "#2b83b8", 17, 18, 5),
    Poi("play", _tag("leisure", "playground"), "ball", _PLAY, 17, 17, 5),
    Poi("sport", _tag("leisure", "sports_centre stadium fitness_centre swimming_pool ice_rink"),
        "ball", _PLAY, 16, 16, 3),
    Poi("marina", _tag("leisure", "marina slipway"), "anchor", _MOVE, 15, 15, 2),
    Poi("toilets", _tag("amenity", "toilets"), "wc", _CIVIC, 18, 99, 7),
    Poi("recycling", _tag("amenity", "recycling"), "speck", "#4f8f4a", 18, 99, 8),
    Poi("shelter", _tag("amenity", "shelter"), "roof", "#7b756d", 17, 18, 7),
    Poi("bench", _tag("amenity", "bench"), "speck", "#a08c74", 18, 99, 9),
    Poi("tower", _tag("man_made", "lighthouse water_tower windmill tower communications_tower"),
        "tower", _CULTURE, 16, 16, 3),
    Poi("peak", _tag("natural", "peak"), "peak", _CULTURE, 13, 13, 2),
    Poi("heritage", _tag("historic"), "dot", _CULTURE, 18, 18, 7),
    Poi("office", _tag("office"), "dot", _CIVIC, 18, 18, 8),
    Poi("craft", _tag("craft"), "dot", _SHOP, 18, 18, 7),
    Poi("health", _tag("healthcare"), "plus", _HEALTH, 18, 18, 6),
    Poi("leisure", _tag("leisure", "bowling_alley dance escape_game sauna hackerspace amusement"
                        "_arcade adult_gaming_centre"), "ball", _PLAY, 17, 17, 5),
    Poi("amenity", _tag("amenity", "social_facility community_centre public_building nursing_home"
                        " marketplace conference_centre events_venue studio social_centre"
                        " car_wash driving_school childcare"), "dot", _CIVIC, 17, 17, 6),
)  # fmt: skip

PLACES: Mapping[str, tuple[int, int, float]] = {
    "city": (9, 15, 15), "town": (10, 16, 14), "village": (11, 17, 13), "suburb": (12, 16, 12),
    "borough": (12, 16, 12), "quarter": (13, 17, 11), "neighbourhood": (14, 17, 11),
    "hamlet": (13, 18, 11), "island": (12, 18, 11), "islet": (15, 19, 10), "locality": (14, 18, 10),
}  # fmt: skip
"""Settlement → first zoom, last zoom and text size of its name."""


def all_colours() -> tuple[set[str], set[str]]:
    """Every colour of the style: those of surfaces, and those of lines and letters."""
    tables: tuple[Sequence[object], ...] = (
        AREAS, BUILDINGS, ROADS, PATHS, RAILS, WATERWAYS, BARRIERS, DOTS, POIS,
    )  # fmt: skip
    fills, others = {LAND, WATER, WHITE}, {
        INK, PATH_INK, WATER_INK, PLACE_INK, NUMBER_INK, UNKNOWN_INK, UNKNOWN_LINE,
    }  # fmt: skip
    for row in (row for table in tables for row in table):
        fills.add(str(getattr(row, "fill", WHITE))[:7])
        for part in ("outline", "label", "casing", "colour", "ink"):
            others.add(str(getattr(row, part, "") or INK)[:7])
    return fills, others
