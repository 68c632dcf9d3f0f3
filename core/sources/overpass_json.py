"""Reads the JSON of Overpass: `out json` with bodies, geometries or centres."""

from typing import Any

from core.sources.left_out import Losses
from core.sources.osm_objects import KINDS, Member, OsmObject, OsmObjects, middle_of, number_of

_BOX = ("minlat", "minlon", "maxlat", "maxlon")


def is_overpass(document: Any) -> bool:
    """Whether a JSON document is an answer of Overpass."""
    return isinstance(document, dict) and isinstance(document.get("elements"), list)


def read_overpass(document: dict[str, Any], losses: Losses) -> OsmObjects:
    """Reads the objects of an answer; what is malformed is counted."""
    objects = OsmObjects(losses)
    for element in document["elements"]:
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in KINDS:
            losses.add("element", "it is no node, way or relation")
            continue
        try:
            _add(element, objects)
        except (AttributeError, KeyError, TypeError, ValueError):
            losses.add(kind, "it is not as Overpass writes it")
    if remark := document.get("remark"):
        losses.add("unfinished answer", f"the server says: {remark}"[:200])
    objects.settle()
    return objects


def _add(element: dict[str, Any], objects: OsmObjects) -> None:
    kind = KINDS[element["type"]]
    new = OsmObject(kind, number_of(element["id"]), number_of(element.get("version", 0)))
    new.deleted = element.get("visible", True) is False
    new.tags = {
        key: str(value)
        for key, value in (element.get("tags") or {}).items()
        if key and isinstance(value, (str, int, float)) and value != ""
    }
    if "lat" in element or "lon" in element:
        new.at = objects.position(element.get("lat"), element.get("lon"), element["type"])
        if new.at is None:
            return
    if center := element.get("center"):
        new.center = objects.position(center["lat"], center["lon"], "position")
    elif box := element.get("bounds"):
        south, west, north, east = (float(box[edge]) for edge in _BOX)
        new.center = middle_of((south, west, north, east))
    if kind == "w":
        new.refs = _refs(element.get("nodes"), element.get("geometry"), objects)
    for raw in element.get("members") or ():
        member = Member(KINDS[raw["type"]], number_of(raw["ref"]), str(raw.get("role", "")))
        new.members.append(member)
        if member.kind == "w" and raw.get("geometry"):
            objects.add_outline(member, _refs(None, raw["geometry"], objects))
    objects.add(new)


def _refs(nodes: Any, geometry: Any, objects: OsmObjects) -> list[int]:
    """Ids of the nodes of a way; points of the geometry that Overpass cut off are null."""
    if not geometry:
        return [number_of(ref) for ref in nodes or ()]
    same = bool(nodes) and len(nodes) == len(geometry)
    refs = []
    for row, point in enumerate(geometry):
        ref = number_of(nodes[row]) if same else None
        at = objects.position(point["lat"], point["lon"], "position") if point else None
        if at is not None:
            refs.append(objects.node_at(ref, at))
        elif ref is not None:
            refs.append(ref)
    return refs
