"""Belief update: posterior and ranking of a search after replies to clarifying questions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.explain.clarification import Reply, answered
from core.records import Candidate
from core.retrieval import SearchTrace
from core.retrieval.confidence import verdict_of
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.place_titles import titled
from core.retrieval.search import match_index_of
from core.retrieval.spots import spots_of
from core.retrieval.translation import all_in_own_words


@dataclass(frozen=True, slots=True)
class GivenReply:
    """The reply of a user to the clarifying question with this key."""

    key: str
    answer: Reply


def as_shown(trace: SearchTrace, replies: Sequence[GivenReply] = ()) -> SearchTrace:
    """The search as it is shown, after replies ranked by the new confidences.

    Replies can add candidates that were none before: these have no `rank_before`. Raises QueryError
    for a reply to an unknown question.
    """
    informative = [reply for reply in replies if reply.answer != "cannot tell"]
    return _with_replies(trace, informative) if informative and trace.result.candidates else trace


def _with_replies(trace: SearchTrace, replies: Sequence[GivenReply]) -> SearchTrace:
    """Updates the posterior; its likeliest spots become the candidates."""
    gallery, before = trace.gallery, trace.posterior
    shares = before.mass
    for reply in replies:
        shares = answered(gallery, shares, reply.key, reply.answer)
    posterior = replace(before, mass=shares * (1 - before.p_outside))
    spots = spots_of(
        gallery,
        posterior.mass,
        len(trace.result.candidates),
        trace.mask,
        sharpening=posterior.sharpening,
    )
    candidate_of = {candidate.tile.tile_id: candidate for candidate in trace.result.candidates}
    evidence_finder = EvidenceFinder(match_index_of(gallery), trace.encoded_query, trace.channels)
    candidates = []
    for rank, spot in enumerate(spots, 1):
        candidate = candidate_of.get(gallery.tile(spot.row).tile_id) or _candidate(
            trace, spot.row, evidence_finder
        )
        candidates.append(replace(candidate, rank=rank, confidence=spot.chance))
    result = replace(
        trace.result,
        candidates=titled(match_index_of(gallery), candidates),
        verdict=verdict_of(before.p_outside, spots[0].chance),
    )
    return replace(trace, posterior=posterior, result=result)


def _candidate(trace: SearchTrace, row: int, evidence_finder: EvidenceFinder) -> Candidate:
    """The candidate for a tile that was none before, as in search."""
    signals, evidence = trace.ranking.signals, evidence_finder.evidence(row)
    names = evidence_finder.names(row, evidence)
    return Candidate(
        tile=trace.gallery.tile(row),
        rank=1,
        similarity=float(trace.ranking.scores[row].clip(-1, 1)),
        channels={name: float(signals.channel(name)[row]) for name in trace.channels},
        pictures={view: float(values[row]) for view, values in signals.pictures().items()},
        names=names,
        evidence=all_in_own_words(evidence, trace.encoded_query),
        gallery=trace.gallery.card.name,
    )
