"""The `facts` channel: phrases and the whole description against short facts around each tile.

Signals: `phrases`, the matches of all phrases as a share of the best that the gallery could give;
`whole`, the cosine of the description and the tile's whole text; `best_fact`, the cosine of the
description and the best single fact; `absent`, what the description denies and the tile has, as a
penalty; `surroundings`, what lies around, each thing weighed by its rarity, only in galleries with
facts that are seen from above. Of the weights 1, 2 and 4 of `surroundings` none was better than the
others on 40 descriptions of Pardubice (first ten 40 to 45), nor on 158 program-written ones of its
eastern third (first place 53 to 57). A description without denials has no signal `absent`.
Of its weights 0.04, 0.06 and 0.1, 0.04 was chosen on program-written descriptions of Krems, Porto
and Manhattan that end with a denial: where it is true (325) all three find the same but for two
texts, and where it is false the smallest loses least.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, I64
from core.indexes.coarse import coarse_of
from core.indexes.codes import last_of_best
from core.indexes.vector import VectorIndex
from core.retrieval.absence import absence_of
from core.retrieval.channels.channel import (
    Allowed,
    ChannelResult,
    ChannelSpec,
    FirstStep,
    Signal,
    allowed,
    logarithm,
    lower_quartile,
    median_of,
)
from core.retrieval.channels.fact_matches import fact_cosines, matches_of
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.matching import (
    LEAST_COSINE,
    sum_by_tile,
    visible_facts,
)
from core.retrieval.channels.surroundings import surroundings
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.relations import relations_of

if TYPE_CHECKING:
    from core.retrieval.background_corpus import Background

_SIMILAR_TILES = 1000
"""Number of tiles whose whole text is compared; the others get the last of these cosines."""
_POOL_OF_TILES = 4096
"""Tiles of a large gallery among which these are looked for. With 1,536, 10 of 1,000 were missed in
Neubrandenburg; with 2,560, none."""
FOUND = 0.15
"""A phrase counts as found from this strength on: a cosine of 0.55, the least for evidence."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """The comparisons of a search: the cosines [P + 1, V] of the phrases and the whole description
    with V `facts`, None for all embedded ones, and the signal `whole` [N]. `is_coarse`: an index
    chose the facts."""

    facts: I64 | None
    cosines: F32
    whole: F32
    is_coarse: bool


def _scan(match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed) -> _Scan:
    """Compares the description; only facts that an allowed tile sees count."""
    facts = visible_facts(match_index, mask)
    queries = np.concatenate([encoded_query.phrase_embeddings, encoded_query.embedding[None]])
    coarse = None
    if mask is None and not encoded_query.exact:
        coarse = coarse_of(match_index.gallery.fact_index)
    if coarse is not None:
        facts = match_index.gallery.spoken[coarse.near(queries)]
    cosines = fact_cosines(match_index, queries, facts)
    whole = _whole(match_index.gallery.tile_index, encoded_query, mask)
    return _Scan(facts, cosines, whole, coarse is not None)


def _begin(match_index: MatchIndex, encoded_query: EncodedQuery, mask: Allowed) -> FirstStep:
    """The comparisons, and how close the phrases come to any fact, however far it is from tiles."""
    scan = _scan(match_index, encoded_query, mask)
    best = scan.cosines.max(axis=1, initial=-1)
    strengths = np.maximum(best[encoded_query.affirmed] - np.float32(LEAST_COSINE), 0)
    features = {
        "best_fact": float(best[-1]),
        "whole": float(allowed(scan.whole, mask).max(initial=-1)),
    }
    if len(strengths):
        features |= {
            "phrase_strength": float(strengths.mean()),
            "phrase_floor": lower_quartile(strengths),
            "phrases_found": float((strengths > FOUND).mean()),
        }
    return FirstStep(scan, features)


def _search(
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    mask: Allowed,
    begun: _Scan | None = None,
) -> ChannelResult:
    """Signals and the best strength of each phrase."""
    scan = begun or _scan(match_index, encoded_query, mask)
    facts, cosines = scan.facts, scan.cosines
    similar = matches_of(match_index, encoded_query, cosines[:-1], facts)
    phrases = sum_by_tile(match_index, similar, encoded_query.phrase_bearings, mask)
    signals = {
        "phrases": phrases.share,
        "whole": scan.whole,
        "best_fact": match_index.best_fact(cosines[-1], facts),
    }
    if (presence := absence_of(match_index).presence(encoded_query)) is not None:
        signals["absent"] = -presence
    if match_index.gallery.facts.views is not None:
        signals["surroundings"] = surroundings(match_index, encoded_query, facts)
    strengths = phrases.best[encoded_query.affirmed]
    every = cosines[:-1] if facts is None else None
    return ChannelResult(signals, strengths, similar, every, scan.is_coarse)


def _whole(tiles: VectorIndex, encoded_query: EncodedQuery, mask: Allowed) -> F32:
    """The cosine of a description with each tile's whole text, at least that of the last of the
    best ones: [N]."""
    query = encoded_query.embedding[None]
    if mask is None and not encoded_query.exact and (coarse := coarse_of(tiles)) is not None:
        near = coarse.near(query, _POOL_OF_TILES)
        cosines = tiles.scan(query, near)[0]
        whole = np.full(len(tiles), last_of_best(cosines, _SIMILAR_TILES), dtype=np.float32)
        whole[near] = np.maximum(cosines, whole[near])
        return whole
    cosines = tiles.scan(query)[0]
    least = np.float32(last_of_best(allowed(cosines, mask), _SIMILAR_TILES))
    raised: F32 = np.maximum(cosines, least)
    return raised if mask is None else np.where(mask, raised, least)


def _share_with_role(encoded_query: EncodedQuery) -> float:
    """The share of the phrases that a relation places, as in directions to a meeting point."""
    spans = [(phrase.start, phrase.end) for phrase in encoded_query.phrases]
    roles = [relation.role for relation in relations_of(encoded_query.text, spans)]
    return sum(role != "seen" for role in roles) / len(roles)


def _features(
    result: ChannelResult, encoded_query: EncodedQuery, mask: Allowed, background: "Background"
) -> dict[str, float]:
    strengths = result.strengths
    if not len(strengths):
        return {}
    with_bearing = np.count_nonzero(~np.isnan(encoded_query.phrase_bearings)) / len(strengths)
    typical = background.scores(encoded_query)
    whole, fact = (allowed(result.signals[name], mask) for name in ("whole", "best_fact"))
    return {
        "phrases": logarithm(len(strengths)),
        "bearings": float(with_bearing),
        "roles": _share_with_role(encoded_query),
        "phrase_strength": float(strengths.mean()),
        "phrase_floor": lower_quartile(strengths),
        "phrases_found": float((strengths > FOUND).mean()),
        "phrases_together": float(allowed(result.signals["phrases"], mask).max()),
        "whole": float(whole.max()),
        "whole_rise": float(whole.max() - median_of(whole)),
        "best_fact": float(fact.max()),
        "best_fact_rise": float(fact.max() - median_of(fact)),
        "whole_ahead": float(whole.max()) - typical.whole,
        "best_fact_ahead": float(fact.max()) - typical.best_fact,
        "phrases_ahead": float(strengths.mean()) - typical.phrases,
    }


CHANNEL = ChannelSpec(
    "facts",
    {
        "phrases": Signal(0.25, "the match of each phrase"),
        "whole": Signal(0.14, "the meaning of the whole description"),
        "best_fact": Signal(0.23, "the one thing closest to the whole description"),
        "absent": Signal(0.04, "the things that it says are not there"),
        "surroundings": Signal(2.0, "the rare things around it, as they look from above"),
    },
    _search,
    (
        "phrases",
        "bearings",
        "roles",
        "phrase_strength",
        "phrase_floor",
        "phrases_found",
        "phrases_together",
        "whole",
        "whole_rise",
        "best_fact",
        "best_fact_rise",
        "whole_ahead",
        "best_fact_ahead",
        "phrases_ahead",
    ),
    _features,
    _begin,
)
