"""Scores of tiles averaged with those of the tiles around."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32
from core.gallery.opened import Gallery
from core.geo import local_metres
from core.retrieval.channels.surroundings_choices import Choices

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_weights_near: "WeakKeyDictionary[Gallery, csr_array]" = WeakKeyDictionary()


def averaged_near(gallery: Gallery, scores: F32, choices: Choices) -> F32:
    """The scores [N] of tiles, in part those of the tiles around, the nearer the more: a
    description tells of an area, and its author stands between the tiles."""
    weights = _weights_near.get(gallery)
    if weights is None:
        weights = _weights_near[gallery] = _near_weights(gallery, choices)
    averaged: F32 = (1 - choices.near_share) * scores + choices.near_share * (weights @ scores)
    return averaged.astype(np.float32)


def _near_weights(gallery: Gallery, choices: Choices) -> "csr_array":
    """The weights of the tiles around each tile [N, N], which sum to 1."""
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    points = np.stack(local_metres(gallery.lats, gallery.lons, gallery.lats.mean()), axis=1)
    tree = cKDTree(points)
    pairs = tree.query_pairs(2.5 * choices.near_m, output_type="ndarray")
    here = np.arange(len(points))
    left = np.concatenate([pairs[:, 0], pairs[:, 1], here])
    right = np.concatenate([pairs[:, 1], pairs[:, 0], here])
    away_m = np.hypot(*(points[left] - points[right]).T)
    weight = np.exp(-0.5 * np.square(away_m / choices.near_m))
    weight /= np.bincount(left, weight)[left]
    return csr_array((weight.astype(np.float32), (left, right)), shape=(len(points),) * 2)
