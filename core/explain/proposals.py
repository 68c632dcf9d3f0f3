"""Other words for a phrase that nothing was found for: the kinds of things here nearest to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.explain.ledger.claims import looks_in
from core.records import LedgerEntry, Standing
from core.retrieval import SearchTrace
from core.retrieval.head_nouns import head_of_phrase
from core.retrieval.kind_fit import is_of_other_size, lacks_modifier, shares_modifier_only

LEAST = 0.55
"""Least cosine of a phrase and a fact whose kind is proposed. Chosen on eight phrases in three
cities: "place to buy bread" has bakeries at 0.62, "lighthouse" a fountain at 0.48."""
_NEAREST = 60
_NOT_FOUND: Final[tuple[Standing, ...]] = ("missing", "unchecked")
_ADDRESS = re.compile(r"[^\W\d_]\s+\d+\s*[a-z]?$", re.IGNORECASE)
"""A name with a number behind it: no kind of thing was meant."""
_EVERYWHERE = frozenset({"", "building", "address", "street corner"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A phrase of the description, its offsets, and kinds that may have been meant."""

    phrase: str
    start: int
    end: int
    kinds: tuple[str, ...]


def proposals(
    trace: SearchTrace, ledger: Sequence[LedgerEntry], most: int = 2
) -> tuple[Proposal, ...]:
    """Proposals for the first `most` phrases that are missing or unchecked in a candidate's
    `ledger`, the nearest kinds first. A description in another language gets none, nor does a
    phrase for a thing that the map knows by this noun: "small park" means a park."""
    query, gallery = trace.encoded_query, trace.gallery
    if query.gloss is not None or not len(gallery.spoken):
        return ()
    rows = {query.own_words(phrase)[1]: row for row, phrase in enumerate(query.phrases)}
    found = []
    for entry in ledger:
        piece = entry.evidence
        if entry.standing not in _NOT_FOUND or piece.start not in rows:
            continue
        if _ADDRESS.search(piece.phrase):
            continue
        similarities = gallery.fact_index.similarities(query.phrase_embeddings[rows[piece.start]])
        nearest = np.argsort(-similarities)[:_NEAREST]
        near = [gallery.spoken[row] for row in nearest.tolist() if similarities[row] >= LEAST]
        kinds = dict.fromkeys(gallery.facts.kind[fact] for fact in near)
        head = head_of_phrase(piece.phrase)
        if head is not None and any(_noun_of(kind) == head.noun for kind in kinds):
            continue
        if head is not None and any(_tells(gallery.facts.text[fact], head.noun) for fact in near):
            continue
        fitting = tuple(
            kind
            for kind in kinds
            if kind not in _EVERYWHERE and not _is_no_help(kind, piece.phrase.lower())
        )
        if fitting:
            found.append(Proposal(piece.phrase, piece.start, piece.end, fitting[:most]))
    return tuple(found[:most])


def _tells(fact: str, noun: str) -> bool:
    """Whether a fact tells of a part by its noun: "building with a blue roof"."""
    return noun in fact.partition(":")[0].partition(" with ")[2].split()


def _is_no_help(kind: str, phrase: str) -> bool:
    """Whether a phrase has the kind's own noun already, such as the street of "harbour across the
    street", or says the opposite of it."""
    return _noun_of(kind) in re.findall(r"\w+", phrase) or _is_opposite(phrase, kind)


def _noun_of(kind: str) -> str:
    return kind.rpartition(" ")[2]


def _is_opposite(phrase: str, kind: str) -> bool:
    """Whether a kind is of another size, rank, look or use than a phrase says: a wide street for
    "narrow road", tram tracks for "tram stop"."""
    head = head_of_phrase(phrase)
    if is_of_other_size(phrase, kind) or any(
        stated.excludes(shown) for stated in looks_in(phrase) for shown in looks_in(kind)
    ):
        return True
    return head is not None and (lacks_modifier(kind, head) or shares_modifier_only(kind, head))
