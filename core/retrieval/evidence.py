"""Phrase by phrase, what on the map around a candidate speaks for the description."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.describe.phrases import Phrase
from core.geo import METRES_PER_DEGREE, compass
from core.names import words_of
from core.records import Channel, Evidence, Fit
from core.retrieval.channels import Floats, Ground, worded_facts
from core.retrieval.everyday import is_ordinary, written_as_name
from core.retrieval.reading import Reading

_LEAST_COSINE = 0.55
_LEAST_WORDS = 0.5
_LEAST_WEIGHT = 0.3
"""A thing so far off that it counts for less than this is no evidence for the spot."""
_ALIKE_KIND = 0.45
"""A phrase this near to the kind of a thing may mean it, where only its name has the words. Read
on the bundled cities."""
_OF_A_KIND = 8
_NAMES_SHOWN = 6
_NAMED_WITHIN_M = 60.0
_TOLD_SOONER_M = 35.0


@dataclass(frozen=True, slots=True)
class _View:
    """The V facts a tile sees: fact rows, how much each counts, how far and where it is."""

    facts: npt.NDArray[np.int64]
    weight: Floats
    distance_m: Floats
    bearing_deg: Floats


@dataclass(frozen=True, slots=True)
class _Found:
    """One of a view's facts for a phrase."""

    place: int
    channel: Channel
    strength: float
    fit: Fit = "thing"


