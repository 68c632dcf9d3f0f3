"""Street junctions and their visibility."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, Objects
from core.describe.simulate.occlusion import bearings
from core.describe.simulate.visible_scene import SECTORS, VisibleObject

CORNER_M = 18.0
"""A viewpoint this near is at the junction, and sees it even past a wall on the map."""

_REACH_M = 70.0


@dataclass(frozen=True, slots=True)
class Junctions:
    """J junctions: positions [J, 2] in metres, numbers of arms, and the names of their streets."""

    points: F64
    arms: list[int]
    names: list[tuple[str, ...]]
    tree: Any

    def around(self, point: F64, own: str, walls: tuple[float, ...]) -> list[VisibleObject]:
        """The visible junctions around a point, nearest first; named after the other street.

        `own` is the name of the viewpoint's street, `walls` the distance of walls by sector.
        """
        visible = []
        rows = self.tree.query(shapely.Point(point), predicate="dwithin", distance=_REACH_M)
        for row in rows.tolist():
            step = self.points[row] - point
            distance, bearing = float(np.hypot(*step)), float(bearings(step[None])[0])
            if distance <= max(CORNER_M, walls[int(bearing * SECTORS / 360)]):
                others = [name for name in self.names[row] if name != own]
                visible.append(
                    VisibleObject(
                        "T-junction" if self.arms[row] == 3 else "crossroads",
                        (),
                        others[0] if others and own else "",
                        "street",
                        distance,
                        bearing,
                        0.0,
                        0.0,
                        0.5,
                    )
                )
        return sorted(visible, key=lambda junction: junction.distance_m)


def find_junctions(features: gpd.GeoDataFrame, shapes: Objects) -> Junctions:
    """Finds places where at least three arms of streets meet; service roads are ignored."""
    is_street = (features.group == "street").to_numpy() & (shapely.get_dimensions(shapes) == 1)
    rows = np.flatnonzero(is_street & ~features.kind.isin(["service road", ""]).to_numpy())
    lines, line_of = shapely.get_parts(shapes[rows], return_index=True)
    coordinates, of = shapely.get_coordinates(lines, return_index=True)
    ends = np.ones(len(of), dtype=bool)
    ends[1:-1] = (of[1:-1] != of[:-2]) | (of[1:-1] != of[2:])
    spots = pd.DataFrame(
        {
            "x": np.round(coordinates[:, 0], 1),
            "y": np.round(coordinates[:, 1], 1),
            "arms": np.where(ends, 1, 2),
            "row": rows[line_of[of]],
        }
    )
    spots["at"] = spots.groupby(["x", "y"]).ngroup()
    arms = spots.groupby("at").arms.sum()
    spots = spots[spots["at"].map(arms) >= 3]
    names: dict[int, dict[str, None]] = defaultdict(dict)
    for at, row in zip(spots["at"].tolist(), spots.row.tolist(), strict=True):
        if name := features.name.iat[row]:
            names[at].setdefault(name)
    places = spots.drop_duplicates("at")
    points = places[["x", "y"]].to_numpy(dtype=np.float64)
    return Junctions(
        points,
        [int(arms[at]) for at in places["at"]],
        [tuple(names[at]) for at in places["at"]],
        shapely.STRtree(shapely.points(points)),
    )
