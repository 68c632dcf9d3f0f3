"""An answer after replies to follow-up questions: the probabilities move, and with them the order.

Leaves choosing the questions to `question`, and the search itself to `core.retrieval`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.explain.question import Answer, answered
from core.records import Candidate
from core.retrieval import Finding, Posterior, reranked
from core.retrieval.confidence import verdict_of
from core.retrieval.evidence import Witness
from core.retrieval.fusion import ordered, spots
from core.retrieval.search import ground_of


@dataclass(frozen=True, slots=True)
class Reply:
    """What a visitor answered to the follow-up question with this key."""

    key: str
    answer: Answer


def as_shown(finding: Finding, replies: Sequence[Reply] = ()) -> Finding:
    """The finding as it is to be shown: its leading candidates ranked again, after replies that
    tell something by the new confidence of the likeliest spots alone.

    Replies may bring places up that were no candidates before: those have no `rank_before`.
    Raises QueryError for a reply to no question of ours.
    """
    first = replace(
        finding, result=replace(finding.result, candidates=reranked(finding.result.candidates))
    )
    telling = [one for one in replies if one.answer != "cannot tell"]
    return _after(first, telling) if telling and finding.result.candidates else first


def _after(finding: Finding, replies: Sequence[Reply]) -> Finding:
    """After replies the likeliest tile of each spot is its candidate, the most confident first."""
    gallery, before = finding.gallery, finding.posterior
    shares = before.mass
    for reply in replies:
        shares = answered(gallery, shares, reply.key, reply.answer)
    posterior = Posterior(shares * (1 - before.elsewhere), before.elsewhere, before.area)
    order = ordered(np.log(np.maximum(shares, 1e-300)).astype(np.float32), finding.mask)
    rows = spots(order, gallery.lats, gallery.lons, len(finding.result.candidates))
    confidences = posterior.near(rows, gallery.lats, gallery.lons)
    known = {one.tile.tile_id: one for one in finding.result.candidates}
    witness = Witness(ground_of(gallery), finding.reading, finding.channels)
    candidates = []
    for rank, place in enumerate(np.argsort(-np.array(confidences), kind="stable"), 1):
        row, confidence = rows[place], confidences[place]
        one = known.get(gallery.tile(row).tile_id) or _candidate(finding, row, witness)
        candidates.append(replace(one, rank=rank, confidence=confidence))
    result = replace(
        finding.result,
        candidates=tuple(candidates),
        verdict=verdict_of(before.elsewhere, max(confidences)),
    )
    return replace(finding, posterior=posterior, result=result)


def _candidate(finding: Finding, row: int, witness: Witness) -> Candidate:
    """A tile that was no candidate, as the search would have told it."""
    signals, evidence = finding.ranking.signals, witness.evidence(row)
    return Candidate(
        tile=finding.gallery.tile(row),
        rank=1,
        similarity=float(finding.ranking.scores[row]),
        channels={name: float(signals.channel(name)[row]) for name in finding.channels},
        names=witness.names(row, evidence),
        evidence=evidence,
    )
