"""Phrase by phrase, what on the map around a candidate speaks for the description."""

from dataclasses import dataclass

import numpy as np

from core.arrays import F32, I64, Bools
from core.geo import compass, moved
from core.records import Channel, Evidence, Fit
from core.retrieval.channels import MatchIndex, match_by_words
from core.retrieval.head_nouns import (
    head_of_phrase,
    is_location_only,
    is_of_other_size,
    is_part_of,
    without_distance,
)
from core.retrieval.phrases import Phrase
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.common_words import is_common, written_as_name
from core.vocabulary.folding import words_of

_LEAST_COSINE = 0.55
_LEAST_OF_NOUN, _SURE_OF_NOUN = 0.4, 0.5
"""Of any thing; of one that goes by the phrase's noun, and for it to be called the thing."""
_MIN_THING_COSINE, _MIN_OTHER_NOUN_COSINE = 0.65, 0.75
"""Half of what is less near than the first to a phrase is another thing, read on the bundled
cities. Below the second, what goes by another noun may be near to the end of the phrase only."""
_LEAST_WORDS = 0.5
_LEAST_WEIGHT = 0.3
"""A thing so far off that it counts for less than this is no evidence for the spot."""
_MIN_KIND_COSINE = 0.5
"""A phrase this near to the kind of a thing may mean it, where only its name has the words. Read
on the bundled cities."""
_OF_A_KIND = 8
_ENDINGS = ("ed", "ing", "ful", "ly", "al", "ous")
"""Of words whose stem is another word's, too."""
_NAMES_SHOWN = 6
_NAMED_WITHIN_M = 60.0
_TOLD_SOONER_M = 35.0


@dataclass(frozen=True, slots=True)
class _VisibleFacts:
    """The V facts a tile sees: fact rows, how much each counts, how far and where it is."""

    facts: I64
    weight: F32
    distance_m: F32
    bearing_deg: F32


@dataclass(frozen=True, slots=True)
class _Match:
    """One of a view's facts for a phrase."""

    place: int
    channel: Channel
    strength: float
    fit: Fit = "thing"


def _argmax_positive(values: F32, counted: Bools) -> int | None:
    """Where the largest of those values is that count, None where none is above 0."""
    if not len(values):
        return None
    left = np.where(counted, values, 0)
    best = int(left.argmax())
    return best if left[best] > 0 else None


