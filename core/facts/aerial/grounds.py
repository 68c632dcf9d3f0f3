"""Mapped grounds as they look from above: the colours of courts and fields.

By eye on 66 grounds, these were left out, because fewer than 85 % were right: car parks full of
cars (6 of 9) or empty (7 of 9), grey courts (4 of 9: many are playgrounds), reddish brown courts
(2 of 4), green fields (1 of 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from core.arrays import Objects
from core.facts.aerial.looks import Looks
from core.facts.things import Fact, Things

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
    "beige": "pale sandy court",
    "blue": "blue sports court",
    "turquoise": "turquoise sports court",
    "green": "green sports pitch",
}
_FIELD = {
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
        for sort in SORTS:
            clear = looks.agreement[row] >= 0.5 and areas[row] >= sort.least_m2
            if clear and tags.get(sort.key) in sort.values:
                word = sort.colours.get(looks.word(row), "")
                words += [(word, sort.noun)] if word else []
        for text, kind in words:
            facts.append(Fact(text, kind, [], view="photograph"))
            places.append(shapes[row])
    return Things(np.array(places, dtype=object), facts)
