"""Belief update: posterior and ranking of a search after replies to clarifying questions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.explain.clarification import Reply, answered
from core.records import Candidate
from core.retrieval import Posterior, SearchTrace, reranked
from core.retrieval.confidence import verdict_of
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.fusion import ordered, suppress_neighbours
from core.retrieval.place_titles import titled
from core.retrieval.search import match_index_of
from core.retrieval.translation import all_in_own_words


@dataclass(frozen=True, slots=True)
class GivenReply:
    """The reply of a user to the clarifying question with this key."""

    key: str
    answer: Reply


def as_shown(trace: SearchTrace, replies: Sequence[GivenReply] = ()) -> SearchTrace:
    """The search as it is shown: reranked, or after replies ranked by the new confidences alone.

    Replies can add candidates that were none before: these have no `rank_before`. Raises QueryError
    for a reply to an unknown question.
    """
    reranked_trace = replace(
        trace, result=replace(trace.result, candidates=reranked(trace.result.candidates))
    )
    informative = [reply for reply in replies if reply.answer != "cannot tell"]
    return (
        _with_replies(reranked_trace, informative)
        if informative and trace.result.candidates
        else reranked_trace
    )


def _with_replies(trace: SearchTrace, replies: Sequence[GivenReply]) -> SearchTrace:
    """Updates the posterior; the likeliest tile of each spot becomes its candidate."""
    gallery, before = trace.gallery, trace.posterior
    shares = before.mass
    for reply in replies:
        shares = answered(gallery, shares, reply.key, reply.answer)
    posterior = Posterior(shares * (1 - before.p_outside), before.p_outside, before.area)
    order = ordered(np.log(np.maximum(shares, 1e-300)).astype(np.float32), trace.mask)
    rows = suppress_neighbours(order, gallery.lats, gallery.lons, len(trace.result.candidates))
    confidences = posterior.near(rows, gallery.lats, gallery.lons)
    candidate_of = {candidate.tile.tile_id: candidate for candidate in trace.result.candidates}
    evidence_finder = EvidenceFinder(match_index_of(gallery), trace.encoded_query, trace.channels)
    candidates = []
    for rank, index in enumerate(np.argsort(-np.array(confidences), kind="stable"), 1):
        row, confidence = rows[index], confidences[index]
        candidate = candidate_of.get(gallery.tile(row).tile_id) or _candidate(
            trace, row, evidence_finder
        )
        candidates.append(replace(candidate, rank=rank, confidence=confidence))
    result = replace(
        trace.result,
        candidates=titled(match_index_of(gallery), candidates),
        verdict=verdict_of(before.p_outside, max(confidences)),
    )
    return replace(trace, posterior=posterior, result=result)


def _candidate(trace: SearchTrace, row: int, evidence_finder: EvidenceFinder) -> Candidate:
    """The candidate for a tile that was none before, as in search."""
    signals, evidence = trace.ranking.signals, evidence_finder.evidence(row)
    names = evidence_finder.names(row, evidence)
    return Candidate(
        tile=trace.gallery.tile(row),
        rank=1,
        similarity=float(trace.ranking.scores[row]),
        channels={name: float(signals.channel(name)[row]) for name in trace.channels},
        names=names,
        evidence=all_in_own_words(evidence, trace.encoded_query),
    )
