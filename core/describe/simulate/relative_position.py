"""Positions of visible objects relative to each other and to the street."""

import numpy as np

from core.describe.simulate.visible_scene import VisibleObject, Way


def distance_between(thing: VisibleObject, other: VisibleObject) -> float:
    """Metres between the nearest points of two things."""
    return float(np.hypot(*np.subtract(offset(thing), offset(other))))


def are_opposite(thing: VisibleObject, other: VisibleObject, way: Way | None) -> bool:
    """Whether two things face each other across the street `way`."""
    if not way or way.bearing_deg is None or way.group != "street":
        return False
    aside, along = offset(thing, way.bearing_deg)
    other_aside, other_along = offset(other, way.bearing_deg)
    return (
        aside * other_aside < 0
        and min(abs(aside), abs(other_aside)) > 5
        and max(abs(aside), abs(other_aside)) < 30
        and abs(along - other_along) < 10
    )


def offset(thing: VisibleObject, heading_deg: float = 0.0) -> tuple[float, float]:
    """Metres to the right of the viewpoint and ahead of it, seen along a heading."""
    turn = np.radians(thing.bearing_deg - heading_deg)
    return thing.distance_m * float(np.sin(turn)), thing.distance_m * float(np.cos(turn))
