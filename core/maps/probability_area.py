"""The area with 80 % of the probability of a search, for the map and in words."""

from dataclasses import dataclass

import numpy as np

from core.arrays import F64
from core.geo import haversine_m, local_metres
from core.retrieval import SearchTrace

_LEVELS = (0.25, 0.5, 0.75)
"""Cumulative shares of the area's probability between its levels."""
_MOST_TILES = 300
_CELL_M, _LEAST_RADIUS_M = 10.0, 20.0
_ONE_PLACE_M, _MOSTLY = 300.0, 0.75


@dataclass(frozen=True, slots=True)
class ProbabilityArea:
    """The probability area: its most probable tiles, and the whole area in words.

    A tile is latitude, longitude and level; level 0 has the most probable tiles.
    """

    tiles: tuple[tuple[float, float, int], ...]
    radius_m: float
    words: str


def probability_area(trace: SearchTrace) -> ProbabilityArea:
    """The area with 80 % of the probability of a search."""
    gallery, credible_region = trace.gallery, trace.posterior.credible_region(trace.mask)
    rows, mass = (
        credible_region.rows[credible_region.inside80],
        credible_region.mass[credible_region.inside80],
    )
    lats, lons = gallery.lats[rows], gallery.lons[rows]
    before = (np.cumsum(mass) - mass) / mass.sum()
    levels = np.searchsorted(_LEVELS, before, side="right")
    radius_m = max(0.8 * gallery.card.spacing_m, _LEAST_RADIUS_M)
    tiles = zip(lats.tolist(), lons.tolist(), levels.tolist(), strict=True)
    shown = tuple((round(lat, 6), round(lon, 6), level) for lat, lon, level in tiles)
    hectares = _hectares(lats, lons, radius_m)
    size = f"{hectares:.0f} hectares" if hectares >= 1.5 else "hectare"
    near = haversine_m(float(lats[0]), float(lons[0]), lats, lons) <= _ONE_PLACE_M
    spot = gallery.tile(int(rows[0])).street or "one spot"
    share = mass[near].sum() / mass.sum()
    where = (
        "in several parts of the map"
        if share < _MOSTLY
        else f"{'mostly ' * bool(not near.all())}around {spot}"
    )
    words = f"80 % of the probability lies in the tinted {size}, {where}."
    return ProbabilityArea(shown[:_MOST_TILES], radius_m, words)


def _hectares(lats: F64, lons: F64, radius_m: float) -> float:
    """The area of overlapping circles in hectares, counted in cells of 10 m."""
    reach = int(radius_m // _CELL_M) + 1
    north, east = np.mgrid[-reach : reach + 1, -reach : reach + 1] * _CELL_M
    inside = north**2 + east**2 <= radius_m**2
    x, y = local_metres(lats[:, None], lons[:, None], lats.mean())
    row = np.rint((y + north[inside]) / _CELL_M).astype(np.int64)
    column = np.rint((x + east[inside]) / _CELL_M).astype(np.int64)
    return len(np.unique(row * (1 << 32) + column)) * _CELL_M**2 / 1e4
