"""Mentions: the streets, addresses and names of a gallery that a description names exactly.

A mention is a run of words (n-gram) of the description that names a place of `named_places` in any
spelling. Street names may be shortened ("West 43rd", "Barrios Amorín"). The method is our own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from core.arrays import F32, I64, Bools
from core.gallery.opened import Gallery
from core.retrieval.channels.named_places import CORNER, NamedPlaces
from core.retrieval.channels.packed_places import MentionedPlace, PlaceKind
from core.retrieval.channels.street_lines import StreetLines
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import STOP_WORDS, WORD, fold
from core.vocabulary.street_words import (
    HouseNumber,
    NumberAfter,
    StreetToken,
    is_connector,
    number_after,
    number_before,
    tokens_of,
)

_REACHES = 3.0
"""Links farther than this many reaches do not count."""
_LEAST_CHARS, _LEAST_ORDINAL = 4, 4
"""A single word is a mention from this length on, a single ordinal ("on 5th") from this one on:
"first" to "third" count turns and blocks."""
_ORDINAL = re.compile(r"(\d+)th")
_PAUSE = re.compile(r"[,;.:!?()\n]")
_LEAST_RARITY = 0.05


@dataclass(frozen=True, slots=True)
class MentionSettings:
    """Tuned numbers. Measured on 500 texts of RVS train and on tests/descriptions.jsonl.

    `reach_m` are the standard deviations of the decay with distance from a tile to the nearest
    point of a place. `address_gain` is the weight of an address; a street's is its rarity (below
    1), and a name's is its rarity times `name_weight`. `line_certainty` is for the estimated line
    of a street. `neighbour_certainty` is for a house number that stands for a missing one, at most
    `neighbour_numbers` away.
    """

    reach_m: dict[PlaceKind, float]
    address_gain: float = 2.0
    name_weight: float = 0.5
    line_certainty: float = 0.9
    neighbour_certainty: float = 0.7
    neighbour_numbers: int = 12
    neighbour_chance: float = 0.92
    neighbour_loss: float = 0.03


SETTINGS: Final = MentionSettings({"street": 60.0, "address": 40.0, "name": 100.0})


@dataclass(frozen=True, slots=True)
class Option:
    """A reading of a mention: the row of a place, and how certain the reading is, 0..1."""

    place: int
    certainty: float


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention: `text[start:end]`, its readings, and the house number, None for none.

    `facts` are the facts nearest to the house number, which are certain to stand there as far as
    `certainty` says; empty without a number. `chance` is that of the place to be near them, below 1
    where they have another number.
    """

    start: int
    end: int
    options: tuple[Option, ...]
    number: HouseNumber | None = None
    facts: tuple[int, ...] = ()
    certainty: float = 0.0
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Reach:
    """The M tiles near a place: rows, closeness (0..1) of each, and the place's rarity, 0..1."""

    tiles: I64
    closeness: F32
    rarity: float


