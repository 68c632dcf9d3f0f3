"""The things that a description denies, where the map has them: against a tile, in words and as a
signal of the `facts` channel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64, Bools
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.head_nouns import head_of_phrase, matches_kind
from core.retrieval.kind_fit import lacks_nation
from core.retrieval.negation import Denial, group_of, is_numbered_street
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.attributes import NATIONS
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import KINDS, STOPS, answering, has_trait, kind_named


@dataclass(frozen=True)
class AbsenceSettings:
    """Distances in metres up to which a thing contradicts that it is not there.

    By how far its kind is visible (`near_m`, `middle_m`, `far_m`), times `around` for "anywhere"
    and "in sight", `around_m` at most; `beside_m` for "not near", `away_m` for "far from", `at_m`
    for "not in". Only a thing that is `clear` times as far away, and `clear_m` at least, is surely
    not there. Our choice, as those of `core.facts`; `far_m`, `around_m` and `clear` by claims that
    were judged. A thing at twice the distance counts nothing in the ranking. That there is none of
    a small thing, which is visible from near only, is told where at least `mapped_share` of the
    tiles have one in view: Helsinki and Monaco have trees at 45 and 33 % of theirs, Montevideo and
    Neubrandenburg at 1 and 0.3 %.
    """

    near_m: float = 30.0
    middle_m: float = 50.0
    far_m: float = 80.0
    around: float = 1.5
    around_m: float = 100.0
    clear: float = 1.5
    clear_m: float = 100.0
    beside_m: float = 90.0
    away_m: float = 150.0
    at_m: float = 12.0
    else_m: float = 30.0
    mapped_share: float = 0.03


SETTINGS = AbsenceSettings()
_HOME_KINDS = ("house", "apartment", "residential", "dwelling", "terrace", "bungalow", "garage")
"""What stands between nothing but houses."""
_GROUNDS = ("park", "square", "garden", "lawn", "beach", "pond", "lake", "playground", "pitch")
"""What lies between them and does not speak against it."""
_HOMES = frozenset({"house", "home", "villa", "dwelling"})
"""Nouns that are said of any building, but denied of homes only."""
_PAST = "(historical)"
"""Behind the names of what is there no more, in maps of the United States."""
_MAYBE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "restaurant": ("fast food", "food court"),
        "square": ("pedestrian square",),
        "hotel": ("love hotel",),
        "pub": ("bar",),
        "bar": ("pub",),
    }
)
"""Words in kinds of which one neither refutes nor proves that there is none of a noun; a square
with a name is one."""
_HIDDEN = re.compile(r"\b(?:tunnel|tracks|metro|military|railway|area)\b")
"""Kinds that nobody would name among what stands somewhere."""


@dataclass(frozen=True, slots=True)
class DeniedFacts:
    """The M facts that a denied thing means: rows, and the distance of each up to which it
    contradicts [M].

    `doubted` are rows of facts that may be meant: they prove nothing, but where one of them is
    near, nobody can tell that the thing is absent.
    """

    facts: I64
    within_m: F32
    doubted: I64


class Absence:
    """Finds what a description denies among the facts of one gallery. Made once for a gallery."""

    def __init__(self, match_index: MatchIndex) -> None:
        self._match_index = match_index
        facts = match_index.gallery.facts
        reach = {kind: _reach_m(kind) for kind in match_index.kinds}
        self._reach = np.array([reach[kind] for kind in facts.kind], dtype=np.float32)
        self._spoken = np.array(facts.spoken, dtype=bool)
        self.denied = lru_cache(maxsize=256)(self._denied)

    def _denied(self, denial: Denial, thing: str) -> DeniedFacts:
        """The facts that a thing of a denial means."""
        doubted = np.zeros(len(self._spoken), dtype=bool)
        if denial.scope == "else":
            mask = self._others()
            for affirmed in denial.things:
                mask &= ~self._of_kind(affirmed)
        else:
            of_kind = self._of_kind(thing)
            mask = self._named(thing)
            if not (_is_name(thing) or (mask.any() and " " in thing)):
                surely = self._surely(thing, of_kind)
                doubted = of_kind & ~surely
                mask |= surely
        facts: I64 = np.flatnonzero(mask)
        reach = self._reach[facts]
        if denial.scope == "around":
            wider = np.minimum(reach * np.float32(SETTINGS.around), SETTINGS.around_m)
            reach = np.maximum(reach, wider)
        elif denial.scope != "here":
            within = {
                "near": SETTINGS.beside_m,
                "far": SETTINGS.away_m,
                "at": SETTINGS.at_m,
                "else": SETTINGS.else_m,
            }[denial.scope]
            reach = np.full(len(facts), within, dtype=np.float32)
        return DeniedFacts(facts, reach, np.flatnonzero(doubted))

    def _surely(self, thing: str, of_kind: Bools) -> Bools:
        """Those of the facts of a thing's kinds that nobody would call another thing: no office
        block for "houses", no French restaurant for "Chinese restaurant": mask [F]."""
        head = head_of_phrase(thing)
        if head is None:
            return of_kind
        surely, facts = of_kind.copy(), self._match_index.gallery.facts
        for row in np.flatnonzero(of_kind).tolist():
            kind = facts.kind[row]
            is_other = lacks_nation(kind, head) or (
                head.noun in _HOMES and not any(home in kind for home in _HOME_KINDS)
            )
            may_be = any(word in kind for word in _MAYBE.get(head.noun, ()) if word not in thing)
            may_be &= head.noun != "square" or not facts.names[row]
            surely[row] = not (is_other or may_be or _PAST in facts.text[row])
        return surely

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
        if is_numbered_street(thing):
            mentions = self._match_index.mentions
            for mention in mentions.mentions(thing):
                mask[mentions.facts_of(mention)] = True
            return mask
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
            and not kind.endswith((*_GROUNDS, *STOPS))
            and not _HIDDEN.search(text.partition(": ")[0])
            and not any(has_trait(kind, trait) for trait in ("way", "long", "region", "patchy"))
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

    def is_mapped(self, denial: Denial) -> bool:
        """Whether a map that lacks what a denial denies tells that it is not there: not where
        nobody has mapped the trees, lamps and benches of a town."""
        return all(
            not _is_small(thing) or self._share_in_view(denial, thing) >= SETTINGS.mapped_share
            for thing in denial.things
            if not denial.affirms
        )

    def _share_in_view(self, denial: Denial, thing: str) -> float:
        """The share of the tiles that have one of the facts of a denied thing in view."""
        links = self._match_index.gallery.links
        rows, _ = links.rows_of(self.denied(denial, thing).facts)
        near = links.tile[rows[links.distance_m[rows] <= SETTINGS.middle_m]]
        return len(np.unique(near)) / len(self._match_index.gallery)

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


def _is_name(thing: str) -> bool:
    """Whether a denied thing is called by a name of its own: "Eastern Avenue", no "Irish pub"."""
    return is_numbered_street(thing) or any(
        len(word) > 2 and word[0].isupper() and not is_common(word.lower())
        for word in thing.split()
        if not NATIONS.search(word.lower()) and head_of_phrase(word.lower()) is None
    )


@cache
def _is_small(thing: str) -> bool:
    """Whether a denied thing is of a kind that is visible from near only."""
    grouped = [kind for question in group_of(thing) for kind in answering(question)]
    if grouped and not all(kind_named(kind).seen == "near" for kind in grouped):
        return False
    head = head_of_phrase(thing)
    return bool(grouped) or any(
        KINDS[kind].seen == "near" for kind in KINDS if head and matches_kind(kind, head)
    )


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
