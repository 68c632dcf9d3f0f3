"""Values from a link or from a browser: a stranger's text, so each is checked before use."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from core.geo import Area, Bounds, Polygon, Position

_LONGEST_ID = 200
_MOST_DIGITS = 6
MOST_CORNERS = 40
"""Most corners of a drawn area; 20 characters each in a link."""
_EDGES = ("west", "south", "east", "north")
Option = TypeVar("Option", bound=str)


def whole(text: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`; the default where the text is no number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return min(max(int(text), 1), most) if is_number else default


def identifier(text: str) -> str:
    """A possible tile id, "" for any other text; whether the tile exists is checked later."""
    return text if len(text) <= _LONGEST_ID and text.isprintable() else ""


def one_of(text: str | None, options: Collection[Option], default: Option) -> Option:
    """The option of that name, else the default."""
    return next((option for option in options if option == text), default)


def bounds(text: str) -> Bounds | None:
    """West, south, east, north in degrees, None for anything else."""
    parts = text.split(",")
    if len(parts) != len(_EDGES) or len(text) > 100:
        return None
    try:
        return Bounds(*(float(part) for part in parts))
    except ValueError:
        return None


def area(text: str) -> Area | None:
    """A box as of `bounds`, or the corners of a polygon, "lat,lon;lat,lon;…"; None for others."""
    corners = text.split(";")
    if len(corners) == 1:
        return bounds(text)
    if len(corners) > MOST_CORNERS or len(text) > 100 * MOST_CORNERS:
        return None
    return polygon_of([corner.split(",") for corner in corners])


def area_text(within: Area) -> str:
    """An area as `area` reads it."""
    if isinstance(within, Polygon):
        return ";".join(f"{one.lat:.5f},{one.lon:.5f}" for one in within.corners)
    return ",".join(
        f"{edge:.5f}" for edge in (within.west, within.south, within.east, within.north)
    )


def polygon_of(corners: Sequence[Any]) -> Polygon | None:
    """The polygon of corners [latitude, longitude] that a browser reported, None for none."""
    if len(corners) > MOST_CORNERS:
        return None
    try:
        return Polygon(tuple(Position(float(lat), float(lon)) for lat, lon in corners))
    except (TypeError, ValueError):
        return None


def bounds_of(edges: Mapping[Any, Any]) -> Bounds | None:
    """The area that a browser reported, None where it is none."""
    return bounds(",".join(str(edges.get(edge, "")) for edge in _EDGES))


def position_of(spot: Mapping[Any, Any]) -> Position | None:
    """The position that a browser reported, None where it is none."""
    try:
        return Position(float(spot["lat"]), float(spot["lon"]))
    except (KeyError, TypeError, ValueError):
        return None
