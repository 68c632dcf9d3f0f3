"""Reads vector files other than OpenStreetMap's: GeoJSON, JSON lines, and what geopandas reads."""

import contextlib
import gzip
import io
import json
import warnings
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import geopandas as gpd
import numpy as np
import pyarrow
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import SourceError
from core.sources.attributes import as_text, first_text, text_tags
from core.sources.features import MapFeature
from core.sources.forms import open_unpacked
from core.sources.kml import without_odd_placemarks
from core.sources.left_out import Losses, left_out_text
from core.sources.osm import features_of
from core.sources.overpass_json import is_overpass, read_overpass
from core.sources.shapefile_parts import beside, encoding_beside

LINE_SUFFIXES = (".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl")
JSON_SUFFIXES = (".geojson", ".json", ".topojson")
TABLE_SUFFIXES = (".gpkg", ".parquet", ".geoparquet", ".shp", ".fgb", ".kml", ".gml")

_DRAWING_KEYS = frozenset(
    {
        "timestamp",
        "begin",
        "end",
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
        "icon",
    }
)
"""Columns that GDAL makes of every KML file; they say how to draw and not what is there."""


def _open_text(path: Path) -> TextIO:
    """The text of a file, in UTF-8, UTF-16 or UTF-32, unpacked."""
    with open_unpacked(path) as file:
        encoding = json.detect_encoding(file.read(4))
    return io.TextIOWrapper(open_unpacked(path), "utf-8-sig" if encoding == "utf-8" else encoding)


def _json_document(path: Path) -> Any:
    """The JSON of a file, in UTF-8, UTF-16 or UTF-32."""
    with open_unpacked(path) as file:
        return json.loads(file.read())


def _brief(error: ValueError) -> str:
    return str(error).partition(";")[0]


