"""The land of the world at 1:10 million, by Natural Earth; its shore is coarse.

`python -m core.render.coarse_land LAND_10M_JSON TO` makes the file from the TopoJSON file
`land-10m.json` of the npm package world-atlas 2.0.2.
"""

from __future__ import annotations

import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core import settings
from core.arrays import F64, I64
from core.files import replacing
from core.geo import Bounds

_FILE = "natural-earth-4.1/land-10m.npz"
_STEPS = 1000
"""Corners are kept in thousandths of a degree, 111 m of latitude."""
_SIMPLER_DEG = 0.002
_LONGEST = 127
"""Most steps from a corner to the next, so that they fit in a byte; longer ways are divided."""


@dataclass(frozen=True, slots=True)
class _Rings:
    """Corners [N, 2] of all rings, the first corner [R] of each, and whether it is a hole [R]."""

    corners: F64
    first: I64
    is_hole: np.ndarray[Any, np.dtype[np.bool_]]


@functools.cache
def _rings() -> _Rings:
    with np.load(settings.load().static / _FILE, allow_pickle=False) as file:
        lengths, steps = file["lengths"].astype(np.int64), file["steps"].T.astype(np.int64)
        starts, is_hole = file["starts"].astype(np.int64), file["is_hole"]
    first = np.cumsum(lengths) - lengths
    steps[first] = starts
    walked = np.cumsum(steps, axis=0)
    before = np.vstack([np.zeros((1, 2), np.int64), walked])[first]
    return _Rings((walked - np.repeat(before, lengths, axis=0)) / _STEPS, first, is_hole)


def land_in(box: Bounds) -> BaseGeometry:
    """The land in a box, in degrees."""
    rings = _rings()
    low = np.minimum.reduceat(rings.corners, rings.first)
    high = np.maximum.reduceat(rings.corners, rings.first)
    meets = (low <= (box.east, box.north)).all(axis=1) & (high >= (box.west, box.south)).all(axis=1)
    ends = np.append(rings.first[1:], len(rings.corners))
    frame = shapely.box(box.west, box.south, box.east, box.north)
    # a little wider: a quick cut along an edge of the land itself would take the wrong side
    wide = shapely.buffer(frame, 0.01, join_style="mitre").bounds
    parts: dict[bool, list[BaseGeometry]] = {False: [], True: []}
    for ring in np.flatnonzero(meets):
        whole = shapely.Polygon(rings.corners[rings.first[ring] : ends[ring]])
        clipped = shapely.make_valid(shapely.clip_by_rect(whole, *wide))
        parts[bool(rings.is_hole[ring])].append(clipped)
    land = shapely.difference(shapely.union_all(parts[False]), shapely.union_all(parts[True]))
    return shapely.intersection(land, frame)


def _write(topology: dict[str, Any], to: Path) -> None:
    """Writes the rings of a TopoJSON document's object "land"."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]
    rings, is_hole = [], []
    for shape in topology["objects"]["land"]["geometries"]:
        for polygon in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
            for number, ids in enumerate(polygon):
                ring = _stepped(np.vstack([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ids]))
                if len(ring) > 3:
                    rings.append(ring)
                    is_hole.append(number > 0)
    with replacing(to) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            starts=np.array([ring[0] for ring in rings], dtype=np.int32),
            steps=np.hstack([np.diff(ring.T, prepend=ring[:1].T) for ring in rings]).astype(
                np.int8
            ),
            lengths=np.array([len(ring) for ring in rings], dtype=np.int32),
            is_hole=np.array(is_hole),
        )


def _stepped(ring: F64) -> I64:
    """The corners [N, 2] of a ring in steps, simplified, and none too far from the next."""
    simple = shapely.get_coordinates(shapely.simplify(shapely.LineString(ring), _SIMPLER_DEG))
    corners = np.rint(simple * _STEPS).astype(np.int64)
    pieces = np.maximum(np.abs(np.diff(corners, axis=0)).max(axis=1) // _LONGEST + 1, 1)
    at = np.append(np.repeat(np.arange(len(pieces)), pieces), len(pieces))
    share = np.concatenate([*(np.arange(n) / n for n in pieces), [0.0]])
    number = np.arange(len(corners))
    stepped = np.column_stack(
        [np.rint(np.interp(at + share, number, column)) for column in corners.T]
    ).astype(np.int64)
    moved: I64 = stepped[np.append(True, (np.diff(stepped, axis=0) != 0).any(axis=1))]
    return moved


if __name__ == "__main__":
    _write(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))
