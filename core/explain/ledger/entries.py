"""The ledger of every candidate of a search: how each phrase stands and what it did.

Puts together what witness, objections and effects say; leaves saying it in sentences to `reasons`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.explain.ledger.against import Objector
from core.explain.ledger.claims import denied
from core.explain.ledger.effects import Effects, effects_of
from core.explain.ledger.surroundings import surroundings_of
from core.explain.ledger.unseen import MARGIN, unseen_margins
from core.records import Candidate, Entry, Evidence, Standing
from core.retrieval import Eyes, Finding
from core.retrieval.heads import names_no_thing
from core.retrieval.search import ground_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_SURE = 0.75
"""A fact this near in sense, or with every word, stands even for a phrase that no map seems to
hold."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """One ledger for each candidate of a search, in their order, and notes for the user."""

    entries: tuple[tuple[Entry, ...], ...]
    notes: tuple[str, ...] = ()


def ledgers(finding: Finding, encoder: "SentenceEncoder", eyes: Eyes | None = None) -> Ledgers:
    """The phrases of the description held against each candidate.

    `eyes` are those the search had. Entries whose phrase was not left out, as happens at the end
    of very long descriptions, have no `effects`, and a note says so.
    """
    candidates = finding.result.candidates
    if not candidates:
        return Ledgers(())
    effects = effects_of(finding, encoder, eyes)
    judge = _Judge(finding, encoder)
    entries = tuple(
        tuple(
            judge.entry(row, column, candidate, effects)
            for row in range(len(finding.reading.phrases))
        )
        for column, candidate in enumerate(candidates)
    )
    left = len(finding.reading.phrases) - len(effects)
    note = (
        f"What single phrases did was worked out for the first {len(effects)}; "
        f"{left} more only count in the whole."
    )
    return Ledgers(entries, (note,) if left else ())


class _Judge:
    """Says how each phrase of one search stands at its candidates."""

    def __init__(self, finding: Finding, encoder: "SentenceEncoder") -> None:
        self._finding = finding
        gallery, reading = finding.gallery, finding.reading
        self._objector = Objector(
            ground_of(gallery),
            surroundings_of(gallery),
            reading,
            finding.channels,
            (gallery.card.name, gallery.card.title),
        )
        self._unseen = unseen_margins(reading.phrase_embeddings, encoder) > MARGIN

    def entry(self, row: int, column: int, candidate: Candidate, effects: Effects) -> Entry:
        """The phrase of one row at the candidate of one column."""
        known = row < len(effects)
        standing, against, evidence = self._standing(row, candidate)
        return Entry(
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
        phrase = self._finding.reading.phrases[row]
        nothing = Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0)
        if not candidate.evidence:  # pictures alone were searched: nothing to hold it against
            return "unchecked", "", nothing
        tile = self._finding.gallery.row_of(candidate.tile.tile_id)
        found = self._objector.object_to(row, candidate.evidence[row], tile)
        if found.against:
            return "contradicted", found.against, found.evidence
        whole = 1.0 if found.evidence.channel == "names" else _SURE
        sure = found.evidence.similarity >= whole or self._objector.names_a_place(row)
        if names_no_thing(phrase.text) or denied(phrase.text) or (self._unseen[row] and not sure):
            return "unchecked", "", nothing
        return ("supported" if found.evidence.supported else "missing"), "", found.evidence
