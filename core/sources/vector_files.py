"""Reads vector files other than OpenStreetMap's: GeoJSON, JSON lines, and what geopandas reads."""

import contextlib
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from core.errors import SourceError
from core.sources.features import IGNORED_KEYS, MapFeature

LINE_SUFFIXES = (".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl")
JSON_SUFFIXES = (".geojson", ".json")
TABLE_SUFFIXES = (".gpkg", ".parquet", ".geoparquet", ".shp", ".fgb", ".kml", ".gml")


def _open_text(path: Path) -> Any:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open("rt", encoding="utf-8-sig")


@contextlib.contextmanager
def _as_source_error(path: Path) -> Iterator[None]:
    """Converts the errors of a damaged text file to a SourceError of one line."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise SourceError(
            f"{path.name} is cut short or not gzip ({error}); get it again"
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path.name} is not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SourceError(
            f"{path.name} is broken JSON at line {error.lineno} ({error.msg}); get it again"
        ) from error
    except RecursionError as error:
        raise SourceError(f"{path.name} is nested too deep to be a map; get it again") from error


def read_json_lines(path: Path) -> Iterator[MapFeature]:
    """Reads one GeoJSON feature per line. Raises SourceError for a broken file."""
    with _as_source_error(path), _open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if text := line.strip("\x1e \t\r\n"):
                try:
                    record = json.loads(text)
                except json.JSONDecodeError as error:
                    raise SourceError(
                        f"{path.name} is broken at line {number} ({error.msg}); get it again"
                    ) from error
                yield from _json_feature(record, path, number)


def read_geojson(path: Path) -> Iterator[MapFeature]:
    """Reads a GeoJSON FeatureCollection. Raises SourceError for a broken file."""
    with _as_source_error(path), _open_text(path) as file:
        document = json.load(file)
    records = document.get("features") if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise SourceError(f"{path.name} is JSON but not a GeoJSON FeatureCollection")
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
            f"{path.name} has an unknown projection ({error}); save it as EPSG:4326"
        ) from error
    return (
        replace(feature, geometry=shape) for feature, shape in zip(features, shapes, strict=True)
    )


def _json_feature(record: Any, path: Path, number: int) -> Iterator[MapFeature]:
    if not isinstance(record, dict) or record.get("type") != "Feature":
        raise SourceError(f"{path.name}: item {number} is not a GeoJSON Feature")
    if not record.get("geometry"):
        return
    try:
        shape = shapely.from_geojson(json.dumps(record["geometry"]))
    except shapely.errors.GEOSException as error:
        raise SourceError(f"{path.name}: item {number} has a broken geometry ({error})") from error
    properties = record.get("properties") or {}
    if not isinstance(properties, dict):
        raise SourceError(f"{path.name}: item {number} has properties that are not a JSON object")
    kind = _as_text(properties.get("@type"))[:1]
    source_id = _first_text(properties.get("@id"), properties.get("id"), record.get("id"))
    yield MapFeature(source_id and f"{kind}{source_id}", shape, _text_tags(properties))


def _text_tags(properties: dict[Any, Any]) -> dict[str, str]:
    """Attributes as text, without empty values, identifiers and nested values."""
    return {
        str(key): text
        for key, value in properties.items()
        if not str(key).startswith("@")
        and key not in IGNORED_KEYS
        and key != "id"
        and (text := _as_text(value))
    }


def _as_text(value: Any) -> str:
    """An attribute as text that can be written; "" for a missing value, a list and the like."""
    if not pd.api.types.is_scalar(value) or isinstance(value, bytes) or pd.isna(value):
        return ""
    return str(value).encode("utf-8", "replace").decode()


def _first_text(*values: Any) -> str:
    return next((text for value in values if (text := _as_text(value))), "")


def read_table(path: Path) -> Iterator[MapFeature]:
    """Reads every layer that has a geometry. Raises SourceError for a broken file."""
    try:
        frames = [
            frame if frame.crs is None else frame.to_crs(4326)
            for frame in _layers(path)
            if not frame.geometry.isna().all()
        ]
    except (ValueError, RuntimeError, OSError, KeyError) as error:
        raise SourceError(f"geopandas cannot read {path.name} ({error}); get it again") from error
    if not frames:
        raise SourceError(f"{path.name} has no geometry column with content; choose another file")
    for frame in frames:
        columns = [column for column in frame.columns if column != frame.geometry.name]
        for shape, values in zip(frame.geometry, frame[columns].to_dict("records"), strict=True):
            if shape is not None and not shape.is_empty:
                source_id = _first_text(values.get("osm_id"), values.get("id"))
                yield MapFeature(source_id and f"f{source_id}", shape, _text_tags(values))


def _layers(path: Path) -> Iterator[gpd.GeoDataFrame]:
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        yield gpd.read_parquet(path)
        return
    for name, kind in pyogrio.list_layers(path):
        if kind is not None:
            yield gpd.read_file(path, layer=name)
