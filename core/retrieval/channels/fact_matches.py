"""Matching of the phrases of a description with the embeddings of facts."""

from collections.abc import Iterator

import numpy as np

from core.arrays import F32, I64
from core.indexes.codes import best_ascending
from core.retrieval.channels.match_index import SIMILAR_FACTS, Matches, MatchIndex
from core.retrieval.channels.matching import LEAST_COSINE, joined, of_term
from core.retrieval.head_nouns import noun_of_phrase
from core.retrieval.query_encoding import EncodedQuery

_LOCAL_SHARE = 0.9
"""Strength of a phrase's match with a name in the town's own language, times that of the phrase's
best match. Chosen among 0.6 and 0.9 on tests/descriptions.jsonl."""


def match_by_embedding(
    match_index: MatchIndex, encoded_query: EncodedQuery, allowed: I64 | None
) -> Matches:
    """Phrases against facts by cosine; `strength` is the cosine − `LEAST_COSINE`."""
    cosines = fact_cosines(match_index, encoded_query.phrase_embeddings, allowed)
    return matches_of(match_index, encoded_query, cosines, allowed)


def fact_cosines(match_index: MatchIndex, queries: F32, allowed: I64 | None) -> F32:
    """The cosines of queries [Q, D] with the V allowed facts, or with all embedded ones: [Q, V]."""
    rows = None if allowed is None else match_index.index_row[allowed]
    return match_index.gallery.fact_index.scan(queries, rows)


def matches_of(
    match_index: MatchIndex, encoded_query: EncodedQuery, cosines: F32, allowed: I64 | None
) -> Matches:
    """The best facts of each of R phrases, from its cosines [R, V] with the allowed facts, and
    those whose local name has the phrase's noun."""
    close = [_close(of_phrase) for of_phrase in cosines]
    columns = np.concatenate([np.empty(0, dtype=np.int64), *close])
    terms = np.repeat(np.arange(len(close)), [len(found) for found in close])
    facts = (match_index.gallery.spoken if allowed is None else allowed)[columns]
    by_cosine = Matches(terms, facts, cosines[terms, columns] - np.float32(LEAST_COSINE))
    best = cosines.max(axis=1, initial=0) - np.float32(LEAST_COSINE)
    return joined([by_cosine, *_by_local_name(match_index, encoded_query, best)])


def _close(cosines: F32) -> I64:
    """The places of the best cosines [V] above `LEAST_COSINE`, ascending."""
    places: I64 = (cosines > LEAST_COSINE).nonzero()[0]
    if len(places) > SIMILAR_FACTS:
        places = places[best_ascending(cosines[places], SIMILAR_FACTS)]
    return places


def _by_local_name(
    match_index: MatchIndex, encoded_query: EncodedQuery, best: F32
) -> Iterator[Matches]:
    """Phrases against facts whose local name has the phrase's noun, nearly as strong as the `best`
    match of each phrase [P]."""
    for row in np.flatnonzero(best > 0).tolist():
        noun = noun_of_phrase(encoded_query.phrases[row].text)
        facts = match_index.local_names.facts(noun)
        if len(facts):
            yield of_term(row, facts, _LOCAL_SHARE * float(best[row]))
