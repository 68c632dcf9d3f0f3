"""Reads OpenStreetMap files: PBF and XML."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import SourceError
from core.sources.features import IGNORED_KEYS, MapFeature
from core.sources.forms import form_of, packing_of
from core.sources.left_out import Losses
from core.sources.osm_objects import KINDS, Member, OsmObject, OsmObjects, without_type
from core.sources.osm_xml import read_xml

OSM_SUFFIXES = (
    *(".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2"),
    *(".osc", ".osc.gz", ".osc.bz2"),
)
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
    """The file with the format of its content; osmium itself goes by the suffix."""
    if form_of(path) == "pbf":
        return osmium.io.File(str(path), "pbf")
    kind = "osc" if ".osc" in path.name.lower() else "osm"
    packing = packing_of(path)
    return osmium.io.File(str(path), f"{kind}.{packing}" if packing else kind)


def _items(file: Any) -> Iterator[Any]:
    """The objects of a file as they are."""
    yield from osmium.FileProcessor(file)


def read_osm(path: Path, losses: Losses) -> list[MapFeature]:
    """Reads the objects with tags: nodes, ways, areas, each by id.

    Raises SourceError for a broken or truncated file.
    """
    if not _is_pbf(path):
        return features_of(read_xml(path, losses))
    try:
        if _is_plain(path):
            return _Assembly(None, losses).read(_osm_file(path))
        return features_of(_objects_of(path, losses))
    except (RuntimeError, ValueError) as error:
        way_out = "download it again"
        if "overlong" in str(error) or "too long" in str(error):  # more than 1,024 bytes
            way_out = "its texts are too long for this format, so get it as .osm.bz2"
        raise SourceError(f"{path.name} is broken or cut short ({error}); {way_out}") from error


def _is_pbf(path: Path) -> bool:
    """Whether a file is PBF by its content, or by its name if the content does not tell."""
    form = form_of(path)
    return form == "pbf" or (path.name.lower().endswith(".pbf") and form != "xml")


def features_of(objects: OsmObjects) -> list[MapFeature]:
    """The features that collected objects make."""
    features = _Assembly(objects, objects.losses).read(objects.sorted_file())
    return features + list(objects.centers())


def _is_plain(path: Path) -> bool:
    """Whether osmium reads a file as it is: sorted, ids above 0, current, positions on nodes."""
    ranks = {"n": 0, "w": 1, "r": 2}
    last = (-1, 0)
    for item in _items(_osm_file(path)):
        here = (ranks[item.type_str()], item.id) if item.type_str() in ranks else last
        if here <= last or item.id <= 0 or not item.visible:
            return False
        if here[0] == 1 and len(item.nodes) and item.nodes[0].location.valid():
            return False
        last = here
    return True


def _objects_of(path: Path, losses: Losses) -> OsmObjects:
    """The objects of a file that osmium cannot read as it is."""
    objects = OsmObjects(losses)
    for item in _items(_osm_file(path)):
        kind = item.type_str()
        if kind not in KINDS.values():
            losses.add("changeset", "it is no part of the map")
            continue
        new = OsmObject(kind, item.id, item.version, not item.visible)
        new.tags = {tag.k: tag.v for tag in item.tags}
        if kind == "n" and item.location.valid():
            new.at = (item.location.lat, item.location.lon)
        elif kind == "w":
            new.refs = [node.ref for node in item.nodes]
            for node in item.nodes:
                if node.location.valid():
                    objects.node_at(node.ref, (node.location.lat, node.location.lon))
        elif kind == "r":
            new.members = [Member(member.type, member.ref, member.role) for member in item.members]
        objects.add(new)
    objects.settle()
    return objects


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A feature with the number by which it is sorted."""

    number: int
    feature: MapFeature


