"""What is seen from one viewpoint, frozen. Knows neither maps nor sentences."""

from dataclasses import dataclass

SECTORS = 36
"""Directions `VisibleScene.walls_m` tells apart, the first from north to 10 degrees."""


@dataclass(frozen=True, slots=True)
class VisibleObject:
    """One thing, or `count` of a kind that stand together.

    `words` are adjectives, `name` is what is written on it ("" where nothing). `distance_m` and
    `bearing_deg` lead to its nearest visible point; `extent_deg` is the angle it fills, `size_m`
    the root of its area. `rarity` is 0 for the commonest kind of
    the map and 1 for a kind that occurs once.
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
    """The street, path or square stood on; left and right are those of who looks along
    `bearing_deg`, which is None on a square."""

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
    """All that is seen from a viewpoint.

    `corner` is the junction stood at, its name that of the other street; `junctions` are further
    ones along the street. `inside` are the parks, grounds and the like around the viewpoint,
    smallest first; `things` the rest, nearest first.
    `walls_m` [36] tells how far off the first wall is, inf where there is none.
    """

    way: Way | None
    corner: VisibleObject | None
    junctions: tuple[VisibleObject, ...]
    inside: tuple[VisibleObject, ...]
    things: tuple[VisibleObject, ...]
    walls_m: tuple[float, ...]