class Witness:
    """Prepared for one reading: the share of each phrase's words that each fact carries.

    Only the `channels` that were searched give evidence, and a picture gives none. A name speaks
    for a phrase by a word of its own; ordinary words speak by the kind of a thing, and in a name
    they may stand by chance.
    """

    def __init__(
        self, ground: Ground, reading: Reading, channels: tuple[Channel, ...]
    ) -> None:
        self._ground = ground
        self._channels = channels
        self._reading = reading
        phrase_words = [
            list(dict.fromkeys(word for word in words_of(phrase.text) if len(word) > 1))
            for phrase in reading.phrases
        ]  # fmt: skip
        vocabulary = list(dict.fromkeys(word for words in phrase_words for word in words))
        carried = np.zeros((len(vocabulary), len(ground.named)), dtype=np.float32)
        matches = worded_facts(ground, vocabulary)
        carried[matches.said, matches.fact] = 1.0
        self._forget_doings(carried, vocabulary)
        row_of = {word: row for row, word in enumerate(vocabulary)}
        self._share = np.zeros((len(phrase_words), len(ground.named)), dtype=np.float32)
        self._meant = np.zeros(self._share.shape, dtype=bool)
        for row, (phrase, words) in enumerate(zip(reading.phrases, phrase_words, strict=True)):
            if words:
                self._share[row] = carried[[row_of[word] for word in words]].mean(axis=0)
            for word in words:
                if self._is_own(phrase, word):
                    self._meant[row] |= carried[row_of[word]] > 0
                else:
                    self._meant[row, self._of_kind(word)] = True

    def _is_own(self, phrase: Phrase, word: str) -> bool:
        """Whether a word would be a name's own."""
        return not is_ordinary(word) or written_as_name(self._reading.text, phrase.start, word)

    def _of_kind(self, word: str) -> list[int]:
        """The facts whose kind has a word; corners and bare names have their names there too."""
        names, kinds = self._ground.gallery.names, self._ground.gallery.facts.kind
        found = []
        for spelling, _ in names.spellings(word):
            named = set(names.postings(spelling, "name").facts.tolist())
            found += [
                fact for fact in names.postings(spelling, "kind").facts.tolist()
                if fact not in named or kinds[fact] not in ("", "street corner")
            ]  # fmt: skip
        return found

    def _forget_doings(self, carried: Floats, vocabulary: list[str]) -> None:
        """A park is no parking: the index has one stem for both, but they are two things."""
        facts = self._ground.gallery.facts
        for row, word in enumerate(vocabulary):
            doing = f"{word.removesuffix('s')}ing"
            for fact in np.flatnonzero(carried[row]):
                text = " ".join((facts.text[fact], *facts.names[fact]))
                if doing in text and not {word, word.removesuffix("s")} & set(words_of(text)):
                    carried[row, fact] = 0

    def evidence(self, tile: int) -> tuple[Evidence, ...]:
        """One piece for each phrase, in order; unsupported phrases have no channel."""
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
        for fact, distance in zip(view.facts, view.distance_m.tolist(), strict=True):
            text = facts.text[fact]
            name = text.partition(": ")[2]
            sign = facts.kind[fact] != "address"
            if name and sign and (text in told or distance <= _NAMED_WITHIN_M):
                away = distance - _TOLD_SOONER_M * (text in told)
                found[name] = min(away, found.get(name, away))
        return tuple(sorted(found, key=lambda name: found[name]))[:_NAMES_SHOWN]

    def _view(self, tile: int) -> _View:
        rows = self._ground.links_of(tile)
        links = self._ground.gallery.links
        return _View(links.fact[rows].astype(np.int64), self._ground.weight[rows],
                     links.distance_m[rows], links.bearing_deg[rows])  # fmt: skip

    def _piece(self, row: int, view: _View, cosines: Floats, tile: int) -> Evidence:
        phrase = self._reading.phrases[row]
        found = (
            self._by_word(row, view, meant=True)
            or self._by_sense(view, cosines)
            or self._by_word(row, view, meant=False)
        )
        if found is None:
            return Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0)
        best = found.place
        distance, bearing = float(view.distance_m[best]), float(view.bearing_deg[best])
        gallery = self._ground.gallery
        lat = float(gallery.lats[tile]) + distance * np.cos(np.radians(bearing)) / METRES_PER_DEGREE
        lon = float(gallery.lons[tile]) + distance * np.sin(np.radians(bearing)) / (
            METRES_PER_DEGREE * np.cos(np.radians(gallery.lats[tile]))
        )
        return Evidence(
            phrase=phrase.text, start=phrase.start, end=phrase.end, channel=found.channel,
            fact=gallery.facts.text[int(view.facts[best])], similarity=round(found.strength, 3),
            lat=round(float(lat), 6), lon=round(float(lon), 6), distance_m=round(distance, 1),
            direction=compass(bearing) if distance >= 3 else "here", fit=found.fit,
        )  # fmt: skip

    def _by_sense(self, view: _View, cosines: Floats) -> _Found | None:
        """The fact nearest in sense, the farther ones less."""
        alike = np.where(view.weight >= _LEAST_WEIGHT, cosines * view.weight, 0)
        if "facts" not in self._channels or not alike.any():
            return None
        best = int(alike.argmax())
        strength = float(cosines[best])
        return _Found(best, "facts", strength) if strength >= _LEAST_COSINE else None

    def _by_word(self, row: int, view: _View, *, meant: bool) -> _Found | None:
        """The named thing that has most of the phrase's words, the farther ones less; among those
        that are `meant` by them, or among the others."""
        counted = (view.weight >= _LEAST_WEIGHT) & (self._meant[row, view.facts] == meant)
        words = np.where(counted, self._share[row, view.facts] * view.weight, 0)
        if "names" not in self._channels or not words.any():
            return None
        best = int(words.argmax())
        fact = int(view.facts[best])
        share = float(self._share[row, fact])
        if share < _LEAST_WORDS or not self._ground.named[fact]:
            return None
        return _Found(best, "names", share, "thing" if meant else self._fit(row, fact, share))

    def _fit(self, row: int, fact: int, share: float) -> Fit:
        """What a thing is to a phrase of which only its name has some ordinary words."""
        several = len(set(words_of(self._reading.phrases[row].text))) > 1
        if share == 1 and several:
            return "thing"
        facts = self._ground.gallery.facts
        of_kind = np.array([
            other for other, kind in enumerate(facts.kind)
            if kind == facts.kind[fact] and facts.spoken[other]
        ], dtype=np.int64)  # fmt: skip
        nameless = of_kind[~self._ground.named[of_kind]]
        others = (nameless if len(nameless) else of_kind)[:_OF_A_KIND]
        if not len(others):
            return "name"
        phrase = self._reading.phrase_embeddings[row : row + 1]
        return "like" if self._ground.cosines(phrase, others).mean() >= _ALIKE_KIND else "name"
