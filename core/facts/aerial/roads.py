"""The course of roads as it looks from above: junctions, bends, carriageways."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, Objects
from core.facts.things import Fact, Things

_FAST = frozenset({"motorway", "trunk", "primary", "secondary", "tertiary"})
_JUNCTIONS = frozenset(
    {
        *_FAST,
        *(f"{word}_link" for word in _FAST),
        "residential",
        "unclassified",
        "living_street",
        "road",
        "pedestrian",
    }
)
_MOST_ROADS = 4
_STEP_M = 10.0
_SHARP, _CURVED = 48.0, 50.0
"""Change of direction, in degrees, over 40 m and over 100 m."""
_MERGE_M = 25.0
_APART_M = (5.0, 32.0)
_RING_M2, _ROUND = (60.0, 4000.0), 0.96
"""Area of the ring of a roundabout without its tag, and its least compactness (1 for a circle). By
eye 13 of 13 such rings of Châteaugiron, whose map has no such tag, and 10 of 12 of Pardubice are
roundabouts."""

_Point = tuple[int, int]


def road_things(features: pd.DataFrame, shapes: Objects) -> Things:
    """Facts about the course of H roads with their `shapes` in metres."""
    lines = np.array([shape.geom_type == "LineString" for shape in shapes], dtype=bool)
    tags, shapes = (
        [t for t, is_line in zip(features.tags, lines, strict=True) if is_line],
        shapes[lines],
    )
    rings = _rings(tags, shapes)
    things: list[tuple[str, shapely.Geometry]] = [
        *_by_tag(tags, shapes),
        *(("roundabout", ring) for ring in rings),
        *_nodes(tags, shapes, rings),
        *_bends(tags, shapes),
        *_carriageways(tags, shapes),
    ]
    places = np.array([place for _, place in things], dtype=object)
    return Things(places, [Fact(text, text, [], view="outline") for text, _ in things])


def _by_tag(tags: list[dict[str, str]], shapes: Objects) -> list[tuple[str, shapely.Geometry]]:
    things = []
    for of, shape in zip(tags, shapes, strict=True):
        if _is_round(of):
            things.append(("roundabout", shape))
        elif of.get("highway", "").endswith("_link"):
            things.append(("slip road", shape))
    return things


def _is_round(tags: dict[str, str]) -> bool:
    return tags.get("junction") in ("roundabout", "circular")


def _rings(tags: list[dict[str, str]], shapes: Objects) -> list[shapely.Geometry]:
    """Circles of road that no tag tells."""
    roads = shapes[[of.get("highway") in _JUNCTIONS for of in tags]]
    islands = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(roads))))
    area, around = shapely.area(islands), shapely.length(islands)
    is_ring = (area > _RING_M2[0]) & (area < _RING_M2[1])
    is_ring &= 4 * np.pi * area >= _ROUND * around**2
    told = shapely.union_all(shapes[[_is_round(of) for of in tags]])
    is_ring &= ~(shapely.distance(islands, told) < _MERGE_M)
    return list(shapely.get_exterior_ring(islands[is_ring]))


def _nodes(
    tags: list[dict[str, str]], shapes: Objects, rings: list[shapely.Geometry]
) -> list[tuple[str, shapely.Geometry]]:
    """Junctions by their arms, but for those of roundabouts.

    By eye on 24 and 8 in Pardubice, dead ends (17 right; maps leave gaps at junctions) and
    junctions of five or more roads (5 right) were left out.
    """
    arms: defaultdict[_Point, set[_Point]] = defaultdict(set)
    is_road: set[tuple[_Point, _Point]] = set()
    rounds = {point for ring in rings for point in _points(ring)}
    for of, shape in zip(tags, shapes, strict=True):
        counts = of.get("highway") in _JUNCTIONS
        if not counts and of.get("highway") != "service":
            continue
        points = _points(shape)
        if of.get("junction"):
            rounds.update(points)
        for start, end in pairwise(points):
            if start != end:
                arms[start].add(end)
                arms[end].add(start)
                if counts:
                    is_road |= {(start, end), (end, start)}
    things: list[tuple[str, shapely.Geometry]] = []
    for node, others in arms.items():
        roads = [other for other in others if (node, other) in is_road]
        if node not in rounds and 3 <= len(roads) <= _MOST_ROADS:
            text = "crossroads" if len(roads) > 3 else "T-junction"
            things.append((text, shapely.Point(np.array(node) / 2)))
    return _merged(things)


def _points(shape: shapely.Geometry) -> list[_Point]:
    """The points of a line, in half metres."""
    return [(round(x * 2), round(y * 2)) for x, y in shapely.get_coordinates(shape)]


def _merged(things: list[tuple[str, shapely.Geometry]]) -> list[tuple[str, shapely.Geometry]]:
    """Junctions with three or more nodes within some metres become a large junction."""
    places = np.array([place for _, place in things], dtype=object)
    if not len(places):
        return things
    left, _ = shapely.STRtree(places).query(places, predicate="dwithin", distance=_MERGE_M)
    crowd = np.bincount(left, minlength=len(places))
    large = [("large junction of several roads", places[row]) for row in np.flatnonzero(crowd >= 3)]
    return [*things, *large]


def _bends(tags: list[dict[str, str]], shapes: Objects) -> list[tuple[str, shapely.Geometry]]:
    things: list[tuple[str, shapely.Geometry]] = []
    for of, shape in zip(tags, shapes, strict=True):
        if of.get("highway") not in _JUNCTIONS or of.get("junction"):
            continue
        points = shapely.get_coordinates(
            shapely.line_interpolate_point(shape, np.arange(0, shape.length + 1, _STEP_M))
        )
        for text, reach, least in (("bend in the road", 2, _SHARP), ("curving street", 5, _CURVED)):
            things += [(text, shapely.Point(at)) for at in _turns(points, reach, least)]
    return things


def _turns(points: F64, reach: int, least: float) -> F64:
    """Points where a line turns by `least` degrees over `reach` steps to both sides."""
    if len(points) <= 2 * reach:
        return points[:0]
    step = np.diff(points, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    turned = np.abs(np.degrees(heading[2 * reach - 1 :] - heading[: 1 - 2 * reach]))
    best: F64 = points[reach : len(points) - reach][turned >= least]
    return best


def _carriageways(
    tags: list[dict[str, str]], shapes: Objects
) -> list[tuple[str, shapely.Geometry]]:
    """One-way lanes of a bigger road beside those of the other direction."""
    rows = [
        row
        for row, of in enumerate(tags)
        if of.get("highway") in _FAST and of.get("oneway") == "yes" and not of.get("junction")
    ]
    lanes = shapes[rows]
    if not len(lanes):
        return []
    middle = shapely.line_interpolate_point(lanes, 0.5, normalized=True)
    left, right = shapely.STRtree(lanes).query(middle, predicate="dwithin", distance=_APART_M[1])
    apart = shapely.distance(middle[left], lanes[right])
    here, there = _direction(lanes[left], middle[left]), _direction(lanes[right], middle[left])
    opposite = (here * there).sum(axis=1) < -0.8
    double = np.unique(left[opposite & (apart >= _APART_M[0])])
    return [("dual carriageway", lanes[row]) for row in double]


def _direction(lines: Objects, points: Objects) -> F64:
    """Unit directions [N, 2] of lines where they pass points."""
    along = shapely.line_locate_point(lines, points)
    start = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(along - 5, 0)))
    end = shapely.get_coordinates(shapely.line_interpolate_point(lines, along + 5))
    step = end - start
    direction: F64 = step / np.maximum(np.hypot(*step.T), 1e-6)[:, None]
    return direction