class MentionIndex:
    """Finds the mentions in descriptions, and the tiles near them."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self.places = NamedPlaces(gallery)
        self.lines = StreetLines(gallery)
        self.mentions = lru_cache(maxsize=256)(self._mentions)
        self._numbered = lru_cache(maxsize=256)(self._facts_by_number)
        self.things_of = lru_cache(maxsize=256)(self._things_of)
        self._reach_of_place = lru_cache(maxsize=4096)(self._place_reach)

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        """The mentions in a description, in order, the longest at each place."""
        tokens = [
            token for token in tokens_of(text, self.places.letters) if not is_connector(token.token)
        ]
        mentions: list[Mention] = []
        place = 0
        while place < len(tokens):
            longest = self.places.longest_from.get(tokens[place].token, 0)
            if not longest:
                place += 1
                continue
            longest = min(longest, len(tokens) - place)
            count = next(
                (
                    count
                    for count in range(longest, 0, -1)
                    if self._is_mention(tokens[place : place + count], text)
                    and (count > 1 or not self._counts(tokens, place, text))
                ),
                0,
            )
            if count or self._is_address(tokens, place, text):
                count = max(count, 1)
                mention, place = self._mention(tokens, place, count, text)
                mentions.append(mention)
            else:
                place += 1
        return tuple(mentions)

    def _is_mention(self, gram: list[StreetToken], text: str) -> bool:
        """Whether tokens name a place other than the town, and not by ordinary words."""
        if tuple(token.token for token in gram) not in self.places.options:
            return False
        words = WORD.findall(fold(text[gram[0].start : gram[-1].end]))
        if self.places.is_own_town(words):
            return False
        is_distinctive = not all(map(is_common, words))
        as_name = all(not text[token.start].islower() for token in gram)
        if len(gram) > 1:
            return is_distinctive or as_name
        if ordinal := _ORDINAL.fullmatch(gram[0].token):
            return int(ordinal[1]) >= _LEAST_ORDINAL
        if not as_name and any(letter.isupper() for letter in text):
            return False
        return is_distinctive and len(words[0]) >= _LEAST_CHARS

    def _is_address(self, tokens: list[StreetToken], place: int, text: str) -> bool:
        """Whether a token, however short or ordinary, is a street with the number behind it."""
        after = number_after(tokens, place + 1, text)
        return after is not None and any(
            known.agrees(after.number)
            for option in self.places.options.get((tokens[place].token,), ())
            for known in self.places.places[option].numbers
        )

    @staticmethod
    def _counts(tokens: list[StreetToken], place: int, text: str) -> bool:
        """Whether a token is an ordinal that counts the word behind it: "8th building"."""
        if not _ORDINAL.fullmatch(tokens[place].token):
            return False
        follower = re.match(r"[ \t]+(\w+)", text[tokens[place].end :])
        return follower is not None and fold(follower[1]) not in STOP_WORDS

    def _mention(
        self, tokens: list[StreetToken], place: int, count: int, text: str
    ) -> tuple[Mention, int]:
        """The mention of `count` tokens from `place` on, and the token behind it."""
        known = self.places.options[tuple(token.token for token in tokens[place : place + count])]
        options = tuple(Option(row, certainty) for row, certainty in known.items())
        start, end, behind = tokens[place].start, tokens[place + count - 1].end, place + count
        number: HouseNumber | None = None
        places = [self.places.places[option.place] for option in options]
        is_numbered = any(place.numbers for place in places)
        after = number_after(tokens, behind, text)
        if after and (is_numbered or self._is_told(places, text, end, tokens, after)):
            number, behind = after.number, after.behind
            end = tokens[behind - 1].end
        elif is_numbered and (before := number_before(tokens, place, text)):
            number, start = before.number, tokens[before.place].start
        if number is None:
            return Mention(start, end, options), behind
        nearest = self._nearest_numbers(options, number)
        return Mention(start, end, options, number, *nearest), behind

    @staticmethod
    def _is_told(
        places: Iterable[MentionedPlace],
        text: str,
        end: int,
        tokens: list[StreetToken],
        after: NumberAfter,
    ) -> bool:
        """Whether a number is the whole rest of a clause behind a street of which the map has no
        numbers, so that it counts nothing else: "Südstraße 99"."""
        number = tokens[after.behind - 1]
        return (
            any(place.kind == "street" for place in places)
            and not _PAUSE.search(text[end : number.start])
            and _PAUSE.match(text[number.end :].lstrip() or ",") is not None
        )

    def _nearest_numbers(
        self, options: Iterable[Option], number: HouseNumber
    ) -> tuple[tuple[int, ...], float, float]:
        """The facts with a house number or, where no tile sees it, with the nearest one of the
        street, if possible on the same side; the certainty that they stand there, and the chance
        that the number is near them."""
        starts = self._gallery.links.starts
        nearest: tuple[tuple[int, ...], float, float] = ((), 0.0, 1.0)
        for option in options:
            linked = {
                known: facts
                for known, rows in self.places.places[option.place].numbers.items()
                if (facts := [fact for fact in rows if starts[fact + 1] > starts[fact]])
            }
            steps = {known: known.steps_to(number) for known in linked}
            least = min(steps.values(), default=SETTINGS.neighbour_numbers + 1.0)
            if least > SETTINGS.neighbour_numbers:
                continue
            certainty = option.certainty * (1 if least == 0 else SETTINGS.neighbour_certainty)
            if certainty > nearest[1]:
                closest = [known for known, away in steps.items() if away == least]
                apart = min(abs(known.number - number.number) for known in closest)
                chance = SETTINGS.neighbour_chance - SETTINGS.neighbour_loss * apart
                named = tuple(fact for known in closest for fact in linked[known])
                nearest = named, certainty, chance if apart else 1.0
        return nearest

    def streets_of(self, mention: Mention) -> I64:
        """The facts that a mention names, whatever their house numbers: the street's, too."""
        places = [self.places.places[option.place].facts for option in mention.options]
        return np.unique(np.concatenate(places))

    def _things_of(self, mention: Mention) -> I64:
        """The facts that are what a mention names, and do not only have their address there: the
        square "Plaza Independencia" and no hotel or corner at it. All where there are none."""
        things = [
            fact
            for option in mention.options
            for place in [self.places.places[option.place]]
            for fact in place.facts.tolist()
            if self._is_called(fact, place.name)
        ]
        return np.array(things, dtype=np.int64) if things else self.facts_of(mention)

    def _is_called(self, fact: int, name: str) -> bool:
        """Whether a fact has a name in any spelling, and is no corner."""
        facts, tokens = self._gallery.facts, self.places.tokens(name)
        if facts.kind[fact] == CORNER:
            return False
        return any(self.places.tokens(own) == tokens for own in facts.names[fact])

    def facts_of(self, mention: Mention) -> I64:
        """The facts that a mention names: with a house number, only those that have it."""
        if mention.number is not None:
            return self._numbered(mention, True)
        return self.streets_of(mention)

    def facts_of_other_numbers(self, mention: Mention) -> I64:
        """The facts on the street of a mention whose house number is another; none without one."""
        other, same = self._numbered(mention, False), self._numbered(mention, True)
        return np.setdiff1d(other, same)

    def _facts_by_number(self, mention: Mention, agreeing: bool) -> I64:
        """The facts of the streets of a mention by whether their house number agrees with its."""
        if mention.number is None:
            return np.empty(0, dtype=np.int64)
        return np.array(
            [
                fact
                for option in mention.options
                for known, facts in self.places.places[option.place].numbers.items()
                if known.agrees(mention.number) == agreeing
                for fact in facts
            ],
            dtype=np.int64,
        )

    def _place_reach(self, row: int) -> Reach:
        place = self.places.places[row]
        on_line = self.lines.tiles_along(place) if place.kind == "street" else None
        return self._reach(place.kind, place.facts, place.tiles, on_line)

    def _reach(
        self,
        kind: PlaceKind,
        facts: I64,
        tiles: I64 | None = None,
        line_m: F32 | None = None,
    ) -> Reach:
        """The tiles near facts, with the `tiles` that are on the street itself; `line_m` [N] is
        the distance of every tile to the street's estimated line."""
        reach_m, links = SETTINGS.reach_m[kind], self._gallery.links
        rows, _ = links.rows_of(facts)
        rows = rows[links.distance_m[rows] <= _REACHES * reach_m]
        closeness = np.zeros(len(self._gallery), dtype=np.float32)
        decay = np.exp(-0.5 * (links.distance_m[rows] / reach_m) ** 2)
        np.maximum.at(closeness, links.tile[rows], decay.astype(np.float32))
        if tiles is not None:
            closeness[tiles] = 1
        if line_m is not None:
            along = line_m <= _REACHES * reach_m
            decay = SETTINGS.line_certainty * np.exp(-0.5 * (line_m[along] / reach_m) ** 2)
            closeness[along] = np.maximum(closeness[along], decay)
        near = np.flatnonzero(closeness).astype(np.int64)
        spread = np.log(max(float(closeness.sum()), 1.0)) / np.log(len(closeness) + 1)
        return Reach(near, closeness[near], float(max(1 - spread, _LEAST_RARITY)))

    def closeness(self, mention: Mention) -> tuple[F32, float]:
        """The closeness [N] of every tile to a mention, 0..1, and the mention's weight."""
        closeness = np.zeros(len(self._gallery), dtype=np.float32)
        rarity, surest = 0.0, max(option.certainty for option in mention.options)
        for option in mention.options:
            reach = self._reach_of_place(option.place)
            part = reach.closeness * np.float32(option.certainty / surest)
            closeness[reach.tiles] = np.maximum(closeness[reach.tiles], part)
            rarity = max(rarity, reach.rarity)
        is_name = all(self.places.places[one.place].kind == "name" for one in mention.options)
        weight = rarity * surest * (SETTINGS.name_weight if is_name else 1)
        if mention.facts:
            gain = SETTINGS.address_gain * mention.certainty
            reach = self._reach("address", np.array(mention.facts, dtype=np.int64))
            closeness *= np.float32(weight)
            closeness[reach.tiles] += np.float32(gain) * reach.closeness
            weight += gain
            closeness /= np.float32(weight)
        return closeness, weight


def mention_scores(
    index: MentionIndex, mentions: Iterable[Mention], mask: Bools | None = None
) -> F32:
    """The closeness of every tile to all mentions, weighted by their rarity: [N], 0..1."""
    once = {(mention.options, mention.facts): mention for mention in mentions}
    parts = [index.closeness(mention) for mention in once.values()]
    weights = np.array([weight for _, weight in parts], dtype=np.float32)
    scores: F32 = weights @ np.stack([closeness for closeness, _ in parts]) / weights.sum()
    return scores if mask is None else scores * mask
