"""What is seen from above, added to visible scenes: roofs, courts, car parks, the course of roads.

A person who looks at an aerial photograph sees over the walls: these things have no occlusion.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from core.arrays import F64
from core.describe.simulate.style import Style
from core.describe.simulate.visible_scene import VisibleObject, VisibleScene
from core.facts.things import Fact, Things

REACH_M = 110.0
"""People describe what lies within about this distance; the median of 40 descriptions is less."""
_MOST = 30
_COMPASS = 0.65
_FROM_THE_GROUND = frozenset({"place", "address", "barrier"})
_LARGE_ENOUGH = frozenset(
    {"tree", "pedestrian crossing", "hedge", "wall", "city wall", "old city wall", "fountain"}
)
"""Groups of things that a photograph from above does not show, and the kinds in them that it does:
benches, shops and street lamps are seen from the street only."""


def as_from_above(style: Style, rng: np.random.Generator) -> Style:
    """A style for a person who looks at a photograph with north up: mostly compass directions."""
    return replace(style, orientation="compass") if rng.random() < _COMPASS else style


class ViewFromAbove:
    """The things of a town that are seen from above; `crs` is that of their shapes."""

    def __init__(self, things: Things, crs: CRS) -> None:
        self._things, self._crs = things, crs
        self._tree = shapely.STRtree(things.shapes)
        counts = Counter(fact.text for fact in things.facts)
        scale = math.log(max(counts.values(), default=1) + 1)
        self._rarity = {text: 1 - math.log(n) / scale for text, n in counts.items()}

    def added(self, scenes: Iterable[VisibleScene], lats: F64, lons: F64) -> Iterator[VisibleScene]:
        """Scenes of N viewpoints (degrees) with the things around them."""
        metric = gpd.GeoSeries(gpd.points_from_xy(lons, lats), crs=4326).to_crs(self._crs)
        for scene, point in zip(scenes, metric, strict=True):
            things = sorted([*scene.things, *self.around(point)], key=lambda one: one.distance_m)
            yield replace(scene, things=tuple(things))

    def alone(self, scenes: Iterable[VisibleScene], lats: F64, lons: F64) -> Iterator[VisibleScene]:
        """As `added`, without what only a person in the street sees."""
        for scene in self.added(scenes, lats, lons):
            things = tuple(thing for thing in scene.things if _is_seen(thing))
            yield replace(scene, things=things)

    def around(self, point: shapely.Point) -> list[VisibleObject]:
        """The things around a point in metres, nearest first, the same ones together."""
        rows = self._tree.query(point, predicate="dwithin", distance=REACH_M)
        ends = shapely.get_coordinates(
            shapely.shortest_line(point, self._things.shapes[rows])
        ).reshape(-1, 2, 2)
        step = ends[:, 1] - ends[:, 0]
        distance = np.hypot(step[:, 0], step[:, 1])
        bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360
        size = np.sqrt(shapely.area(self._things.shapes[rows]))
        together: dict[str, VisibleObject] = {}
        for at in np.argsort(distance, kind="stable"):
            fact = self._things.facts[rows[at]]
            if (known := together.get(fact.text)) is not None:
                together[fact.text] = replace(known, count=known.count + 1)
            elif len(together) < _MOST:
                together[fact.text] = self._object(
                    fact, float(distance[at]), float(bearing[at]), float(size[at])
                )
        return list(together.values())

    def _object(
        self, fact: Fact, distance_m: float, bearing_deg: float, size_m: float
    ) -> VisibleObject:
        noun, _, roof = fact.text.partition(" with ")
        is_roof = roof.endswith(("roof", "roofs"))
        words = (roof.removeprefix("a ").removeprefix("an "),) if is_roof else ()
        return VisibleObject(
            kind=noun if is_roof else fact.text,
            words=words,
            name="",
            group="building" if is_roof else "above",
            distance_m=distance_m,
            bearing_deg=bearing_deg,
            extent_deg=math.degrees(2 * math.atan2(size_m / 2, max(distance_m, 5.0))),
            size_m=size_m,
            rarity=self._rarity[fact.text],
        )


def _is_seen(thing: VisibleObject) -> bool:
    return thing.group not in _FROM_THE_GROUND or thing.kind in _LARGE_ENOUGH
