"""The ledger of every candidate of a search: how each phrase stands and what it did.

Puts together what witness, objections and effects say; leaves saying it in sentences to `reasons`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.explain.ledger.ablation import Ablation, ablate_phrases
from core.explain.ledger.claims import denied
from core.explain.ledger.contradictions import ContradictionFinder
from core.explain.ledger.fact_positions import fact_positions
from core.explain.ledger.unmappable import MARGIN, unseen_margins
from core.records import Candidate, Evidence, LedgerEntry, Standing
from core.retrieval import PictureEncoder, SearchTrace
from core.retrieval.head_nouns import is_location_only
from core.retrieval.search import match_index_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_SURE = 0.75
"""A fact this near in sense, or with every word, stands even for a phrase that no map seems to
hold."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """One ledger for each candidate of a search, in their order, and notes for the user."""

    entries: tuple[tuple[LedgerEntry, ...], ...]
    notes: tuple[str, ...] = ()


def ledgers(
    trace: SearchTrace, encoder: "SentenceEncoder", picture_encoder: PictureEncoder | None = None
) -> Ledgers:
    """The phrases of the description held against each candidate.

    `picture_encoder` are those the search had. Entries whose phrase was not left out, as happens at
    the end of very long descriptions, have no `effects`, and a note says so.
    """
    candidates = trace.result.candidates
    if not candidates:
        return Ledgers(())
    effects = ablate_phrases(trace, encoder, picture_encoder)
    judge = _LedgerBuilder(trace, encoder)
    entries = tuple(
        tuple(
            judge.entry(row, column, candidate, effects)
            for row in range(len(trace.encoded_query.phrases))
        )
        for column, candidate in enumerate(candidates)
    )
    left = len(trace.encoded_query.phrases) - len(effects)
    note = (
        f"What single phrases did was worked out for the first {len(effects)}; "
        f"{left} more only count in the whole."
    )
    return Ledgers(entries, (note,) if left else ())


class _LedgerBuilder:
    """Says how each phrase of one search stands at its candidates."""

    def __init__(self, trace: SearchTrace, encoder: "SentenceEncoder") -> None:
        self._finding = trace
        gallery, encoded_query = trace.gallery, trace.encoded_query
        self._objector = ContradictionFinder(
            match_index_of(gallery),
            fact_positions(gallery),
            encoded_query,
            trace.channels,
            (gallery.card.name, gallery.card.title),
        )
        self._unseen = unseen_margins(encoded_query.phrase_embeddings, encoder) > MARGIN

    def entry(self, row: int, column: int, candidate: Candidate, effects: Ablation) -> LedgerEntry:
        """The phrase of one row at the candidate of one column."""
        known = row < len(effects)
        standing, against, evidence = self._standing(row, candidate)
        return LedgerEntry(
            evidence=evidence,
            standing=standing,
            against=against,
            effects={
                name: round(float(lost[row, column]), 4) for name, lost in effects.channels.items()
            }
            if known
            else {},
            effect=round(float(effects.similarity[row, column]), 4) if known else 0.0,
            rank_without=int(effects.rank_without[row, column]) if known else candidate.rank,
        )

    def _standing(self, row: int, candidate: Candidate) -> tuple[Standing, str, Evidence]:
        phrase = self._finding.encoded_query.phrases[row]
        nothing = Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0)
        if not candidate.evidence:  # pictures alone were searched: nothing to hold it against
            return "unchecked", "", nothing
        tile = self._finding.gallery.row_of(candidate.tile.tile_id)
        found = self._objector.object_to(row, candidate.evidence[row], tile)
        if found.against:
            return "contradicted", found.against, found.evidence
        whole = 1.0 if found.evidence.channel == "names" else _SURE
        sure = found.evidence.similarity >= whole or self._objector.names_a_place(row)
        if is_location_only(phrase.text) or denied(phrase.text) or (self._unseen[row] and not sure):
            return "unchecked", "", nothing
        return ("supported" if found.evidence.supported else "missing"), "", found.evidence
