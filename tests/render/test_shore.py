"""The sea is estimated of towns made here, on Montevideo's coast; and on the bundled base map."""

import io
import json

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from PIL import Image, ImageColor
from shapely.geometry.base import BaseGeometry

from core.geo import METRES_PER_DEGREE, Bounds
from core.render import palette
from core.render.coarse_land import land_in
from core.render.shore import estimated_sea, is_on_land
from core.settings import ROOT
from core.web_tiles.archive import read_tile
from core.web_tiles.mercator import tiles_in
from core.world import World

LAT, LON = -34.905, -56.19
STREET = {"highway": "residential"}
Row = tuple[BaseGeometry, dict[str, str]]


def at(east_m: float, north_m: float, lat: float = LAT, lon: float = LON) -> tuple[float, float]:
    scale = METRES_PER_DEGREE * np.cos(np.radians(lat))
    return lon + east_m / scale, lat + north_m / METRES_PER_DEGREE


def streets(step_m: int = 100, lat: float = LAT, lon: float = LON) -> list[Row]:
    """A grid of streets, 2 km wide, whose southern end is 700 m south of the middle."""
    rows, columns = range(-700, 901, step_m), range(-1000, 1001, step_m)
    ways = [[at(-1000, y, lat, lon), at(1000, y, lat, lon)] for y in rows]
    ways += [[at(x, -700, lat, lon), at(x, 900, lat, lon)] for x in columns]
    return [(shapely.LineString(way), STREET) for way in ways]


def sea_of(rows: list[Row], lat: float = LAT, lon: float = LON) -> BaseGeometry | None:
    frame = gpd.GeoDataFrame(
        {"tags": [tags for _, tags in rows]}, geometry=[shape for shape, _ in rows], crs=4326
    )
    world = World(frame, ("tiny.osm",), "© nobody", "2026-01-01")
    spots = [at(x, y, lat, lon) for x in range(-600, 601, 50) for y in range(-700, 501, 50)]
    lons, lats = (np.array(values) for values in zip(*spots, strict=True))
    west, south = at(-850, -950, lat, lon)
    east, north = at(850, 750, lat, lon)
    return estimated_sea(world, lats, lons, Bounds(west, south, east, north))


def test_the_sea_begins_beyond_what_is_mapped_and_no_street_lies_in_it() -> None:
    rows = streets()
    sea = sea_of(rows)
    assert sea is not None
    assert sea.contains(shapely.Point(at(0, -770)))
    assert not any(sea.intersects(shape) for shape, _ in rows)
    inland = shapely.box(*at(-1000, -700), *at(1000, 900))
    assert not sea.intersects(inland), "no lake in the town"


def test_an_outline_without_tags_moves_the_shore() -> None:
    spot = shapely.Point(at(0, -770))
    corners = [(-1050, 1400), (-1050, -820), (1050, -820), (1050, 1400)]
    outline = shapely.LineString([at(*corner) for corner in corners])
    without, moved = sea_of(streets()), sea_of([*streets(), (outline, {})])
    assert without is not None
    assert moved is not None
    assert without.contains(spot)
    assert not moved.contains(spot)
    assert moved.contains(shapely.Point(at(0, -840)))


def test_no_sea_is_guessed_inland_beside_a_coastline_or_of_a_sparse_map() -> None:
    assert sea_of(streets(lat=53.55, lon=13.26), 53.55, 13.26) is None
    shore = (shapely.LineString([at(-900, -750), at(900, -750)]), {"natural": "coastline"})
    assert sea_of([*streets(), shore]) is None
    assert sea_of(streets(600)) is None


@pytest.mark.parametrize(
    ("tags", "dimension", "expected"),
    [
        (STREET, 1, True),
        (STREET | {"bridge": "yes"}, 1, False),
        (STREET | {"tunnel": "yes"}, 1, False),
        ({"route": "ferry"}, 1, False),
        ({"natural": "beach"}, 2, True),
        ({"natural": "bay"}, 2, False),
        ({"amenity": "cafe", "seamark:type": "buoy"}, 0, False),
        ({"place": "island"}, 2, True),
        ({"place": "city"}, 0, False),
        ({}, 1, False),
    ],
)
def test_what_may_lie_on_water_makes_no_land(
    tags: dict[str, str], dimension: int, expected: bool
) -> None:
    assert is_on_land(tags, dimension) is expected


def test_the_coarse_land_of_the_world_is_whole() -> None:
    spots = {(-56.1, -34.8): True, (-56.2, -35.5): False, (13.26, 53.55): True, (50, 42): False}
    for (lon, lat), is_land in spots.items():
        land = land_in(Bounds(lon - 0.2, lat - 0.2, lon + 0.2, lat + 0.2))
        assert land.contains(shapely.Point(lon, lat)) is is_land


def test_no_tile_of_montevideo_lies_in_the_sea_of_its_base_map() -> None:
    folder = ROOT / "assets" / "galleries" / "montevideo"
    build = folder / json.loads((folder / "manifest.json").read_text("utf-8"))["build"]
    water = np.array(ImageColor.getrgb(palette.WATER))
    pictures: dict[tuple[int, int], np.ndarray] = {}

    def is_water(lat: float, lon: float) -> bool:
        """Whether all of 3 × 3 pixels is water, at zoom 16."""
        tile = tiles_in(Bounds(lon, lat, lon + 1e-9, lat + 1e-9), 16)
        key = tile.x0, tile.y0
        if key not in pictures:
            picture = read_tile(build / "base_map.pmtiles", 16, *key)
            assert picture is not None
            pictures[key] = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
        x = (lon + 180) / 360 * 2**16 % 1 * 256
        y = (0.5 - np.arctanh(np.sin(np.radians(lat))) / 2 / np.pi) * 2**16 % 1 * 256
        near = pictures[key][max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
        return bool((near == water).all())

    spots = [
        (lat, lon)
        for shard in sorted(build.glob("tiles-*.parquet"))
        for lat, lon in zip(
            *pq.read_table(shard, columns=["lat", "lon"]).to_pydict().values(), strict=True
        )
    ]
    assert len(spots) == 2951
    assert not [spot for spot in spots if is_water(*spot)]
    assert is_water(-34.9165, -56.203), "the sea south of the old town"
