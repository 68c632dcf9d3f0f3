"""Finds facts at a tile that contradict a phrase.

Precision over recall: only a present fact can contradict; a missing one never does.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from core.explain.ledger.claims import (
    Look,
    bare_words,
    is_distinctive,
    looks_in,
    looks_of,
    storeys,
)
from core.explain.ledger.fact_positions import FactPosition, FactPositions
from core.explain.phrasing import distance_phrase, head_of, noun_phrase, one_line
from core.geo import compass
from core.records import Channel, Evidence
from core.retrieval.absence import absence_of
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import singular
from core.retrieval.negation import Denial
from core.retrieval.proper_names import complement, proper_names
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.relations import relations_of
from core.vocabulary.common_words import is_common, written_as_name
from core.vocabulary.folding import fold
from core.vocabulary.kinds import STOPS, has_trait, kind_named
from core.vocabulary.relation_cues import Role

_SIGHT_M = 150.0
_NEAR_M = 60.0
_FAR_M = 300.0
"""Least distance of a contradiction by name: a named thing may be visible from afar, or be where a
road leads to."""
_SEEN_M = 1000.0
"""The same for what is visible from afar: a tower, a castle."""
_NOT_HERE: Final[frozenset[Role]] = frozenset({"blocks away", "past", "too far", "elsewhere"})
_BEFORE_NAME = 40
_ON_THE_WAY = re.compile(
    r"(?:(?<!across )(?<!opposite )(?<!away )(?<!steps )(?<!metres )(?<!m )from|"
    r"(?<!next )(?<!close )(?<!near )(?<!adjacent )(?<!opposite )to|towards?|until|via|"
    r"(?:still )?calls?|used to be|formerly|once)(?: (?:the|a))?\s*$"
)
_HERE_M = 3.0
"""The direction of nearer things is unknown."""
_STOREYS_APART = 3
_LOW = 2
_BUILDINGS = 2
_SAME_SIDE_DEG = 67.5
_OTHER_SIDE_DEG = 112.5
_STOREYED = re.compile(r"\b(?:(\d+)|(single))-storey|\b(tall high-rise)")
_SIDE_OF = re.compile(r"[\s,]*(?:is |are )?(?:on|at) (?:the|its|their) \w+(?:[- ]\w+)? side\b")
"""The side of the thing or of the describer: "beside the station on the west side" is ambiguous."""
_BUILDING_WORDS = frozenset(
    {
        "building",
        "buildings",
        "house",
        "houses",
        "block",
        "blocks",
        "flats",
        "apartments",
        "tower",
        "towers",
    }
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The contradicting fact in words ("" for none), and the evidence that remains.

    `absent` says that the map lacks what the phrase denies, "" for other phrases.
    """

    against: str
    evidence: Evidence
    absent: str = ""


