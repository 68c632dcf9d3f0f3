"""Colours of the map, and style tables of areas and buildings. Colours are CSS.

The tables map OpenStreetMap tags to a style of our own; the first row that fits wins. Lines are in
`lines`, points in `marks`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.render.matching import Match, tag

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


@dataclass(frozen=True, slots=True)
class Area:
    """A filled area. A higher `tier` is drawn on top; within a tier the smaller on the larger.

    `label` is the colour of the name, "" if the name is never drawn.
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
    """A kind of building; `label` is the colour of its name."""

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
