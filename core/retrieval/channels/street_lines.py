"""Lines of streets that a gallery knows by points only, estimated from the things along them."""

from functools import cached_property

import numpy as np

from core.arrays import F32, F64, I64
from core.gallery.opened import Gallery
from core.geo import local_metres
from core.retrieval.channels.packed_places import MentionedPlace

_APART_M, _GAP_M, _BEYOND_M = 40.0, 800.0, 100.0
"""Points of a line are at least the first distance apart along it. A longer gap than the second
is no part of the street. The line goes on by the third beyond its ends. Chosen on RVS train."""
_SEEN_M = 60.0
_WIDTH = 0.25
"""Points that are spread wider than this share of their length are no line."""
_FEWEST = 2


class StreetLines:
    """Estimates the line of a street as the polyline through its facts in order."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    @cached_property
    def _tiles(self) -> F64:
        """The tiles in metres: [N, 2]."""
        lats, lons = self._gallery.lats, self._gallery.lons
        return np.stack(local_metres(lats, lons, lats.mean()), axis=1)

    def _points(self, facts: I64) -> F64:
        """The things of the facts in metres, as far as a tile sees them from near: [K, 2]."""
        links = self._gallery.links
        rows, _ = links.rows_of(facts)
        rows = rows[links.distance_m[rows] <= _SEEN_M]
        turn = np.radians(links.bearing_deg[rows].astype(np.float64))
        step = np.stack([np.sin(turn), np.cos(turn)], axis=1)
        points: F64 = self._tiles[links.tile[rows]] + step * links.distance_m[rows][:, None]
        return points

    def tiles_along(self, place: MentionedPlace) -> F32 | None:
        """Distance [N] in metres of every tile to a street's estimated line.

        None for a street with tiles of its own, and where its facts are too few or make no line.
        """
        if len(place.tiles) or not len(place.facts):
            return None
        points = self._points(place.facts)
        if len(points) < _FEWEST:
            return None
        middle = np.median(points, axis=0)
        _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
        along, across = (points - middle) @ axes[0], (points - middle) @ axes[1]
        if np.ptp(along) < _APART_M or across.std() > _WIDTH * along.std():
            return None
        order = np.argsort(along)
        kept = [int(order[0])]
        for row in order[1:]:
            if along[row] - along[kept[-1]] >= _APART_M:
                kept.append(int(row))
        line, position = points[kept], along[kept]
        begin, end = line[:-1], line[1:]
        joined = np.diff(position) <= _GAP_M
        tail = axes[0] * _BEYOND_M
        begin = np.concatenate([begin[joined], line[:1] - tail, line[-1:]])
        end = np.concatenate([end[joined], line[:1], line[-1:] + tail])
        nearest = np.full(len(self._tiles), np.inf)
        for first, last in zip(begin, end, strict=True):
            step = last - first
            share = ((self._tiles - first) @ step / max(float(step @ step), 1e-9)).clip(0, 1)
            off = self._tiles - first - share[:, None] * step
            np.minimum(nearest, np.hypot(off[:, 0], off[:, 1]), out=nearest)
        distance: F32 = nearest.astype(np.float32)
        return distance
