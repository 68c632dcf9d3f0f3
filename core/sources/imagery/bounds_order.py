"""Bounds whose four numbers stand in another order than west, south, east, north.

Latitude and longitude are easily swapped, and the numbers are a valid box elsewhere on the earth
then. Another order is told where it lies on the map that is read with the pictures and the given
one does not, or where it makes the picture's pixels square and the given one does not.
"""

import math
from collections.abc import Mapping
from typing import Final

from core.errors import SourceError
from core.geo import Bounds

_ORDERS: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "south, west, north, east": (1, 0, 3, 2),
    "west, east, south, north": (0, 2, 1, 3),
    "south, north, west, east": (2, 0, 3, 1),
}
"""For each order in which people write bounds, the places of west, south, east and north in it."""
_SQUARE, _STRETCHED = 0.03, 0.12
"""Up to the first share a pixel's sides are equal (bounds are rounded), from the second they are
not: our choice."""
_ALIKE = 4.0
"""A picture is not so many times as wide by another order of its bounds."""
_HUGE = 100.0
"""A box as many times as wide as the one of another order is that of a misread order."""


def check_order(
    name: str, given: Bounds, width_px: int, height_px: int, area: Bounds | None
) -> None:
    """Raises SourceError where another order of the bounds of a picture fits better.

    `area` is that of the map, None for imagery alone. A picture with equal degrees in both
    directions says nothing by its pixels.
    """
    numbers = (given.west, given.south, given.east, given.north)
    for order, places in _ORDERS.items():
        try:
            other = Bounds(*(numbers[place] for place in places))
        except ValueError:
            continue
        if _fits_better(given, other, width_px, height_px, area):
            lies = "on the map" if area is not None else "where the picture is not distorted"
            raise SourceError(
                f"the bounds of {name[:60]!r} seem to be {order}: read like that, it lies {lies}; "
                f"write them as west, south, east, north (longitude first)"
            )


def _fits_better(
    given: Bounds, other: Bounds, width_px: int, height_px: int, area: Bounds | None
) -> bool:
    if max(other.east - other.west, other.north - other.south) > _ALIKE * (
        max(given.east - given.west, given.north - given.south)
    ):
        return False
    is_huge = given.east - given.west > _HUGE * (other.east - other.west)
    if area is not None:
        return other.overlaps(area) and (is_huge or not given.overlaps(area))
    degrees = (given.east - given.west) / (given.north - given.south)
    is_even = abs(math.log(degrees * height_px / width_px)) < _SQUARE
    is_stretched = _stretch(given, width_px, height_px) > _STRETCHED and not is_even
    return _stretch(other, width_px, height_px) < _SQUARE and (is_huge or is_stretched)


def _stretch(box: Bounds, width_px: int, height_px: int) -> float:
    """The logarithm of a pixel's width on the ground by its height, without its sign."""
    across = (box.east - box.west) * math.cos(math.radians(box.center.lat)) / width_px
    return abs(math.log(max(across, 1e-12) / ((box.north - box.south) / height_px)))
