"""A reference corpus of typical tiles and facts: does a description fit here, or anywhere?"""

from dataclasses import dataclass

import numpy as np

from core.arrays import F32
from core.retrieval.channels.matching import LEAST_COSINE
from core.retrieval.query_encoding import EncodedQuery


@dataclass(frozen=True, slots=True)
class BackgroundScores:
    """Similarities of a query to the background corpus, on the scales of a search's signals."""

    whole: float
    best_fact: float
    phrases: float


@dataclass(frozen=True, slots=True)
class Background:
    """Typical unit embeddings of tiles' texts [K, D] and of facts [F, D], from several towns."""

    tiles: F32
    facts: F32

    def scores(self, encoded_query: EncodedQuery) -> BackgroundScores:
        """Best cosines of the whole query with a background tile and with a background fact, and
        the mean over phrases of max(0, best cosine with a background fact − `LEAST_COSINE`)."""
        last = _last_scores[0] if _last_scores else None
        if last is not None and last.background is self and last.encoded_query is encoded_query:
            return last.scores
        affirmed = encoded_query.phrase_embeddings[encoded_query.affirmed]
        phrases = (affirmed @ self.facts.T).max(axis=1)
        scores = BackgroundScores(
            whole=float((self.tiles @ encoded_query.embedding).max()),
            best_fact=float((self.facts @ encoded_query.embedding).max()),
            phrases=float(np.maximum(phrases - LEAST_COSINE, 0).mean()),
        )
        _last_scores[:] = [_LastScores(self, encoded_query, scores)]
        return scores


@dataclass(frozen=True, slots=True)
class _LastScores:
    background: Background
    encoded_query: EncodedQuery
    scores: BackgroundScores


_last_scores: list[_LastScores] = []
"""The scores of the last query, which is searched in several regions one after the other."""
