"""Words for attributes: colours, materials, surfaces, roofs, sizes, numbers, nations.

In each table, `word` is the word in facts, and `classes` describe the look: two words of a table
contradict each other if they share no class. `said` are the words that people use, separated by
"|": this column, and so the tables SAID_…, is shared with the description generator.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """A word for the look of a thing. `tags` are its OpenStreetMap values, separated by blanks.

    A word without `said` is only understood, never written; one without `classes` contradicts
    nothing.
    """

    word: str
    classes: str = ""
    said: str = ""
    tags: str = ""


@dataclass(frozen=True, slots=True)
class Colour:
    """A word for a colour and its classes. One that is not `said` is only understood."""

    word: str
    classes: str = ""
    said: bool = True


COLOURS: tuple[Colour, ...] = (
    Colour("white", "pale"),
    Colour("cream", "pale yellow"),
    Colour("beige", "pale yellow brown"),
    Colour("ochre", "yellow brown", said=False),
    Colour("grey", "grey"),
    Colour("gray", "grey"),
    Colour("light grey", "grey pale"),
    Colour("silver", "grey pale"),
    Colour("black", "dark"),
    Colour("yellow", "yellow"),
    Colour("red", "red"),
    Colour("dark red", "red brown"),
    Colour("brown", "brown red"),
    Colour("orange", "red yellow brown"),
    Colour("pink", "red pale"),
    Colour("green", "green"),
    Colour("turquoise", "green blue"),
    Colour("blue", "blue"),
    Colour("light blue", "blue pale"),
    Colour("dark grey"),
    Colour("gold"),
    Colour("maroon"),
    Colour("light yellow"),
    Colour("light green"),
    Colour("dark green"),
    Colour("dark blue"),
    Colour("purple"),
    Colour("violet"),
    Colour("salmon"),
    Colour("tan"),
    Colour("ivory"),
)
COLOUR_CODES: Mapping[str, tuple[int, int, int]] = {
    "white": (250, 250, 248),
    "black": (20, 20, 20),
    "grey": (130, 130, 130),
    "light grey": (200, 200, 200),
    "red": (190, 40, 40),
    "orange": (230, 130, 50),
    "yellow": (240, 220, 100),
    "beige": (225, 205, 165),
    "brown": (120, 80, 50),
    "green": (70, 140, 80),
    "blue": (70, 110, 180),
    "light blue": (160, 200, 225),
    "pink": (235, 165, 170),
    "cream": (250, 240, 205),
    "dark red": (120, 40, 35),
}
"""Red, green and blue (0..255) of the words that facts use for colour codes."""

SURFACES: tuple[Attribute, ...] = (
    Attribute(
        "cobbled",
        "stones",
        "cobbled|cobblestone|stone-paved",
        "sett cobblestone unhewn_cobblestone cobblestone:flattened",
    ),
    Attribute("cobblestone", "stones"),
    Attribute("cobblestoned", "stones"),
    Attribute("sett", "stones"),
    Attribute("paved", "stones hard"),
    Attribute("paved with slabs", said="paved|flagstone|slab-paved", tags="paving_stones"),
    Attribute("asphalt", "hard"),
    Attribute("tarmac", "hard"),
    Attribute("concrete", "hard", "concrete", "concrete"),
    Attribute("gravel", "loose", "gravel|gravelly", "gravel fine_gravel compacted"),
    Attribute("sandy", "loose", "sandy", "sand"),
    Attribute("dirt", "loose", "dirt|earth", "dirt ground earth"),
    Attribute("unpaved", "loose", "unpaved|rough", "unpaved"),
    Attribute("grassy", "grass", "grassy", "grass"),
    Attribute("wooden", said="wooden|boardwalk-style", tags="wood"),
    Attribute("metal", said="metal", tags="metal"),
)
MATERIALS: tuple[Attribute, ...] = (
    Attribute("brick", "brick", "brick|brick-built"),
    Attribute("wooden", "wood"),
    Attribute("wood", "wood", "wooden|timber"),
    Attribute("timber", "wood", "timber"),
    Attribute("stone", "stone", "stone|stone-built"),
    Attribute("granite", "stone", "granite"),
    Attribute("marble", "stone", "marble"),
    Attribute("sandstone", "stone", "sandstone"),
    Attribute("limestone", "stone", "limestone"),
    Attribute("glass", "glass", "glass|glassy|glass-fronted"),
    Attribute("metal", "metal", "metal|metal-clad"),
    Attribute("steel", "metal", "steel"),
    Attribute("concrete", "concrete", "concrete"),
    Attribute("timber framing", said="half-timbered"),
    Attribute("slate", said="slate"),
    Attribute("copper", said="copper-clad"),
    Attribute("tiles", said="tiled"),
)
ROOFS: tuple[Attribute, ...] = (
    Attribute("domed", "round", "with a dome|with a domed roof", "dome"),
    Attribute("onion-domed", "round", "with an onion dome", "onion"),
    Attribute("flat-roofed", "flat", "with a flat roof", "flat"),
    Attribute("pyramid-roofed", "steep", "with a pyramid-shaped roof", "pyramidal"),
)

LookClasses = Mapping[str, frozenset[str]]


def _phrases(rows: Sequence[Attribute]) -> Mapping[str, str]:
    return {row.word: row.said for row in rows if row.said}


def _of_tag(rows: Sequence[Attribute]) -> Mapping[str, str]:
    return {value: row.word for row in rows for value in row.tags.split()}


def _classes(rows: Sequence[Attribute | Colour]) -> LookClasses:
    return {
        row.word.replace("-", " "): frozenset(row.classes.split()) for row in rows if row.classes
    }


SAID_COLOURS = frozenset(row.word for row in COLOURS if row.said)
SAID_MATERIALS = _phrases(MATERIALS)
SAID_SURFACES = _phrases(SURFACES)
SAID_ROOFS = _phrases(ROOFS)
SAID_SIZES: Mapping[str, str] = {"large": "large|big|huge", "small": "small|little|tiny"}

SURFACE_OF_TAG, ROOF_OF_TAG = _of_tag(SURFACES), _of_tag(ROOFS)
"""Values of `surface` and `roof:shape` → word; asphalt has none."""

COLOUR_LOOKS: LookClasses = {**_classes(COLOURS), "dark grey": frozenset({"grey", "dark"})}
"""Colour → classes, also for shades that contradict nothing but differ from above."""

LOOKS: tuple[LookClasses, ...] = (
    _classes(COLOURS),
    _classes(SURFACES),
    _classes(MATERIALS),
    _classes(ROOFS),
)
"""Word → classes, for colours, surfaces, materials and roofs. Two words of one table contradict
each other if they share no class."""

SMALL = frozenset({"small", "little", "tiny", "narrow"})
LARGE = frozenset({"large", "big", "huge", "wide", "broad", "giant", "vast"})
SIZES = SMALL | LARGE | {"main", "major", "minor", "ordinary", "tall"}
"""Words for sizes, as people use them."""
MODIFIERS = frozenset(
    {*SIZES, *(word.rpartition(" ")[2] for word in SAID_COLOURS), "ochre", "wooden"}
    | {"short", "long", "low", "high", "old", "older", "new", "newer", "modern", "slim", "thin"}
    | {"thick", "flat", "pale", "dark", "light", "bright", "round", "curved", "curving", "straight"}
    | {"steep", "quiet", "busy", "leafy", "shady", "plain", "simple", "massive", "enormous"}
)
"""Words before a noun, of which two may be joined by a comma or "and": "short, wide street"."""

NUMBER_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
"""0 to 12."""
COUNT_WORDS = ((2, "two"), (3, "three"), (4, "several"), (9, "many"))
"""Least number of things for each word in facts."""

NATIONS = re.compile(
    r"\b(italian|french|german|greek|indian|chinese|japanese|thai|turkish|mexican|spanish|korean|"
    r"vietnamese|lebanese|american|portuguese|brazilian|russian|georgian|uzbek|asian|finnish|"
    r"mediterranean|moroccan|peruvian|argentinian|nepalese|ethiopian|kazakh|european|scandinavian|"
    r"roman catholic|catholic|lutheran|orthodox|protestant|baptist|mormon|evangelical|anglican|"
    r"methodist)\b"
)
"""Nationalities and confessions in kinds; people write them with a capital."""


def nearest_colour(rgb: tuple[int, int, int]) -> str:
    """The word whose code is nearest to red, green and blue; of equals the first."""

    def squared_distance(word: str) -> int:
        return sum((a - b) ** 2 for a, b in zip(COLOUR_CODES[word], rgb, strict=True))

    return min(COLOUR_CODES, key=squared_distance)
