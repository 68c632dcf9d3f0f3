"""OpenStreetMap objects of any dialect: their current state, and a sorted file of them.

Editors and servers write objects in any order, with negative ids, with several versions, or with
positions inside the ways. osmium assembles ways and areas only from sorted files with positive
ids, so the objects are collected, numbered again and written to such a file.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import osmium
import shapely

from core.sources.features import IGNORED_KEYS, MapFeature
from core.sources.left_out import Losses

KINDS = {"node": "n", "way": "w", "relation": "r"}
_NAMES = {letter: name for name, letter in KINDS.items()}
_AREA_TAGS = (("type", ("multipolygon", "boundary")), ("area", ("yes", "no")))
"""Tags by which osmium decides whether an object is an area."""

_NO_TAGS: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a relation; `kind` is "n", "w" or "r"."""

    kind: str
    ref: int
    role: str


@dataclass(slots=True)
class OsmObject:
    """A node, way or relation. `version` is 0 and `at` (lat, lon) is None if the file gives none.

    `center` is the middle that stands for a shape in some answers of Overpass.
    """

    kind: str
    id: int
    version: int = 0
    deleted: bool = False
    at: tuple[float, float] | None = None
    center: tuple[float, float] | None = None
    refs: list[int] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


def number_of(text: object) -> int:
    """An id or a version as an integer. Raises ValueError."""
    number = int(str(text))
    if abs(number) >= 1 << 60:
        raise ValueError(f"{text} is too large")
    return number


def _degrees(given: object) -> float:
    """A number as files write it. Raises ValueError, also for "1_5" and digits of other scripts."""
    text = str(given)
    if "_" in text or not text.isascii():
        raise ValueError(f"{text} is no number")
    return float(text)


