"""Reads OpenStreetMap XML as OpenStreetMap, JOSM and Overpass write it: in any order, with
negative ids, deleted objects, and positions inside ways and relations."""

import zlib
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from core.errors import SourceError
from core.sources.forms import open_unpacked
from core.sources.left_out import Losses
from core.sources.osm_objects import KINDS, Member, OsmObject, OsmObjects, middle_of, number_of

_PART_BYTES = 1 << 20
_FALSE = ("false", "0")


def read_xml(path: Path, losses: Losses) -> OsmObjects:
    """Reads the objects of a file. Raises SourceError for a broken file or one of another kind."""
    reader = _XmlReader(path.name, OsmObjects(losses))
    try:
        with open_unpacked(path) as file:
            reader.read(file)
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(
            f"{path.name} is cut short or not what its ending says ({error}); download it again"
        ) from error
    except (expat.ExpatError, LookupError, ValueError) as error:  # also an unknown encoding
        raise SourceError(
            f"{path.name} is broken or cut short ({error}); download it again"
        ) from error
    reader.check()
    reader.objects.settle()
    return reader.objects


class _XmlReader:
    """Turns the elements of a file into objects."""

    def __init__(self, name: str, objects: OsmObjects) -> None:
        self.objects = objects
        self._name = name
        self._now: OsmObject | None = None
        self._member: Member | None = None
        self._outline: list[int] = []
        self._in_deleted = False
        self._in_remark = False
        self._remark = ""
        self._depth = 0
        self._changesets = 0

    def read(self, file: BinaryIO) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        while part := file.read(_PART_BYTES):
            parser.Parse(part, False)
        parser.Parse(b"", True)

    def check(self) -> None:
        """Counts changesets and remarks. Raises SourceError for a file of changesets alone."""
        if self._changesets and not len(self.objects):
            raise SourceError(
                f"{self._name} holds changesets, which say who edited when, and no map; download "
                f"the map of the area"
            )
        self.objects.losses.add("changeset", "it is no part of the map", self._changesets)
        if self._remark.strip():
            why = f"the server says: {self._remark.strip()}"[:200]
            self.objects.losses.add("unfinished answer", why)

    def _refuse_doctype(self, *_: object) -> None:
        raise SourceError(f"{self._name} has a document type, which no map file has")

    def _start(self, tag: str, values: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            if tag not in ("osm", "osmChange"):
                raise SourceError(
                    f"{self._name} is XML but not OpenStreetMap's: it starts with <{tag[:40]}>"
                )
        elif tag == "nd":
            self._add_node_of_way(values)
        elif tag == "tag":
            if self._now is not None and values.get("k") and values.get("v"):
                self._now.tags.setdefault(values["k"], values["v"])
        elif tag == "member":
            self._add_member(values)
        elif tag in KINDS:
            self._now = self._object(tag, values)
        elif tag == "center" and self._now is not None:
            self._now.center = self._position(values)
        elif tag == "bounds" and self._now is not None:
            box = [values.get(edge, "") for edge in ("minlat", "minlon", "maxlat", "maxlon")]
            self._set_middle(box)
        elif tag == "changeset":
            self._changesets += 1
        elif tag == "delete":
            self._in_deleted = True
        elif tag == "remark":
            self._in_remark = True

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag in KINDS:
            if self._now is not None:
                self.objects.add(self._now)
            self._now = None
        elif tag == "member" and self._member is not None:
            self.objects.add_outline(self._member, self._outline)
            self._member, self._outline = None, []
        elif tag == "delete":
            self._in_deleted = False
        elif tag == "remark":
            self._in_remark = False

    def _text(self, text: str) -> None:
        if self._in_remark:
            self._remark += text

    def _object(self, tag: str, values: dict[str, str]) -> OsmObject | None:
        try:
            number = number_of(values.get("id", ""))
            version = number_of(values.get("version", "0"))
        except ValueError:
            self.objects.losses.add(tag, "its id or version is no number")
            return None
        deleted = (
            self._in_deleted
            or values.get("visible", "true").lower() in _FALSE
            or values.get("action") == "delete"
        )
        at = None
        if tag == "node" and "lat" in values and "lon" in values:
            at = self._position(values, tag)
            if at is None:
                return None
        return OsmObject(KINDS[tag], number, version, deleted, at)

    def _position(self, values: dict[str, str], of: str = "position") -> tuple[float, float] | None:
        return self.objects.position(values.get("lat", ""), values.get("lon", ""), of)

    def _set_middle(self, box: list[str]) -> None:
        try:
            south, west, north, east = map(float, box)
        except ValueError:
            return
        if self._now is not None and self._now.center is None:
            self._now.center = middle_of((south, west, north, east))

    def _add_node_of_way(self, values: dict[str, str]) -> None:
        refs = self._outline if self._member else self._now.refs if self._now else []
        try:
            ref = number_of(values["ref"]) if "ref" in values else None
        except ValueError:
            self.objects.losses.add("node reference", "its id is no number")
            return
        if "lat" in values and "lon" in values:
            if at := self._position(values):
                refs.append(self.objects.node_at(ref, at))
        elif ref is not None:
            refs.append(ref)

    def _add_member(self, values: dict[str, Any]) -> None:
        kind = KINDS.get(values.get("type", ""))
        if self._now is None or kind is None:
            return
        try:
            member = Member(kind, number_of(values.get("ref", "")), values.get("role", ""))
        except ValueError:
            self.objects.losses.add("relation member", "its id is no number")
            return
        self._now.members.append(member)
        self._member = member if kind == "w" else None
