"""The content of map files, as the readers in `core.sources` give it to all others."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import SourceError
from core.geo import Bounds, wrapped

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pyproj import CRS


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`n` things of one kind that a reader of map files left out, and why."""

    what: str
    n: int
    why: str


@dataclass(frozen=True, slots=True)
class World:
    """The content of one or more map files.

    `features` has one row per map feature, geometry in EPSG:4326, and the columns
    `feature_id` ("n12", "w3", "r4"), `kind` (in everyday words, "" where unknown),
    `synonyms` (other words for the kind), `name` (the main one, "" for none), `names` (all
    names, the main one first), `address` (street and house number),
    `group` ("street", "path", "rail", "building", "water", "green", "area", "barrier",
    "place", "address") and `tags` (the key-value pairs of the source). `left_out` counts what was
    not read.
    """

    features: GeoDataFrame
    sources: tuple[str, ...]
    licence: str
    date: str
    left_out: tuple[LeftOut, ...] = ()

    @property
    def metric_crs(self) -> CRS:
        """The UTM zone of the middle. Raises SourceError near the poles, which have none."""
        west, south, east, north = self.features.total_bounds
        lat, lon = (south + north) / 2, wrapped((west + east) / 2)
        try:
            return _utm_zone(lon, lat)
        except RuntimeError as error:
            raise SourceError(
                f"the map lies around latitude {lat:.1f}; galleries reach from -80 to 84, so "
                f"choose an area that is not at a pole"
            ) from error

    @property
    def bounds(self) -> Bounds:
        """The bounding box of all features."""
        return Bounds(*(float(edge) for edge in self.features.total_bounds))


@functools.lru_cache(maxsize=64)
def _utm_zone(lon: float, lat: float) -> CRS:
    """Takes a tenth of a second, and a build asks for the same place several times."""
    from geopandas import GeoSeries

    zone: CRS = GeoSeries.from_xy([lon], [lat], crs=4326).estimate_utm_crs()
    return zone
