"""Computes the visible scene of a viewpoint from map features, by lines of sight past buildings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from core.arrays import F64, I64, Bools, Objects
from core.describe.simulate.junctions import CORNER_M, find_junctions
from core.describe.simulate.occlusion import RAYS, SIGHT_M, Horizon, Walls, bearings
from core.describe.simulate.visibility_rules import (
    REACHES_M,
    are_visible,
    are_walls,
    objects_of,
    reach_of,
)
from core.describe.simulate.visible_scene import SECTORS, VisibleObject, VisibleScene, Way
from core.facts.viewpoint_facts import surface_word
from core.world import World

_BATCH = 128
_SIDEWALKS = frozenset({"sidewalk", "crossing", "traffic_island", "access_aisle"})
_ON_WAY_M = 15.0
_TRAM_M = 8.0
_TREES_M = (2.0, 16.0)
_FACADE_M = 8.0
_SAMPLE_M = 12.0
_WALL_TOLERANCE_M = 2.0


@dataclass(frozen=True, slots=True)
class _Pairs:
    """L pairs of a viewpoint and a visible thing, sorted by viewpoint and distance."""

    view: I64
    thing: I64
    distance_m: F64
    bearing_deg: F64
    extent_deg: F64


class VisibilityMap:
    """Computes visible scenes on one map. Preparation takes long; `scenes` then takes some
    milliseconds per viewpoint."""

    def __init__(self, world: World) -> None:
        features = world.features[are_visible(world.features)].reset_index(drop=True)
        west, south, east, north = world.features.total_bounds
        # In this projection north is up everywhere, unlike on the grid of a UTM zone.
        self._crs = (
            f"+proj=tmerc +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} "
            "+ellps=WGS84 +units=m"
        )
        shapes = np.asarray(features.geometry.to_crs(self._crs).array, dtype=object)
        self._things = objects_of(features, shapes)
        self._shapes = shapes
        self._lines = shapely.get_dimensions(shapes) == 1
        self._tags: list[Mapping[str, str]] = features.tags.tolist()
        is_wall = are_walls(features, shapes)
        self._buildings = np.flatnonzero(is_wall)
        self._walls = Walls(shapes[is_wall])
        self._reach = np.array([reach_of(thing) for thing in self._things])
        self._own, self._depth = _own_buildings(shapes, shapes[is_wall])
        rest = np.flatnonzero(~is_wall)
        self._reaches = [(rest[self._reach[rest] == reach], reach) for reach in REACHES_M]
        self._trees = [shapely.STRtree(shapes[rows]) for rows, _ in self._reaches]
        self._samples, self._sample_of = _sampled(shapes, rest)
        self._sample_tree = shapely.STRtree(shapely.points(self._samples))
        self._ways = np.flatnonzero(_are_ways(features, shapes))
        self._way_tree = shapely.STRtree(shapes[self._ways])
        self._way_cost = np.array(
            [_way_cost(self._tags[row], self._things[row].name) for row in self._ways]
        )
        self._junctions = find_junctions(features, shapes)

    def scene(self, lat: float, lon: float) -> VisibleScene:
        """The visible scene of one viewpoint."""
        return next(self.scenes(np.array([lat]), np.array([lon])))

    def scenes(self, lats: F64, lons: F64) -> Iterator[VisibleScene]:
        """Visible scenes of N viewpoints (degrees), in order."""
        metric = gpd.GeoSeries(gpd.points_from_xy(lons, lats), crs=4326).to_crs(self._crs)
        points = shapely.get_coordinates(np.asarray(metric.array, dtype=object))
        for start in range(0, len(points), _BATCH):
            yield from self._batch_scenes(points[start : start + _BATCH])

    def _batch_scenes(self, points: F64) -> Iterator[VisibleScene]:
        horizon = self._walls.horizon(points)
        ways = self._way_of(points)
        visible = self._visible_pairs(points, horizon)
        starts = np.searchsorted(visible.view, np.arange(len(points) + 1))
        for view, point in enumerate(points):
            part = slice(starts[view], starts[view + 1])
            pairs = _Pairs(
                *(
                    getattr(visible, name)[part]
                    for name in ("view", "thing", "distance_m", "bearing_deg", "extent_deg")
                )
            )
            walls = np.median(horizon.distance_m[view].reshape(SECTORS, -1), axis=1)
            yield self._scene(point, ways[view], pairs, tuple(float(wall) for wall in walls))

    def _visible_pairs(self, points: F64, horizon: Horizon) -> _Pairs:
        """Visible things of each viewpoint; buildings are found by the rays that end at them."""
        view, thing, ends = self._targets(points)
        steps = ends - points[view]
        distance, bearing = np.hypot(steps[:, 0], steps[:, 1]), bearings(steps)
        ray = (bearing * RAYS / 360).astype(np.int64)
        wall, owner = horizon.distance_m[view, ray], horizon.building[view, ray]
        beyond = distance - wall
        # A thing in a building has its sign on the nearest front and is visible only from there.
        own = (owner >= 0) & (owner == self._own[thing])
        clear = (beyond <= _WALL_TOLERANCE_M) | (
            own & (beyond <= 3 * self._depth[thing] + _FACADE_M)
        )
        facing, rays = np.nonzero(horizon.building >= 0)
        facade = self._buildings[horizon.building[facing, rays]]
        near = horizon.distance_m[facing, rays]
        close = near <= self._reach[facade]
        return _nearest(
            np.concatenate(
                [np.column_stack([view, thing])[clear], np.column_stack([facing, facade])[close]]
            ),
            np.concatenate([distance[clear], near[close]]),
            np.concatenate([bearing[clear], (rays[close] + 0.5) * 360 / RAYS]),
            len(self._things),
        )

    def _targets(self, points: F64) -> tuple[I64, I64, F64]:
        """Candidate points of things for each viewpoint: the nearest point and samples."""
        views = shapely.points(points)
        all_views, all_things, ends = [], [], []
        for (rows, reach), tree in zip(self._reaches, self._trees, strict=True):
            view, row = tree.query(views, predicate="dwithin", distance=reach)
            nearest = shapely.shortest_line(views[view], self._shapes[rows[row]])
            all_views.append(view)
            all_things.append(rows[row])
            ends.append(shapely.get_coordinates(nearest)[1::2])
        view, sample = self._sample_tree.query(views, predicate="dwithin", distance=SIGHT_M)
        thing = self._sample_of[sample]
        step = self._samples[sample] - points[view]
        close = np.hypot(step[:, 0], step[:, 1]) <= self._reach[thing]
        all_views.append(view[close])
        all_things.append(thing[close])
        ends.append(self._samples[sample[close]])
        return np.concatenate(all_views), np.concatenate(all_things), np.concatenate(ends)

    def _way_of(self, points: F64) -> list[int]:
        """Feature number of the way under each viewpoint, -1 if there is none."""
        views = shapely.points(points)
        view, way = self._way_tree.query(views, predicate="dwithin", distance=_ON_WAY_M)
        cost = shapely.distance(views[view], self._shapes[self._ways[way]]) + self._way_cost[way]
        order = np.lexsort((cost, view))
        ways = [-1] * len(points)
        for row in order[::-1]:
            ways[view[row]] = int(self._ways[way[row]])
        return ways

    def _scene(self, point: F64, way: int, pairs: _Pairs, walls: tuple[float, ...]) -> VisibleScene:
        stood = self._way(point, way, pairs)
        junctions = self._junctions.around(point, stood.name if stood else "", walls)
        corner = next((near for near in junctions if near.distance_m <= CORNER_M), None)
        axis = stood.bearing_deg if stood and stood.bearing_deg is not None else 0.0
        inside, things = [], _Merger(axis)
        for row, distance, bearing, extent in zip(
            pairs.thing.tolist(),
            pairs.distance_m.tolist(),
            pairs.bearing_deg.tolist(),
            pairs.extent_deg.tolist(),
            strict=True,
        ):
            thing = self._things[row]
            if row == way or (
                stood
                and thing.group in ("street", "path")
                and (distance < 1 or (thing.name and thing.name == stood.name))
            ):
                continue
            if distance < 0.5 and not self._lines[row] and thing.size_m > 3:
                inside.append(thing)
            else:
                things.add(
                    replace(thing, distance_m=distance, bearing_deg=bearing, extent_deg=extent),
                    bool(self._lines[row]),
                )
        return VisibleScene(
            stood,
            corner,
            tuple(far for far in junctions if far.distance_m > CORNER_M),
            tuple(sorted(inside, key=lambda area: area.size_m)),
            things.sorted(),
            walls,
        )

    def _way(self, point: F64, way: int, pairs: _Pairs) -> Way | None:
        if way < 0:
            return None
        tags, feature = self._tags[way], self._things[way]
        bearing = _bearing_at(self._shapes[way], point) if self._lines[way] else None
        trees = self._tree_sides(pairs, bearing)
        return Way(
            kind=feature.kind,
            surface=surface_word(tags),
            name=feature.name,
            group=feature.group,
            bearing_deg=bearing,
            lanes=int(tags["lanes"]) if re.fullmatch(r"\d", tags.get("lanes", "")) else 0,
            is_one_way=tags.get("oneway") == "yes" and feature.group == "street",
            is_bridge=tags.get("bridge", "no") != "no",
            has_tram=self._has_tram(pairs) or "tram" in tags.get("embedded_rails", ""),
            has_cycle_lane=any(
                value in ("lane", "track")
                for key, value in tags.items()
                if key.startswith("cycleway")
            ),
            trees_left=trees[0],
            trees_right=trees[1],
        )

    def _has_tram(self, pairs: _Pairs) -> bool:
        close = pairs.thing[pairs.distance_m <= _TRAM_M]
        return any(self._things[row].kind == "tram tracks" for row in close.tolist())

    def _tree_sides(self, pairs: _Pairs, bearing: float | None) -> tuple[bool, bool]:
        """Whether three trees or a row of trees stand left and right of the way."""
        if bearing is None:
            return False, False
        aside = pairs.distance_m * np.sin(np.radians(pairs.bearing_deg - bearing))
        beside = (np.abs(aside) >= _TREES_M[0]) & (np.abs(aside) <= _TREES_M[1])
        counts = [0, 0]
        for row, is_right in zip(
            pairs.thing[beside].tolist(), (aside[beside] > 0).tolist(), strict=True
        ):
            kind = self._things[row].kind
            counts[is_right] += 1 if kind == "tree" else 3 if kind == "row of trees" else 0
        return counts[0] >= 3, counts[1] >= 3


class _Merger:
    """Merges visible things of one kind and direction; `axis` is the bearing of the way."""

    def __init__(self, axis: float) -> None:
        self._axis = axis
        self._merged: dict[object, VisibleObject] = {}

    def add(self, thing: VisibleObject, is_line: bool) -> None:
        """Adds a thing. They must come nearest first: the first gives distance and bearing."""
        side = round((thing.bearing_deg - self._axis) / 90) % 4
        key: object = thing.name or (thing.kind, thing.words, side)
        known = self._merged.get(key)
        if known is None:
            self._merged[key] = thing
        elif not thing.name and not is_line:
            self._merged[key] = replace(
                known, count=known.count + 1, extent_deg=known.extent_deg + thing.extent_deg
            )

    def sorted(self) -> tuple[VisibleObject, ...]:
        """The merged things, nearest first."""
        return tuple(sorted(self._merged.values(), key=lambda thing: thing.distance_m))


# --- Preparation --------------------------------------------------------------------------------


def _are_ways(features: gpd.GeoDataFrame, shapes: Objects) -> Bools:
    group = features.group.isin(["street", "path"]).to_numpy()
    square = np.array([tags.get("place") == "square" for tags in features.tags], dtype=bool)
    ways: Bools = (group | square) & (shapely.get_dimensions(shapes) > 0)
    return ways


def _way_cost(tags: Mapping[str, str], name: str) -> float:
    """Metres by which a way must be nearer than a street to count as the viewpoint's way."""
    if tags.get("footway") in _SIDEWALKS:
        return 9.0
    return 0.0 if name else 3.0 if tags.get("highway") in ("footway", "path", "cycleway") else 2.0


