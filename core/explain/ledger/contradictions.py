"""What the map holds that speaks against a phrase at one tile; leaves support to the witness.

Few and certain: only what a fact says is held against a phrase, never that a fact is missing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.explain.ledger.claims import (
    Look,
    bare_words,
    denied,
    is_telling,
    looks_in,
    looks_of,
    storeys,
)
from core.explain.ledger.fact_positions import FactPosition, FactPositions
from core.explain.phrasing import UNDERFOOT_M, head_of, noun_phrase, one_line
from core.geo import compass
from core.records import Channel, Evidence
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import singular
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.common_words import is_common, written_as_name
from core.vocabulary.kinds import has_trait

_SIGHT_M = 150.0
_NEAR_M = 60.0
_DENIED_M = 30.0
_ELSEWHERE_M = 300.0
"""A thing called by its name may be seen from afar, or be where a road leads to."""
_STOREYS_APART = 3
_BUILDINGS = 2
_SAME_SIDE_DEG = 67.5
_OTHER_SIDE_DEG = 112.5
_STOREYED = re.compile(r"\b(?:(\d+)|(single))-storey|\b(tall high-rise)")
_SIDE_OF = re.compile(r"[\s,]*(?:is |are )?(?:on|at) (?:the|its|their) \w+(?:[- ]\w+)? side\b")
"""Of the thing or of the describer: "beside the station on the west side" may mean either."""
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
    """What the map says instead ("" for nothing), and the evidence it leaves."""

    against: str
    evidence: Evidence


class ContradictionFinder:
    """Prepared for one description: objects to its phrases at any tile.

    Facts object where the `facts` channel was searched, names where `names` was. `own_names` are
    what the gallery itself is called, which no place contradicts.
    """

    def __init__(
        self,
        match_index: MatchIndex,
        known: FactPositions,
        encoded_query: EncodedQuery,
        channels: tuple[Channel, ...],
        own_names: Iterable[str] = (),
    ) -> None:
        self._ground = match_index
        self._known = known
        self._reading = encoded_query
        self._channels = channels
        own_words = {word for name in own_names for word in bare_words(name)}
        self._common = known.kind_words | own_words
        self._named = _names_said(known, set(bare_words(encoded_query.text)), self._common)

    def object_to(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """The first thing that speaks against one phrase at a tile. Evidence on the wrong side
        gives way to a thing of its kind on the side that the phrase says."""
        evidence = self._plainer(row, evidence, tile)
        if "names" in self._channels and (p_outside := self._elsewhere(row, evidence, tile)):
            return Contradiction(p_outside, evidence)
        if "facts" not in self._channels:
            return Contradiction("", evidence)
        phrase = self._reading.phrases[row].text
        if absent := denied(phrase):
            nothing = Evidence(evidence.phrase, evidence.start, evidence.end, None, "", 0.0)
            return Contradiction(self._present(absent, tile), nothing)
        if evidence.name_only:
            return Contradiction(self._storeys(phrase, tile), evidence)
        sided = self._sided(row, evidence, tile)
        if sided.against:
            return sided
        against = self._storeys(phrase, tile) or self._looks(phrase, sided.evidence, tile)
        return Contradiction(against, sided.evidence)

    def _called(self, there: FactPosition) -> str:
        """A fact as a thing among others, and where it lies."""
        return f"{noun_phrase(self._ground.gallery.facts.text[there.fact])} {there.where}"

    def _present(self, absent: str, tile: int) -> str:
        """ "no trees" where a tree stands."""
        head = singular(bare_words(absent)[-1])
        facts = [
            fact
            for kind, rows in self._known.facts_of_kind.items()
            if singular(head_of(kind)) == head
            for fact in rows
        ]
        places = self._known.places(tile, facts, _DENIED_M)
        return f"the map has {self._called(places[0])}" if places else ""

    def _sided(self, row: int, evidence: Evidence, tile: int) -> Contradiction:
        """ "church to the north" where every church within sight lies to the south."""
        said = self._reading.phrases[row].bearing_deg
        fact = self._known.fact_of.get(evidence.fact)
        if said is None or fact is None:
            return Contradiction("", evidence)
        phrase = self._reading.phrases[row]
        by_name = evidence.channel == "names"
        shared = set(bare_words(phrase.text)) & set(bare_words(evidence.fact))
        if by_name and not is_telling(tuple(shared), self._common):
            return Contradiction("", evidence)
        if _SIDE_OF.match(self._reading.text[phrase.end :]):
            return Contradiction("", evidence)
        kind = self._ground.gallery.facts.kind[fact]
        alike = self._known.facts_of_kind.get(kind, [fact])
        places = self._known.places(tile, [fact] if by_name else alike, _SIGHT_M)
        if not places or places[0].distance_m < UNDERFOOT_M:
            return Contradiction("", evidence)
        apart = [abs((place.bearing_deg - said + 180) % 360 - 180) for place in places]
        for place, degrees in zip(places, apart, strict=True):
            if degrees <= _SAME_SIDE_DEG:
                return Contradiction("", self._moved(row, evidence, place))
        if has_trait(kind, "long") or has_trait(kind, "patchy") or min(apart) < _OTHER_SIDE_DEG:
            return Contradiction("", evidence)
        against = f"the map has {self._called(places[0])}, not to the {compass(said)}"
        return Contradiction(against, evidence)

    def _moved(
        self, row: int, evidence: Evidence, place: FactPosition, similarity: float | None = None
    ) -> Evidence:
        """The evidence at another place of its kind."""
        text = self._ground.gallery.facts.text[place.fact]
        if text == evidence.fact:
            similarity = evidence.similarity
        if similarity is None:
            phrase = self._reading.phrase_embeddings[row : row + 1]
            similarity = float(self._ground.cosines(phrase, np.array([place.fact]))[0, 0])
        return replace(
            evidence,
            fact=text,
            similarity=round(similarity, 3),
            lat=round(place.lat, 6),
            lon=round(place.lon, 6),
            distance_m=round(place.distance_m, 1),
            direction=compass(place.bearing_deg),
        )

    def _plainer(self, row: int, evidence: Evidence, tile: int) -> Evidence:
        """Where the phrase names a street and a house of that address was found: the street."""
        words = bare_words(self._reading.phrases[row].text)
        if evidence.channel != "names" or set(words) & set(bare_words(evidence.fact)):
            return evidence
        facts = self._ground.gallery.facts
        named = [
            fact
            for name, rows in self._named.items()
            if _contains(words, name)
            for fact in rows
            if set(words) & set(bare_words(facts.text[fact]))
        ]
        places = self._known.places(tile, named, _NEAR_M)
        if not places:
            return evidence
        return replace(self._moved(row, evidence, places[0], evidence.similarity), fit="thing")

    def _storeys(self, phrase: str, tile: int) -> str:
        """ "six storeys" where all buildings close by that the map knows better have two."""
        said = storeys(phrase)
        if not said or not _BUILDING_WORDS & set(bare_words(phrase)):
            return ""
        found = {}
        for fact in self._facts_within(tile, _NEAR_M):
            if match := _STOREYED.search(self._ground.gallery.facts.text[fact]):
                found[fact] = 1 if match[2] else _HIGH_RISE if match[3] else int(match[1])
        heights = found.values()
        if len(found) < _BUILDINGS:
            return ""
        low, high = min(heights), max(heights)
        if low - _STOREYS_APART < said < high + _STOREYS_APART or said >= _HIGH_RISE <= high:
            return ""
        span = f"{low}" if low == high else f"{low} to {high}"
        tall = " or more" if high == _HIGH_RISE else ""
        return f"the buildings within {_NEAR_M:.0f} m whose storeys the map knows have {span}{tall}"

    def _facts_within(self, tile: int, within_m: float) -> list[int]:
        rows = self._ground.links_of(tile)
        links = self._ground.gallery.links
        return [int(fact) for fact in links.fact[rows[links.distance_m[rows] <= within_m]]]

    def _looks(self, phrase: str, evidence: Evidence, tile: int) -> str:
        """ "red church" where the map says that it is white."""
        fact = self._known.fact_of.get(evidence.fact)
        facts = self._ground.gallery.facts
        kind = facts.kind[fact] if fact is not None else ""
        if fact is None or not kind or has_trait(kind, "patchy"):
            return ""
        said = looks_of(phrase, head_of(kind))
        only = [fact] if evidence.channel == "names" else self._known.facts_of_kind[kind]
        seen = set(self._facts_within(tile, _SIGHT_M))
        looks = [
            looks_in(text.removesuffix(kind))
            for text in (facts.text[one].partition(": ")[0] for one in only if one in seen)
            if text.endswith(kind)
        ]
        for look in said:
            other = [_excluding(look, each) for each in looks]
            if other and all(other):
                return f"the map says {' or '.join(dict.fromkeys(other))}, not {look.word}"
        return ""

    def names_a_place(self, row: int) -> bool:
        """Whether a phrase calls something of this map by its name."""
        return next(self._names_in(row), None) is not None

    def _names_in(self, row: int) -> Iterator[tuple[str, ...]]:
        """The names in one phrase, the longest first; one word alone must be written as a name."""
        phrase = self._reading.phrases[row]
        words = bare_words(phrase.text)
        for name in self._named:
            if not _contains(words, name):
                continue
            own = len(name) > 1 and any(not is_common(word) for word in name)
            if own or any(written_as_name(self._reading.text, phrase.start, word) for word in name):
                yield name

    def _elsewhere(self, row: int, evidence: Evidence, tile: int) -> str:
        """Names a thing that the map has, but far from here; not where it is part of the name of
        what was found here."""
        name = next(self._names_in(row), None)
        if name and evidence.channel == "names" and set(name) <= set(bare_words(evidence.fact)):
            return ""
        places = self._known.places(tile, self._named[name]) if name else []
        if not name or not places or places[0].distance_m <= _ELSEWHERE_M:
            return ""
        return f"the map has {self._spelt(name, places[0].fact)} {places[0].where}, not here"

    def _spelt(self, name: tuple[str, ...], fact: int) -> str:
        """A name as the map writes it."""
        written = self._ground.gallery.facts.names[fact]
        return next(one_line(one, 60) for one in written if tuple(bare_words(one)) == name)


_HIGH_RISE = 9
"""Storeys of what facts call a tall high-rise, at least."""


def _excluding(look: Look, others: list[Look]) -> str:
    """The look among others that rules out one, where none of its family goes with it."""
    family = [other for other in others if other.family == look.family]
    return family[0].word if family and all(look.excludes(other) for other in family) else ""


def _contains(words: list[str], name: tuple[str, ...]) -> bool:
    return any(tuple(words[at : at + len(name)]) == name for at in range(len(words)))


def _names_said(
    known: FactPositions, said: set[str], common: frozenset[str]
) -> dict[tuple[str, ...], list[int]]:
    """The names of the map whose words are all in the description, the longest first."""
    found: dict[tuple[str, ...], list[int]] = {}
    facts = known.gallery.facts
    for name, rows in known.facts_of_name.items():
        if said.issuperset(name) and is_telling(name, common):
            here = [row for row in rows if not has_trait(facts.kind[row], "region")]
            if here:
                found[name] = here
    return dict(sorted(found.items(), key=lambda one: (-len(one[0]), one[0])))
