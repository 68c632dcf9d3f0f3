"""Matching of the phrases of a description with the embeddings of facts."""

import numpy as np

from core.arrays import F32, I64
from core.indexes.codes import best_places
from core.retrieval.channels.matching import LEAST_COSINE, SIMILAR_FACTS, Matches, MatchIndex
from core.retrieval.query_encoding import EncodedQuery


def match_by_embedding(
    match_index: MatchIndex, encoded_query: EncodedQuery, allowed: I64 | None
) -> Matches:
    """Phrases against facts by cosine; `strength` is the cosine − `LEAST_COSINE`."""
    cosines = fact_cosines(match_index, encoded_query.phrase_embeddings, allowed)
    return matches_of(match_index, cosines, allowed)


def fact_cosines(match_index: MatchIndex, queries: F32, allowed: I64 | None) -> F32:
    """The cosines of queries [Q, D] with the V allowed facts, or with all embedded ones: [Q, V]."""
    rows = None if allowed is None else match_index.index_row[allowed]
    return match_index.gallery.fact_index.scan(queries, rows)


def matches_of(match_index: MatchIndex, cosines: F32, allowed: I64 | None) -> Matches:
    """The best facts of each of R phrases, from its cosines [R, V] with the allowed facts."""
    close = cosines > LEAST_COSINE
    for row in np.flatnonzero(close.sum(axis=1) > SIMILAR_FACTS).tolist():
        close[row] = False
        close[row, best_places(cosines[row], SIMILAR_FACTS)] = True
    terms, columns = np.nonzero(close)
    facts = (match_index.gallery.spoken if allowed is None else allowed)[columns]
    return Matches(terms, facts, cosines[terms, columns] - np.float32(LEAST_COSINE))
