"""Reads map files of any supported format into one `World`."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.errors import SourceError
from core.geo import Bounds
from core.records import World
from core.sources.features import MapFeature
from core.sources.osm import OSM_LICENCE, OSM_SUFFIXES, data_date, read_osm
from core.sources.tags import address_of, group_of, kind_of, main_name, names_of
from core.sources.vector_files import (
    JSON_SUFFIXES,
    LINE_SUFFIXES,
    TABLE_SUFFIXES,
    read_geojson,
    read_json_lines,
    read_table,
)


def read_world(paths: Sequence[Path], bbox: Bounds | None = None) -> World:
    """Reads one or more map files into a `World`, features in file order, tags as text.

    Raises SourceError for a missing, empty, broken or truncated file, an unknown format,
    coordinates that are not degrees, or no feature inside `bbox`.
    """
    if not paths:
        raise SourceError("no map file given; name at least one after --from")
    features = [feature for path in paths for feature in _read_file(path)]
    features = _merge_pieces(features)
    if not features:
        raise SourceError(f"{_listed(paths)} holds no map feature with tags; choose another file")
    frame = _to_frame(features)
    _check_degrees(frame, paths)
    if bbox is not None:
        box = shapely.box(bbox.west, bbox.south, bbox.east, bbox.north)
        frame = frame[frame.intersects(box)].reset_index(drop=True)
        if frame.empty:
            raise SourceError(
                f"{_listed(paths)} has nothing inside --bbox {bbox.west},{bbox.south},{bbox.east},"
                f"{bbox.north}; the order is west,south,east,north"
            )
    return World(
        features=frame,
        sources=tuple(path.name for path in paths),
        licence=OSM_LICENCE,
        date=max((data_date(path) for path in paths), default=""),
    )


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _read_file(path: Path) -> Iterator[MapFeature]:
    if not path.is_file():
        raise SourceError(f"there is no file {path}; check the path")
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty; download it again")
    name = path.name.lower()
    bare = name.removesuffix(".gz")
    if name.endswith(OSM_SUFFIXES):
        return read_osm(path)
    if bare.endswith(LINE_SUFFIXES):
        return read_json_lines(path)
    if bare.endswith(JSON_SUFFIXES):
        return read_geojson(path)
    if name.endswith(TABLE_SUFFIXES):
        return read_table(path)
    raise SourceError(
        f"{path.name} has a format that cannot be read; use one of "
        f"{' '.join(OSM_SUFFIXES + JSON_SUFFIXES + LINE_SUFFIXES + TABLE_SUFFIXES)}"
    )


def _merge_pieces(features: list[MapFeature]) -> list[MapFeature]:
    """Joins the pieces of features that a tiled source cut at its edges: same id, same tags.

    Features without an id are never joined; they get the ids "f1", "f2"… over all files.
    """
    pieces: dict[Hashable, list[MapFeature]] = {}
    for number, feature in enumerate(features, 1):
        shape, feature_id = feature.geometry, feature.feature_id
        # points are never pieces of one feature: an id that they share is a class or the like
        kind = shape.wkb if shape.geom_type == "Point" else shape.geom_type[-4:]
        key = (feature_id, kind, frozenset(feature.tags.items())) if feature_id else number
        piece = feature if feature_id else replace(feature, feature_id=f"f{number}")
        pieces.setdefault(key, []).append(piece)
    merged = []
    for parts in pieces.values():
        shape = parts[0].geometry
        if len(parts) > 1:
            shape = shapely.union_all([shapely.make_valid(part.geometry) for part in parts])
            if shape.geom_type == "MultiLineString":
                shape = shapely.line_merge(shape)
        merged.append(replace(parts[0], geometry=shape))
    return merged


def _to_frame(features: list[MapFeature]) -> gpd.GeoDataFrame:
    shapes = np.array([feature.geometry for feature in features], dtype=object)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    shapes = shapely.force_2d(shapes)
    keep = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    usable = [feature for feature, is_usable in zip(features, keep, strict=True) if is_usable]
    shapes = shapes[keep]
    dimensions = shapely.get_dimensions(shapes)
    kinds = [kind_of(feature.tags).partition(" / ") for feature in usable]
    return gpd.GeoDataFrame(
        {
            "feature_id": [feature.feature_id for feature in usable],
            "kind": [kind for kind, _, _ in kinds],
            "synonyms": [synonyms for _, _, synonyms in kinds],
            "name": [main_name(feature.tags) for feature in usable],
            "names": pd.Series([names_of(feature.tags) for feature in usable], dtype=object),
            "address": [address_of(feature.tags) for feature in usable],
            "group": [
                group_of(feature.tags, int(dimension))
                for feature, dimension in zip(usable, dimensions, strict=True)
            ],
            "tags": pd.Series([feature.tags for feature in usable], dtype=object),
        },
        geometry=list(shapes),
        crs=4326,
    )


def _check_degrees(frame: gpd.GeoDataFrame, paths: Sequence[Path]) -> None:
    west, south, east, north = frame.total_bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise SourceError(
            f"{_listed(paths)} has coordinates that are not degrees "
            f"({west:.0f}, {south:.0f} … {east:.0f}, {north:.0f}): its projection is missing "
            f"or wrong; save it as EPSG:4326"
        )