class _Assembly:
    """Makes features of a sorted file; `objects`, if given, have the tags and the ids."""

    def __init__(self, objects: OsmObjects | None, losses: Losses) -> None:
        self._objects = objects
        self._losses = losses
        self._wkb: Any = osmium.geom.WKBFactory()
        self._points: list[_Numbered] = []
        self._lines: list[_Numbered] = []
        self._rings: dict[int, _Numbered] = {}
        self._outlines: dict[int, _Numbered] = {}
        self._relations: set[int] = set()

    def read(self, file: Any) -> list[MapFeature]:
        reader: Iterable[Any] = (
            osmium.FileProcessor(file)
            .with_locations()
            .with_areas()
            .with_filter(osmium.filter.EmptyTagFilter())
        )
        for item in reader:
            if item.is_node():
                self._add_node(item)
            elif item.is_way():
                self._add_way(item)
            elif item.is_relation():
                self._add_relation(item)
            elif item.is_area():
                self._add_area(item)
        self._losses.add(
            "multipolygon", "its outline is not whole in the file", len(self._relations)
        )
        parts = (self._points, self._lines, self._rings.values(), self._outlines.values())
        return [row.feature for part in parts for row in sorted(part, key=lambda row: row.number)]

    def _label(self, kind: str, number: int) -> str:
        return f"{kind}{self._objects.original(kind, number).id if self._objects else number}"

    def _tags(self, kind: str, number: int, item: Any) -> dict[str, str]:
        """Tags of an object without those about the data."""
        pairs = (
            self._objects.original(kind, number).tags.items()
            if self._objects
            else ((tag.k, tag.v) for tag in item.tags)
        )
        return {key: value for key, value in pairs if key and value and key not in IGNORED_KEYS}

    def _numbered(
        self, kind: str, number: int, shape: BaseGeometry, tags: dict[str, str]
    ) -> _Numbered:
        return _Numbered(number, MapFeature(self._label(kind, number), shape, tags))

    def _add_node(self, item: Any) -> None:
        if not (tags := self._tags("n", item.id, item)):
            return
        try:
            shape = shapely.from_wkb(self._wkb.create_point(item))
        except (osmium.InvalidLocationError, RuntimeError):
            self._losses.add("node", "its position is not a latitude and longitude")
            return
        self._points.append(self._numbered("n", item.id, shape, tags))

    def _add_way(self, item: Any) -> None:
        if not (tags := self._tags("w", item.id, item)):
            return
        shape = self._line(item)
        if shape is None:
            return
        if not (item.is_closed() and _is_area(tags)):
            self._lines.append(self._numbered("w", item.id, shape, tags))
            return
        # replaced by the area of osmium, if it makes one
        corners = shapely.get_coordinates(shape)
        ring = shapely.Polygon(corners) if len(np.unique(corners, axis=0)) > 2 else shape
        self._rings[item.id] = self._numbered("w", item.id, ring, tags)

    def _line(self, item: Any) -> BaseGeometry | None:
        """Line of a way, without the nodes that are missing; None, and counted, if none is left."""
        with contextlib.suppress(osmium.InvalidLocationError, RuntimeError):
            return shapely.from_wkb(self._wkb.create_linestring(item))
        runs: list[list[tuple[float, float]]] = [[]]
        missing = 0
        for node in item.nodes:
            if node.location.valid():
                at = (node.location.lon, node.location.lat)
                if at not in runs[-1][-1:]:
                    runs[-1].append(at)
            else:
                missing += 1
                runs.append([])
        lines = [run for run in runs if len(run) > 1]
        if item.is_closed() or not lines:
            lines = [[at for run in runs for at in run]]
        if len(set(lines[0])) < 2:
            why = "its nodes are not in the file" if missing else "it has fewer than two points"
            self._losses.add("way", why)
            return None
        self._losses.add("way part", "some of its nodes are not in the file", bool(missing))
        return shapely.LineString(lines[0]) if len(lines) == 1 else shapely.MultiLineString(lines)

    def _add_relation(self, item: Any) -> None:
        if not (tags := self._tags("r", item.id, item)).keys() - {"type"}:
            return
        if tags.get("type") in ("multipolygon", "boundary"):
            self._relations.add(item.id)
        else:
            self._losses.add("relation", "routes, turns and the like have no shape of their own")

    def _add_area(self, item: Any) -> None:
        kind, number = ("w" if item.from_way() else "r"), item.orig_id()
        if kind == "w" and number not in self._rings:
            return
        try:
            shape = shapely.from_wkb(self._wkb.create_multipolygon(item))
        except (osmium.InvalidLocationError, RuntimeError):
            return
        shape = shape.geoms[0] if len(shape.geoms) == 1 else shape
        if kind == "w":
            self._rings[number] = self._numbered(
                kind, number, shape, self._rings[number].feature.tags
            )
        elif tags := without_type(self._tags(kind, number, item)):
            self._outlines[number] = self._numbered(kind, number, shape, tags)
            self._relations.discard(number)


def data_date(path: Path) -> str:
    """Date in the header of an OpenStreetMap file, else ""."""
    if not path.name.lower().endswith(OSM_SUFFIXES):
        return ""
    with contextlib.suppress(RuntimeError, ValueError):
        header = osmium.io.Reader(_osm_file(path)).header()
        stamp = header.get("osmosis_replication_timestamp", "") or header.get("timestamp", "")
        return str(stamp)[:10]
    return ""