@contextlib.contextmanager
def _as_source_error(path: Path) -> Iterator[None]:
    """Converts the errors of a damaged text file to a SourceError of one line."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, OSError) as error:
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
    except ValueError as error:  # an integer of more digits than Python reads
        raise SourceError(
            f"{path.name} has a number of too many digits ({_brief(error)}); get it again"
        ) from error


def read_json_lines(path: Path, losses: Losses) -> Iterator[MapFeature]:
    """Reads one GeoJSON feature per line; a file that is one document is read as such.

    Raises SourceError for a broken file.
    """
    is_first = True
    with _as_source_error(path), _open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if text := line.strip("\ufeff\x1e \t\r\n"):
                try:
                    record = json.loads(text)
                except ValueError as error:
                    if is_first and (document := _document_or_none(path)) is not None:
                        yield from _document_features(document, path, losses)
                        return
                    why = error.msg if isinstance(error, json.JSONDecodeError) else _brief(error)
                    raise SourceError(
                        f"{path.name} is broken at line {number} ({why}); get it again"
                    ) from error
                is_first = False
                yield from _json_feature(record, losses)


def _document_or_none(path: Path) -> Any:
    """The JSON of a file, None if it is not one document."""
    try:
        return _json_document(path)
    except ValueError:
        return None


def read_json(path: Path, losses: Losses) -> Iterable[MapFeature]:
    """Reads GeoJSON, TopoJSON or the JSON of Overpass and ArcGIS; JSON lines are read as such.

    Raises SourceError for a broken file.
    """
    with _as_source_error(path):
        try:
            document = _json_document(path)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise
            return read_json_lines(path, losses)
    return _document_features(document, path, losses)


def _document_features(document: Any, path: Path, losses: Losses) -> Iterable[MapFeature]:
    """The features of one JSON document. Raises SourceError if it is no map."""
    kind = document.get("type") if isinstance(document, dict) else None
    if is_overpass(document):
        return features_of(read_overpass(document, losses))
    if kind == "Topology" or (isinstance(document, dict) and "geometryType" in document):
        return read_table(path, losses)
    if kind == "Feature":
        return _in_degrees(list(_json_feature(document, losses)), document, path)
    if _is_list_of_features(document):
        document = {"features": document}
    records = document.get("features") if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise SourceError(
            f"{path.name} is JSON but no GeoJSON FeatureCollection or Feature, no TopoJSON and no "
            f"answer of Overpass or ArcGIS"
        )
    features = [feature for record in records for feature in _json_feature(record, losses)]
    return _in_degrees(features, document, path)


def _is_list_of_features(document: Any) -> bool:
    return isinstance(document, list) and any(
        isinstance(part, dict) and part.get("type") == "Feature" for part in document
    )


def _in_degrees(
    features: list[MapFeature], document: dict[str, Any], path: Path
) -> Iterable[MapFeature]:
    """The features in EPSG:4326, from the projection that the document names."""
    try:
        crs = _named_projection(document.get("crs"))
        if crs.endswith(("CRS84", "4326")):
            return features
        series = gpd.GeoSeries([feature.geometry for feature in features], crs=crs)
        _check_projected(series, path)
        shapes = series.to_crs(4326)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise SourceError(
            f"{path.name} has an unknown projection ({error}); save it as EPSG:4326"
        ) from error
    return [
        replace(feature, geometry=shape) for feature, shape in zip(features, shapes, strict=True)
    ]


def _named_projection(crs: Any) -> str:
    """The projection that a document names, as text. Raises ValueError if it names none."""
    if not crs:
        return "CRS84"
    if isinstance(crs, str):
        return crs
    about = crs.get("properties") if isinstance(crs, dict) else None
    about = about if isinstance(about, dict) else {}
    if name := about.get("name"):
        return str(name)
    if code := about.get("code"):
        return f"EPSG:{code}"
    raise ValueError(f"it has no name: {json.dumps(crs)[:100]}")


def _check_projected(shapes: gpd.GeoSeries, path: Path) -> None:
    """Raises SourceError for degrees under the name of a projection in metres."""
    west, south, east, north = shapes.total_bounds
    if (
        shapes.crs is not None
        and shapes.crs.is_projected
        and max(abs(west), abs(east)) <= 180
        and max(abs(south), abs(north)) <= 90
    ):
        raise SourceError(
            f"{path.name} names the projection {shapes.crs.name}, but its coordinates are degrees; "
            f"save it as EPSG:4326"
        )


def _json_feature(record: Any, losses: Losses) -> Iterator[MapFeature]:
    """The feature of a record, or those of a collection; none, and counted, if it is malformed."""
    if isinstance(record, dict) and isinstance(record.get("features"), list):
        for part in record["features"]:
            if not (isinstance(part, dict) and "features" in part):
                yield from _json_feature(part, losses)
        return
    if not isinstance(record, dict) or record.get("type") != "Feature":
        losses.add("item", "it is not a GeoJSON Feature")
        return
    if not record.get("geometry"):
        losses.add("feature", "it has no geometry")
        return
    properties = record.get("properties") or {}
    if not isinstance(properties, dict):
        losses.add("feature", "its properties are not a JSON object")
        return
    shape = _json_shape(record["geometry"])
    if shape is None:
        losses.add("feature", "its geometry is broken")
        return
    kind = as_text(properties.get("@type"))[:1]
    source_id = first_text(properties.get("@id"), properties.get("id"), record.get("id"))
    yield MapFeature(source_id and f"{kind}{source_id}", shape, text_tags(properties, losses))


def _json_shape(geometry: Any) -> BaseGeometry | None:
    """The shape of a GeoJSON geometry, without height and measure; None if it is broken."""
    with contextlib.suppress(shapely.errors.GEOSException):
        return shapely.from_geojson(json.dumps(geometry))
    with contextlib.suppress(shapely.errors.GEOSException, RecursionError):
        return shapely.from_geojson(json.dumps(_flat(geometry)))
    return None


def _flat(part: Any) -> Any:
    """A GeoJSON geometry with two numbers a position."""
    if isinstance(part, dict):
        return {key: _flat(value) for key, value in part.items()}
    if isinstance(part, list):
        is_position = part and all(isinstance(value, (int, float)) for value in part)
        return part[:2] if is_position else [_flat(value) for value in part]
    return part


def read_table(path: Path, losses: Losses) -> Iterator[MapFeature]:
    """Reads every layer that has a geometry. Raises SourceError for a broken file."""
    if path.suffix.lower() == ".shp" and not beside(path, ".dbf"):
        raise SourceError(
            f"{path.name} lacks the .dbf beside it, which has all names and kinds; copy all files "
            f"of the shapefile"
        )
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            frames = list(_layers(path, losses))
        for warning in told:
            losses.add("warning", f"the reader of {path.suffix} says: {warning.message}"[:200])
        for frame in frames:
            _check_projected(frame.geometry, path)
        frames = [frame if frame.crs is None else frame.to_crs(4326) for frame in frames]
    except (
        *(ValueError, TypeError, RuntimeError, OSError, LookupError, AttributeError),
        *(pyarrow.ArrowException, shapely.errors.ShapelyError),
    ) as error:
        raise SourceError(f"geopandas cannot read {path.name} ({error}); get it again") from error
    if not any(len(frame) and not frame.geometry.isna().all() for frame in frames):
        lost = left_out_text(losses.listed())
        raise SourceError(
            f"{path.name} has no geometry column with content that can be read; choose another "
            f"file{lost and '; left out: '}{lost}"
        )
    drawn = _DRAWING_KEYS if path.suffix.lower() == ".kml" else frozenset()
    for frame in frames:
        columns = [
            column
            for column in frame.columns
            if column != frame.geometry.name and column not in drawn
        ]
        for shape, values in zip(frame.geometry, frame[columns].to_dict("records"), strict=True):
            if shape is None or shape.is_empty:
                losses.add("feature", "it has no geometry")
                continue
            folded = {str(key).lower(): value for key, value in values.items()}
            source_id = first_text(folded.get("osm_id"), folded.get("id"))
            yield MapFeature(source_id and f"f{source_id}", shape, text_tags(values, losses))


def _layers(path: Path, losses: Losses) -> Iterator[gpd.GeoDataFrame]:
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        yield gpd.read_parquet(path)
        return
    source: Path | bytes = path
    encoding = None
    if path.suffix.lower() == ".kml":
        source = without_odd_placemarks(path, losses) or path
    elif path.name.lower().removesuffix(".gz").removesuffix(".bz2").endswith(JSON_SUFFIXES):
        source = json.dumps(_json_document(path)).encode()  # GDAL reads no BOM and no packed file
    elif path.suffix.lower() == ".shp":
        encoding = encoding_beside(path)
    for number, (_, kind) in enumerate(pyogrio.list_layers(source)):
        if kind is None:
            continue
        try:
            yield gpd.read_file(source, layer=number, encoding=encoding)
        except UnicodeDecodeError:
            frame = gpd.read_file(source, layer=number, encoding="ISO-8859-1")
            yield frame.map(lambda value: _whole_letters(value, losses))
        except shapely.errors.ShapelyError:
            yield _readable_rows(source, number, losses)


def _whole_letters(value: Any, losses: Losses) -> Any:
    """UTF-8 that was read as Latin letters, without letters that were cut; others are unchanged."""
    if not isinstance(value, str):
        return value
    with contextlib.suppress(UnicodeDecodeError):
        return value.encode("ISO-8859-1").decode()
    losses.add("letter", "it was cut where its text was too long for the column")
    return value.encode("ISO-8859-1").decode("utf-8", "ignore")


def _readable_rows(path: Path | bytes, layer: int, losses: Losses) -> gpd.GeoDataFrame:
    """The rows of a layer whose geometry shapely knows; the others, such as TIN, are counted."""
    meta, table = pyogrio.read_arrow(path, layer=layer)
    column = meta["geometry_name"] or "wkb_geometry"
    encoded = table.column(column).to_pylist()
    shapes = shapely.from_wkb(np.array(encoded, dtype=object), on_invalid="ignore")
    known = ~shapely.is_missing(shapes)
    losses.add(
        "feature", "its geometry is of a kind that cannot be read, such as TIN", int((~known).sum())
    )
    rows = table.drop_columns([column]).to_pandas()[known].reset_index(drop=True)
    return gpd.GeoDataFrame(rows, geometry=list(shapes[known]), crs=meta["crs"])
