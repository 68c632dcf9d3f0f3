"""Tiles far from each other that read or look the same: no description can tell them apart."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.gallery.opened import Gallery
from core.geo import local_metres

By = Literal["facts", "image"]
"""The channel whose embeddings are compared: of what is known of a tile, or of its picture."""

APART_M = 150.0
"""Nearer than this, tiles share ground and are alike for that reason."""

ALIKE: dict[By, float] = {"facts": 0.97, "image": 0.97}
"""The similarity from which two tiles count as alike."""

_CLOSEST = 3
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Partners:
    """For each of N tiles the most similar tile that lies apart from it, and how similar it is.

    `row` is -1 and `similarity` -inf where none lies apart. Of equals it is the first.
    """

    row: I64
    similarity: F32


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Two tiles that are alike; `a` is the first of them in the gallery."""

    a: int
    b: int
    similarity: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class LookAlike:
    """What is alike in a gallery: `count` tiles have a twin; `pairs` has each tile once at most.

    Where there are no twins, `pairs` holds the few that come nearest to being some.
    """

    by: By
    at_least: float
    count: int
    pairs: tuple[LookAlikes, ...]


def partners(embeddings: F32, lats: F64, lons: F64, apart_m: float) -> Partners:
    """The most similar tile of each, at least `apart_m` away, by unit embeddings [N, D].

    Each pair is looked at once, in blocks, so that memory stays small.
    """
    x, y = _metres(lats, lons)
    count = len(embeddings)
    row = np.full(count, -1, dtype=np.int64)
    best = np.full(count, -np.inf, dtype=np.float32)
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        alike = embeddings[start:stop] @ embeddings[start:].T
        near = (x[start:stop, None] - x[None, start:]) ** 2
        near += (y[start:stop, None] - y[None, start:]) ** 2
        alike[near < apart_m**2] = -np.inf
        _keep(row, best, np.arange(start, stop), alike, start)
        later = alike[:, stop - start :]
        if later.shape[1]:
            _keep(row, best, np.arange(stop, count), later.T, start)
    return Partners(row, best)


def _keep(row: I64, best: F32, of: I64, alike: F32, start: int) -> None:
    """Takes what is better than before: blocks come in order, so that of equals the first stays."""
    at = alike.argmax(axis=1)
    found = alike[np.arange(len(of)), at]
    better = found > best[of]
    best[of[better]] = found[better]
    row[of[better]] = at[better] + start


def _metres(lats: F64, lons: F64) -> tuple[F32, F32]:
    """Metres east and north of the first; right to a fraction of a metre within a city."""
    middle = lats.mean() if len(lats) else 0.0
    east, north = local_metres(lats - lats[:1], lons - lons[:1], middle)
    return east.astype(np.float32), north.astype(np.float32)


def look_alikes(gallery: Gallery, by: By, most: int = 60) -> LookAlike:
    """The pairs of tiles that are alike by a channel of the gallery, most similar first."""
    embeddings = _embeddings(gallery, by)
    found = partners(embeddings, gallery.lats, gallery.lons, APART_M)
    x, y = _metres(gallery.lats, gallery.lons)
    count = int((found.similarity >= ALIKE[by]).sum())
    pairs: list[LookAlikes] = []
    taken: set[int] = set()
    for a in np.argsort(-found.similarity, kind="stable").tolist():
        b, enough = int(found.row[a]), most if count else _CLOSEST
        if b < 0 or len(pairs) == enough or (count and found.similarity[a] < ALIKE[by]):
            break
        if a in taken or b in taken:
            continue
        taken |= {a, b}
        away = float(np.hypot(x[a] - x[b], y[a] - y[b]))
        pairs.append(LookAlikes(min(a, b), max(a, b), float(found.similarity[a]), away))
    return LookAlike(by, ALIKE[by], count, tuple(pairs))


def channels_of(gallery: Gallery) -> tuple[By, ...]:
    """The channels by which tiles of a gallery can be compared."""
    seen: tuple[By, ...] = ("image",) if gallery.card.picture_models else ()
    return (*(("facts",) if len(gallery.tile_index) else ()), *seen)


def _embeddings(gallery: Gallery, by: By) -> F32:
    rows = np.arange(len(gallery), dtype=np.int64)
    if by == "facts":
        return gallery.tile_index.embeddings(rows)
    return gallery.picture_index(gallery.picture_stamp().key).embeddings(rows)
