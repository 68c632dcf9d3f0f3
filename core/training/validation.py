"""How well texts find their own pictures; knows places, not models."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from core.arrays import F64, I64
from core.geo import Points, haversine_m, nearest
from core.training.batches import PairPlaces

_SCOPE = 100
_PART = 256
_CLOSE_M = 50.0


def retrieval(texts: Tensor, pictures: Tensor, places: PairPlaces) -> dict[str, float]:
    """R@k and L@50m in percent, of unit embeddings [N, D] whose rows belong together.

    A text with a place is ranked among the 100 pictures nearest to its own, one without among all
    that have none. Pictures just as similar count against it, so that embeddings that are all the
    same come out worst. The best step is chosen by `quality`.
    """
    ranks = np.empty(len(places.lats), dtype=np.int64)
    astray_m = np.full(len(places.lats), np.nan)
    for rows, near in _scopes(places):
        cosines = (texts[rows] @ pictures.T).numpy()
        own = cosines[np.arange(len(rows)), rows][:, None]
        among = np.take_along_axis(cosines, near, axis=1)
        ranks[rows] = (among >= own).sum(1)
        best = among == among.max(1, keepdims=True)
        for row, others, top in zip(rows, near, best, strict=True):
            astray_m[row] = _metres(places, row, others[top]).max()
    figures = {f"R@{k}": 100 * float(np.mean(ranks <= k)) for k in (1, 5, 10)}
    placed = ~np.isnan(places.lats)
    if not placed.any():
        return {"quality": sum(figures.values()), **figures}
    figures["L@50m"] = 100 * float(np.mean(astray_m[placed] <= _CLOSE_M))
    return {"quality": figures["R@1"] + figures["L@50m"], **figures}


def _scopes(places: PairPlaces) -> Iterator[tuple[I64, I64]]:
    """Every row once, some [B] at a time, with the rows [B, K] that each is ranked among."""
    placed, bare = (np.flatnonzero(np.isnan(places.lats) == unknown) for unknown in (False, True))
    points = Points.of(places.lats[placed], places.lons[placed])
    around = placed[nearest(points, points, _SCOPE)] if len(placed) else placed
    for start in range(0, len(placed), _PART):
        yield placed[start : start + _PART], around[start : start + _PART]
    for start in range(0, len(bare), _PART):
        rows = bare[start : start + _PART]
        yield rows, np.broadcast_to(bare, (len(rows), len(bare)))


def _metres(places: PairPlaces, row: int, others: I64) -> F64:
    return haversine_m(places.lats[row], places.lons[row], places.lats[others], places.lons[others])
