"""The `image` channel: the description's embedding against those of the tiles' pictures.

Two signals, one for each view: `image` for drawn pictures, `aerial` for photographs. Each is the
similarity on the scale of `median_to_max_scale`, times `picture_reliability`. The weight of `image`
was chosen for the compact model, on program-written descriptions of Krems and
tests/descriptions.jsonl, together with `picture_reliability`. That of `aerial` was chosen among 0,
0.1, 0.2, 0.4 and 0.8 on 158 program-written descriptions of held ground, the eastern third of
Pardubice: 0 to 0.2 are alike (L@100m 42 to 43 at rank 1, 60 to 63 in the first five), 0.4 and 0.8
are worse (40 and 35).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.arrays import F32, I64
from core.gallery.opened import Gallery
from core.indexes.coarse import CoarseIndex, coarse_of
from core.indexes.vector import VectorIndex
from core.models import SPECS
from core.retrieval.channels.channel import Allowed, ChannelResult, ChannelSpec, Signal
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.query_encoding import EncodedQuery, PictureQuery

_SAMPLE, _POOL = 4096, 1536
"""Pictures of a large gallery whose median stands for that of all, and those that may be near."""
VIEW_SIGNALS: Final[Mapping[str, str]] = {"drawn": "image", "aerial": "aerial"}
"""The signal of each view of a tile."""


def _search(
    match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed, _: None = None
) -> ChannelResult | None:
    """The signals; None for a query that was not encoded with a picture model."""
    if encoded_query.picture_query is None:
        return None
    gallery = match_index.gallery
    views: dict[str, list[F32]] = {}
    for query in (encoded_query.picture_query, *encoded_query.other_picture_queries):
        name = VIEW_SIGNALS[gallery.picture_stamp(query.key).view]
        views.setdefault(name, []).append(_view_signal(gallery, query, encoded_query, mask))
    return ChannelResult(
        {
            name: signals[0] if len(signals) == 1 else np.mean(signals, axis=0, dtype=np.float32)
            for name, signals in views.items()
        },
        approximate=_coarse(gallery, encoded_query.picture_query, encoded_query, mask) is not None,
    )


def _coarse(
    gallery: Gallery, query: PictureQuery, encoded_query: EncodedQuery, mask: Allowed
) -> CoarseIndex | None:
    """The coarse codes of a large gallery's pictures, None where all are compared."""
    if mask is not None or encoded_query.exact or encoded_query.leading is None:
        return None
    return coarse_of(gallery.picture_index(query.key))


@dataclass(frozen=True, slots=True)
class _Similarities:
    """The similarity of each tile's picture, `values` [N], and their median."""

    values: F32
    median: np.floating


def _near_similarities(
    index: VectorIndex, coarse: CoarseIndex, query: PictureQuery, leading: I64
) -> _Similarities:
    """The similarities to the `leading` tiles, to the nearest pictures, and to a sample of all,
    whose median the others get. These are most."""
    sample = slice(None, None, max(len(index) // _SAMPLE, 1))
    compared = np.zeros(len(index), dtype=bool)
    compared[leading] = compared[coarse.near(query.embedding[None], _POOL)] = True
    compared[sample] = True
    rows = np.flatnonzero(compared)
    similarities = np.empty(len(index), dtype=np.float32)
    similarities[rows] = index.scan(query.embedding[None], rows)[0]
    median = np.median(similarities[sample])
    similarities[~compared] = median
    if 2 * len(rows) < len(index):
        return _Similarities(similarities, np.float32(median))
    return _Similarities(similarities, np.median(similarities))


def _view_signal(
    gallery: Gallery, query: PictureQuery, encoded_query: EncodedQuery, mask: Allowed
) -> F32:
    """The signal [N] of one picture of each tile."""
    index = gallery.picture_index(query.key)
    coarse = _coarse(gallery, query, encoded_query, mask)
    if coarse is not None and encoded_query.leading is not None:
        found = _near_similarities(index, coarse, query, encoded_query.leading)
    else:
        of_all = index.similarities(query.embedding)
        found = _Similarities(of_all, np.median(of_all))
    similarities, median = found.values, found.median
    spec = SPECS.get(gallery.picture_stamp(query.key).name)
    lead = spec.confident_lead if spec else None
    reliability = picture_reliability(similarities, lead, median)
    signal = median_to_max_scale(similarities, mask, median if mask is None else None)
    signal *= np.float32(reliability)
    return signal


def picture_reliability(
    similarities: F32, confident_lead: float | None, median: np.floating | None = None
) -> float:
    """Reliability of the image channel for one query, from its similarities [N].

    (gap between the best and the median picture / `confident_lead`)², clipped to 1. A description
    that the model does not understand is about equally similar to every picture: its ranking is
    noise. 1 for models whose typical gap is not known. The `median` is computed unless given.
    """
    if confident_lead is None:
        return 1.0
    middle = np.median(similarities) if median is None else median
    return min(1.0, float(similarities.max() - middle) / confident_lead) ** 2


def median_to_max_scale(
    similarities: F32, mask: Allowed = None, median: np.floating | None = None
) -> F32:
    """Rescales similarities [N] so that the median allowed tile is 0 and the best is 1.

    Clipped at −1; tiles outside the mask are 0. The `median` is computed unless given.
    """
    allowed = similarities if mask is None else similarities[mask]
    middle = float(np.median(allowed) if median is None else median)
    spread = max(float(allowed.max()) - middle, 1e-6)
    scaled: F32 = ((similarities - middle) / spread).clip(-1, 1)
    return scaled if mask is None else scaled * mask


CHANNEL = ChannelSpec(
    "image",
    {
        "image": Signal(0.08, "the look of the picture"),
        "aerial": Signal(0.1, "the look of the aerial photograph"),
    },
    _search,
)
