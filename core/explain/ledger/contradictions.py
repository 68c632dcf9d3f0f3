"""Finds facts at a tile that contradict a phrase.

Precision over recall: only a present fact can contradict; a missing one never does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

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
from core.retrieval.absence import absence_of
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import STREETS, noun_of_phrase
from core.retrieval.negation import Denial
from core.retrieval.proper_names import complement, proper_names
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.kinds import has_trait

_SIGHT_M = 150.0
_NEAR_M = 60.0
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
        self.map_names = DescribedNames(match_index, positions, encoded_query, own_names)

    def contradiction(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """The first fact that contradicts one phrase at a tile. Evidence on the wrong side is
        replaced by a thing of the same kind on the described side, if there is one."""
        if denial := self._query.phrases[row].denial:
            return self._of_denial(denial, evidence, tile)
        evidence = self._street_of_address(row, evidence, tile)
        if "names" in self._channels and (far := self.map_names.far_away(row, evidence, tile)):
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


_HIGH_RISE = 9
"""Least number of storeys of a "tall high-rise" in the facts."""


def _excluding(look: Look, others: list[Look]) -> str:
    """The first of `others` in the family of `look`, if all of that family exclude it; else ""."""
    family = [other for other in others if other.family == look.family]
    return family[0].word if family and all(look.excludes(other) for other in family) else ""
