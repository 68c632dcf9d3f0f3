"""Matching of query terms (phrases or words) with facts, for the `facts` and `names` channels.

Both channels match term by term and keep for each tile the best match of each term, decayed by
the distance between viewpoint and thing: late interaction as in ColBERT (arXiv 2004.12832), over
things in space. The distance decay is ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import F32, I64, Bools
from core.retrieval.channels.match_index import Matches, MatchIndex
from core.retrieval.head_nouns import singular

LEAST_COSINE = 0.4
_KIND_WEIGHT = 0.5
_LOCAL_WEIGHT = 1.0
"""Weight of a word's match with a name in the town's own language, times its BM25 weight of one
occurrence. Chosen among 0.5 and 1 on tests/descriptions.jsonl."""
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
    rows, counts = match_index.gallery.links.rows_of(matches.fact)
    strength = _decayed(match_index, matches, bearings_deg, rows, counts)
    return LinkMatches(matches.term.repeat(counts), rows, strength)


def _decayed(
    match_index: MatchIndex, matches: Matches, bearings_deg: F32, rows: I64, counts: I64
) -> F32:
    """The strength of M matches at the link `rows` [L] of their facts, each with `counts` [M]."""
    strength = matches.strength.repeat(counts)
    strength *= match_index.decay(rows, matches.fact, counts)
    has_direction = ~np.isnan(bearings_deg)
    if has_direction.any():
        terms = matches.term.repeat(counts)
        directed = np.flatnonzero(has_direction[terms])
        links, links_with_bearing = match_index.gallery.links, rows[directed]
        strength[directed] *= _bearing_weights(
            links.bearing_deg[links_with_bearing],
            bearings_deg[terms[directed]],
            links.distance_m[links_with_bearing],
        )
    return strength


def best_by_tile(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> F32:
    """The strongest match of each of R query terms at each tile, decayed by distance: [R, N].

    `bearings_deg` [R] is the described bearing of each term, NaN for none.
    """
    tiles, links = len(match_index.gallery), match_index.gallery.links
    best = np.zeros((len(bearings_deg), tiles), dtype=np.float32)
    rows, counts = links.rows_of(matches.fact)
    strength = _decayed(match_index, matches, bearings_deg, rows, counts)
    places = (matches.term * tiles).repeat(counts)
    places += links.tile.take(rows)
    np.maximum.at(best.reshape(-1), places, strength)
    return best


@dataclass(frozen=True, slots=True)
class TermSums:
    """The sum over R query terms of the strongest match of each at each tile, as a share of what
    the allowed tiles could give: [N], 0..1. `best` [R] is the strongest match of each term at any
    allowed tile."""

    share: F32
    best: F32


def sum_by_tile(
    match_index: MatchIndex, matches: Matches, bearings_deg: F32, mask: Bools | None = None
) -> TermSums:
    """The normalized sum of `best_by_tile`, and the best of each term."""
    best = best_by_tile(match_index, matches, bearings_deg)
    if mask is not None:
        best *= mask
    return TermSums(normalized_sum(best), best.max(axis=1, initial=0))


def of_term(term: int, facts: I64, strength: float) -> Matches:
    """The matches of one term with some facts, all of one strength."""
    return Matches(
        np.full(len(facts), term, dtype=np.int64),
        facts,
        np.full(len(facts), strength, dtype=np.float32),
    )


def joined(parts: Sequence[Matches]) -> Matches:
    """The matches of several parts, one after another."""
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
                if not len(found.facts):
                    continue
                weights = found.weights * (spelling_weight * column_weight)
                having = found.facts.astype(np.int64)
                terms = np.full(len(having), row, dtype=np.int64)
                parts.append(Matches(terms, having, weights.astype(np.float32)))
        if in_local_names:
            named = match_index.local_names.facts(singular(word))
            idf = float(np.log1p((facts - len(named) + 0.5) / (len(named) + 0.5)))
            parts.append(of_term(row, named, _LOCAL_WEIGHT * idf))
    return joined(parts)


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
