"""Writes one map in every dialect of OpenStreetMap's programs and servers."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import osmium

Element = ET.Element

_TOP = 10**6
"""More than any id of a tiny map."""


def _parts(source: Path) -> list[Element]:
    return [part for part in ET.parse(source).getroot() if part.tag != "bounds"]


def _of(parts: list[Element], *tags: str) -> list[Element]:
    return [part for part in parts if part.tag in tags]


def _write(to: Path, parts: list[Element], generator: str) -> None:
    root = ET.Element("osm", version="0.6", generator=generator)
    root.extend(parts)
    ET.ElementTree(root).write(to, encoding="utf-8", xml_declaration=True)


def _places(parts: list[Element]) -> dict[str, dict[str, str]]:
    return {
        one.get("id", ""): {"lat": one.get("lat", ""), "lon": one.get("lon", "")}
        for one in _of(parts, "node")
    }


def sorted_pbf(source: Path, to: Path) -> None:
    with osmium.SimpleWriter(str(to)) as writer:
        for item in osmium.FileProcessor(str(source)):
            writer.add(item)


def josm(source: Path, to: Path) -> None:
    """New objects of JOSM: negative ids, newest first, and one that was deleted."""
    parts = _parts(source)
    for part in parts:
        part.attrib.pop("version", None)
        part.set("id", f"-{part.get('id')}")
        part.set("action", "modify")
        part.set("visible", "true")
        for inner in part:
            if inner.get("ref"):
                inner.set("ref", f"-{inner.get('ref')}")
    gone = ET.Element("node", id=str(_TOP), action="delete", version="3", lat="60.17", lon="24.94")
    ET.SubElement(gone, "tag", k="amenity", v="casino")
    parts.append(gone)
    _write(to, parts[::-1], "JOSM")


def ways_first(source: Path, to: Path) -> None:
    """`out body; >; out skel qt;` of Overpass: what has tags, then all nodes without tags."""
    parts = _parts(source)
    with_tags = [part for part in parts if part.find("tag") is not None]
    skeletons = [
        ET.Element("node", {"id": one.get("id", ""), **place})
        for one, place in zip(_of(parts, "node"), _places(parts).values(), strict=True)
    ]
    others = [part for part in _of(parts, "way") if part.find("tag") is None]
    _write(to, with_tags[::-1] + skeletons[::-1] + others, "Overpass API")


def out_geom(source: Path, to: Path) -> None:
    """`out geom;` of Overpass: ways and relations bring their positions, nodes only their tags."""
    parts = _parts(source)
    places = _places(parts)
    corners = {
        one.get("id"): [places[nd.get("ref", "")] for nd in one.iter("nd")]
        for one in _of(parts, "way")
    }
    for way in _of(parts, "way"):
        for nd in way.iter("nd"):
            nd.attrib.update(places[nd.get("ref", "")])
    for relation in _of(parts, "relation"):
        for member in relation.iter("member"):
            for corner in corners.get(member.get("ref"), []):
                ET.SubElement(member, "nd", corner)
    _write(to, [part for part in parts if part.find("tag") is not None], "Overpass API")


def locations_on_ways(source: Path, to: Path) -> None:
    """As `osmium add-locations-to-ways` leaves a file: no nodes without tags."""
    file = osmium.io.File(str(to), f"{to.name.partition('.')[2]},locations_on_ways=true")
    with osmium.SimpleWriter(file) as writer:
        for item in osmium.FileProcessor(str(source)).with_locations():
            if not item.is_node() or len(item.tags):
                writer.add(item)


def unsorted(source: Path, to: Path) -> None:
    parts = _parts(source)
    random.Random(7).shuffle(parts)
    _write(to, parts, "a script")


def unsorted_pbf(source: Path, to: Path) -> None:
    shuffled = to.with_name("shuffled.osm")
    unsorted(source, shuffled)
    sorted_pbf(shuffled, to)
    shuffled.unlink()


def history(source: Path, to: Path) -> None:
    """Every version of each object; what is here now is the second one."""
    parts = []
    for part in _parts(source):
        old = ET.fromstring(ET.tostring(part))
        for tag in old.iter("tag"):
            tag.set("v", f"former {tag.get('v')}")
        old.set("version", "1")
        part.set("version", "2")
        parts += [old, part]
    place = {"id": str(_TOP), "lat": "60.17", "lon": "24.94"}
    closed = ET.Element("node", {**place, "version": "1", "visible": "true"})
    ET.SubElement(closed, "tag", k="amenity", v="casino")
    gone = ET.Element("node", id=str(_TOP), version="2", visible="false")
    nodes = [*_of(parts, "node"), closed, gone]
    _write(to, nodes + _of(parts, "way", "relation"), "osmium")


def history_pbf(source: Path, to: Path) -> None:
    whole = to.with_name("history.osm")
    history(source, whole)
    with osmium.SimpleWriter(osmium.io.File(str(to), "osh.pbf")) as writer:
        for item in osmium.FileProcessor(osmium.io.File(str(whole), "osh")):
            writer.add(item)
    whole.unlink()


def _json_parts(source: Path) -> list[dict[str, Any]]:
    rows = []
    for part in _parts(source):
        row: dict[str, Any] = {"type": part.tag, "id": int(part.get("id", ""))}
        if part.tag == "node":
            row |= {"lat": float(part.get("lat", "")), "lon": float(part.get("lon", ""))}
        if part.tag == "way":
            row["nodes"] = [int(nd.get("ref", "")) for nd in part.iter("nd")]
        if part.tag == "relation":
            row["members"] = [
                {"type": one.get("type"), "ref": int(one.get("ref", "")), "role": one.get("role")}
                for one in part.iter("member")
            ]
        if tags := {tag.get("k"): tag.get("v") for tag in part.iter("tag")}:
            row["tags"] = tags
        rows.append(row)
    return rows


def overpass_json(source: Path, to: Path) -> None:
    rows = _json_parts(source)
    tagged = [row for row in rows if "tags" in row]
    bare = [{key: row[key] for key in row if key != "tags"} for row in rows]
    _write_json(to, tagged[::-1] + bare)


def overpass_json_geom(source: Path, to: Path) -> None:
    """`[out:json]; … out tags geom;`: positions without the ids of the nodes."""
    rows = _json_parts(source)
    places = {
        row["id"]: {"lat": row["lat"], "lon": row["lon"]} for row in rows if row["type"] == "node"
    }
    ways = {
        row["id"]: [places[ref] for ref in row.pop("nodes")] for row in rows if row["type"] == "way"
    }
    for row in rows:
        if row["type"] == "way":
            row["geometry"] = ways[row["id"]]
        for member in row.get("members", ()):
            member["geometry"] = ways.get(member["ref"], [])
    _write_json(to, [row for row in rows if "tags" in row])


def _write_json(to: Path, rows: list[dict[str, Any]]) -> None:
    document = {
        "version": 0.6,
        "generator": "Overpass API 0.7.62",
        "osm3s": {"timestamp_osm_base": "2026-01-01T00:00:00Z"},
        "elements": rows,
    }
    to.write_text(json.dumps(document), encoding="utf-8")


DIALECTS: dict[str, Callable[[Path, Path], None]] = {
    "sorted.osm.pbf": sorted_pbf,
    "josm.osm": josm,
    "ways-first.osm": ways_first,
    "geom.osm": out_geom,
    "located.osm": locations_on_ways,
    "located.osm.pbf": locations_on_ways,
    "unsorted.osm": unsorted,
    "unsorted.osm.pbf": unsorted_pbf,
    "history.osm": history,
    "history.osh.pbf": history_pbf,
    "overpass.json": overpass_json,
    "geom.json": overpass_json_geom,
}
"""File name and writer of each dialect; the first is the reference."""
