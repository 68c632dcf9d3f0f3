"""The evidence for one phrase at two tiles that are compared, in a sentence."""

from dataclasses import dataclass

import numpy as np

from core.arrays import I64
from core.explain.nearest import kind_of, nearest_m
from core.explain.phrasing import thing_phrase
from core.records import Evidence, LedgerEntry
from core.retrieval.evidence import KIND_WITHIN_M
from core.retrieval.search import SearchTrace
from core.vocabulary.kinds import UNCOUNTED

_BESIDE_M = 3.0


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """The rows of two tiles and their labels."""

    a: int
    b: int
    label_a: str
    label_b: str

    @property
    def rows(self) -> I64:
        """The two rows [2]."""
        return np.array([self.a, self.b])


def _where(evidence: Evidence) -> str:
    away = f"{evidence.distance_m or 0:.0f} m"
    return "right there" if evidence.direction == "here" else f"{away} {evidence.direction}"


def _metres(distance_m: float) -> str:
    """A distance in words: to the metre below 100 m, else rounded."""
    if distance_m >= 1000:
        return f"{distance_m / 1000:.1f} km"
    return f"{round(distance_m, -1):.0f} m" if distance_m >= 100 else f"{distance_m:.0f} m"


def _thing_at(evidence: Evidence) -> str:
    """The thing at one place, with a word of caution where it fits only roughly."""
    thing = thing_phrase(evidence)
    return f"something like it, {thing}," if evidence.rough else thing


def capitalised(sentence: str) -> str:
    """A sentence with a capital at its start."""
    return sentence[:1].upper() + sentence[1:]


def doubt(entry: LedgerEntry, label: str) -> str:
    """A clause on a phrase without support at a place, as the ledger has it."""
    if entry.standing == "unchecked":
        return "no map can show it"
    if entry.standing == "contradicted":
        return f"the map contradicts it at {label}"
    return {
        "name": f"{label} has it only in a name",
        "other": f"{label} has only one of another size or rank",
        "unsure": f"{label} has at most something similar",
        "nearer": f"{label} has it nearer than said",
        "street": f"{label} has the street without the number",
    }.get(entry.evidence.fit, f"{label} has nothing that fits")


def evidence_sentence(
    trace: SearchTrace, pair: CandidatePair, a: LedgerEntry | None, b: LedgerEntry | None
) -> str:
    """The evidence for one phrase at both places, in a sentence, as far as their ledgers claim
    it."""
    if a is None or b is None:
        return ""
    has_a, has_b = a.standing == "supported", b.standing == "supported"
    if has_a and has_b and a.evidence.fact and b.evidence.fact:
        return _both(pair, a.evidence, b.evidence)
    if has_a and a.evidence.fact:
        return _one_sided_sentence(trace, a.evidence, pair.label_a, pair.b, b, pair.label_b)
    if has_b and b.evidence.fact:
        return _one_sided_sentence(trace, b.evidence, pair.label_b, pair.a, a, pair.label_a)
    return ""


def _both(pair: CandidatePair, a: Evidence, b: Evidence) -> str:
    """The evidence where both places have some."""
    thing_a, thing_b = _thing_at(a), _thing_at(b)
    if a.fact == b.fact:
        both = thing_a.removesuffix(",")
        here, there = _where(a), _where(b)
        if here == there:
            return f"Both have {both} {here}."
        return f"Both have {both}: {pair.label_a} {here}, {pair.label_b} {there}."
    there = f"{pair.label_b} has {thing_b} {_where(b)}"
    return capitalised(f"{pair.label_a} has {thing_a} {_where(a)}; {there}.")


def _one_sided_sentence(
    trace: SearchTrace,
    evidence: Evidence,
    label: str,
    other: int,
    other_entry: LedgerEntry,
    other_label: str,
) -> str:
    """The evidence at one place, and the distance of the nearest such thing from the other; where
    that is no evidence there although it is near, what the ledger says instead."""
    kind = kind_of(trace.gallery, evidence.fact)
    away = nearest_m(trace.gallery, other, evidence.fact, kind)
    start = capitalised(f"{label} has {_thing_at(evidence)} {_where(evidence)}")
    if other_entry.standing == "missing" and away <= KIND_WITHIN_M:
        return f"{start}; {doubt(other_entry, other_label)}."
    if ": " in evidence.fact or kind in ("", "street corner"):
        place = "right beside it" if away < _BESIDE_M else f"about {_metres(away)} from it"
        return f"{start}; {other_label} is {place}."
    verb = "are" if kind in UNCOUNTED else "is"
    place = "right there" if away < _BESIDE_M else f"about {_metres(away)} away"
    return f"{start}; for {other_label} the nearest {kind} {verb} {place}."
