"""Looks of mapped shapes in an aerial photograph: colour without shadow, green, clutter."""

from dataclasses import dataclass, fields

import numpy as np
import shapely

from core.arrays import F32, I32, I64, Objects
from core.facts.aerial.colours import COLOUR_WORDS, NO_COLOUR, colour_codes
from core.facts.aerial.photograph import Block

_SHADOW_L = 22.0
"""Darker pixels lie in shadow, or are so dark that their colour cannot be told."""
_FEWEST_PX = 24
_MOST_PX = 500
_SUNLIT = 40
"""The lightest 60 of 100 pixels of a roof are its sunlit side, by which people name its colour."""
_GLARING = frozenset({"white", "light grey"})
_CLUTTER = 13.0
"""Distance in CIELAB from the median of the ground from which a pixel is another thing."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks of N shapes; NaN, or `NO_COLOUR`, where a shape is not in the photograph.

    `lab` [N, 3] is the median colour of the lit pixels, `code` [N] its row in `COLOUR_WORDS`,
    `agreement` the share of lit pixels of the same name; `roof_code` and `roof_agreement` [N] are
    the same of the sunlit side, `lit` the share of pixels outside shadow, `green` the share of
    plants, `clutter` the share of other pixels that differ from the median.
    """

    lab: F32
    code: I64
    agreement: F32
    roof_code: I64
    roof_agreement: F32
    lit: F32
    green: F32
    clutter: F32

    def word(self, row: int) -> str:
        """The colour word of a shape, "" for none."""
        return _word(int(self.code[row]))

    def roof_word(self, row: int) -> str:
        """The colour word of a roof, "" for none."""
        return _word(int(self.roof_code[row]))

    def part(self, start: int, stop: int) -> "Looks":
        """The looks of some of the shapes."""
        rows = slice(start, stop)
        return Looks(*(getattr(self, field.name)[rows] for field in fields(self)))


def _word(code: int) -> str:
    return "" if code == NO_COLOUR else COLOUR_WORDS[code]


class LooksMeter:
    """Measures N polygons (degrees) block by block; a pixel belongs to the shape with the highest
    `over` [N]."""

    def __init__(self, shapes: Objects, over: I32) -> None:
        count = len(shapes)
        self.looks = Looks(
            np.full((count, 3), np.nan, dtype=np.float32),
            np.full(count, NO_COLOUR, dtype=np.int64),
            np.full(count, np.nan, dtype=np.float32),
            np.full(count, NO_COLOUR, dtype=np.int64),
            *(np.full(count, np.nan, dtype=np.float32) for _ in range(4)),
        )
        self._shapes, self._over = shapes, over
        self._largest = np.zeros(count, dtype=np.int64)
        self._tree = shapely.STRtree(shapes)

    def add(self, block: Block) -> I32:
        """Measures the shapes of a block; returns the picture [S, S] of their rows + 1."""
        edges = block.bounds
        near = self._tree.query(shapely.box(edges.west, edges.south, edges.east, edges.north))
        near = near[np.argsort(self._over[near], kind="stable")]
        labels = block.drawn(self._shapes[near], (near + 1).astype(np.int32))
        _measure(block, labels, self.looks, self._largest)
        return labels


def _measure(block: Block, labels: I32, looks: Looks, largest: I64) -> None:
    """Measures the shapes of one block that have more pixels in it than in those before."""
    flat = np.where(block.valid, labels, 0).ravel()
    order = np.flatnonzero(flat)
    if not len(order):
        return
    order = order[np.argsort(flat[order], kind="stable")]
    ids, starts = np.unique(flat[order], return_index=True)
    stops = np.append(starts[1:], len(order))
    for shape, start, stop in zip((ids - 1).tolist(), starts, stops, strict=True):
        if stop - start <= max(largest[shape], _FEWEST_PX):
            continue
        largest[shape] = stop - start
        step = -(-(stop - start) // _MOST_PX)
        _look(block.lab(order[start:stop:step]), shape, looks)


def _look(lab: F32, shape: int, looks: Looks) -> None:
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    is_green = (chroma > 9) & (hue > 98) & (hue < 170)
    is_lit = lab[:, 0] > _SHADOW_L
    looks.lit[shape] = is_lit.mean()
    looks.green[shape] = is_green.mean()
    lit = lab[is_lit]
    if len(lit) < _FEWEST_PX // 2:
        return
    median = np.median(lit, axis=0)
    looks.lab[shape] = median
    looks.code[shape], looks.agreement[shape] = _named(median, lit)
    sunlit = lit[lit[:, 0] >= np.percentile(lit[:, 0], _SUNLIT)]
    code, agreement = _named(np.median(sunlit, axis=0), sunlit)
    if _word(code) not in _GLARING or code == looks.code[shape]:  # slates glare, white roofs do not
        looks.roof_code[shape], looks.roof_agreement[shape] = code, agreement
    ground = lit[~is_green[is_lit]]
    if len(ground) >= _FEWEST_PX // 2:
        apart = np.linalg.norm(ground - np.median(ground, axis=0), axis=1)
        looks.clutter[shape] = (apart > _CLUTTER).mean()


def _named(median: F32, lab: F32) -> tuple[int, float]:
    """The row of a colour in `COLOUR_WORDS`, and the share of pixels [N, 3] of the same name."""
    codes = colour_codes(np.concatenate([median[None], lab]))
    return int(codes[0]), float((codes[1:] == codes[0]).mean()) if codes[0] != NO_COLOUR else 0.0
