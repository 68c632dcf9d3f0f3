"""Reads OpenStreetMap files: PBF and XML."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium
import shapely

from core.errors import SourceError
from core.sources.features import IGNORED_KEYS, MapFeature

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
OSM_LICENCE = "© OpenStreetMap contributors, ODbL 1.0"

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


def _is_area(tags: dict[str, str]) -> bool:
    """Whether a closed way with these tags is an area and not a closed line."""
    if tags.get("area") in ("yes", "no"):
        return tags["area"] == "yes"
    if ("highway" in tags or "barrier" in tags) and "building" not in tags:
        return False
    return any(key in tags and (key, tags[key]) not in _LINE_VALUES for key in _AREA_KEYS)


def _osm_file(path: Path) -> Any:
    """The file with the format of its suffix; osmium itself accepts only lower-case suffixes."""
    suffix = next(suffix for suffix in OSM_SUFFIXES if path.name.lower().endswith(suffix))
    return osmium.io.File(str(path), suffix.removeprefix("."))


def read_osm(path: Path) -> Iterator[MapFeature]:
    """Reads the objects with tags. Raises SourceError for a broken or truncated file."""
    wkb = osmium.geom.WKBFactory()
    try:
        reader = (
            osmium.FileProcessor(_osm_file(path))
            .with_locations()
            .with_areas()
            .with_filter(osmium.filter.EmptyTagFilter())
        )
        for item in reader:
            tags = {tag.k: tag.v for tag in item.tags if tag.k not in IGNORED_KEYS}
            if tags and (feature := _osm_feature(item, tags, wkb)) is not None:
                yield feature
    except RuntimeError as error:
        raise SourceError(
            f"{path.name} is broken or cut short ({error}); download it again"
        ) from error


def _osm_feature(item: Any, tags: dict[str, str], wkb: Any) -> MapFeature | None:
    """Converts an object; None if its geometry is incomplete, as at the edge of an extract."""
    try:
        if item.is_node():
            return MapFeature(f"n{item.id}", shapely.from_wkb(wkb.create_point(item)), tags)
        if item.is_way():
            if item.is_closed() and _is_area(tags):
                return None  # comes again as an area
            return MapFeature(f"w{item.id}", shapely.from_wkb(wkb.create_linestring(item)), tags)
        if item.is_area() and (not item.from_way() or _is_area(tags)):
            letter = "w" if item.from_way() else "r"
            shape = shapely.from_wkb(wkb.create_multipolygon(item))
            single = shape.geoms[0] if len(shape.geoms) == 1 else shape
            return MapFeature(f"{letter}{item.orig_id()}", single, tags)
    except (osmium.InvalidLocationError, RuntimeError):
        return None
    return None


def data_date(path: Path) -> str:
    """Date in the header of an OpenStreetMap file, else ""."""
    if not path.name.lower().endswith(OSM_SUFFIXES):
        return ""
    with contextlib.suppress(RuntimeError):
        header = osmium.io.Reader(_osm_file(path)).header()
        stamp = header.get("osmosis_replication_timestamp", "") or header.get("timestamp", "")
        return str(stamp)[:10]
    return ""
