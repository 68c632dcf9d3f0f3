"""The visible scene of a viewpoint."""

from dataclasses import dataclass

SECTORS = 36
"""Sectors of `VisibleScene.walls_m`; the first is from 0 to 10 degrees."""


@dataclass(frozen=True, slots=True)
class VisibleObject:
    """One thing, or `count` things of a kind that stand together.

    `words` are adjectives, `name` is its written name ("" if none). `distance_m` and
    `bearing_deg` are those of its nearest visible point; `extent_deg` is the angle it fills,
    `size_m` the root of its area. `rarity` is 0 for the most common kind of the map and nears 1
    for a kind that occurs once.
    """

    kind: str
    words: tuple[str, ...]
    name: str
    group: str
    distance_m: float
    bearing_deg: float
    extent_deg: float
    size_m: float
    rarity: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Way:
    """The street, path or square of the viewpoint; left and right are seen along `bearing_deg`,
    which is None on a square."""

    kind: str
    surface: str
    name: str
    group: str
    bearing_deg: float | None
    lanes: int
    is_one_way: bool
    is_bridge: bool
    has_tram: bool
    has_cycle_lane: bool
    trees_left: bool
    trees_right: bool


@dataclass(frozen=True, slots=True)
class VisibleScene:
    """Everything visible from a viewpoint.

    `corner` is the junction at the viewpoint, with the name of the other street; `junctions` are
    further ones. `inside` are the parks, grounds and the like around the viewpoint, smallest
    first; `things` are the rest, nearest first. `walls_m` [36] is the distance to the first wall
    by sector, inf if there is none.
    """

    way: Way | None
    corner: VisibleObject | None
    junctions: tuple[VisibleObject, ...]
    inside: tuple[VisibleObject, ...]
    things: tuple[VisibleObject, ...]
    walls_m: tuple[float, ...]
