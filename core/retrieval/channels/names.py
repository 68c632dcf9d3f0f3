"""The `names` channel: words against names and kinds by BM25, and exact mentions.

Signals: `words`, the matches of all words as a share of the best that the gallery could give;
`window`, BM25 over each tile's surroundings as one document; `mentions`, the closeness to the
streets, addresses and names that the description names exactly. A description that names nothing
has no signal `mentions`, and is ranked as if there were none.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, F64, Bools
from core.retrieval.channels.channel import (
    Allowed,
    ChannelResult,
    ChannelSpec,
    FirstStep,
    Signal,
    allowed,
    logarithm,
)
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.matching import normalized_sum
from core.retrieval.channels.mentions import mention_scores
from core.retrieval.channels.word_tiles import word_tiles_of
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.folding import words_of

if TYPE_CHECKING:
    from core.retrieval.background_corpus import Background


def _search(
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    mask: Allowed,
    begun: ChannelResult | None = None,
) -> ChannelResult:
    if begun is not None:
        return begun
    tiles, words = word_tiles_of(match_index), encoded_query.words
    total, window = np.zeros((2, len(match_index.gallery)))
    strengths = np.zeros(len(words), dtype=np.float32)
    for row, (word, bearing) in enumerate(zip(words, encoded_query.word_bearings, strict=True)):
        of = tiles.of(word) if np.isnan(bearing) else tiles.toward(word, float(bearing))
        window[of.near] += of.gains
        total[of.tiles] += of.best
        strengths[row] = (of.best if mask is None else of.best[mask[of.tiles]]).max(initial=0)
    shares = {
        "words": _share(total, float(strengths.sum()), mask),
        "window": normalized_sum(window.astype(np.float32)[None], mask),
    }
    if found := match_index.mentions.mentions(encoded_query.affirmed_text):
        shares["mentions"] = mention_scores(match_index.mentions, found, mask)
    return ChannelResult(shares, strengths)


def _begin(match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed) -> FirstStep:
    """The whole search: it is quick, since words are kept for the next descriptions."""
    result = _search(match_index, encoded_query, mask)
    return FirstStep(result, _features(result, encoded_query, mask))


def _share(total: F64, attainable: float, mask: Allowed) -> F32:
    """The sums [N] of all words as a share of the best that the allowed tiles could give."""
    share = total.astype(np.float32) if mask is None else (total * mask).astype(np.float32)
    return share / np.float32(attainable) if attainable > 0 else share


_NAME = re.compile(r"(?<![.!?:;\n]\s)(?<![.!?:;\n])(?<!^)\b[^\W\d_a-z]\w{2,}")
"""A word with a capital letter that does not begin a sentence."""


@lru_cache(maxsize=64)
def _written_words(text: str) -> frozenset[str]:
    return frozenset(word for name in _NAME.findall(text) for word in words_of(name))


def written_as_names(encoded_query: EncodedQuery) -> Bools:
    """The words [W] that a description writes as names."""
    written = _written_words(encoded_query.text)
    return np.array([word in written for word in encoded_query.words], dtype=bool)


def _features(
    result: ChannelResult,
    encoded_query: EncodedQuery,
    mask: Allowed,
    _: "Background | None" = None,
) -> dict[str, float]:
    strengths = result.strengths
    if not len(strengths):
        return {}
    as_names = written_as_names(encoded_query)
    mentions = result.signals.get("mentions")
    return {
        "capitals": logarithm(1 + int(as_names.sum())),
        "capitals_unknown": logarithm(1 + int((as_names & (strengths <= 0)).sum())),
        "names_unknown": float((strengths[as_names] <= 0).mean()) if as_names.any() else 0.0,
        "mentions": 0.0 if mentions is None else float(allowed(mentions, mask).max()),
        "words": logarithm(len(strengths)),
        "words_found": float((strengths > 0).mean()),
        "word_strength": float(strengths.mean()),
        "rarest_word": float(strengths.max()),
        "words_together": float(allowed(result.signals["words"], mask).max()),
        "window": float(allowed(result.signals["window"], mask).max()),
    }


CHANNEL = ChannelSpec(
    "names",
    {
        "words": Signal(0.20, "the words outside all phrases"),
        "window": Signal(0.18, "how often its words occur around the spot"),
        "mentions": Signal(0.20, "the streets, addresses and names that it names exactly"),
    },
    _search,
    (
        "words",
        "words_found",
        "word_strength",
        "rarest_word",
        "words_together",
        "window",
        "capitals",
        "capitals_unknown",
        "names_unknown",
        "mentions",
    ),
    _features,
    _begin,
)
