"""The `names` channel: words against names and kinds, by BM25.

Signals: `words`, the share of what the words could find; `window`, BM25 over the tile as one
document.
"""

from typing import TYPE_CHECKING

from core.retrieval.channels.channel import (
    Allowed,
    ChannelSpec,
    Found,
    allowed,
    best_strengths,
    logarithm,
)
from core.retrieval.channels.matching import Ground, best_by_tile, share_of_best, worded_facts
from core.retrieval.reading import Reading

if TYPE_CHECKING:
    from core.retrieval.background import Background


def _search(ground: Ground, reading: Reading, mask: Allowed) -> Found:
    worded = worded_facts(ground, reading.words)
    words = best_by_tile(ground, worded, reading.word_bearings)
    window = ground.window_bm25(worded, len(reading.words))
    shares = {"words": share_of_best(words, mask), "window": share_of_best(window[None], mask)}
    return Found(shares, best_strengths(words, mask))


def _clues(found: Found, _: Reading, mask: Allowed, __: "Background") -> dict[str, float]:
    strengths = found.strengths
    if not len(strengths):
        return {}
    return {
        "words": logarithm(len(strengths)),
        "words_found": float((strengths > 0).mean()),
        "word_strength": float(strengths.mean()),
        "rarest_word": float(strengths.max()),
        "words_together": float(allowed(found.signals["words"], mask).max()),
        "window": float(allowed(found.signals["window"], mask).max()),
    }


CHANNEL = ChannelSpec(
    "names",
    {"words": 0.20, "window": 0.18},
    _search,
    (
        "words",
        "words_found",
        "word_strength",
        "rarest_word",
        "words_together",
        "window",
    ),
    _clues,
)
