"""The `image` channel: the description's embedding against those of the tiles' pictures.

One signal, `image`: how far the picture is ahead of the middling one, times `picture_reliability`.
Its weight was chosen for the compact model, on program-written descriptions of Krems and
tests/descriptions.jsonl, together with `picture_reliability`.
"""

import numpy as np

from core.arrays import F32
from core.models import SPECS
from core.retrieval.channels.channel import Allowed, ChannelResult, ChannelSpec
from core.retrieval.channels.matching import MatchIndex
from core.retrieval.query_encoding import EncodedQuery


def _search(
    match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed
) -> ChannelResult | None:
    """The signal; None for a reading that has not imagined a picture."""
    if encoded_query.picture_query is None:
        return None
    pictures = match_index.gallery.picture_index(encoded_query.picture_query.key)
    similar = pictures.similarities(encoded_query.picture_query.embedding)
    sure = picture_reliability(similar, _confident_lead(encoded_query.picture_query.key))
    return ChannelResult({"image": median_to_max_scale(similar, mask) * np.float32(sure)})


def _confident_lead(key: str) -> float | None:
    """What is known of the model that embedded pictures under `key`."""
    spec = SPECS.get(key.partition("-")[0])
    return spec.sure if spec else None


def picture_reliability(similarities: F32, sure: float | None) -> float:
    """How well a gallery's pictures [N] are told apart by a description, 0..1: the lead of the best
    one on the middling one over that of the model where it is `sure`, squared, and 1 at most.

    Descriptions that a model does not understand are about as similar to any picture, and what it
    says of them is noise. 1 for models whose leads are not known.
    """
    if sure is None:
        return 1.0
    return min(1.0, float(similarities.max() - np.median(similarities)) / sure) ** 2


def median_to_max_scale(similarities: F32, mask: Allowed = None) -> F32:
    """Similarities [N] on a scale where the middling allowed tile has 0 and the best one 1.

    Tiles that are not allowed get 0, those far behind the middle −1 at most.
    """
    allowed = similarities if mask is None else similarities[mask]
    middle = float(np.median(allowed))
    reach = max(float(allowed.max()) - middle, 1e-6)
    ahead: F32 = ((similarities - middle) / reach).clip(-1, 1)
    return ahead if mask is None else ahead * mask


CHANNEL = ChannelSpec("image", {"image": 0.08}, _search)
