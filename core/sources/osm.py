"""Reads OpenStreetMap extracts and any vector file into a `World`.

Leaves what to make of the features to `describe`, `render` and `gallery`.
"""

import contextlib
import gzip
import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import SourceError
from core.geo import Bounds
from core.records import World
from core.sources.tags import address_of, group_of, kind_of, main_name, names_of

OSM_LICENCE = "© OpenStreetMap contributors, ODbL 1.0"

_OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_LINE_SUFFIXES = (".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl")
_JSON_SUFFIXES = (".geojson", ".json")
_TABLE_SUFFIXES = (".gpkg", ".parquet", ".geoparquet", ".shp", ".fgb", ".kml", ".gml")
_IGNORED = frozenset(
    {
        "source",
        "created_by",
        "note",
        "fixme",
        "FIXME",
        "attribution",
        "wikidata",
        "wikipedia",
        "import_uuid",
        "email",
        "phone",
        "fax",
        "website",
    }
)
_AREA_KEYS = frozenset(
    {
        "building",
        "building:part",
        "landuse",
        "leisure",
        "natural",
        "amenity",
        "shop",
        "tourism",
        "historic",
        "water",
        "place",
        "man_made",
        "office",
        "military",
        "power",
        "aeroway",
        "craft",
        "healthcare",
        "waterway",
        "public_transport",
        "area:highway",
        "boundary",
        "club",
        "attraction",
    }
)
_LINE_VALUES = frozenset(
    {
        ("natural", "coastline"),
        ("natural", "tree_row"),
        ("natural", "cliff"),
        ("waterway", "river"),
        ("waterway", "stream"),
        ("waterway", "canal"),
        ("waterway", "ditch"),
        ("waterway", "drain"),
        ("power", "line"),
        ("man_made", "pipeline"),
        ("man_made", "embankment"),
    }
)


@dataclass(frozen=True, slots=True)
class _Feature:
    """`feature_id` is "" where the source gives none."""

    feature_id: str
    geometry: BaseGeometry
    tags: dict[str, str]


def read_world(paths: Sequence[Path], bbox: Bounds | None = None) -> World:
    """One or more map files as a `World`, features in file order, tags as text.

    Raises SourceError for a missing, empty, broken or truncated file, an unknown kind of file,
    coordinates that are not degrees, or nothing inside `bbox`.
    """
    if not paths:
        raise SourceError("no map file given; name at least one after --from")
    features = [feature for path in paths for feature in _read_file(path)]
    features = _merge_pieces(features)
    if not features:
        raise SourceError(f"{_listed(paths)} holds no map feature with tags; is it the right file?")
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
        date=max((_data_date(path) for path in paths), default=""),
    )


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _read_file(path: Path) -> Iterator[_Feature]:
    if not path.is_file():
        raise SourceError(f"there is no file {path}; check the path")
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty; download it again")
    name = path.name.lower()
    bare = name.removesuffix(".gz")
    if name.endswith(_OSM_SUFFIXES):
        return _read_osm(path)
    if bare.endswith(_LINE_SUFFIXES):
        return _read_json_lines(path)
    if bare.endswith(_JSON_SUFFIXES):
        return _read_geojson(path)
    if name.endswith(_TABLE_SUFFIXES):
        return _read_table(path)
    raise SourceError(
        f"{path.name} is of no kind that can be read; wanted one of "
        f"{' '.join(_OSM_SUFFIXES + _JSON_SUFFIXES + _LINE_SUFFIXES + _TABLE_SUFFIXES)}"
    )


# --- OpenStreetMap extracts ---------------------------------------------------------------------


def _is_area(tags: dict[str, str]) -> bool:
    """Whether a closed way with these tags is a surface and not a loop of line."""
    if tags.get("area") in ("yes", "no"):
        return tags["area"] == "yes"
    if ("highway" in tags or "barrier" in tags) and "building" not in tags:
        return False
    return any(key in tags and (key, tags[key]) not in _LINE_VALUES for key in _AREA_KEYS)


def _osm_file(path: Path) -> Any:
    """The file with the format its suffix names; osmium itself knows lower-case ones only."""
    suffix = next(suffix for suffix in _OSM_SUFFIXES if path.name.lower().endswith(suffix))
    return osmium.io.File(str(path), suffix.removeprefix("."))


