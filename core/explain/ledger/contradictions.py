"""Finds facts at a tile that contradict a phrase.

Precision over recall: only a present fact can contradict; a missing one never does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.explain.ledger.blocks_away import BlocksAway
from core.explain.ledger.claims import (
    Look,
    bare_words,
    is_distinctive,
    looks_in,
    looks_of,
    storeys,
)
from core.explain.ledger.described_names import DescribedNames, contains
from core.explain.ledger.fact_positions import FactPosition, FactPositions
from core.explain.phrasing import distance_phrase, head_of, noun_phrase
from core.geo import compass
from core.records import Channel, Evidence
from core.retrieval.absence import SETTINGS, absence_of
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import STREETS, head_of_phrase, noun_of_phrase
from core.retrieval.negation import Denial
from core.retrieval.proper_names import complement, proper_names
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.attributes import COUNT_WORDS
from core.vocabulary.kinds import has_trait

_SIGHT_M = 150.0
_NEAR_M = 60.0
_FARTHER_M = 100.0
_HERE_M = 3.0
"""The direction of nearer things is unknown."""
_OTHERS = 2
"""So many other things speak against "nothing but houses"; one may be overlooked."""
_STOREYS_APART = 3
_LOW = 2
_BUILDINGS = 2
_SAME_SIDE_DEG = 67.5
_OTHER_SIDE_DEG = 112.5
_COUNTS = frozenset(word for _, word in COUNT_WORDS)
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
        self._away = BlocksAway(match_index, positions, encoded_query)
        self.map_names = DescribedNames(match_index, positions, encoded_query, own_names)

    def contradiction(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """The first fact that contradicts one phrase at a tile. Evidence on the wrong side is
        replaced by a thing of the same kind on the described side, if there is one."""
        if denial := self._query.phrases[row].denial:
            return self._of_denial(denial, evidence, tile)
        evidence = self._street_of_address(row, self._one_of(row, evidence, tile), tile)
        evidence = self._without_number(row, self._blocks_away(row, evidence, tile), tile)
        if "names" in self._channels and (far := self.map_names.far_away(row, evidence, tile)):
            return Contradiction(far, evidence)
        if "facts" not in self._channels:
            return Contradiction("", evidence)
        phrase = self._query.phrases[row].text
        if evidence.supported and self._is_of_other_height(phrase, evidence):
            evidence = replace(evidence, fit="other")
        if not evidence.supported:
            return Contradiction(self._other_storeys(phrase, tile), evidence)
        by_side = self._wrong_side(row, evidence, tile)
        if by_side.against:
            return by_side
        against = self._other_storeys(phrase, tile) or self._other_look(row, by_side.evidence, tile)
        return Contradiction(against, by_side.evidence)

    def _described(self, position: FactPosition) -> str:
        """A fact as a noun phrase, with distance and direction."""
        text = self._match_index.gallery.facts.text[position.fact]
        return f"{noun_phrase(text)} {position.in_words}"

    def _of_denial(self, denial: Denial, evidence: Evidence, tile: int) -> Contradiction:
        """The contradiction of "no trees" by a tree, or the words for their absence.

        Neither where the map knows no such things at all or hardly any, nor where one is a little
        farther away than would contradict, or may be meant or not.
        """
        absence = absence_of(self._match_index)
        if "facts" not in self._channels or not absence.is_known(denial):
            return Contradiction("", evidence)
        rows, links = self._match_index.links_of(tile), self._match_index.gallery.links
        lacking, unclear = [], not absence.is_mapped(denial)
        for thing in denial.things:
            denied = absence.denied(denial, thing)
            within = dict(zip(denied.facts.tolist(), denied.within_m.tolist(), strict=True))
            near = [
                row for row in rows if links.distance_m[row] <= within.get(int(links.fact[row]), -1)
            ]
            others = {int(links.fact[row]) for row in near}
            if denial.affirms and len(others) < _OTHERS:
                near, unclear = [], unclear or bool(others)
            if near:
                nearest = min(near, key=lambda row: float(links.distance_m[row]))
                text = self._match_index.gallery.facts.text[int(links.fact[nearest])]
                where = distance_phrase(
                    float(links.distance_m[nearest]), compass(float(links.bearing_deg[nearest]))
                )
                return Contradiction(f"the map has {noun_phrase(text)} {where}", evidence)
            doubted = dict.fromkeys(denied.doubted.tolist(), max([*within.values(), _NEAR_M]))
            unclear = unclear or self._may_be_there(tile, within | doubted)
            reach = f"within {max(within.values()):.0f} m" if within else "anywhere"
            lacking.append(f"{'other things' if denial.affirms else thing} {reach}")
        absent = f"the map has no {' and no '.join(dict.fromkeys(lacking))}"
        return Contradiction("", evidence, "" if unclear else absent)

    def _may_be_there(self, tile: int, within: dict[int, float]) -> bool:
        """Whether one of some facts is so near that nobody can say that it is absent, by the
        distance of each within which it is there. No tile is linked to all that others see."""
        clear = {
            fact: max(SETTINGS.clear * near_m, SETTINGS.clear_m) for fact, near_m in within.items()
        }
        return any(
            place.distance_m <= clear[place.fact]
            for place in self._positions.places(tile, list(clear), max(clear.values(), default=0.0))
        )

    def _without_number(self, row: int, evidence: Evidence, tile: int) -> Evidence:
        """The evidence for an address whose number the map lacks here: the street alone."""
        addresses, index = self.map_names.addresses_in(row), self._match_index.mentions
        if not addresses or "names" not in self._channels:
            return evidence
        fact = self._positions.fact_of(evidence, tile)
        if any(fact in index.facts_of(address) for address in addresses):
            return evidence
        streets = [one for address in addresses for one in index.streets_of(address).tolist()]
        if evidence.supported:
            is_there = evidence.channel == "names" or fact in streets
            return replace(evidence, fit="street") if is_there else evidence
        words, facts = {*bare_words(self._query.phrases[row].text)}, self._match_index.gallery.facts
        lines = [one for one in streets if facts.kind[one] not in ("address", "street corner")]
        shown = [one for one in lines if words & {*bare_words(facts.text[one])}]
        place = next(iter(self._positions.places(tile, shown, _NEAR_M)), None)
        street = replace(evidence, channel="names", fit="street")
        return self._evidence_with(row, street, place) if place else evidence

    def _blocks_away(self, row: int, evidence: Evidence, tile: int) -> Evidence:
        """The evidence for what is said to be blocks away: a thing that is, or one that is
        nearer."""
        away, facts = self._away, self._match_index.gallery.facts
        if not away.relations[row].least_m or evidence.fit == "name":
            return evidence
        if not evidence.supported:
            if "names" not in self._channels:
                return evidence
            place = away.place(row, away.mentioned(row), tile)
            if place is None:
                return evidence
            named = replace(evidence, channel="names", fit="thing")
            return self._evidence_with(row, named, place, 1.0)
        fact = self._positions.fact_of(evidence, tile)
        if fact is None:
            return evidence
        is_nearer, things = away.is_nearer(row, evidence), away.mentioned(row)
        if fact in things or not (is_nearer or fact in away.addressed(row)):
            things = []
        elif evidence.channel != "names" and not self._is_one_thing(row):
            things = self._positions.facts_of_kind.get(facts.kind[fact], [])
        place = away.place(row, things, tile)
        if place is None:
            return replace(evidence, fit="nearer") if is_nearer else evidence
        return self._evidence_with(row, evidence, place)

    def _wrong_side(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """The contradiction of "church to the north" if all churches in sight lie to the south."""
        stated_deg = self._query.phrases[row].bearing_deg
        fact = self._positions.fact_of(evidence, tile)
        if stated_deg is None or fact is None:
            return Contradiction("", evidence)
        phrase = self._query.phrases[row]
        by_name = evidence.channel == "names"
        shared = set(bare_words(phrase.text)) & set(bare_words(evidence.fact))
        if by_name and not is_distinctive(tuple(shared), self.map_names.common):
            return Contradiction("", evidence)
        if _SIDE_OF.match(self._query.text[phrase.end :]):
            return Contradiction("", evidence)
        kind = self._match_index.gallery.facts.kind[fact]
        if by_name and noun_of_phrase(phrase.text) in STREETS and not has_trait(kind, "way"):
            return Contradiction("", evidence)  # a shop that is called after its street
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
        if self.map_names.is_apart(row):
            return Contradiction("", evidence)
        for place in [] if alone else self._positions.places(tile, self._called(row), _SIGHT_M):
            if abs((place.bearing_deg - stated_deg + 180) % 360 - 180) <= _SAME_SIDE_DEG:
                return Contradiction("", self._evidence_with(row, evidence, place))
        against = f"the map has {self._described(places[0])}, not to the {compass(stated_deg)}"
        return Contradiction(against, evidence)

    def _called(self, row: int) -> list[int]:
        """The facts of any kind that people call by the noun of a phrase."""
        head, index = head_of_phrase(self._query.phrases[row].text), self._match_index
        if head is None:
            return []
        called = index.matching_kind(head)[:] & index.called(head.noun)[:]
        facts: list[int] = np.flatnonzero(called & index.gallery.facts.spoken).tolist()
        return facts

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

    def _one_of(self, row: int, evidence: Evidence, tile: int) -> Evidence:
        """The nearest of several things for a phrase about one: a park for "two parks"."""
        number, _, counted = evidence.fact.partition(" ")
        kind = self._positions.counted.get(counted, "")
        phrase = self._query.phrases[row].text
        is_one = noun_of_phrase(phrase) in bare_words(phrase) and number in _COUNTS
        if not (evidence.supported and evidence.channel == "facts" and kind and is_one):
            return evidence
        places = self._positions.places(tile, self._positions.facts_of_kind[kind], _SIGHT_M)
        return self._evidence_with(row, evidence, places[0]) if places else evidence

    def _street_of_address(self, row: int, evidence: Evidence, tile: int) -> Evidence:
        """The street itself, if the phrase names a street and the evidence is an address in it."""
        words = bare_words(self._query.phrases[row].text)
        if evidence.channel != "names" or set(words) & set(bare_words(evidence.fact)):
            return evidence
        facts = self._match_index.gallery.facts
        named = [
            fact
            for name, rows in self.map_names.in_description.items()
            if contains(words, name)
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
        storeys_of, near = self._storeys_within(tile, _FARTHER_M), set[int]()
        for fact in self._facts_within(tile, _NEAR_M):
            if fact in storeys_of:
                near.add(fact)
            elif not near and _BUILDING_WORDS & set(
                bare_words(self._match_index.gallery.facts.kind[fact])
            ):
                return ""  # a building of unknown height is nearer than all others
        heights = storeys_of.values()
        if len(near) < _BUILDINGS:
            return ""
        low, high = min(heights), max(heights)
        if low - _STOREYS_APART < stated < high + _STOREYS_APART or stated >= _HIGH_RISE <= high:
            return ""
        span = f"{low}" if low == high else f"{low} to {high}"
        tall = " or more" if high == _HIGH_RISE else ""
        return (
            f"the buildings within {_FARTHER_M:.0f} m whose storeys the map knows have {span}{tall}"
        )

    @staticmethod
    def _is_of_other_height(phrase: str, evidence: Evidence) -> bool:
        """Whether a building is the evidence, and has far fewer or more storeys than are said."""
        stated, match = storeys(phrase), _STOREYED.search(evidence.fact)
        if not stated or match is None or match[3]:
            return False
        return abs(stated - (1 if match[2] else int(match[1]))) >= _STOREYS_APART

    def _storeys_within(self, tile: int, within_m: float) -> dict[int, int]:
        """The storeys of the buildings of known height within a distance, by their facts."""
        storeys_of = {}
        for fact in self._facts_within(tile, within_m):
            if match := _STOREYED.search(self._match_index.gallery.facts.text[fact]):
                storeys_of[fact] = 1 if match[2] else _HIGH_RISE if match[3] else int(match[1])
        return storeys_of

    def _facts_within(self, tile: int, within_m: float) -> list[int]:
        """The facts within a distance of a tile, the nearest first."""
        rows = self._match_index.links_of(tile)
        links = self._match_index.gallery.links
        rows = rows[links.distance_m[rows] <= within_m]
        rows = rows[np.argsort(links.distance_m[rows], kind="stable")]
        return [int(fact) for fact in links.fact[rows]]

    def _other_look(self, row: int, evidence: Evidence, tile: int) -> str:
        """The contradiction of "red church" by a white one, if no other may be meant."""
        fact = self._positions.fact_of(evidence, tile)
        facts = self._match_index.gallery.facts
        kind = facts.kind[fact] if fact is not None else ""
        if fact is None or not kind or has_trait(kind, "patchy"):
            return ""
        stated = looks_of(self._query.phrases[row].text, head_of(kind))
        candidates = [fact]
        if stated and evidence.channel != "names":
            candidates = [*self._positions.facts_of_kind[kind], *self._called(row)]
        within_sight = set(self._facts_within(tile, _SIGHT_M))
        looks = [
            looks_in(text.removesuffix(facts.kind[candidate]))
            for candidate, text in (
                (candidate, facts.text[candidate].partition(": ")[0])
                for candidate in candidates
                if candidate in within_sight
            )
            if text.endswith(facts.kind[candidate])
        ]
        for look in stated:
            excluding = [_excluding(look, others) for others in looks]
            if excluding and all(excluding):
                return f"the map says {' or '.join(dict.fromkeys(excluding))}, not {look.word}"
        return ""


_HIGH_RISE = 9
"""Least number of storeys of a "tall high-rise" in the facts."""


def _excluding(look: Look, others: list[Look]) -> str:
    """The first of `others` in the family of `look`, if all of that family exclude it; else ""."""
    family = [other for other in others if other.family == look.family]
    return family[0].word if family and all(look.excludes(other) for other in family) else ""