class OsmObjects:
    """The current objects of one file, by kind and id."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self._of: dict[str, dict[int, OsmObject]] = {"n": {}, "w": {}, "r": {}}
        self._placed: dict[int, tuple[float, float]] = {}
        self._unnamed: dict[tuple[float, float], int] = {}
        self._number: dict[str, dict[int, int]] = {}
        self._back: dict[str, dict[int, int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def position(self, lat: object, lon: object, of: str) -> tuple[float, float] | None:
        """The position that two texts or numbers give; None, and counted, if they give none."""
        try:
            at = _degrees(lat), _degrees(lon)
        except ValueError:
            comma = "," in f"{lat}{lon}"
            why = "has a decimal comma; write a point" if comma else "is no number"
            self.losses.add(of, f"its position {why}")
            return None
        if not (abs(at[0]) <= 90 and abs(at[1]) <= 180):
            self.losses.add(of, "its position is not a latitude and longitude")
            return None
        return at

    def node_at(self, ref: int | None, at: tuple[float, float]) -> int:
        """Id of the node at a position that a way gives itself; new if there is no `ref`.

        New ids lie below all others: the same position gives the same id.
        """
        if ref is None:
            key = (round(at[0], 7), round(at[1], 7))
            ref = self._unnamed.setdefault(key, -(1 << 60) - len(self._unnamed))
        self._placed.setdefault(ref, at)
        return ref

    def add(self, new: OsmObject) -> None:
        """Adds an object. Of several versions the newest counts; two copies of one version, such
        as Overpass writes, complete each other."""
        objects = self._of[new.kind]
        known = objects.get(new.id)
        if known is None:
            objects[new.id] = new
        elif new.version and known.version and new.version != known.version:
            self.losses.add("older version", "only the newest version of an object counts")
            if new.version > known.version:
                objects[new.id] = new
        else:
            if (known.at and new.at and known.at != new.at) or (
                known.refs and new.refs and known.refs != new.refs
            ):
                what = f"second {_NAMES[new.kind]}"
                self.losses.add(what, "the file has another one of its id before it")
            known.version = known.version or new.version
            known.deleted |= new.deleted
            known.at = known.at or new.at
            known.center = known.center or new.center
            known.refs = known.refs or new.refs
            known.members = known.members or new.members
            known.tags = known.tags or new.tags

    def add_outline(self, member: Member, refs: list[int]) -> None:
        """Adds the nodes of a member way that a relation gives itself."""
        if refs:
            self.add(OsmObject(member.kind, member.ref, refs=refs))

    def settle(self) -> None:
        """Drops deleted objects and numbers the rest: ids above 0 stay, the others follow."""
        for kind, objects in self._of.items():
            deleted = [one.id for one in objects.values() if one.deleted]
            for one in deleted:
                del objects[one]
            self.losses.add(f"deleted {_NAMES[kind]}", "it is no longer on the map", len(deleted))
        nodes = self._of["n"]
        for ref, at in self._placed.items():
            if ref not in nodes:
                nodes[ref] = OsmObject("n", ref, at=at, tags=_NO_TAGS)
            elif nodes[ref].at is None:
                nodes[ref].at = at
        self._count_unplaced()
        pointless = [one for one in self._of["w"].values() if self._is_bare(one) and not one.center]
        self.losses.add("way", "the file gives it no nodes", len(pointless))
        for kind, objects in self._of.items():
            top = max((one for one in objects if one > 0), default=0)
            others = sorted((one for one in objects if one <= 0), reverse=True)
            self._number[kind] = {one: top + row for row, one in enumerate(others, 1)}
            self._back[kind] = {top + row: one for row, one in enumerate(others, 1)}

    def _count_unplaced(self) -> None:
        nodes = self._of["n"]
        bare = [one.id for one in nodes.values() if one.at is None]
        self.losses.add(
            "node", "the file gives it no position", sum(bool(nodes[one].tags) for one in bare)
        )
        for one in bare:
            del nodes[one]

    def original(self, kind: str, number: int) -> OsmObject:
        """The object with a number of the sorted file."""
        return self._of[kind][self._back[kind].get(number, number)]

    def centers(self) -> Iterator[MapFeature]:
        """Points for the objects with tags of which the file has only the middle."""
        for kind in ("w", "r"):
            for one in self._sorted(kind):
                if one.center and self._is_bare(one):
                    point = shapely.Point(one.center[1], one.center[0])
                    self.losses.add(
                        f"{_NAMES[kind]} outline",
                        "the file has only its middle, which is read as a point",
                    )
                    tags = {
                        key: value
                        for key, value in without_type(one.tags).items()
                        if key not in IGNORED_KEYS
                    }
                    yield MapFeature(f"{kind}{one.id}", point, tags)

    def _is_bare(self, one: OsmObject) -> bool:
        """Whether a way or an area with tags has no outline in the file."""
        if one.kind == "w":
            return bool(one.tags) and not one.refs
        ways = self._of["w"]
        return one.tags.get("type") in ("multipolygon", "boundary") and not any(
            member.kind == "w" and member.ref in ways and ways[member.ref].refs
            for member in one.members
        )

    def _sorted(self, kind: str) -> list[OsmObject]:
        numbers = self._number[kind]
        return sorted(self._of[kind].values(), key=lambda one: numbers.get(one.id, one.id))

    def sorted_file(self) -> Any:
        """A sorted file in memory, in the format OPL, with ids above 0.

        Of the tags it has only those that osmium needs for areas, and a mark for the others.
        """
        lines = [self._node_line(one) for one in self._sorted("n")]
        lines += [self._way_line(one) for one in self._sorted("w") if one.refs]
        lines += [
            self._relation_line(one)
            for one in self._sorted("r")
            if not (one.center and self._is_bare(one))
        ]
        return osmium.io.FileBuffer("".join(lines).encode(), "opl")

    def _of_number(self, kind: str, ref: int) -> int:
        """The number of an object; that of one that is not in the file is used by no other."""
        if ref in self._of[kind]:
            return self._number[kind].get(ref, ref)
        return ref if ref > 0 else (1 << 61) - ref

    def _node_line(self, one: OsmObject) -> str:
        lat, lon = one.at or (0.0, 0.0)
        return f"n{self._of_number('n', one.id)} x{lon:.7f} y{lat:.7f}{_marks(one)}\n"

    def _way_line(self, one: OsmObject) -> str:
        nodes = ",".join(f"n{self._of_number('n', ref)}" for ref in one.refs)
        return f"w{self._of_number('w', one.id)} N{nodes}{_marks(one)}\n"

    def _relation_line(self, one: OsmObject) -> str:
        members = ",".join(
            f"{member.kind}{self._of_number(member.kind, member.ref)}"
            f"@{member.role if member.role in ('inner', 'outer') else ''}"
            for member in one.members
        )
        return f"r{self._of_number('r', one.id)} M{members}{_marks(one)}\n"


def _marks(one: OsmObject) -> str:
    if not one.tags:
        return ""
    areas = [f",{key}={one.tags[key]}" for key, values in _AREA_TAGS if one.tags.get(key) in values]
    return f" Ttagged=yes{''.join(areas)}"


def without_type(tags: dict[str, str]) -> dict[str, str]:
    """Tags of a relation without the one that says how its members are joined."""
    return {key: value for key, value in tags.items() if key != "type"}


def middle_of(box: tuple[float, float, float, float]) -> tuple[float, float] | None:
    """Middle (lat, lon) of a box south, west, north, east."""
    south, west, north, east = box
    return ((south + north) / 2, (west + east) / 2) if all(map(math.isfinite, box)) else None