def _read_osm(path: Path) -> Iterator[_Feature]:
    wkb = osmium.geom.WKBFactory()
    try:
        reader = (
            osmium.FileProcessor(_osm_file(path))
            .with_locations()
            .with_areas()
            .with_filter(osmium.filter.EmptyTagFilter())
        )
        for item in reader:
            tags = {tag.k: tag.v for tag in item.tags if tag.k not in _IGNORED}
            if tags and (feature := _osm_feature(item, tags, wkb)) is not None:
                yield feature
    except RuntimeError as error:
        raise SourceError(
            f"{path.name} is broken or cut short ({error}); download it again"
        ) from error


def _osm_feature(item: Any, tags: dict[str, str], wkb: Any) -> _Feature | None:
    """One object of the file, or None where its geometry is not whole (at an extract's edge)."""
    try:
        if item.is_node():
            # osmium knows a node without a place; an extract has none worth keeping
            return _Feature(f"n{item.id}", shapely.from_wkb(wkb.create_point(item)), tags)
        if item.is_way():
            if item.is_closed() and _is_area(tags):
                return None  # comes again as an area
            return _Feature(f"w{item.id}", shapely.from_wkb(wkb.create_linestring(item)), tags)
        if item.is_area() and (not item.from_way() or _is_area(tags)):
            letter = "w" if item.from_way() else "r"
            shape = shapely.from_wkb(wkb.create_multipolygon(item))
            single = shape.geoms[0] if len(shape.geoms) == 1 else shape
            return _Feature(f"{letter}{item.orig_id()}", single, tags)
    except (osmium.InvalidLocationError, RuntimeError):
        return None
    return None


# --- GeoJSON and the rest -----------------------------------------------------------------------


def _open_text(path: Path) -> Any:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open("rt", encoding="utf-8-sig")


