"""The things that a description denies, where the map has them: against a tile, in words and as a
signal of the `facts` channel."""

from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64, Bools
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.head_nouns import head_of_phrase
from core.retrieval.negation import Denial, group_of
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import answering, has_trait, kind_named


@dataclass(frozen=True)
class AbsenceSettings:
    """Distances in metres up to which a thing contradicts that it is not there.

    By how far its kind is visible (`near_m`, `middle_m`, `far_m`), times `around` for "anywhere"
    and "in sight"; `beside_m` for "not near", `away_m` for "far from", `at_m` for "not in". Our
    choice, as those of `core.facts`. A thing at twice the distance counts nothing in the ranking.
    """

    near_m: float = 30.0
    middle_m: float = 50.0
    far_m: float = 100.0
    around: float = 1.5
    beside_m: float = 90.0
    away_m: float = 150.0
    at_m: float = 12.0
    else_m: float = 30.0


SETTINGS = AbsenceSettings()
_HOME_KINDS = ("house", "apartment", "residential", "dwelling", "terrace", "bungalow", "garage")
"""What stands between nothing but houses."""


@dataclass(frozen=True, slots=True)
class DeniedFacts:
    """The M facts that a denied thing means: rows, and the distance of each up to which it
    contradicts [M]."""

    facts: I64
    within_m: F32


class Absence:
    """Finds what a description denies among the facts of one gallery. Made once for a gallery."""

    def __init__(self, match_index: MatchIndex) -> None:
        self._match_index = match_index
        facts = match_index.gallery.facts
        self._reach = np.array([_reach_m(kind) for kind in facts.kind], dtype=np.float32)
        self._spoken = np.array(facts.spoken, dtype=bool)
        self.denied = lru_cache(maxsize=256)(self._denied)

    def _denied(self, denial: Denial, thing: str) -> DeniedFacts:
        """The facts that a thing of a denial means."""
        if denial.scope == "else":
            mask = self._others()
        else:
            mask = self._of_kind(thing) | self._named(thing)
        facts: I64 = np.flatnonzero(mask)
        reach = self._reach[facts]
        if denial.scope == "around":
            reach = reach * np.float32(SETTINGS.around)
        elif denial.scope != "here":
            within = {
                "near": SETTINGS.beside_m,
                "far": SETTINGS.away_m,
                "at": SETTINGS.at_m,
                "else": SETTINGS.else_m,
            }[denial.scope]
            reach = np.full(len(facts), within, dtype=np.float32)
        return DeniedFacts(facts, reach)

    def _of_kind(self, thing: str) -> Bools:
        """The facts of the kinds that a thing means: mask [F]."""
        mask = np.zeros(len(self._spoken), dtype=bool)
        if group := group_of(thing):
            for question in group:
                mask |= self._match_index.fitting_kind(answering(question))
        if (head := head_of_phrase(thing)) is not None:
            mask |= (
                self._match_index.matching_kind(head)[:] & self._match_index.called(head.noun)[:]
            )
        kept: Bools = mask & self._spoken
        return kept

    def _named(self, thing: str) -> Bools:
        """The facts with a name that is the thing, written as a name: mask [F]."""
        mask = np.zeros(len(self._spoken), dtype=bool)
        if thing[:1].isupper():
            words = WORD.findall(fold(thing))
            for row, names in enumerate(self._match_index.gallery.facts.names):
                mask[row] = any(WORD.findall(fold(name)) == words for name in names)
        kept: Bools = mask & self._spoken
        return kept

    def _others(self) -> Bools:
        """The facts of named things that are neither homes nor streets nor areas: mask [F]."""
        facts = self._match_index.gallery.facts
        rows = zip(facts.text, facts.kind, facts.names, strict=True)
        others = [
            bool(names)
            and bool(kind)
            and text.partition(": ")[0].endswith(kind)
            and not any(home in kind for home in _HOME_KINDS)
            and not (has_trait(kind, "way") or has_trait(kind, "long") or has_trait(kind, "region"))
            and kind not in ("street corner", "address")
            for text, kind, names in rows
        ]
        kept: Bools = np.array(others, dtype=bool) & self._spoken
        return kept

    def is_known(self, denial: Denial) -> bool:
        """Whether maps have what a denial denies: this one, or any for what people are asked."""
        return all(
            group_of(thing) or len(self.denied(denial, thing).facts) for thing in denial.things
        )

    def presence(self, encoded_query: EncodedQuery) -> F32 | None:
        """How much of what is denied each tile has: [N], 0..1, None without denials."""
        denials = [phrase.denial for phrase in encoded_query.phrases if phrase.denial]
        if not denials:
            return None
        absent = np.ones(len(self._match_index.gallery), dtype=np.float32)
        for denial in denials:
            for thing in denial.things:
                absent *= 1 - self._presence(self.denied(denial, thing))
        presence: F32 = 1 - absent
        return presence

    def _presence(self, denied: DeniedFacts) -> F32:
        """1 where one of the facts is within its distance, falling to 0 at twice the distance."""
        links = self._match_index.gallery.links
        rows, counts = links.rows_of(denied.facts)
        share = (2 - links.distance_m[rows] / np.repeat(denied.within_m, counts)).clip(0, 1)
        best = np.zeros(len(self._match_index.gallery), dtype=np.float32)
        np.maximum.at(best, links.tile[rows], share.astype(np.float32))
        return best


def _reach_m(kind: str) -> float:
    seen = kind_named(kind).seen
    if seen == "near":
        return SETTINGS.near_m
    return SETTINGS.far_m if seen == "far" else SETTINGS.middle_m


_cache: "WeakKeyDictionary[MatchIndex, Absence]" = WeakKeyDictionary()


def absence_of(match_index: MatchIndex) -> Absence:
    """The absence finder of a prepared gallery, cached as long as that lives."""
    absence = _cache.get(match_index)
    if absence is None:
        absence = _cache[match_index] = Absence(match_index)
    return absence
