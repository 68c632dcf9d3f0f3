"""Roofs by colour as layout classes: the median colour of each building in the photograph."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image, ImageDraw

from core.arrays import Bools
from core.geo import METRES_PER_DEGREE
from core.records import World
from core.sources.imagery import Imagery

_MIN_M2 = 30.0
_PX_M = 0.5
_MARGIN_M = 1.0
"""The edge of a roof, which shadows and leaning walls blur, is left out."""
_MAX_SIDE_M = 300.0
_SHADOW = 0.5
"""Pixels darker than this share of the roof's median brightness are shadow."""
_GREY_BELOW, _BRIGHT, _DARK = 0.14, 0.8, 0.38
"""Saturation below which a colour has no hue; brightness of white and of dark ones."""


def with_roof_colours(world: World, imagery: Imagery) -> World:
    """The world with one more feature for each roof whose colour the photographs show.

    Its kind is such as "red roof", its group "roof".
    """
    features = world.features
    buildings = features[(features.group == "building") & (features.geom_type != "Point")]
    metric = buildings.geometry.to_crs(world.metric_crs)
    large = buildings[(metric.area >= _MIN_M2).to_numpy()]
    colours = [_colour(shape, imagery) for shape in large.geometry]
    known = np.array([colour != "" for colour in colours], dtype=bool)
    roofs = large[known].assign(
        kind=[f"{colour} roof" for colour in colours if colour], group="roof"
    )
    frame = gpd.GeoDataFrame(pd.concat([features, roofs], ignore_index=True), crs=features.crs)
    return replace(world, features=frame)


def _colour(shape: shapely.Geometry, imagery: Imagery) -> str:
    """The word for a roof's colour, "" where the photographs do not show it."""
    west, south, east, north = shape.bounds
    lat, lon = (south + north) / 2, (west + east) / 2
    per_lon = METRES_PER_DEGREE * np.cos(np.radians(lat))
    side_m = max((east - west) * per_lon, (north - south) * METRES_PER_DEGREE) + 2 * _MARGIN_M
    if side_m > _MAX_SIDE_M:
        return ""
    size = max(8, round(side_m / _PX_M))
    picture = imagery.picture(lat, lon, side_m, size)
    metres = (shapely.get_coordinates(shape.envelope.centroid), (per_lon, METRES_PER_DEGREE))
    local = shapely.transform(shape, lambda at: (at - metres[0]) * metres[1])
    inside = _mask(shapely.make_valid(local).buffer(-_MARGIN_M), side_m, size) & picture.valid
    if inside.sum() < 12:
        return ""
    pixels = picture.rgb[inside].astype(float)
    brightness = pixels.max(1)
    lit = pixels[brightness >= _SHADOW * np.median(brightness)]
    return _word(*(np.median(lit, axis=0) / 255))


def _mask(shape: shapely.Geometry, side_m: float, size: int) -> Bools:
    """[size, size]: True inside a shape in metres from the middle of a square."""
    canvas = Image.new("1", (size, size))
    draw = ImageDraw.Draw(canvas)
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        for number, ring in enumerate([part.exterior, *part.interiors]):
            at = shapely.get_coordinates(ring) * (1, -1) / side_m * size + size / 2
            draw.polygon([(float(x), float(y)) for x, y in at], fill=int(number == 0))
    return np.asarray(canvas)


def _word(red: float, green: float, blue: float) -> str:
    """The word for a colour, 0 to 1; "" where it is rather a tree than a roof."""
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    turn = hue * 360
    without_hue = "white" if value > _BRIGHT else "dark" if value < _DARK else "grey"
    if saturation < _GREY_BELOW:
        return without_hue
    if turn < 42 or turn >= 335:
        if saturation < 0.25 or value < 0.4:
            return "brown"
        return "orange" if 15 <= turn < 42 and value > 0.6 else "red"
    if turn < 70:
        return "yellow" if saturation > 0.35 else "grey"
    if turn < 170:
        return "green" if value > 0.5 else ""
    return "blue" if saturation >= 0.25 and value >= 0.4 else without_hue
