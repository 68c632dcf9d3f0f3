"""Signposts: lines that name what is elsewhere, told by an arrow, a distance, or their place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from core.describe.streetview.scene import Sign

_SMALL: Final = 0.022
"""Letters on a signpost are lower than this share of the picture; those on a house are larger,
unless it is far."""
_BESIDE: Final = 0.12
_BELOW: Final = 4.0
"""Lines of one post: how far apart, as a share of the width, and in heights of their letters."""
_LEAST_LINES: Final = 2
_ARROWS: Final = "←→↑"
"""Those of PP-OCR's letters; an arrow that is drawn beside the text is mostly not read."""
_AWAY: Final = re.compile(rf"[{_ARROWS}]|\b\d+(?:[.,]\d+)? ?k?m\b(?!/)", re.IGNORECASE)
"""An arrow or a distance, but no speed."""
DESTINATIONS: Final = frozenset(
    {
        "airport",
        "beach",
        "bus station",
        "camping site",
        "car park",
        "castle",
        "cemetery",
        "church",
        "ferry terminal",
        "golf course",
        "hospital",
        "lake",
        "library",
        "museum",
        "police station",
        "port",
        "school",
        "sports centre",
        "sports hall",
        "stadium",
        "swimming pool",
        "tourist information",
        "town hall",
        "train station",
        "zoo",
    }
)
"""Kinds that signposts name, in words of the table of kinds."""


def pointing(signs: Iterable[Sign]) -> Iterator[Sign]:
    """The signs; those that tell where something is are marked as pointing away, without arrows.

    They are small lines of one post if one of them names a usual destination, a line with an arrow
    or a distance, and the small lines beside it.
    """
    left = list(signs)
    small = [sign for sign in left if 0 < sign.size < _SMALL]
    away = {sign.text for sign in left if _AWAY.search(sign.text)}
    for post in _posts(small):
        named = len(post) >= _LEAST_LINES and any(one.meaning in DESTINATIONS for one in post)
        if named or any(one.text in away for one in post):
            away |= {sign.text for sign in post}
    for sign in left:
        if sign.text in away:
            yield replace(sign, text=sign.text.strip(f"{_ARROWS} "), points_away=True)
        else:
            yield sign


def _posts(signs: list[Sign]) -> Iterator[list[Sign]]:
    """Groups of signs that hang above or beside each other."""
    waiting = list(signs)
    while waiting:
        post = [waiting.pop()]
        for member in post:  # grows while it is walked
            near = [sign for sign in waiting if _close(member, sign)]
            post.extend(near)
            waiting = [sign for sign in waiting if sign not in near]
        yield post


def _close(one: Sign, other: Sign) -> bool:
    beside = abs(one.x - other.x) <= _BESIDE
    return beside and abs(one.y - other.y) <= _BELOW * max(one.size, other.size)
