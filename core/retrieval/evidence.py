"""Phrase by phrase, what on the map around a candidate speaks for the description."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.geo import METRES_PER_DEGREE, compass
from core.names import words_of
from core.records import Channel, Evidence
from core.retrieval.channels import Floats, Ground, worded_facts
from core.retrieval.reading import Reading

_LEAST_COSINE = 0.55
_LEAST_WORDS = 0.5
_LEAST_WEIGHT = 0.3
"""A thing so far off that it counts for less than this is no evidence for the spot."""
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


class Witness:
    """Prepared for one reading: the share of each phrase's words that each fact carries.

    Only the `channels` that were searched give evidence, and a picture gives none.
    """

    def __init__(
        self, ground: Ground, reading: Reading, channels: tuple[Channel, ...]
    ) -> None:
        self._ground = ground
        self._channels = channels
        self._reading = reading
        phrase_words = [list(dict.fromkeys(words_of(phrase.text))) for phrase in reading.phrases]
        vocabulary = list(dict.fromkeys(word for words in phrase_words for word in words))
        carried = np.zeros((len(vocabulary), len(ground.named)), dtype=np.float32)
        matches = worded_facts(ground, vocabulary)
        carried[matches.said, matches.fact] = 1.0
        self._forget_doings(carried, vocabulary)
        row_of = {word: row for row, word in enumerate(vocabulary)}
        self._worded = np.stack([
            carried[[row_of[word] for word in words]].mean(axis=0)
            if words else np.zeros(len(ground.named), dtype=np.float32)
            for words in phrase_words
        ])  # fmt: skip

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
        near = view.weight >= _LEAST_WEIGHT
        words = np.where(near, self._worded[row, view.facts] * view.weight, 0)
        alike = np.where(near, cosines * view.weight, 0)
        channel: Channel | None = None
        best, strength = 0, 0.0
        if len(words):
            by_word, by_sense = int(words.argmax()), int(alike.argmax())
            share = float(self._worded[row, view.facts[by_word]])
            by_name = near[by_word] and self._ground.named[view.facts[by_word]]
            if by_name and share >= _LEAST_WORDS and "names" in self._channels:
                channel, best, strength = "names", by_word, share
            elif (
                near[by_sense]
                and cosines[by_sense] >= _LEAST_COSINE
                and "facts" in self._channels
            ):
                channel, best, strength = "facts", by_sense, float(cosines[by_sense])
        if channel is None:
            return Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0)
        distance, bearing = float(view.distance_m[best]), float(view.bearing_deg[best])
        gallery = self._ground.gallery
        lat = float(gallery.lats[tile]) + distance * np.cos(np.radians(bearing)) / METRES_PER_DEGREE
        lon = float(gallery.lons[tile]) + distance * np.sin(np.radians(bearing)) / (
            METRES_PER_DEGREE * np.cos(np.radians(gallery.lats[tile]))
        )
        return Evidence(
            phrase=phrase.text, start=phrase.start, end=phrase.end, channel=channel,
            fact=gallery.facts.text[int(view.facts[best])], similarity=round(strength, 3),
            lat=round(float(lat), 6), lon=round(float(lon), 6), distance_m=round(distance, 1),
            direction=compass(bearing) if distance >= 3 else "here",
        )  # fmt: skip
