"""The `image` channel: the description's embedding against those of the tiles' pictures.

One signal, `image`: the similarity on the scale of `median_to_max_scale`, times
`picture_reliability`; where tiles have several pictures, the mean of theirs. Its weight was chosen
for the compact model, on program-written descriptions of Krems and tests/descriptions.jsonl,
together with `picture_reliability`.
"""

import numpy as np

from core.arrays import F32
from core.gallery.opened import Gallery
from core.models import SPECS
from core.retrieval.channels.channel import Allowed, ChannelResult, ChannelSpec, Signal
from core.retrieval.channels.matching import MatchIndex
from core.retrieval.query_encoding import EncodedQuery, PictureQuery


def _search(
    match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed
) -> ChannelResult | None:
    """The signal; None for a query that was not encoded with the picture model."""
    if encoded_query.picture_query is None:
        return None
    queries = (encoded_query.picture_query, *encoded_query.other_picture_queries)
    views = [_view_signal(match_index.gallery, query, mask) for query in queries]
    return ChannelResult({"image": np.mean(views, axis=0, dtype=np.float32)})


def _view_signal(gallery: Gallery, query: PictureQuery, mask: Allowed) -> F32:
    """The signal [N] of one picture of each tile."""
    similarities = gallery.picture_index(query.key).similarities(query.embedding)
    spec = SPECS.get(gallery.picture_stamp(query.key).name)
    reliability = picture_reliability(similarities, spec.confident_lead if spec else None)
    signal: F32 = median_to_max_scale(similarities, mask) * np.float32(reliability)
    return signal


def picture_reliability(similarities: F32, confident_lead: float | None) -> float:
    """Reliability of the image channel for one query, from its similarities [N].

    (gap between the best and the median picture / `confident_lead`)², clipped to 1. A description
    that the model does not understand is about equally similar to every picture: its ranking is
    noise. 1 for models whose typical gap is not known.
    """
    if confident_lead is None:
        return 1.0
    return min(1.0, float(similarities.max() - np.median(similarities)) / confident_lead) ** 2


def median_to_max_scale(similarities: F32, mask: Allowed = None) -> F32:
    """Rescales similarities [N] so that the median allowed tile is 0 and the best is 1.

    Clipped at −1; tiles outside the mask are 0.
    """
    allowed = similarities if mask is None else similarities[mask]
    median = float(np.median(allowed))
    spread = max(float(allowed.max()) - median, 1e-6)
    scaled: F32 = ((similarities - median) / spread).clip(-1, 1)
    return scaled if mask is None else scaled * mask


CHANNEL = ChannelSpec("image", {"image": Signal(0.08, "the look of the picture")}, _search)
