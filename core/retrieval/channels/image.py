"""The `image` channel: the description's embedding against those of the tiles' pictures.

One signal, `image`: how far the picture is ahead of the middling one, times `sureness`. Its weight
was chosen for the compact model, on program-written descriptions of Krems and
tests/descriptions.jsonl, together with `sureness`.
"""

import numpy as np

from core.arrays import F32
from core.models import SPECS
from core.retrieval.channels.channel import Allowed, ChannelSpec, Found
from core.retrieval.channels.matching import Ground
from core.retrieval.reading import Reading


def _search(ground: Ground, reading: Reading, mask: Allowed) -> Found | None:
    """The signal; None for a reading that has not imagined a picture."""
    if reading.imagined is None:
        return None
    pictures = ground.gallery.picture_index(reading.imagined.key)
    similar = pictures.similarities(reading.imagined.embedding)
    sure = sureness(similar, _sure(reading.imagined.key))
    return Found({"image": ahead_of_middle(similar, mask) * np.float32(sure)})


def _sure(key: str) -> float | None:
    """What is known of the model that embedded pictures under `key`."""
    spec = SPECS.get(key.partition("-")[0])
    return spec.sure if spec else None


def sureness(similarities: F32, sure: float | None) -> float:
    """How well a gallery's pictures [N] are told apart by a description, 0..1: the lead of the best
    one on the middling one over that of the model where it is `sure`, squared, and 1 at most.

    Descriptions that a model does not understand are about as similar to any picture, and what it
    says of them is noise. 1 for models whose leads are not known.
    """
    if sure is None:
        return 1.0
    return min(1.0, float(similarities.max() - np.median(similarities)) / sure) ** 2


def ahead_of_middle(similarities: F32, mask: Allowed = None) -> F32:
    """Similarities [N] on a scale where the middling allowed tile has 0 and the best one 1.

    Tiles that are not allowed get 0, those far behind the middle −1 at most.
    """
    allowed = similarities if mask is None else similarities[mask]
    middle = float(np.median(allowed))
    reach = max(float(allowed.max()) - middle, 1e-6)
    ahead: F32 = ((similarities - middle) / reach).clip(-1, 1)
    return ahead if mask is None else ahead * mask


CHANNEL = ChannelSpec("image", {"image": 0.08}, _search)
