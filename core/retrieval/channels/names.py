"""The `names` channel: words against names and kinds by BM25, and exact mentions.

Signals: `words`, the matches of all words as a share of the best that the gallery could give;
`window`, BM25 over each tile's surroundings as one document; `mentions`, the closeness to the
streets, addresses and names that the description names exactly. A description that names nothing
has no signal `mentions`, and is ranked as if there were none.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Bools
from core.retrieval.channels.channel import (
    Allowed,
    ChannelResult,
    ChannelSpec,
    Signal,
    allowed,
    best_strengths,
    logarithm,
)
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.matching import (
    best_by_tile,
    match_by_words,
    normalized_sum,
)
from core.retrieval.channels.mentions import mention_scores
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.folding import words_of

if TYPE_CHECKING:
    from core.retrieval.background_corpus import Background


def _search(match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed) -> ChannelResult:
    matches = match_by_words(match_index, encoded_query.words, in_local_names=True)
    words = best_by_tile(match_index, matches, encoded_query.word_bearings)
    window = match_index.window_bm25(matches, len(encoded_query.words))
    shares = {"words": normalized_sum(words, mask), "window": normalized_sum(window[None], mask)}
    if found := match_index.mentions.mentions(encoded_query.affirmed_text):
        shares["mentions"] = mention_scores(match_index.mentions, found, mask)
    return ChannelResult(shares, best_strengths(words, mask))


_NAME = re.compile(r"(?<![.!?:;\n]\s)(?<![.!?:;\n])(?<!^)\b[^\W\d_a-z]\w{2,}")
"""A word with a capital letter that does not begin a sentence."""


def written_as_names(encoded_query: EncodedQuery) -> Bools:
    """The words [W] that a description writes as names."""
    written = {word for name in _NAME.findall(encoded_query.text) for word in words_of(name)}
    return np.array([word in written for word in encoded_query.words], dtype=bool)


def _features(
    result: ChannelResult, encoded_query: EncodedQuery, mask: Allowed, _: "Background"
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
)