class ContradictionFinder:
    """Finds contradictions to the phrases of one description at any tile.

    Facts count if the `facts` channel was searched, names if `names` was. `own_names` are the
    gallery's own names, which no place contradicts.
    """

    def __init__(
        self,
        match_index: MatchIndex,
        positions: FactPositions,
        encoded_query: EncodedQuery,
        channels: tuple[Channel, ...],
        own_names: Iterable[str] = (),
    ) -> None:
        self._match_index = match_index
        self._positions = positions
        self._query = encoded_query
        self._channels = channels
        gallery_words = {word for name in own_names for word in bare_words(name)}
        self._common = positions.kind_words | gallery_words
        self._named = _names_in_description(
            positions, set(bare_words(encoded_query.text)), self._common
        )

    def contradiction(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """The first fact that contradicts one phrase at a tile. Evidence on the wrong side is
        replaced by a thing of the same kind on the described side, if there is one."""
        if denial := self._query.phrases[row].denial:
            return self._of_denial(denial, evidence, tile)
        evidence = self._street_of_address(row, evidence, tile)
        if "names" in self._channels and (far := self._named_far_away(row, evidence, tile)):
            return Contradiction(far, evidence)
        if "facts" not in self._channels:
            return Contradiction("", evidence)
        phrase = self._query.phrases[row].text
        if not evidence.supported:
            return Contradiction(self._other_storeys(phrase, tile), evidence)
        by_side = self._wrong_side(row, evidence, tile)
        if by_side.against:
            return by_side
        against = self._other_storeys(phrase, tile) or self._other_look(
            phrase, by_side.evidence, tile
        )
        return Contradiction(against, by_side.evidence)

    def _described(self, position: FactPosition) -> str:
        """A fact as a noun phrase, with distance and direction."""
        text = self._match_index.gallery.facts.text[position.fact]
        return f"{noun_phrase(text)} {position.in_words}"

    def _of_denial(self, denial: Denial, evidence: Evidence, tile: int) -> Contradiction:
        """The contradiction of "no trees" by a tree, or the words for their absence.

        Neither where the map knows no such things at all.
        """
        absence = absence_of(self._match_index)
        if "facts" not in self._channels or not absence.is_known(denial):
            return Contradiction("", evidence)
        rows, links = self._match_index.links_of(tile), self._match_index.gallery.links
        lacking = []
        for thing in denial.things:
            denied = absence.denied(denial, thing)
            within = dict(zip(denied.facts.tolist(), denied.within_m.tolist(), strict=True))
            near = [
                row for row in rows if links.distance_m[row] <= within.get(int(links.fact[row]), -1)
            ]
            if near:
                nearest = min(near, key=lambda row: float(links.distance_m[row]))
                text = self._match_index.gallery.facts.text[int(links.fact[nearest])]
                where = distance_phrase(
                    float(links.distance_m[nearest]), compass(float(links.bearing_deg[nearest]))
                )
                return Contradiction(f"the map has {noun_phrase(text)} {where}", evidence)
            reach = f"within {max(within.values()):.0f} m" if within else "anywhere"
            lacking.append(f"{'other things' if denial.affirms else thing} {reach}")
        return Contradiction("", evidence, f"the map has no {' and no '.join(lacking)}")

    def _wrong_side(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """The contradiction of "church to the north" if all churches in sight lie to the south."""
        stated_deg = self._query.phrases[row].bearing_deg
        fact = self._positions.fact_of(evidence, tile)
        if stated_deg is None or fact is None:
            return Contradiction("", evidence)
        phrase = self._query.phrases[row]
        by_name = evidence.channel == "names"
        shared = set(bare_words(phrase.text)) & set(bare_words(evidence.fact))
        if by_name and not is_distinctive(tuple(shared), self._common):
            return Contradiction("", evidence)
        if _SIDE_OF.match(self._query.text[phrase.end :]):
            return Contradiction("", evidence)
        kind = self._match_index.gallery.facts.kind[fact]
        alone = by_name or self._is_one_thing(row)
        same_kind = [fact] if alone else self._positions.facts_of_kind.get(kind, [fact])
        places = self._positions.places(tile, same_kind, _SIGHT_M)
        if not places or places[0].distance_m < _HERE_M:
            return Contradiction("", evidence)
        angles = [abs((place.bearing_deg - stated_deg + 180) % 360 - 180) for place in places]
        for place, degrees in zip(places, angles, strict=True):
            if degrees <= _SAME_SIDE_DEG:
                return Contradiction("", self._evidence_with(row, evidence, place))
        if has_trait(kind, "long") or has_trait(kind, "patchy") or min(angles) < _OTHER_SIDE_DEG:
            return Contradiction("", evidence)
        against = f"the map has {self._described(places[0])}, not to the {compass(stated_deg)}"
        return Contradiction(against, evidence)

    def _is_one_thing(self, row: int) -> bool:
        """Whether a phrase tells which thing of its kind it means: "bar called Joe's"."""
        phrase = self._query.phrases[row]
        return bool(
            proper_names(self._query.text, phrase.start, phrase.end) or complement(phrase.text)
        )

    def _evidence_with(
        self, row: int, evidence: Evidence, place: FactPosition, similarity: float | None = None
    ) -> Evidence:
        """The evidence with another thing of its kind."""
        text = self._match_index.gallery.facts.text[place.fact]
        if text == evidence.fact:
            similarity = evidence.similarity
        if similarity is None:
            phrase = self._query.phrase_embeddings[row : row + 1]
            similarity = float(self._match_index.cosines(phrase, np.array([place.fact]))[0, 0])
        return replace(
            evidence,
            fact=text,
            similarity=round(similarity, 3),
            lat=round(place.lat, 6),
            lon=round(place.lon, 6),
            distance_m=round(place.distance_m, 1),
            direction=compass(place.bearing_deg),
        )

    def _street_of_address(self, row: int, evidence: Evidence, tile: int) -> Evidence:
        """The street itself, if the phrase names a street and the evidence is an address in it."""
        words = bare_words(self._query.phrases[row].text)
        if evidence.channel != "names" or set(words) & set(bare_words(evidence.fact)):
            return evidence
        facts = self._match_index.gallery.facts
        named = [
            fact
            for name, rows in self._named.items()
            if _contains(words, name)
            for fact in rows
            if set(words) & set(bare_words(facts.text[fact]))
        ]
        places = self._positions.places(tile, named, _NEAR_M)
        if not places:
            return evidence
        return replace(
            self._evidence_with(row, evidence, places[0], evidence.similarity), fit="thing"
        )

    def _other_storeys(self, phrase: str, tile: int) -> str:
        """The contradiction of "six storeys" if all nearby buildings of known height have two. Of
        low buildings the height is often not on the map, so nothing contradicts them."""
        stated = storeys(phrase)
        if stated <= _LOW or not _BUILDING_WORDS & set(bare_words(phrase)):
            return ""
        storeys_of = {}
        for fact in self._facts_within(tile, _NEAR_M):
            if match := _STOREYED.search(self._match_index.gallery.facts.text[fact]):
                storeys_of[fact] = 1 if match[2] else _HIGH_RISE if match[3] else int(match[1])
        heights = storeys_of.values()
        if len(storeys_of) < _BUILDINGS:
            return ""
        low, high = min(heights), max(heights)
        if low - _STOREYS_APART < stated < high + _STOREYS_APART or stated >= _HIGH_RISE <= high:
            return ""
        span = f"{low}" if low == high else f"{low} to {high}"
        tall = " or more" if high == _HIGH_RISE else ""
        return f"the buildings within {_NEAR_M:.0f} m whose storeys the map knows have {span}{tall}"

    def _facts_within(self, tile: int, within_m: float) -> list[int]:
        rows = self._match_index.links_of(tile)
        links = self._match_index.gallery.links
        return [int(fact) for fact in links.fact[rows[links.distance_m[rows] <= within_m]]]

    def _other_look(self, phrase: str, evidence: Evidence, tile: int) -> str:
        """The contradiction of "red church" by a white one."""
        fact = self._positions.fact_of(evidence, tile)
        facts = self._match_index.gallery.facts
        kind = facts.kind[fact] if fact is not None else ""
        if fact is None or not kind or has_trait(kind, "patchy"):
            return ""
        stated = looks_of(phrase, head_of(kind))
        candidates = [fact] if evidence.channel == "names" else self._positions.facts_of_kind[kind]
        within_sight = set(self._facts_within(tile, _SIGHT_M))
        looks = [
            looks_in(text.removesuffix(kind))
            for text in (
                facts.text[candidate].partition(": ")[0]
                for candidate in candidates
                if candidate in within_sight
            )
            if text.endswith(kind)
        ]
        for look in stated:
            excluding = [_excluding(look, others) for others in looks]
            if excluding and all(excluding):
                return f"the map says {' or '.join(dict.fromkeys(excluding))}, not {look.word}"
        return ""

    def has_map_name(self, row: int) -> bool:
        """Whether a phrase contains a name of this map."""
        return next(self._names_in(row), None) is not None

    def _names_in(self, row: int) -> Iterator[tuple[str, ...]]:
        """The names in one phrase, the longest first; a single word must be written as a name, and
        several in a translation, where an ordinary word may look like one."""
        phrase = self._query.phrases[row]
        words = bare_words(phrase.text)
        for name in self._named:
            if not _contains(words, name) or self._is_joined(words, name):
                continue
            own = len(name) > 1 and any(not is_common(word) for word in name)
            own = own and self._query.gloss is None
            if own or any(written_as_name(self._query.text, phrase.start, word) for word in name):
                yield name

    def _is_joined(self, words: list[str], name: tuple[str, ...]) -> bool:
        """Whether a name and a word beside it make another name: "Tollense see"."""
        at = next(at for at in range(len(words)) if tuple(words[at : at + len(name)]) == name)
        after, before = words[at + len(name) :][:1], words[max(0, at - 1) : at]
        joined = {(*name[:-1], name[-1] + word) for word in after}
        joined |= {(word + name[0], *name[1:]) for word in before}
        joined |= {(*other[:-1], other[-1].removesuffix("s")) for other in joined}
        return any(other in self._positions.facts_of_name for other in joined)

    def _named_far_away(self, row: int, evidence: Evidence, tile: int) -> str:
        """The contradiction by a named thing that is far away, unless the evidence here has that
        name too."""
        name = next(self._names_in(row), None)
        if name and evidence.channel == "names" and self._is_called(name, evidence.fact):
            return ""
        places = self._positions.places(tile, self._named[name]) if name else []
        if not name or not places or places[0].distance_m <= _FAR_M:
            return ""
        facts = self._match_index.gallery.facts
        if self._is_elsewhere(row, name) or self._may_reach_here(name, places[0]):
            return ""
        if all(facts.kind[fact].endswith(STOPS) for fact in self._named[name]):
            words = {singular(word) for word in bare_words(self._query.phrases[row].text)}
            if words.isdisjoint(stop.split()[-1] for stop in STOPS):
                return ""  # stops are called after what is around them
        return (
            f"the map has {self._map_spelling(name, places[0].fact)} {places[0].in_words}, not here"
        )

    def _is_called(self, name: tuple[str, ...], fact: str) -> bool:
        """Whether a fact has a name, or the part of it that tells it apart: "Dunkin'" for
        "Dunkin' Donuts"."""
        words = set(bare_words(fact))
        telling = {word for word in name if not is_common(word) and word not in self._common}
        return words.issuperset(name) or bool(telling and words.issuperset(telling))

    def _is_elsewhere(self, row: int, name: tuple[str, ...]) -> bool:
        """Whether the description says that a named thing is not here: it is passed on the way, or
        where somebody comes from or goes to, or it has the name no more."""
        phrase = self._query.phrases[row]
        (relation,) = relations_of(self._query.text, [(phrase.start, phrase.end)])
        if relation.role in _NOT_HERE:
            return True
        stretch = fold(self._query.text[max(0, phrase.start - _BEFORE_NAME) : phrase.end])
        before = re.split(rf"\b{re.escape(name[0])}\b", stretch)[0]
        return _ON_THE_WAY.search(before) is not None

    def _may_reach_here(self, name: tuple[str, ...], nearest: FactPosition) -> bool:
        """Whether a named thing is a district, of which the map has a point only, or is seen from
        afar."""
        facts = self._match_index.gallery.facts
        kinds = {facts.kind[fact] for fact in self._named[name]}
        far = kinds == {""} or all(kind_named(kind).seen == "far" for kind in kinds)
        return far and nearest.distance_m <= _SEEN_M

    def _map_spelling(self, name: tuple[str, ...], fact: int) -> str:
        """A name in the spelling of the map."""
        names = self._match_index.gallery.facts.names[fact]
        return next(
            one_line(spelling, 60) for spelling in names if tuple(bare_words(spelling)) == name
        )


_HIGH_RISE = 9
"""Least number of storeys of a "tall high-rise" in the facts."""


def _excluding(look: Look, others: list[Look]) -> str:
    """The first of `others` in the family of `look`, if all of that family exclude it; else ""."""
    family = [other for other in others if other.family == look.family]
    return family[0].word if family and all(look.excludes(other) for other in family) else ""


def _contains(words: list[str], name: tuple[str, ...]) -> bool:
    return any(tuple(words[at : at + len(name)]) == name for at in range(len(words)))


def _names_in_description(
    positions: FactPositions, words: set[str], common: frozenset[str]
) -> dict[tuple[str, ...], list[int]]:
    """The names of the map whose words are all in the description, the longest first."""
    names: dict[tuple[str, ...], list[int]] = {}
    facts = positions.gallery.facts
    for name, rows in positions.facts_of_name.items():
        if words.issuperset(name) and is_distinctive(name, common):
            local = [row for row in rows if not has_trait(facts.kind[row], "region")]
            if local:
                names[name] = local
    return dict(sorted(names.items(), key=lambda item: (-len(item[0]), item[0])))