def _own_buildings(shapes: Objects, buildings: Objects) -> tuple[I64, F64]:
    """Building that contains each thing (-1 if none), and its depth inside in metres."""
    own = np.full(len(shapes), -1, dtype=np.int64)
    depth = np.zeros(len(shapes))
    rows = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    row, building = shapely.STRtree(buildings).query(
        shapes[rows], predicate="dwithin", distance=1.0
    )
    own[rows[row]] = building
    depth[rows[row]] = shapely.distance(shapes[rows[row]], shapely.boundary(buildings[building]))
    return own, depth


def _sampled(shapes: Objects, rows: I64) -> tuple[F64, I64]:
    """Points along the lines and outlines of some shapes, and the shape of each."""
    extended = rows[shapely.length(shapes[rows]) > _SAMPLE_M]
    dense = shapely.segmentize(shapes[extended], _SAMPLE_M)
    points, of = shapely.get_coordinates(dense, return_index=True)
    return points, extended[of]


def _bearing_at(line: Any, point: F64) -> float:
    """Bearing of a line where it passes a point, in [0, 180)."""
    parts = shapely.get_parts(line)
    here = shapely.Point(point)
    part = parts[int(np.argmin(shapely.distance(parts, here)))]
    along = shapely.line_locate_point(part, here)
    ends = shapely.get_coordinates(
        shapely.line_interpolate_point(part, [max(0.0, along - 4), min(part.length, along + 4)])
    )
    return float(bearings(ends[1:] - ends[:1])[0] % 180)


def _nearest(pair: I64, distance: F64, bearing: F64, things: int) -> _Pairs:
    """Keeps the nearest visible point of each thing, and the angle that all its points span."""
    key = pair[:, 0] * things + pair[:, 1]
    by_bearing = np.lexsort((bearing, key))
    keys, first = np.unique(key[by_bearing], return_index=True)
    if not len(keys):
        empty = np.empty(0)
        return _Pairs(pair[:, 0], pair[:, 1], empty, empty, empty)
    last = np.append(first[1:], len(key)) - 1
    ordered = bearing[by_bearing]
    gaps = np.diff(ordered, append=0.0)
    gaps[last] = ordered[first] + 360 - ordered[last]
    extent = 360 - np.maximum.reduceat(gaps, first)
    by_distance = np.lexsort((distance, key))
    _, nearest = np.unique(key[by_distance], return_index=True)
    row = by_distance[nearest]
    order = np.lexsort((distance[row], pair[row, 0]))
    row = row[order]
    return _Pairs(pair[row, 0], pair[row, 1], distance[row], bearing[row], extent[order])
