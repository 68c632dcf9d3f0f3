"""Garden colonies: many tiny buildings and hardly a larger one among them.

Maps often lack these grounds, while the huts are on them. Parts of a factory are as small, so
plants must cover the ground.
"""

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from core.arrays import Objects
from core.facts.things import Fact, Things

_HUT_M2 = (6.0, 45.0)
_HOUSE_M2 = 70.0
_NEAR_M, _PLOT_M = 45.0, 25.0
_FEWEST_HUTS, _MOST_HOUSES = 6, 1
_GARAGES = frozenset({"garage", "garages", "carport"})


def colony_things(features: pd.DataFrame, shapes: Objects) -> Things:
    """Facts about what may be garden colonies among B buildings with their `shapes` in metres."""
    garages = np.array([tags.get("building") in _GARAGES for tags in features.tags], dtype=bool)
    area = shapely.area(shapes)
    huts = (area >= _HUT_M2[0]) & (area <= _HUT_M2[1]) & ~garages
    others = (area > _HOUSE_M2) | garages
    if huts.sum() < _FEWEST_HUTS:
        return Things(shapes[:0], [])
    places = shapely.get_coordinates(shapely.centroid(shapes))
    tree = cKDTree(places[huts])
    crowd = tree.query_ball_point(places[huts], _NEAR_M, return_length=True)
    houses = np.zeros(len(crowd), dtype=np.int64)
    if others.any():
        houses = cKDTree(places[others]).query_ball_point(places[huts], _NEAR_M, return_length=True)
    dense = places[huts][(crowd >= _FEWEST_HUTS) & (houses <= _MOST_HOUSES)]
    ground = shapely.union_all(shapely.buffer(shapely.points(dense), _PLOT_M))
    parts = shapely.get_parts(ground) if len(dense) else shapes[:0]
    fact = Fact("garden colony with many small huts", "garden colony", [], view="photograph")
    return Things(parts, [fact] * len(parts))
