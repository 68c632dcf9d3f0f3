"""Buildings as they look from above: shape, size, arrangement, and the colour of the roof."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, I64, Bools, Objects
from core.facts.aerial.looks import Looks
from core.facts.things import Fact, Things, View, joined

_TOUCH_M = 0.4
_ROW_OF = 4
"""Fewest houses that touch each other in a row."""
_HOUSE_M2 = (45.0, 320.0)
_HALL_M2, _HUGE_M2 = 1200.0, 6000.0
_LONG_M, _LONG_RATIO = 40.0, 3.2
_FLATS_LEVELS = 4
_COURT_M2 = (150.0, 20_000.0)
_SMALLEST_M2 = 30.0
_FLATS = frozenset({"apartments", "residential", "dormitory", "block"})
_OUTHOUSES = frozenset({"garage", "garages", "shed", "hut", "roof", "carport", "cabin"})
_AGREED: Mapping[str, float] = {"grey": 0.6, "dark grey": 0.6, "brown": 0.6}
_ELSE_AGREED, _LIT = 0.55, 0.6
"""Least share of a roof's sunlit side that has its colour, by colour, and of the roof that lies
outside shadow. By the whole roof only 23 and 9 % of the roofs of Pardubice and Châteaugiron had a
colour, by its sunlit side 58 and 59 %. By eye on 70 that were told only then: grey 17 of 20, dark
grey 19 of 20, brown, orange and red 10 of 10 each. White and light grey must be those of the whole
roof, too: only 3 and 4 of 10 were right in Châteaugiron, the others are slates that glare."""
_UNSURE = frozenset({"green"})
"""A colour that is wrong too often: plants hang over roofs."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Sizes of B buildings: areas in m², sides of the smallest rectangle in metres."""

    area: F64
    length: F64
    width: F64
    court: F64
    filled: F64
    round: F64


def building_things(features: pd.DataFrame, shapes: Objects, looks: Looks | None) -> Things:
    """Facts about B buildings with their `shapes` in metres; colours need `looks`."""
    sizes, group = _sizes(shapes), _touching(shapes)
    members = np.bincount(group, minlength=len(shapes))[group]
    facts: list[Fact] = []
    places: list[shapely.Geometry] = []
    for row, tags in enumerate(features.tags):
        noun = _noun(tags, sizes, row, int(members[row]))
        if not noun:
            continue
        colour = "" if looks is None else roof_word(looks, row)
        text = f"{noun} with {_article(colour)} roof" if colour else noun
        facts.append(Fact(text, noun, [], view="photograph" if colour else "outline"))
        places.append(shapes[row])
    own = Things(np.array(places, dtype=object), facts)
    return joined(own, _rows_and_blocks(shapes, group, sizes, looks))


def roof_word(looks: Looks, row: int) -> str:
    """The colour of a roof, "" where it is not clear."""
    word = looks.roof_word(row)
    clear = looks.roof_agreement[row] >= _AGREED.get(word, _ELSE_AGREED) and looks.lit[row] >= _LIT
    return word if clear and word not in _UNSURE else ""


def _article(word: str) -> str:
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


def _sizes(shapes: Objects) -> _Sizes:
    boxes = shapely.oriented_envelope(shapes)
    sides = np.zeros((len(shapes), 2))
    for row, box in enumerate(boxes):
        corners = shapely.get_coordinates(box)
        if len(corners) >= 4:
            sides[row] = np.sort(np.hypot(*(corners[1:3] - corners[:2]).T))
    area = shapely.area(shapes)
    outline = shapely.length(shapely.convex_hull(shapes))
    hull = shapely.area(shapely.convex_hull(shapes))
    whole = shapely.area(np.array([_without_holes(shape) for shape in shapes], dtype=object))
    return _Sizes(
        area,
        sides[:, 1],
        sides[:, 0],
        whole - area,
        whole / np.maximum(sides.prod(axis=1), 1),
        4 * np.pi * hull / np.maximum(outline, 1) ** 2 * (whole / np.maximum(hull, 1)),
    )


