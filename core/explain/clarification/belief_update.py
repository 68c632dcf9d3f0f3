"""An answer after replies to follow-up questions: the probabilities move, and with them the order.

Leaves choosing the questions to `question`, and the search itself to `core.retrieval`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.explain.clarification import Reply, answered
from core.records import Candidate
from core.retrieval import Posterior, SearchTrace, reranked
from core.retrieval.confidence import verdict_of
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.fusion import ordered, suppress_neighbours
from core.retrieval.search import match_index_of


@dataclass(frozen=True, slots=True)
class GivenReply:
    """What a visitor answered to the follow-up question with this key."""

    key: str
    answer: Reply


def as_shown(trace: SearchTrace, replies: Sequence[GivenReply] = ()) -> SearchTrace:
    """The finding as it is to be shown: its leading candidates ranked again, after replies that
    tell something by the new confidence of the likeliest spots alone.

    Replies may bring places up that were no candidates before: those have no `rank_before`.
    Raises QueryError for a reply to no question of ours.
    """
    first = replace(
        trace, result=replace(trace.result, candidates=reranked(trace.result.candidates))
    )
    telling = [one for one in replies if one.answer != "cannot tell"]
    return _after(first, telling) if telling and trace.result.candidates else first


def _after(trace: SearchTrace, replies: Sequence[GivenReply]) -> SearchTrace:
    """After replies the likeliest tile of each spot is its candidate, the most confident first."""
    gallery, before = trace.gallery, trace.posterior
    shares = before.mass
    for reply in replies:
        shares = answered(gallery, shares, reply.key, reply.answer)
    posterior = Posterior(shares * (1 - before.p_outside), before.p_outside, before.area)
    order = ordered(np.log(np.maximum(shares, 1e-300)).astype(np.float32), trace.mask)
    rows = suppress_neighbours(order, gallery.lats, gallery.lons, len(trace.result.candidates))
    confidences = posterior.near(rows, gallery.lats, gallery.lons)
    known = {one.tile.tile_id: one for one in trace.result.candidates}
    evidence_finder = EvidenceFinder(match_index_of(gallery), trace.encoded_query, trace.channels)
    candidates = []
    for rank, place in enumerate(np.argsort(-np.array(confidences), kind="stable"), 1):
        row, confidence = rows[place], confidences[place]
        one = known.get(gallery.tile(row).tile_id) or _candidate(trace, row, evidence_finder)
        candidates.append(replace(one, rank=rank, confidence=confidence))
    result = replace(
        trace.result,
        candidates=tuple(candidates),
        verdict=verdict_of(before.p_outside, max(confidences)),
    )
    return replace(trace, posterior=posterior, result=result)


def _candidate(trace: SearchTrace, row: int, evidence_finder: EvidenceFinder) -> Candidate:
    """A tile that was no candidate, as the search would have told it."""
    signals, evidence = trace.ranking.signals, evidence_finder.evidence(row)
    return Candidate(
        tile=trace.gallery.tile(row),
        rank=1,
        similarity=float(trace.ranking.scores[row]),
        channels={name: float(signals.channel(name)[row]) for name in trace.channels},
        names=evidence_finder.names(row, evidence),
        evidence=evidence,
    )
