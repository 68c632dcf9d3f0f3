"""Waters by their width, as they look from above."""

import numpy as np
import shapely

from core.arrays import Objects
from core.facts.things import Fact, Things

_WIDE_M, _NARROW_M = 14.0, 9.0
_WIDE_M2 = 2_000.0


def water_things(shapes: Objects) -> Things:
    """Facts about W waters with their `shapes` in metres: wide ones and narrow ones."""
    wide = ~shapely.is_empty(shapely.buffer(shapes, -_WIDE_M / 2))
    wide &= shapely.area(shapes) >= _WIDE_M2
    narrow = shapely.is_empty(shapely.buffer(shapes, -_NARROW_M / 2))
    rows = [*np.flatnonzero(wide), *np.flatnonzero(narrow)]
    texts = ["wide stretch of water"] * int(wide.sum()) + ["narrow strip of water"] * int(
        narrow.sum()
    )
    return Things(shapes[rows], [Fact(text, text, [], view="outline") for text in texts])
