"""Validation metrics: retrieval of pictures by their texts, and the precision of layouts."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from torch import Tensor

from core.arrays import F32, F64, I64, Bools
from core.geo import Points, haversine_m, nearest
from core.training.batches import PairPlaces

_SCOPE = 100
_PART = 256
_CLOSE_M = 50.0
_MIN_POSITIVES = 3


def retrieval(texts: Tensor, pictures: Tensor, places: PairPlaces) -> dict[str, float]:
    """R@k and L@50m in percent, of unit embeddings [N, D] with matching rows.

    A text with a place is ranked among the 100 pictures nearest to its own; a text without a place
    among all pictures without one. Equally similar pictures count against it, so that constant
    embeddings get the worst values. `quality` selects the best step.
    """
    ranks, error_m = ranked(texts, pictures, places)
    figures = {f"R@{k}": 100 * float(np.mean(ranks <= k)) for k in (1, 5, 10)}
    placed = ~np.isnan(places.lats)
    if not placed.any():
        return {"quality": sum(figures.values()), **figures}
    figures["L@50m"] = 100 * float(np.mean(error_m[placed] <= _CLOSE_M))
    return {"quality": figures["R@1"] + figures["L@50m"], **figures}


def ranked(texts: Tensor, pictures: Tensor, places: PairPlaces) -> tuple[I64, F64]:
    """The rank [N] of each text's own picture, from 1, and the metres [N] to its best one.

    As in `retrieval`; NaN metres for texts without a place.
    """
    ranks = np.empty(len(places.lats), dtype=np.int64)
    error_m = np.full(len(places.lats), np.nan)
    for rows, near in _scopes(places):
        cosines = (texts[rows] @ pictures.T).numpy()
        own = cosines[np.arange(len(rows)), rows][:, None]
        candidates = np.take_along_axis(cosines, near, axis=1)
        ranks[rows] = (candidates >= own).sum(1)
        best = candidates == candidates.max(1, keepdims=True)
        for row, others, top in zip(rows, near, best, strict=True):
            error_m[row] = _metres(places, row, others[top]).max()
    return ranks, error_m


def mean_precision(scores: F32, present: Bools) -> tuple[float, float, int]:
    """Of scores [N, C]: the mean over classes of the average precision of "this picture shows the
    class", the same by chance, and the number of classes.

    Only classes in at least three pictures count; NaN if there are none.
    """
    frequent = np.flatnonzero(present.sum(0) >= _MIN_POSITIVES)
    if not len(frequent):
        return math.nan, math.nan, 0
    precisions = [average_precision(scores[:, c], present[:, c]) for c in frequent]
    return float(np.mean(precisions)), float(present[:, frequent].mean()), len(frequent)


def average_precision(scores: F32, truth: Bools) -> float:
    """Average precision of scores [N]: the mean of the precision at each true row."""
    hits = truth[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def _scopes(places: PairPlaces) -> Iterator[tuple[I64, I64]]:
    """All rows in batches [B], with the rows [B, K] of the candidates of each."""
    placed, unplaced = (
        np.flatnonzero(np.isnan(places.lats) == unknown) for unknown in (False, True)
    )
    points = Points.of(places.lats[placed], places.lons[placed])
    neighbours = placed[nearest(points, points, _SCOPE)] if len(placed) else placed
    for start in range(0, len(placed), _PART):
        yield placed[start : start + _PART], neighbours[start : start + _PART]
    for start in range(0, len(unplaced), _PART):
        rows = unplaced[start : start + _PART]
        yield rows, np.broadcast_to(unplaced, (len(rows), len(unplaced)))


def _metres(places: PairPlaces, row: int, others: I64) -> F64:
    return haversine_m(places.lats[row], places.lons[row], places.lats[others], places.lons[others])