@contextlib.contextmanager
def _plain_faults(path: Path) -> Iterator[None]:
    """Turns what a damaged text file raises into one clear line."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise SourceError(
            f"{path.name} is cut short or not gzip ({error}); get it again"
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path.name} is not UTF-8 text ({error.reason})") from error
    except json.JSONDecodeError as error:
        raise SourceError(
            f"{path.name} is broken JSON at line {error.lineno} ({error.msg}); get it again"
        ) from error
    except RecursionError as error:
        raise SourceError(f"{path.name} is nested too deep to be a map; get it again") from error


def _read_json_lines(path: Path) -> Iterator[_Feature]:
    with _plain_faults(path), _open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if text := line.strip("\x1e \t\r\n"):
                try:
                    record = json.loads(text)
                except json.JSONDecodeError as error:
                    raise SourceError(
                        f"{path.name} is broken at line {number} ({error.msg}); get it again"
                    ) from error
                yield from _json_feature(record, path, number)


def _read_geojson(path: Path) -> Iterator[_Feature]:
    with _plain_faults(path), _open_text(path) as file:
        document = json.load(file)
    records = document.get("features") if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise SourceError(f"{path.name} is JSON but no GeoJSON FeatureCollection")
    features = [
        feature
        for number, record in enumerate(records, 1)
        for feature in _json_feature(record, path, number)
    ]
    try:
        crs = document["crs"]["properties"]["name"] if document.get("crs") else "CRS84"
        if str(crs).endswith(("CRS84", "4326")):
            return iter(features)
        shapes = gpd.GeoSeries([feature.geometry for feature in features], crs=crs).to_crs(4326)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise SourceError(
            f"{path.name} names a projection that is not known ({error}); save it as EPSG:4326"
        ) from error
    return (
        replace(feature, geometry=shape) for feature, shape in zip(features, shapes, strict=True)
    )


def _json_feature(record: Any, path: Path, number: int) -> Iterator[_Feature]:
    if not isinstance(record, dict) or record.get("type") != "Feature":
        raise SourceError(f"{path.name}: item {number} is no GeoJSON Feature")
    if not record.get("geometry"):
        return
    try:
        shape = shapely.from_geojson(json.dumps(record["geometry"]))
    except shapely.errors.GEOSException as error:
        raise SourceError(f"{path.name}: item {number} has a broken geometry ({error})") from error
    properties = record.get("properties") or {}
    if not isinstance(properties, dict):
        raise SourceError(f"{path.name}: item {number} has properties that are no JSON object")
    kind = _as_text(properties.get("@type"))[:1]
    given = _first_text(properties.get("@id"), properties.get("id"), record.get("id"))
    yield _Feature(given and f"{kind}{given}", shape, _text_tags(properties))


def _text_tags(properties: dict[Any, Any]) -> dict[str, str]:
    """Attributes as text: nothing empty, no identifiers, nested values left out."""
    return {
        str(key): text
        for key, value in properties.items()
        if not str(key).startswith("@")
        and key not in _IGNORED
        and key != "id"
        and (text := _as_text(value))
    }


def _as_text(value: Any) -> str:
    """One attribute as text that can be written; "" for a gap, a list and the like."""
    if not pd.api.types.is_scalar(value) or isinstance(value, bytes) or pd.isna(value):
        return ""
    return str(value).encode("utf-8", "replace").decode()


def _first_text(*values: Any) -> str:
    return next((text for value in values if (text := _as_text(value))), "")


def _read_table(path: Path) -> Iterator[_Feature]:
    """The features of every layer that has a geometry."""
    try:
        frames = [
            frame if frame.crs is None else frame.to_crs(4326)
            for frame in _layers(path)
            if not frame.geometry.isna().all()
        ]
    except (ValueError, RuntimeError, OSError, KeyError) as error:
        raise SourceError(f"geopandas cannot read {path.name}: {error}") from error
    if not frames:
        raise SourceError(f"{path.name} has no geometry column with content")
    for frame in frames:
        columns = [column for column in frame.columns if column != frame.geometry.name]
        for shape, values in zip(frame.geometry, frame[columns].to_dict("records"), strict=True):
            if shape is not None and not shape.is_empty:
                given = _first_text(values.get("osm_id"), values.get("id"))
                yield _Feature(given and f"f{given}", shape, _text_tags(values))


def _layers(path: Path) -> Iterator[gpd.GeoDataFrame]:
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        yield gpd.read_parquet(path)
        return
    for name, kind in pyogrio.list_layers(path):
        if kind is not None:
            yield gpd.read_file(path, layer=name)


# --- Making it one world ------------------------------------------------------------------------


def _merge_pieces(features: list[_Feature]) -> list[_Feature]:
    """Joins features that a tiled source cut at its edges: same id, same tags.

    Features without id are never joined; they are numbered "f1", "f2"… over all files.
    """
    pieces: dict[Hashable, list[_Feature]] = {}
    for number, feature in enumerate(features, 1):
        shape, given = feature.geometry, feature.feature_id
        # two points are never pieces of one thing: an id they share is no id, such as a class
        kind = shape.wkb if shape.geom_type == "Point" else shape.geom_type[-4:]
        whole = (given, kind, frozenset(feature.tags.items())) if given else number
        found = feature if given else replace(feature, feature_id=f"f{number}")
        pieces.setdefault(whole, []).append(found)
    merged = []
    for parts in pieces.values():
        shape = parts[0].geometry
        if len(parts) > 1:
            shape = shapely.union_all([shapely.make_valid(part.geometry) for part in parts])
            if shape.geom_type == "MultiLineString":
                shape = shapely.line_merge(shape)
        merged.append(replace(parts[0], geometry=shape))
    return merged


def _to_frame(features: list[_Feature]) -> gpd.GeoDataFrame:
    shapes = np.array([feature.geometry for feature in features], dtype=object)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    shapes = shapely.force_2d(shapes)
    keep = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    kept = [feature for feature, wanted in zip(features, keep, strict=True) if wanted]
    shapes = shapes[keep]
    dimensions = shapely.get_dimensions(shapes)
    kinds = [kind_of(feature.tags).partition(" / ") for feature in kept]
    return gpd.GeoDataFrame(
        {
            "feature_id": [feature.feature_id for feature in kept],
            "kind": [kind for kind, _, _ in kinds],
            "synonyms": [synonyms for _, _, synonyms in kinds],
            "name": [main_name(feature.tags) for feature in kept],
            "names": pd.Series([names_of(feature.tags) for feature in kept], dtype=object),
            "address": [address_of(feature.tags) for feature in kept],
            "group": [
                group_of(feature.tags, int(dimension))
                for feature, dimension in zip(kept, dimensions, strict=True)
            ],
            "tags": pd.Series([feature.tags for feature in kept], dtype=object),
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


def _data_date(path: Path) -> str:
    """The date an extract's header gives, else ""."""
    if not path.name.lower().endswith(_OSM_SUFFIXES):
        return ""
    with contextlib.suppress(RuntimeError):
        header = osmium.io.Reader(_osm_file(path)).header()
        stamp = header.get("osmosis_replication_timestamp", "") or header.get("timestamp", "")
        return str(stamp)[:10]
    return ""
