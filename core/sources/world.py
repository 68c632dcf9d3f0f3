"""Reads map files of any supported format into one `World`."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.arrays import F64, Bools, Objects
from core.errors import SourceError
from core.geo import Bounds
from core.sources.antimeridian import inside, joined_across, whole
from core.sources.features import MapFeature
from core.sources.forms import check_unpacked, form_of
from core.sources.left_out import Losses, left_out_text
from core.sources.osm import OSM_LICENCE, OSM_SUFFIXES, data_date, read_osm
from core.sources.tags import address_of, group_of, kind_of, main_name, names_of
from core.sources.vector_files import (
    JSON_SUFFIXES,
    LINE_SUFFIXES,
    TABLE_SUFFIXES,
    read_json,
    read_json_lines,
    read_table,
)
from core.world import World


def read_world(paths: Sequence[Path], bbox: Bounds | None = None) -> World:
    """Reads one or more map files into a `World`, features in file order, tags as text.

    Raises SourceError for a missing, empty, broken or truncated file, an unknown format,
    coordinates that are not degrees, or no feature inside `bbox`.
    """
    if not paths:
        raise SourceError("no map file given; name at least one after --from")
    losses = Losses()
    features = [feature for path in paths for feature in _read_file(path, losses)]
    features = _usable(features, paths, losses)
    if not features:
        lost = left_out_text(losses.listed())
        raise SourceError(
            f"{_listed(paths)} holds no map feature with tags that can be read; choose another "
            f"file{lost and '; left out: '}{lost}"
        )
    if bbox is not None:
        features = _inside(features, bbox, paths, losses)
    frame = _to_frame(_merge_pieces(_joined_across(features)))
    return World(
        features=frame,
        sources=tuple(path.name for path in paths),
        licence=OSM_LICENCE,
        date=max((data_date(path) for path in paths), default=""),
        left_out=losses.listed(),
    )


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _read_file(path: Path, losses: Losses) -> Iterable[MapFeature]:
    if not path.is_file():
        raise SourceError(f"there is no file {path}; check the path")
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty; download it again")
    check_unpacked(path)
    name = path.name.lower()
    bare = name.removesuffix(".gz").removesuffix(".bz2")
    is_osm, is_json = name.endswith(OSM_SUFFIXES), bare.endswith(LINE_SUFFIXES + JSON_SUFFIXES)
    if is_osm or is_json:
        form = form_of(path)
        if form in ("pbf", "xml") or (is_osm and form != "json"):
            return read_osm(path, losses)
        return (read_json_lines if bare.endswith(LINE_SUFFIXES) else read_json)(path, losses)
    if name.endswith(TABLE_SUFFIXES):
        return read_table(path, losses)
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


def _usable(features: list[MapFeature], paths: Sequence[Path], losses: Losses) -> list[MapFeature]:
    """The features with a flat, valid geometry in degrees; the rest is counted.

    Raises SourceError if most features lie outside the degrees of the earth.
    """
    if not features:
        return []
    shapes = shapely.force_2d(_shapes_of(features))
    is_there = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    losses.add("feature", "it has no geometry", int((~is_there).sum()))
    edges = shapely.bounds(shapes)
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    is_finite = np.ones(len(shapes), dtype=bool)
    is_finite[rows[~np.isfinite(coordinates).all(axis=1)]] = False
    losses.add(
        "feature", "it has a coordinate that is no number", int((is_there & ~is_finite).sum())
    )
    keep = is_there & is_finite
    _check_degrees(edges[keep], paths)
    in_degrees = _are_degrees(edges)
    losses.add("feature", "its coordinates are not degrees", int((keep & ~in_degrees).sum()))
    keep &= in_degrees
    kept = [feature for feature, is_kept in zip(features, keep, strict=True) if is_kept]
    return _with_shapes(kept, whole(shapes[keep]))


def _with_shapes(features: list[MapFeature], shapes: Objects) -> list[MapFeature]:
    """The features with other shapes, made valid."""
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    return [
        replace(feature, geometry=shape) for feature, shape in zip(features, shapes, strict=True)
    ]


def _shapes_of(features: list[MapFeature]) -> Objects:
    return np.array([feature.geometry for feature in features], dtype=object)


def _joined_across(features: list[MapFeature]) -> list[MapFeature]:
    """The features, on one side if the map reaches across the antimeridian."""
    shapes = _shapes_of(features)
    joined = joined_across(shapes)
    return features if joined is shapes else _with_shapes(features, joined)


def _inside(
    features: list[MapFeature], bbox: Bounds, paths: Sequence[Path], losses: Losses
) -> list[MapFeature]:
    """The features that touch the box; the others are counted."""
    is_inside = inside(_shapes_of(features), bbox)
    losses.add("feature", "it lies outside --bbox", int((~is_inside).sum()))
    if not is_inside.any():
        raise SourceError(
            f"{_listed(paths)} has nothing inside --bbox {bbox.west},{bbox.south},{bbox.east},"
            f"{bbox.north}; the order is west,south,east,north"
        )
    return [feature for feature, is_in in zip(features, is_inside, strict=True) if is_in]


def _to_frame(features: list[MapFeature]) -> gpd.GeoDataFrame:
    shapes = _shapes_of(features)
    dimensions = shapely.get_dimensions(shapes)
    kinds = [kind_of(feature.tags).partition(" / ") for feature in features]
    return gpd.GeoDataFrame(
        {
            "feature_id": [feature.feature_id for feature in features],
            "kind": [kind for kind, _, _ in kinds],
            "synonyms": [synonyms for _, _, synonyms in kinds],
            "name": [main_name(feature.tags) for feature in features],
            "names": pd.Series([names_of(feature.tags) for feature in features], dtype=object),
            "address": [address_of(feature.tags) for feature in features],
            "group": [
                group_of(feature.tags, int(dimension))
                for feature, dimension in zip(features, dimensions, strict=True)
            ],
            "tags": pd.Series([feature.tags for feature in features], dtype=object),
        },
        geometry=list(shapes),
        crs=4326,
    )


def _are_degrees(edges: F64) -> Bools:
    """Which of N boxes west, south, east, north lie on the earth, in degrees."""
    west, south, east, north = edges.T
    inside: Bools = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    return inside


def _check_degrees(edges: F64, paths: Sequence[Path]) -> None:
    outside = ~_are_degrees(edges)
    if outside.sum() * 2 > len(edges):
        west, south = edges[:, :2].min(axis=0)
        east, north = edges[:, 2:].max(axis=0)
        raise SourceError(
            f"{_listed(paths)} has coordinates that are not degrees "
            f"({west:.0f}, {south:.0f} … {east:.0f}, {north:.0f}): its projection is missing "
            f"or wrong; save it as EPSG:4326"
        )
