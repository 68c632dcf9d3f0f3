"""Builds the ledger of every candidate from evidence, contradictions and ablation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, Bools
from core.explain.ledger.ablation import Ablation, ablate_phrases
from core.explain.ledger.claim_features import ClaimFeatures
from core.explain.ledger.claim_gate import ClaimGate, read_claim_gate
from core.explain.ledger.claims import denied
from core.explain.ledger.contradictions import Contradiction, ContradictionFinder
from core.explain.ledger.fact_positions import fact_positions
from core.explain.ledger.placing import lacking
from core.explain.ledger.portrayed import lacks_subject
from core.explain.ledger.unmappable import MARGIN, unmappable_margins
from core.explain.ledger.unshown import unshown_words
from core.records import Candidate, Evidence, LedgerEntry, SearchResult, Standing
from core.retrieval import PictureEncoder, SearchTrace
from core.retrieval.head_nouns import head_of_phrase, is_location_only
from core.retrieval.relations import tells_writer
from core.retrieval.search import match_index_of
from core.retrieval.translation import in_own_words

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_MIN_SURE_COSINE = 0.75
"""From this cosine on, or with every word of the phrase, evidence counts even for a phrase that
seems unmappable."""

_ALONE = 0.5
"""The share of other phrases that were found where there are no others."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """One ledger for each candidate of a search, in their order, and notes for the user."""

    entries: tuple[tuple[LedgerEntry, ...], ...]
    notes: tuple[str, ...] = ()


def ledgers(
    trace: SearchTrace,
    encoder: "SentenceEncoder",
    picture_encoder: PictureEncoder | None = None,
    with_effects: bool = True,
    gate: ClaimGate | None = None,
) -> Ledgers:
    """The ledger of each candidate; without effects it takes a fraction of the time.

    Without a `gate` the bundled one decides which evidence is claimed. `picture_encoder` must be
    that of the search. Phrases at the end of very long descriptions are not ablated: their entries
    have no `effects`, and a note says so.
    """
    candidates = trace.result.candidates
    if not candidates:
        return Ledgers(())
    effects = ablate_phrases(trace, encoder, picture_encoder) if with_effects else Ablation.none()
    builder = LedgerBuilder(trace, encoder, gate)
    entries = tuple(
        tuple(
            builder.entry(row, column, candidate, effects)
            for row in range(len(trace.encoded_query.phrases))
        )
        for column, candidate in enumerate(candidates)
    )
    rest = len(trace.encoded_query.phrases) - len(effects)
    note = (
        f"Effects were measured for the first {len(effects)} phrases only; "
        f"{rest} more count as part of the whole."
    )
    return Ledgers(entries, (note,) if rest and with_effects else ())


def standing_ledger(
    trace: SearchTrace, candidate: Candidate, encoder: "SentenceEncoder"
) -> tuple[LedgerEntry, ...]:
    """The ledger of one candidate without effects, in a few milliseconds."""
    return LedgerBuilder(trace, encoder).entries(candidate)


def standings(
    trace: SearchTrace, encoder: "SentenceEncoder", evidence: dict[int, tuple[Evidence, ...]]
) -> dict[int, tuple[LedgerEntry, ...]]:
    """The entries of the ledger at some tiles, by row, without effects and roles.

    `evidence` has one piece for each phrase, or none.
    """
    builder = LedgerBuilder(trace, encoder)
    return {
        tile: tuple(builder.at(row, pieces, tile) for row in range(len(pieces)))
        for tile, pieces in evidence.items()
    }


def with_claims(trace: SearchTrace, encoder: "SentenceEncoder") -> SearchResult:
    """The result of a search whose evidence is what the ledgers claim, with a note where the first
    place lacks what the description goes by."""
    tiles = [trace.gallery.row_of(one.tile.tile_id) for one in trace.result.candidates]
    found = {tile: one.evidence for tile, one in zip(tiles, trace.result.candidates, strict=True)}
    entries = standings(trace, encoder, found)
    candidates = tuple(
        replace(one, evidence=tuple(entry.claimed for entry in entries[tile]))
        for tile, one in zip(tiles, trace.result.candidates, strict=True)
    )
    notes = (*trace.result.notes, *place_notes(trace, [entries[tile] for tile in tiles[:1]]))
    return replace(trace.result, candidates=candidates, notes=notes)


def place_notes(trace: SearchTrace, entries: Sequence[tuple[LedgerEntry, ...]]) -> tuple[str, ...]:
    """The note on what the first place of a search lacks, by the ledgers of its candidates; none
    where another region has the first place."""
    return tuple(
        note
        for candidate, ledger in zip(trace.result.candidates[:1], entries[:1], strict=True)
        if candidate.rank == 1 and (note := lacking(trace, ledger))
    )


class LedgerBuilder:
    """Builds the entries of one search's ledgers."""

    def __init__(
        self, trace: SearchTrace, encoder: "SentenceEncoder", gate: ClaimGate | None = None
    ) -> None:
        self._trace = trace
        self._gate = gate or read_claim_gate()
        gallery, encoded_query = trace.gallery, trace.encoded_query
        self._contradictions = ContradictionFinder(
            match_index_of(gallery),
            fact_positions(gallery),
            encoded_query,
            trace.channels,
            (gallery.card.name, gallery.card.title),
        )
        self._roles = _told_roles(trace)
        margins = unmappable_margins(encoded_query.phrase_embeddings, encoder)
        self._unmappable = (margins > MARGIN) & ~_of_kinds_here(trace)
        self._features = ClaimFeatures(
            match_index_of(gallery), fact_positions(gallery), encoded_query, margins
        )

    def entries(self, candidate: Candidate) -> tuple[LedgerEntry, ...]:
        """The ledger of one candidate without effects."""
        phrases, effects = range(len(self._trace.encoded_query.phrases)), Ablation.none()
        return tuple(self.entry(row, candidate.rank - 1, candidate, effects) for row in phrases)

    def entry(self, row: int, column: int, candidate: Candidate, effects: Ablation) -> LedgerEntry:
        """The phrase of one row at the candidate of one column."""
        ablated = row < len(effects)
        tile = self._trace.gallery.row_of(candidate.tile.tile_id)
        standing, found = self._standing(row, candidate.evidence, tile)
        encoded_query = self._trace.encoded_query
        evidence = in_own_words(found.evidence, encoded_query.phrases[row], encoded_query)
        return LedgerEntry(
            evidence=evidence,
            standing=standing,
            against=found.against,
            absent=found.absent if standing == "supported" else "",
            effects={
                name: round(float(losses[row, column]), 4)
                for name, losses in effects.channels.items()
            }
            if ablated
            else {},
            effect=round(float(effects.similarity[row, column]), 4) if ablated else 0.0,
            rank_without=int(effects.rank_without[row, column]) if ablated else candidate.rank,
            unshown=unshown_words(encoded_query.phrases[row], found.evidence)
            if standing == "supported"
            else (),
            role=self._roles.get(self._trace.encoded_query.phrases[row].start, "seen"),
        )

    def at(self, row: int, evidence: tuple[Evidence, ...], tile: int) -> LedgerEntry:
        """The phrase of one row at any tile, by the evidence for all phrases there."""
        standing, found = self._standing(row, evidence, tile)
        encoded_query = self._trace.encoded_query
        piece = in_own_words(found.evidence, encoded_query.phrases[row], encoded_query)
        return LedgerEntry(piece, standing, found.against, {}, 0.0, 0)

    def _standing(
        self, row: int, evidence: tuple[Evidence, ...], tile: int
    ) -> tuple[Standing, Contradiction]:
        phrase = self._trace.encoded_query.phrases[row]
        nothing = Contradiction("", Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0))
        if not evidence:  # only pictures were searched, so there is no evidence to check
            return "unchecked", nothing
        found = self._contradictions.contradiction(row, evidence[row], tile)
        if found.against:
            return "contradicted", found
        if phrase.denial is not None:
            return ("supported", found) if found.absent else ("unchecked", nothing)
        threshold = 1.0 if found.evidence.channel == "names" else _MIN_SURE_COSINE
        sure = found.evidence.similarity >= threshold or self._contradictions.map_names.are_in(row)
        if (
            is_location_only(phrase.text)
            or denied(phrase.text)
            or (self._unmappable[row] and not sure)
        ):
            return "unchecked", nothing
        if not found.evidence.supported:
            return "missing", found
        fact = fact_positions(self._trace.gallery).fact_of(found.evidence, tile)
        names = self._trace.gallery.facts.names[fact] if fact is not None else ()
        own = self._trace.encoded_query.gloss is None
        if lacks_subject(phrase.text, found.evidence.fact, names, own=own):
            return "missing", replace(found, evidence=replace(found.evidence, fit="unsure"))
        if fact is None or self._gate.holds(
            self.claim_features(row, fact, found.evidence.distance_m or 0.0, evidence, tile)
        ):
            return "supported", found
        return "missing", replace(found, evidence=replace(found.evidence, fit="unsure"))

    def claim_features(
        self, row: int, fact: int, distance_m: float, evidence: tuple[Evidence, ...], tile: int
    ) -> F32:
        """The features [C] of the claim that a fact near a tile supports a phrase; `evidence` is
        that for all phrases there."""
        others = [piece.supported for at, piece in enumerate(evidence) if at != row]
        return self._features.of(
            row,
            fact,
            tile,
            distance_m,
            sum(others) / len(others) if others else _ALONE,
            self._contradictions.map_names.is_apart(row),
        )


def _of_kinds_here(trace: SearchTrace) -> Bools:
    """Whether the noun of each phrase is a kind of this map, which can be missing then: [P]."""
    kinds = match_index_of(trace.gallery).kinds
    heads = [head_of_phrase(phrase.text) for phrase in trace.encoded_query.phrases]
    return np.array([head is not None and head.noun in kinds for head in heads], dtype=bool)


def _told_roles(trace: SearchTrace) -> dict[int, str]:
    """The role of each phrase that the description relates to its writer, by its start."""
    things = [one for one in trace.ranking.named_things.things if one.kind == "phrase"]
    spans = [(one.start, one.end) for one in things]
    told = tells_writer(trace.encoded_query.text, spans)
    return {
        one.start: one.relation.role for one, is_told in zip(things, told, strict=True) if is_told
    }