class EvidenceFinder:
    """Prepared for one reading: the share of each phrase's words that each fact carries.

    Only the `channels` that were searched give evidence, and a picture gives none. A name speaks
    for a phrase by a word of its own; ordinary words speak by the kind of a thing, and in a name
    they may stand by chance.
    """

    def __init__(
        self, match_index: MatchIndex, encoded_query: EncodedQuery, channels: tuple[Channel, ...]
    ) -> None:
        self._ground = match_index
        self._channels = channels
        self._reading = encoded_query
        phrase_words = [
            list(
                dict.fromkeys(
                    word for word in words_of(without_distance(phrase.text)) if len(word) > 1
                )
            )
            for phrase in encoded_query.phrases
        ]
        vocabulary = list(dict.fromkeys(word for words in phrase_words for word in words))
        carried = np.zeros((len(vocabulary), len(match_index.named)), dtype=np.float32)
        matches = match_by_words(match_index, vocabulary)
        carried[matches.said, matches.fact] = 1.0
        self._forget_doings(carried, vocabulary)
        self._heads = [head_of_phrase(phrase.text) for phrase in encoded_query.phrases]
        self._share = np.zeros((len(phrase_words), len(match_index.named)), dtype=np.float32)
        self._own = np.zeros(self._share.shape, dtype=np.float32)
        self._meant = np.zeros(self._share.shape, dtype=bool)
        self._chance = np.zeros(self._share.shape, dtype=bool)
        for row, words in enumerate(phrase_words):
            if words:
                of_words = {word: carried[vocabulary.index(word)] > 0 for word in words}
                self._share[row], self._own[row] = self._shares(row, of_words)
                self._meant[row], self._chance[row] = self._parted(row, of_words)

    def _shares(self, row: int, of_words: dict[str, Bools]) -> tuple[F32, F32]:
        """The share of a phrase's words, or of its noun and what stands before it where that is
        more, and of the words that would be a name's own, in each fact: [F] both."""
        phrase, head = self._reading.phrases[row], self._heads[row]
        share, own = np.mean(list(of_words.values()), axis=0), np.zeros(len(self._ground.named))
        if of_head := [each for word, each in of_words.items() if head and word in head.words]:
            share = np.maximum(share, np.mean(of_head, axis=0))
        if of_own := [each for word, each in of_words.items() if self._is_own(phrase, word)]:
            own = np.mean(of_own, axis=0)
        return share.astype(np.float32), own.astype(np.float32)

    def _parted(self, row: int, of_words: dict[str, Bools]) -> tuple[Bools, Bools]:
        """Of the facts that carry each word of a phrase [F]: those that are meant by one, and those
        whose name has an ordinary one by chance."""
        meant, chance = np.zeros((2, len(self._ground.named)), dtype=bool)
        phrase, head, called = self._reading.phrases[row], self._heads[row], self._called(row)
        for word, carrying in of_words.items():
            in_kind = self._ground.in_kind(word)
            if self._is_own(phrase, word):
                meant |= carrying
                continue
            meant |= carrying & in_kind & called
            if head is None or word in head.words:
                chance |= carrying & ~in_kind
        return meant, chance & ~meant

    def _called(self, row: int) -> Bools:
        """Which facts go by the noun of a phrase; all of them where it has none that is known."""
        head = self._heads[row]
        return (
            np.ones(len(self._ground.named), dtype=bool)
            if head is None
            else (self._ground.called(head))
        )

    def _is_own(self, phrase: Phrase, word: str) -> bool:
        """Whether a word would be a name's own."""
        return not is_common(word) or written_as_name(self._reading.text, phrase.start, word)

    def _forget_doings(self, carried: F32, vocabulary: list[str]) -> None:
        """A park is no parking, who stopped is no stop, a beautiful day no beauty salon: the index
        has one stem for both, but they are two things."""
        facts = self._ground.gallery.facts
        for row, word in enumerate(vocabulary):
            doing, inflected = f"{word.removesuffix('s')}ing", word.endswith(_ENDINGS)
            for fact in np.flatnonzero(carried[row]):
                text = " ".join((facts.text[fact], *facts.names[fact]))
                if (inflected or doing in text) and not (
                    {word, word.removesuffix("s")} & set(words_of(text))
                ):
                    carried[row, fact] = 0

    def evidence(self, tile: int) -> tuple[Evidence, ...]:
        """One piece for each phrase, in order; where nothing has its words or sense, without a
        channel."""
        if self._channels == ("image",):
            return ()
        view = self._view(tile)
        cosines = self._ground.cosines(self._reading.phrase_embeddings, view.facts)
        return tuple(
            self._piece(row, view, cosines[row], tile) for row in range(len(self._reading.phrases))
        )

    def names(self, tile: int, evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
        """Names a person would look for at the spot: the nearest, those in the evidence sooner."""
        facts, view = self._ground.gallery.facts, self._view(tile)
        told = {piece.fact for piece in evidence if piece.supported}
        found: dict[str, float] = {}
        named = self._ground.named[view.facts]
        for fact, distance in zip(
            view.facts[named].tolist(), view.distance_m[named].tolist(), strict=True
        ):
            text = facts.text[fact]
            name = text.partition(": ")[2]
            sign = facts.kind[fact] != "address"
            if name and sign and (text in told or distance <= _NAMED_WITHIN_M):
                away = distance - _TOLD_SOONER_M * (text in told)
                found[name] = min(away, found.get(name, away))
        return tuple(sorted(found, key=lambda name: found[name]))[:_NAMES_SHOWN]

    def _view(self, tile: int) -> _VisibleFacts:
        rows = self._ground.links_of(tile)
        links = self._ground.gallery.links
        return _VisibleFacts(
            links.fact[rows].astype(np.int64),
            self._ground.weight[rows],
            links.distance_m[rows],
            links.bearing_deg[rows],
        )

    def _piece(self, row: int, view: _VisibleFacts, cosines: F32, tile: int) -> Evidence:
        phrase = self._reading.phrases[row]
        found = None
        if not is_location_only(phrase.text):
            found = (
                self._by_word(row, view, meant=True)
                or self._by_sense(row, view, cosines)
                or self._by_word(row, view, meant=False)
            )
        if found is None:
            return Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0)
        best, gallery = found.place, self._ground.gallery
        fact, fit = gallery.facts.text[int(view.facts[best])], found.fit
        if fit == "thing" and is_of_other_size(phrase.text, fact):
            fit = "like"
        distance, bearing = float(view.distance_m[best]), float(view.bearing_deg[best])
        turn = np.radians(bearing)
        lat, lon = moved(
            gallery.lats[tile], gallery.lons[tile], distance * np.sin(turn), distance * np.cos(turn)
        )
        return Evidence(
            phrase=phrase.text,
            start=phrase.start,
            end=phrase.end,
            channel=found.channel,
            fact=fact,
            similarity=round(found.strength, 3),
            lat=round(float(lat), 6),
            lon=round(float(lon), 6),
            distance_m=round(distance, 1),
            direction=compass(bearing) if distance >= 3 else "here",
            fit=fit,
        )

    def _by_sense(self, row: int, view: _VisibleFacts, cosines: F32) -> _Match | None:
        """The fact nearest in sense, the farther ones less; first among those that go by the
        phrase's noun. What is nearest by what the phrase says after its noun is another thing."""
        if "facts" not in self._channels:
            return None
        head, near = self._heads[row], view.weight >= _LEAST_WEIGHT
        if head is None:
            best = _argmax_positive(cosines * view.weight, near)
            return self._alike(best, cosines, _LEAST_COSINE, _MIN_THING_COSINE)
        best = _argmax_positive(cosines * view.weight, near & self._called(row)[view.facts])
        if found := self._alike(best, cosines, _LEAST_OF_NOUN, _SURE_OF_NOUN):
            return found
        others = near & ~self._ground.mistaken(head)[view.facts]
        best = _argmax_positive(cosines * view.weight, others)
        if best is None or cosines[best] < _LEAST_COSINE:
            return None
        facts, fact = self._ground.gallery.facts, int(view.facts[best])
        strayed = head.goes_on and cosines[best] < _MIN_OTHER_NOUN_COSINE
        if strayed and not is_part_of(facts.kind[fact] or facts.text[fact], head):
            return None
        return _Match(best, "facts", float(cosines[best]), "like")

    @staticmethod
    def _alike(best: int | None, cosines: F32, least: float, sure: float) -> _Match | None:
        """The fact at a place of the view: the thing from one cosine on, none below another."""
        if best is None or cosines[best] < least:
            return None
        fit: Fit = "thing" if cosines[best] >= sure else "like"
        return _Match(best, "facts", float(cosines[best]), fit)

    def _by_word(self, row: int, view: _VisibleFacts, *, meant: bool) -> _Match | None:
        """The named thing that has most of the phrase's words and of its own names, the farther
        ones less; among those that are `meant` by them, or among those that have them in their
        names by chance."""
        if "names" not in self._channels:
            return None
        counted = (self._meant if meant else self._chance)[row, view.facts]
        words = (self._share[row, view.facts] + self._own[row, view.facts]) * view.weight
        best = _argmax_positive(words, counted & (view.weight >= _LEAST_WEIGHT))
        if best is None:
            return None
        fact = int(view.facts[best])
        share = float(self._share[row, fact])
        if share < _LEAST_WORDS or not self._ground.named[fact]:
            return None
        if not meant:
            return _Match(best, "names", share, self._fit(row, fact, share))
        whole = share == 1 or bool(self._called(row)[fact])
        return _Match(best, "names", share, "thing" if whole else "like")

    def _fit(self, row: int, fact: int, share: float) -> Fit:
        """What a thing is to a phrase of which only its name has some ordinary words."""
        head = self._heads[row]
        words = head.words if head else set(words_of(self._reading.phrases[row].text))
        if share == 1 and len(words) > 1:
            return "thing"
        of_kind = self._ground.spoken_of_kind(fact)
        nameless = of_kind[~self._ground.named[of_kind]]
        others = (nameless if len(nameless) else of_kind)[:_OF_A_KIND]
        if not len(others):
            return "name"
        phrase = self._reading.phrase_embeddings[row : row + 1]
        return "like" if self._ground.cosines(phrase, others).mean() >= _MIN_KIND_COSINE else "name"
