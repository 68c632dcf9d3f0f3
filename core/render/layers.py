"""Sorts map features into the layers of a picture.

Each layer becomes one GeoJSON text in Web Mercator metres, in drawing order.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.arrays import F64, Objects
from core.render import lines, marks, matching, palette, style
from core.render.coast import sea_polygons
from core.web_tiles.mercator import MAX_LAT, to_mercator
from core.world import World

_LABEL_CHARS = 80
_OSM_ID = re.compile("[nwr]-?[0-9]+")

_AREAS = matching.Finder(palette.AREAS)
_BUILDINGS = matching.Finder(palette.BUILDINGS)
_ROADS = matching.Finder(lines.ROADS)
_PATHS = matching.Finder(lines.PATHS)
_RAILS = matching.Finder(lines.RAILS)
_WATERWAYS = matching.Finder(lines.WATERWAYS)
_BARRIERS = matching.Finder(lines.BARRIERS)
_DOTS = matching.Finder(marks.DOTS)
_POIS = matching.Finder(marks.POIS)


@dataclass(slots=True)
class _Item:
    """A feature of a layer; the lowest `order` is drawn first."""

    shape: BaseGeometry
    properties: dict[str, Any]
    order: tuple[float, float] = (0, 0)


@dataclass(slots=True)
class _Layers:
    items: dict[str, list[_Item]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, layer: str, shape: BaseGeometry, order: tuple[float, float] = (0, 0), **values: Any
    ) -> None:
        self.items[layer].append(_Item(shape, values, order))


def layers_of(world: World) -> dict[str, str]:
    """GeoJSON text by layer name; layers without features are omitted."""
    frame = world.features
    shapes = _projected(np.asarray(frame.geometry.array, dtype=object))
    layers = _Layers()
    coast = []
    for feature_id, shape, tags in zip(frame["feature_id"], shapes, frame["tags"], strict=True):
        if shape is None:
            continue
        if tags.get("natural") == "coastline":
            coast.append(shape)
        elif not _sort(layers, shape, tags) and not (tags and _OSM_ID.fullmatch(feature_id)):
            # Other features of OpenStreetMap do not belong on a map; those of other sources do.
            _add_unknown(layers, shape, clean(_any_name(tags)))
    for sea in sea_polygons(coast, _extent(shapes)):
        layers.add("areas", sea, (-9, 0), c=style.SEA)
    layers.items["street_names"] = _joined(layers.items["street_names"])
    return {name: _geojson(items) for name, items in layers.items.items() if items}


def sea_layer(sea: BaseGeometry | None) -> dict[str, str]:
    """The layer of an estimated sea, in degrees; none without one."""
    if sea is None:
        return {}
    shapes = _projected(shapely.get_parts(sea))
    items = [_Item(shape, {"c": style.SEA}) for shape in shapes if shape is not None]
    return {"estimated_sea": _geojson(items)}


def _projected(shapes: Objects) -> Objects:
    """Projects shapes to Web Mercator metres, to the centimetre; None if one cannot be drawn."""
    edges = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(edges).all(axis=1) & (np.abs(edges[:, [1, 3]]) < MAX_LAT).all(axis=1)
    sound = shapely.force_2d(shapes[usable])
    broken = ~shapely.is_valid(sound)
    sound[broken] = shapely.make_valid(sound[broken])
    mixed = shapely.get_type_id(sound) == shapely.GeometryType.GEOMETRYCOLLECTION
    sound[mixed] = [_main_parts(shape) for shape in sound[mixed]]
    result = np.full(len(shapes), None, dtype=object)
    result[usable] = shapely.transform(sound, to_mercator)
    return result


def _main_parts(mixed: BaseGeometry) -> BaseGeometry:
    """The areas of a mixed collection, else its lines, else its points."""
    parts = shapely.get_parts(mixed)
    dimensions = shapely.get_dimensions(parts)
    return shapely.union_all(parts[dimensions == dimensions.max(initial=0)])


def _extent(shapes: Objects) -> F64:
    edges: F64 = shapely.total_bounds(shapes[shapes != None])  # noqa: E711
    return edges


def clean(text: object) -> str:
    """A label: one line, no control or private characters, of bounded length."""
    label = str(text or "")[: 4 * _LABEL_CHARS]
    if not label.isprintable():
        label = "".join(c if c.isprintable() else " " for c in label)
    label = " ".join(label.split())
    return label if len(label) <= _LABEL_CHARS else label[: _LABEL_CHARS - 1] + "…"


def house_number(text: str) -> str:
    """Shortens a house number for the map: a list becomes its first and last."""
    if not text:
        return ""
    parts = [part.strip() for part in clean(text).replace(";", ",").split(",") if part.strip()]
    return parts[0][:12] if len(parts) == 1 else f"{parts[0]}–{parts[-1]}"[:16] if parts else ""


def _sort(layers: _Layers, shape: BaseGeometry, tags: matching.Tags) -> bool:
    """Adds a feature to each layer that shows it; returns whether any does."""
    if tags.get("indoor") in ("room", "corridor", "area", "wall", "yes", "door"):
        return True
    name = clean(tags.get("name") or tags.get("brand"))
    dimension = int(shapely.get_dimensions(shape))
    known = _SORTERS[dimension](layers, shape, tags, name)
    known = _add_mark(layers, shape, tags, name, dimension) or known
    number = house_number(tags.get("addr:housenumber", "")) if dimension != 1 else ""
    if number:
        layers.add("numbers", _anchor(shape), number=number)
    return bool(known or number)


def _any_name(tags: matching.Tags) -> str:
    """Name of a feature from another source than OpenStreetMap."""
    lower = {key.lower(): value for key, value in tags.items()}
    return next((lower[key] for key in ("name", "title", "label") if key in lower), "")


def _add_unknown(layers: _Layers, shape: BaseGeometry, name: str) -> None:
    dimension = int(shapely.get_dimensions(shape))
    if dimension:
        layers.add("areas" if dimension == 2 else "lines", shape, (9, 0), c=style.UNKNOWN, name="")
    if name:
        layers.add("marks", _anchor(shape), (9, 0), c=style.UNKNOWN, name=name)


def _anchor(shape: BaseGeometry) -> BaseGeometry:
    """A point inside a shape, for its name."""
    if shape.geom_type == "Point":
        return shape
    centre = shape.centroid
    return centre if shape.covers(centre) else shape.representative_point()


def _level(tags: matching.Tags) -> int:
    if tags.get("tunnel", "no") not in ("no", "building_passage", "covered"):
        return style.TUNNEL
    return style.GROUND if tags.get("bridge", "no") in matching.ABSENT else style.BRIDGE


def _is_hidden(tags: matching.Tags) -> bool:
    return tags.get("location") == "underground" or tags.get("parking") == "underground"


def _sort_point(layers: _Layers, shape: BaseGeometry, tags: matching.Tags, name: str) -> bool:
    number = _DOTS(tags)
    if number is not None:
        layers.add("dots", shape, c=number)
    if tags.get("place") in marks.PLACES and name:
        layers.add("place_names", shape, (-_population(tags), 0), c=tags["place"], name=name)
        return True
    return number is not None


def _population(tags: matching.Tags) -> float:
    digits = tags.get("population", "")
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0.0


def _sort_line(layers: _Layers, shape: BaseGeometry, tags: matching.Tags, name: str) -> bool:
    level = _level(tags)
    for find, offset in ((_ROADS, 0), (_PATHS, style.PATH_OFFSET), (_RAILS, style.RAIL_OFFSET)):
        number = find(tags)
        if number is None:
            continue
        rank = 0.0 if offset else float(lines.ROADS[number].rank)
        if not (offset == style.PATH_OFFSET and level == style.TUNNEL):
            layers.add("ways", shape, (_storey(tags), rank), c=number + offset, t=level)
        if name and offset != style.RAIL_OFFSET:
            layers.add("street_names", shape, (-rank, 0), c=number + offset, name=name)
        return True
    for layer, find in (("waterways", _WATERWAYS), ("lines", _BARRIERS)):
        number = find(tags)
        if number is not None and level != style.TUNNEL:
            layers.add(layer, shape, c=number, name=name)
            return True
    return False


def _storey(tags: matching.Tags) -> float:
    text = tags.get("layer", "0")
    return float(text) if text.lstrip("-").isdecimal() and len(text) < 4 else 0.0


def _sort_area(layers: _Layers, shape: BaseGeometry, tags: matching.Tags, name: str) -> bool:
    if _is_hidden(tags):
        return True
    size = float(shape.area)
    number = _BUILDINGS(tags)
    if number is not None and (
        tags.get("building", "no") not in matching.ABSENT or tags.get("man_made") == "canopy"
    ):
        layers.add("buildings", shape, (_storey(tags), -size), c=number)
        if name and _POIS(tags) is None:
            _add_name(layers, "building_names", shape, number, name)
        return True
    number = _AREAS(tags)
    if number is not None:
        area = palette.AREAS[number]
        layers.add("areas", shape, (area.tier, -size), c=number)
        if name and area.label and _POIS(tags) is None:
            _add_name(layers, "area_names", shape, number, name)
        return True
    wall = _BARRIERS(tags)
    if wall is not None:
        layers.add("lines", shape.boundary, c=wall, name="")
    return wall is not None


def _add_name(layers: _Layers, layer: str, shape: BaseGeometry, number: int, name: str) -> None:
    """Adds the name of an area; larger areas come first."""
    size = float(shape.area)
    zoom = _roomy_zoom(size, name)
    layers.add(layer, _anchor(shape), (-size, 0), c=number, name=name, z=zoom)


def _roomy_zoom(size_m2: float, name: str) -> int:
    """First zoom at which an area is as wide as its name, from 12 to 18."""
    wanted_px = 26 + 3.2 * min(len(name), 16)
    metres_per_px = math.sqrt(max(size_m2, 1)) / wanted_px
    return min(18, max(12, math.ceil(math.log2(156_543.034 / metres_per_px))))


def _add_mark(
    layers: _Layers, shape: BaseGeometry, tags: matching.Tags, name: str, dimension: int
) -> bool:
    if dimension == 1 or _is_hidden(tags):
        return False
    number = _POIS(tags)
    if number is None or (tags.get("access") == "private" and not name):
        return False
    poi = marks.POIS[number]
    # Named features come first, then by rank, then larger ones.
    order = (poi.rank + 3 * (not name), -float(shape.area))
    layers.add("marks", _anchor(shape), order, c=number, name=name)
    return True


_Sorter = Callable[[_Layers, BaseGeometry, matching.Tags, str], bool]
_SORTERS: tuple[_Sorter, _Sorter, _Sorter] = (_sort_point, _sort_line, _sort_area)


def _joined(items: Sequence[_Item]) -> list[_Item]:
    """Joins the ways of a street into few long lines, so that its name has room."""
    streets: dict[tuple[int, str], list[_Item]] = defaultdict(list)
    for item in items:
        streets[item.properties["c"], item.properties["name"]].append(item)
    joined = []
    for parts in streets.values():
        pieces = shapely.get_parts([part.shape for part in parts])
        shape = shapely.line_merge(shapely.multilinestrings(pieces))
        for line in shapely.get_parts(shape):
            joined.append(_Item(line, parts[0].properties, (parts[0].order[0], -line.length)))
    return joined


def _geojson(items: list[_Item]) -> str:
    items = sorted(items, key=lambda item: item.order)
    shapes = shapely.to_geojson(np.array([item.shape for item in items], dtype=object))
    features = (
        f'{{"type":"Feature","properties":{json.dumps(item.properties)},"geometry":{shape}}}'
        for item, shape in zip(items, shapes, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'
