"""What towns usually have, to tell a description that fits here from one that fits anywhere."""

from dataclasses import dataclass

import numpy as np

from core.arrays import F32
from core.retrieval.channels.matching import LEAST_COSINE
from core.retrieval.query_encoding import EncodedQuery


@dataclass(frozen=True, slots=True)
class BackgroundScores:
    """How well a description fits what towns usually have, on the scales of a search's signals."""

    whole: float
    best_fact: float
    phrases: float


@dataclass(frozen=True, slots=True)
class Background:
    """Typical unit embeddings of tiles' texts [K, D] and of facts [F, D], from several towns."""

    tiles: F32
    facts: F32

    def usual(self, encoded_query: EncodedQuery) -> BackgroundScores:
        """The best cosines with anything typical; of phrases the mean of what is above 0.4."""
        phrases = (encoded_query.phrase_embeddings @ self.facts.T).max(axis=1)
        return BackgroundScores(
            whole=float((self.tiles @ encoded_query.embedding).max()),
            best_fact=float((self.facts @ encoded_query.embedding).max()),
            phrases=float(np.maximum(phrases - LEAST_COSINE, 0).mean()),
        )
