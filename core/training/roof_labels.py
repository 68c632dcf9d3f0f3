"""Roofs by colour as layout classes: the median colour of each building in the photograph."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image, ImageDraw

from core.arrays import F64, Bools, Objects
from core.geo import METRES_PER_DEGREE, Position, local_metres
from core.sources.imagery import AerialPicture, Imagery
from core.world import World

_MIN_M2 = 30.0
_PX_M = 0.5
_MARGIN_M = 1.0
"""The edge of a roof, which shadows and leaning walls blur, is left out."""
_MIN_PX = 12
_BLOCK_M, _PICTURE_M = 200.0, 400.0
"""Roofs whose middles lie in one block are measured in one picture, which is wider."""
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
    colours = np.array(_colours(large.geometry.to_numpy(), imagery))
    known = colours != ""
    roofs = large[known].assign(kind=[f"{colour} roof" for colour in colours[known]], group="roof")
    frame = gpd.GeoDataFrame(pd.concat([features, roofs], ignore_index=True), crs=features.crs)
    return replace(world, features=frame)


def _colours(shapes: Objects, imagery: Imagery) -> list[str]:
    """The word for the colour of each roof, "" where the photographs do not show it.

    One picture serves all roofs of a block.
    """
    edges = shapely.bounds(shapes)
    lats, lons = (edges[:, 1] + edges[:, 3]) / 2, (edges[:, 0] + edges[:, 2]) / 2
    x, y = local_metres(lats, lons, float(np.mean(lats)))
    blocks = np.column_stack([x // _BLOCK_M, y // _BLOCK_M]).astype(np.int64)
    words = [""] * len(shapes)
    for block in np.unique(blocks, axis=0):
        rows = np.flatnonzero((blocks == block).all(1))
        middle = Position(float(np.mean(lats[rows])), float(np.mean(lons[rows])))
        picture = imagery.picture(middle.lat, middle.lon, _PICTURE_M, round(_PICTURE_M / _PX_M))
        for row in rows:
            words[row] = _colour(_around(shapes[row], middle), picture)
    return words


def _around(shape: shapely.Geometry, middle: Position) -> shapely.Geometry:
    """A shape in metres east and north of a position."""
    per_lon = METRES_PER_DEGREE * np.cos(np.radians(middle.lat))

    def metres(at: F64) -> F64:
        moved: F64 = (at - (middle.lon, middle.lat)) * (per_lon, METRES_PER_DEGREE)
        return moved

    return shapely.make_valid(shapely.transform(shape, metres))


def _colour(shape: shapely.Geometry, picture: AerialPicture) -> str:
    """The word for the colour of a roof, in metres around the middle of a picture."""
    roof, size = shape.buffer(-_MARGIN_M), picture.rgb.shape[0]
    if roof.is_empty:
        return ""
    west, south, east, north = roof.bounds
    edges = np.array([west, -north, east, -south]) / _PICTURE_M * size + size / 2
    left, top = np.clip(np.floor(edges[:2]), 0, size).astype(int).tolist()
    right, bottom = np.clip(np.ceil(edges[2:]) + 1, 0, size).astype(int).tolist()
    part = (slice(top, bottom), slice(left, right))
    inside = _mask(roof, _PICTURE_M, size)[part] & picture.valid[part]
    if inside.sum() < _MIN_PX:
        return ""
    pixels = picture.rgb[part][inside].astype(np.float64)
    brightness = pixels.max(1)
    lit = pixels[brightness >= _SHADOW * np.median(brightness)]
    red, green, blue = np.median(lit, axis=0) / 255
    return _word(float(red), float(green), float(blue))


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
