"""The nearest thing of each fact in each direction: for what a description says lies to the north.

`core.facts.viewpoint_facts` links a viewpoint with the nearest thing of a fact only. Where houses
stand on all sides, that says nothing about those to the north.
"""

import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, I32, I64, Objects
from core.facts.things import Things

SECTORS = 8
REACH_M = 240.0
"""Things farther away are left out: in the descriptions at hand hardly anything is."""
_AT_ONCE = 500
"""Viewpoints that are measured together, which bounds the memory."""


def directed_links(views: Objects, things: Things, fact_of: I32) -> pd.DataFrame:
    """One link of each viewpoint [N] to each fact in each sector of the compass, to its nearest
    thing there: `tile`, `fact`, `distance_m`, `bearing_deg`.

    `fact_of` [T] is the fact of each thing. Facts that are not spoken have none.
    """
    spoken = np.flatnonzero([fact.spoken for fact in things.facts])
    tree = shapely.STRtree(things.shapes[spoken])
    parts = [
        _nearest(views, things.shapes, fact_of, first, spoken, tree)
        for first in range(0, len(views), _AT_ONCE)
    ]
    links = pd.concat(parts) if parts else measured(views, views[:0], np.zeros(0, dtype=np.int64))
    ordered: pd.DataFrame = links.sort_values(["fact", "tile", "bearing_deg"], kind="stable")
    return ordered.reset_index(drop=True)


def _nearest(
    views: Objects,
    shapes: Objects,
    fact_of: I32,
    first: int,
    spoken: I64,
    tree: shapely.STRtree,
) -> pd.DataFrame:
    """The links of some viewpoints."""
    tile, place = tree.query(views[first : first + _AT_ONCE], predicate="dwithin", distance=REACH_M)
    thing = spoken[place]
    links = measured(views, shapes[thing], tile + first)
    links["fact"] = fact_of[thing]
    sector = (links.bearing_deg.to_numpy() * SECTORS / 360).round().astype(np.int64) % SECTORS
    links["sector"] = sector
    links = links.sort_values("distance_m", kind="stable")
    nearest: pd.DataFrame = links.drop_duplicates(["tile", "fact", "sector"])
    return nearest.drop(columns="sector")


def measured(views: Objects, shapes: Objects, tile: I64) -> pd.DataFrame:
    """Distance and bearing of each of L pairs of viewpoint and thing."""
    origin = views[tile]
    ends = shapely.get_coordinates(shapely.shortest_line(origin, shapes)).reshape(-1, 2, 2)
    step: F64 = ends[:, 1] - ends[:, 0]
    return pd.DataFrame(
        {
            "tile": tile.astype(np.int32),
            "distance_m": np.hypot(step[:, 0], step[:, 1]).astype(np.float32),
            "bearing_deg": (np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360).astype(
                np.float32
            ),
        }
    )
