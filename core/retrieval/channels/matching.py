"""Matching of query terms (phrases or words) with facts, for the `facts` and `names` channels.

Both channels match term by term and keep for each tile the best match of each term, decayed by
the distance between viewpoint and thing: late interaction as in ColBERT (arXiv 2004.12832), over
things in space. The distance decay is ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F32, I64, Bools
from core.retrieval.channels.match_index import (
    NAMED_REACH_M,
    PLAIN_REACH_M,
    SIMILAR_FACTS,
    Matches,
    MatchIndex,
)
from core.retrieval.head_nouns import noun_of_phrase, singular
from core.retrieval.query_encoding import EncodedQuery

LEAST_COSINE = 0.4
_KIND_WEIGHT = 0.5
_LOCAL_WEIGHT, _LOCAL_SHARE = 1.0, 0.9
"""Weights of a match by a name in the town's own language: of a word, times its BM25 weight of one
occurrence, and of a phrase, times the phrase's best match. Chosen among 0.5 and 1, and 0.6 and 0.9,
on tests/descriptions.jsonl."""
_DISAGREEMENT = 0.7
"""The share of its weight that a link loses if it lies opposite to the described direction."""
_UNDERFOOT_M = 12.0


def _bearing_weights(bearing_deg: F32, stated_deg: F32, distance_m: F32) -> F32:
    """Weight of each link by bearing: 1 where the thing lies in the described direction (or nearer
    than `_UNDERFOOT_M`), falling with the cosine of the angle to 1 − `_DISAGREEMENT` where it lies
    opposite."""
    apart = np.cos(np.radians(bearing_deg - stated_deg))
    factor = 1 - _DISAGREEMENT * (1 - apart) / 2
    factor[distance_m < _UNDERFOOT_M] = 1
    agreement: F32 = factor.astype(np.float32)
    return agreement


@dataclass(frozen=True, slots=True)
class LinkMatches:
    """L matches spread over the tiles that see the fact: query term, row of the link, and the
    strength after distance decay."""

    term: I64
    link: I64
    strength: F32


def link_matches(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> LinkMatches:
    """Every link to a fact that matches one of R query terms, decayed by distance.

    `bearings_deg` [R] is the described bearing of each term, NaN for none.
    """
    links = match_index.gallery.links
    begin = links.starts[matches.fact]
    counts = links.starts[matches.fact + 1] - begin
    ends = np.cumsum(counts)
    link_rows = np.arange(counts.sum()) + np.repeat(begin - ends + counts, counts)
    reach = np.where(match_index.named[matches.fact], NAMED_REACH_M, PLAIN_REACH_M)
    away = links.distance_m[link_rows] / np.repeat(reach, counts)
    strength = np.repeat(matches.strength, counts) * np.exp(-0.5 * away**2).astype(np.float32)
    terms = np.repeat(matches.term, counts)
    stated_deg = bearings_deg[terms]
    directed = np.flatnonzero(~np.isnan(stated_deg))
    if len(directed):
        links_with_bearing = link_rows[directed]
        strength[directed] *= _bearing_weights(
            links.bearing_deg[links_with_bearing],
            stated_deg[directed],
            links.distance_m[links_with_bearing],
        )
    return LinkMatches(terms, link_rows, strength)


def best_by_tile(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> F32:
    """The strongest match of each of R query terms at each tile, decayed by distance: [R, N].

    `bearings_deg` [R] is the described bearing of each term, NaN for none.
    """
    rows, tiles = len(bearings_deg), len(match_index.gallery)
    spread = link_matches(match_index, matches, bearings_deg)
    best = np.zeros(rows * tiles, dtype=np.float32)
    np.maximum.at(
        best, spread.term * tiles + match_index.gallery.links.tile[spread.link], spread.strength
    )
    return best.reshape(rows, tiles)


def match_by_embedding(
    match_index: MatchIndex, encoded_query: EncodedQuery, allowed: I64 | None
) -> Matches:
    """Phrases against facts by cosine; `strength` is the cosine − `LEAST_COSINE`."""
    similar = match_index.gallery.fact_index.search(
        encoded_query.phrase_embeddings,
        SIMILAR_FACTS,
        None if allowed is None else match_index.index_row[allowed],
    )
    terms, columns = np.nonzero((similar.similarities > LEAST_COSINE) & (similar.rows >= 0))
    strengths = similar.similarities[terms, columns] - LEAST_COSINE
    facts = match_index.gallery.spoken[similar.rows[terms, columns]]
    by_cosine = Matches(terms, facts, strengths.astype(np.float32))
    best = similar.similarities.max(axis=1, initial=0) - LEAST_COSINE
    return _joined([by_cosine, *_by_local_name(match_index, encoded_query, best)])


def _by_local_name(
    match_index: MatchIndex, encoded_query: EncodedQuery, best: F32
) -> Iterator[Matches]:
    """Phrases against facts whose local name has the phrase's noun, nearly as strong as the `best`
    match of each phrase [P]."""
    for row in np.flatnonzero(best > 0).tolist():
        noun = noun_of_phrase(encoded_query.phrases[row].text)
        facts = match_index.local_names.facts(noun)
        yield _of_term(row, facts, _LOCAL_SHARE * float(best[row]))


def _of_term(term: int, facts: I64, strength: float) -> Matches:
    """The matches of one term with some facts, all of one strength."""
    return Matches(
        np.full(len(facts), term, dtype=np.int64),
        facts,
        np.full(len(facts), strength, dtype=np.float32),
    )


def _joined(parts: Sequence[Matches]) -> Matches:
    return Matches(
        np.concatenate([part.term for part in parts]),
        np.concatenate([part.fact for part in parts]),
        np.concatenate([part.strength for part in parts]),
    )


_NO_MATCHES = Matches(
    np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
)


def match_by_words(
    match_index: MatchIndex, words: list[str], *, in_local_names: bool = False
) -> Matches:
    """Words against names and kinds by BM25; misspelt words are weighted less.

    `in_local_names`: also against names that say the same in the town's own language.
    """
    index, facts = match_index.gallery.names, len(match_index.named)
    parts = [_NO_MATCHES]
    for row, word in enumerate(words):
        for spelling, spelling_weight in index.spellings(word):
            for column, column_weight in (("name", 1.0), ("kind", _KIND_WEIGHT)):
                found = index.postings(spelling, column)
                weights = found.weights * (spelling_weight * column_weight)
                having = found.facts.astype(np.int64)
                terms = np.full(len(having), row, dtype=np.int64)
                parts.append(Matches(terms, having, weights.astype(np.float32)))
        if in_local_names:
            named = match_index.local_names.facts(singular(word))
            idf = float(np.log1p((facts - len(named) + 0.5) / (len(named) + 0.5)))
            parts.append(_of_term(row, named, _LOCAL_WEIGHT * idf))
    return _joined(parts)


def normalized_sum(best: F32, mask: Bools | None = None) -> F32:
    """Sum over R query terms of [R, N], divided by the sum of each term's best allowed tile: [N].

    0..1; tiles that are not allowed get 0.
    """
    if mask is not None:
        best = best * mask
    attainable = float(best.max(axis=1, initial=0).sum())
    total: F32 = best.sum(axis=0)
    return total / attainable if attainable > 0 else total


def visible_facts(match_index: MatchIndex, mask: Bools | None) -> I64 | None:
    """The embedded facts that some allowed tile sees, or None where every tile is allowed."""
    if mask is None:
        return None
    links = match_index.gallery.links
    facts = np.unique(links.fact[mask[links.tile]]).astype(np.int64)
    return facts[match_index.gallery.facts.spoken[facts]]
