"""Mapped grounds as they look from above: colours of courts and fields, cars in car parks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from core.arrays import Objects
from core.facts.aerial.looks import Looks
from core.facts.things import Fact, Things

_FULL, _EMPTY = 0.38, 0.14
"""Shares of cluttered ground from which a car park is full, and up to which it is empty."""
_FIELD_M2 = 3_000.0


@dataclass(frozen=True, slots=True)
class GroundSort:
    """A sort of ground: its tags, its noun, the words for its colours, and its least agreement."""

    key: str
    values: frozenset[str]
    noun: str
    colours: Mapping[str, str]
    least_m2: float = 80.0


_COURT = {
    "red": "red sports court",
    "orange": "orange clay court",
    "brown": "reddish brown clay court",
    "beige": "pale sandy court",
    "blue": "blue sports court",
    "turquoise": "turquoise sports court",
    "green": "green sports pitch",
    "grey": "grey ball court",
    "light grey": "light grey ball court",
}
_FIELD = {
    "green": "large green meadow or lawn",
    "brown": "bare brown field",
    "beige": "pale dry field",
    "yellow": "yellow field",
}
SORTS: tuple[GroundSort, ...] = (
    GroundSort("leisure", frozenset({"pitch", "track"}), "sports pitch", _COURT),
    GroundSort("landuse", frozenset({"farmland", "meadow", "grass"}), "field", _FIELD, _FIELD_M2),
    GroundSort("natural", frozenset({"grassland", "heath", "meadow"}), "field", _FIELD, _FIELD_M2),
)


def ground_things(features: pd.DataFrame, shapes: Objects, looks: Looks) -> Things:
    """Facts about G grounds with their `shapes` in metres."""
    facts: list[Fact] = []
    places: list[shapely.Geometry] = []
    areas = shapely.area(shapes)
    for row, tags in enumerate(features.tags):
        words = []
        if tags.get("amenity") == "parking" and areas[row] > 250:
            words = _parking(looks, row)
        for sort in SORTS:
            clear = looks.agreement[row] >= 0.5 and areas[row] >= sort.least_m2
            if clear and tags.get(sort.key) in sort.values:
                word = sort.colours.get(looks.word(row), "")
                words += [(word, sort.noun)] if word else []
        for text, kind in words:
            facts.append(Fact(text, kind, [], view="photograph"))
            places.append(shapes[row])
    return Things(np.array(places, dtype=object), facts)


def _parking(looks: Looks, row: int) -> list[tuple[str, str]]:
    clutter, green = looks.clutter[row], looks.green[row]
    words = []
    if clutter >= _FULL and green < 0.5:
        words.append(("car park full of cars", "car park"))
    elif clutter <= _EMPTY and green < 0.3:
        words.append(("almost empty car park", "car park"))
    if looks.word(row) in ("red", "brown", "orange") and looks.agreement[row] >= 0.5:
        words.append(("car park with reddish paving", "car park"))
    return words