def _without_holes(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [
        shapely.Polygon(part.exterior)
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
    ]
    return shapely.MultiPolygon(parts) if len(parts) != 1 else parts[0]


def _touching(shapes: Objects) -> I64:
    """The group of each shape; shapes that touch are of one group."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCH_M)
    group = np.arange(len(shapes))
    while True:
        lowest = group.copy()
        np.minimum.at(lowest, left, group[right])
        if (lowest == group).all():
            return group
        group = lowest


def _noun(tags: dict[str, str], sizes: _Sizes, row: int, members: int) -> str:
    """The everyday noun for a building seen from above, "" for none."""
    area, length = sizes.area[row], sizes.length[row]
    ratio = length / max(sizes.width[row], 1)
    kind, levels = tags.get("building", ""), _levels(tags)
    if area < _SMALLEST_M2 or kind in _OUTHOUSES:
        return ""
    if sizes.round[row] > 0.93 and ratio < 1.12:
        return "round tank or round building"
    if sizes.court[row] >= _COURT_M2[0]:
        return "building around a courtyard"
    is_flats = levels >= _FLATS_LEVELS or (kind in _FLATS and area > 350)
    if ratio >= _LONG_RATIO and length >= _LONG_M:
        return "long block of flats" if is_flats else _long(area, sizes.width[row])
    if area >= _HALL_M2 and sizes.filled[row] > 0.72 and not is_flats:
        return "huge hall" if area >= _HUGE_M2 else "large hall"
    if area >= 400 and sizes.filled[row] < 0.72:
        return "L-shaped building" if sizes.filled[row] > 0.5 else "building with wings"
    if is_flats:
        return "block of flats"
    if _HOUSE_M2[0] <= area <= _HOUSE_M2[1] and levels < _FLATS_LEVELS:
        return "detached house" if members <= 2 else "house in a row"
    return "large building" if area >= _HALL_M2 else "building" if area > _HOUSE_M2[1] else ""


def _long(area: float, width: float) -> str:
    return "long hall" if area >= _HALL_M2 else "long narrow shed" if width < 9 else "long building"


def _levels(tags: dict[str, str]) -> float:
    try:
        return float(tags.get("building:levels", "0").split(";")[0])
    except ValueError:
        return 0.0


def _rows_and_blocks(shapes: Objects, group: I64, sizes: _Sizes, looks: Looks | None) -> Things:
    """Rows of houses that touch each other, and blocks around a courtyard."""
    facts: list[Fact] = []
    places: list[shapely.Geometry] = []
    is_house: Bools = (sizes.area >= _HOUSE_M2[0]) & (sizes.area <= _HOUSE_M2[1])
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    for rows in np.split(order, starts[1:]):
        if len(rows) < _ROW_OF:
            continue
        whole = shapely.union_all(shapely.buffer(shapes[rows], _TOUCH_M / 2))
        court = shapely.area(_without_holes(whole)) - shapely.area(whole)
        colour = _common_colour(rows, looks)
        view: View = "photograph" if colour else "outline"
        roofs = f" with {colour} roofs" if colour else ""
        if _COURT_M2[0] * 2 <= court <= _COURT_M2[1]:
            facts.append(
                Fact(f"block of houses around a courtyard{roofs}", "courtyard block", [], view=view)
            )
            places.append(whole)
        if is_house[rows].sum() >= _ROW_OF:
            facts.append(Fact(f"row of terraced houses{roofs}", "terraced houses", [], view=view))
            places.append(whole)
    return Things(np.array(places, dtype=object), facts)


def _common_colour(rows: I64, looks: Looks | None) -> str:
    """The colour that most roofs of a group have, "" for none."""
    if looks is None:
        return ""
    words = [word for row in rows if (word := roof_word(looks, row))]
    most = max(set(words), key=words.count, default="")
    return most if words.count(most) > len(rows) / 2 else ""
