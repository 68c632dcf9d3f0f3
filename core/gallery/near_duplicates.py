"""Near duplicates: tiles far apart that no description can tell from each other."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.gallery.opened import Gallery
from core.geo import local_metres

By = Literal["facts", "image"]
"""Channel whose embeddings are compared: of the tile's text or of its picture."""

APART_M = 150.0
"""Tiles nearer than this share part of their area and are similar for that reason."""

MIN_SIMILARITY: dict[By, float] = {"facts": 0.97, "image": 0.97}
"""Similarity from which two tiles count as near duplicates."""

_CLOSEST = 3
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Partners:
    """For each of N tiles, the most similar tile that is far enough away.

    `row` is -1 and `similarity` -inf if no tile is. Of equals it is the first.
    """

    row: I64
    similarity: F32


@dataclass(frozen=True, slots=True)
class LookAlikePair:
    """Two near duplicates; `a` comes first in the gallery."""

    a: int
    b: int
    similarity: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Near duplicates of a gallery: `count` tiles have one; `pairs` has each tile at most once.

    If there are none, `pairs` holds the few most similar pairs.
    """

    by: By
    at_least: float
    count: int
    pairs: tuple[LookAlikePair, ...]


def partners(embeddings: F32, lats: F64, lons: F64, apart_m: float) -> Partners:
    """Finds the most similar tile at least `apart_m` away, by unit embeddings [N, D].

    Each pair is compared once, in blocks, so that memory stays small.
    """
    x, y = _metres(lats, lons)
    count = len(embeddings)
    row = np.full(count, -1, dtype=np.int64)
    best = np.full(count, -np.inf, dtype=np.float32)
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        similarity = embeddings[start:stop] @ embeddings[start:].T
        near = (x[start:stop, None] - x[None, start:]) ** 2
        near += (y[start:stop, None] - y[None, start:]) ** 2
        similarity[near < apart_m**2] = -np.inf
        _update_best(row, best, np.arange(start, stop), similarity, start)
        later = similarity[:, stop - start :]
        if later.shape[1]:
            _update_best(row, best, np.arange(stop, count), later.T, start)
    return Partners(row, best)


def _update_best(row: I64, best: F32, of: I64, similarity: F32, start: int) -> None:
    """Takes over better partners; blocks come in order, so that of equals the first stays."""
    at = similarity.argmax(axis=1)
    highest = similarity[np.arange(len(of)), at]
    better = highest > best[of]
    best[of[better]] = highest[better]
    row[of[better]] = at[better] + start


def _metres(lats: F64, lons: F64) -> tuple[F32, F32]:
    """Metres east and north of the first tile, exact to a fraction of a metre within a city."""
    middle = lats.mean() if len(lats) else 0.0
    east, north = local_metres(lats - lats[:1], lons - lons[:1], middle)
    return east.astype(np.float32), north.astype(np.float32)


def look_alikes(gallery: Gallery, by: By, most: int = 60) -> LookAlikes:
    """Pairs of near duplicates by a channel of the gallery, most similar first."""
    embeddings = _embeddings(gallery, by)
    nearest = partners(embeddings, gallery.lats, gallery.lons, APART_M)
    x, y = _metres(gallery.lats, gallery.lons)
    count = int((nearest.similarity >= MIN_SIMILARITY[by]).sum())
    pairs: list[LookAlikePair] = []
    taken: set[int] = set()
    for a in np.argsort(-nearest.similarity, kind="stable").tolist():
        b, similarity = int(nearest.row[a]), nearest.similarity[a]
        is_full = len(pairs) == (most if count else _CLOSEST)
        if b < 0 or is_full or (count and similarity < MIN_SIMILARITY[by]):
            break
        if a in taken or b in taken:
            continue
        taken |= {a, b}
        distance_m = float(np.hypot(x[a] - x[b], y[a] - y[b]))
        pairs.append(LookAlikePair(min(a, b), max(a, b), float(similarity), distance_m))
    return LookAlikes(by, MIN_SIMILARITY[by], count, tuple(pairs))


def channels_of(gallery: Gallery) -> tuple[By, ...]:
    """Channels by which tiles of a gallery can be compared."""
    image: tuple[By, ...] = ("image",) if gallery.card.picture_models else ()
    return (*(("facts",) if len(gallery.tile_index) else ()), *image)


def _embeddings(gallery: Gallery, by: By) -> F32:
    rows = np.arange(len(gallery), dtype=np.int64)
    if by == "facts":
        return gallery.tile_index.embeddings(rows)
    return gallery.picture_index(gallery.picture_stamp().key).embeddings(rows)
