"""The signal `surroundings`: what lies around, each thing weighed by how rare it is in the town.

A description of what is around speaks mostly of things that are everywhere (houses, trees, a car
park); a few are rare, and they tell the places apart. For each stretch p of the description,
s(p, t) is the best fact of tile t, decayed by its distance and by its direction; it adds
log((ε + s(p, t)) / (ε + mean over all tiles of s(p, ·))), so a thing that all places have adds
nothing, and a rare one that is there adds much. One that is not there costs little: maps and
photographs lack much that people see, and cars drive away. Our own method, after the
log-likelihood ratio.

A place with much around it gets a high score from any description. So each tile loses a share of
what typical phrases give it (`core.vocabulary.from_above.typical_views`), as many times as the
description has phrases: a correction of hubness, as CSLS (arXiv 1710.04087) does for neighbours.

How well a fact fits is the cosine with its text or with what people who look from above call its
kind (`core.vocabulary.from_above`). The facts are those of the map and those that are seen from
above; only galleries with the latter have this signal.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.stretches import Stretch, stretches_of
from core.vocabulary.attributes import COLOUR_LOOKS
from core.vocabulary.folding import WORD, fold


@dataclass(frozen=True, slots=True)
class Choices:
    """Constants of the signal. Tried on the 40 descriptions of Pardubice in `aerial/`, where none
    of them made a difference that so few texts could show.

    `here_m` is the reach of the first thing of a description, where people say where they stand;
    `reach_m` that of the others. `most_loss` is the most that a missing thing costs. `usual_share`
    is the share of typical phrases' gain that a tile loses. Of 0.25, 0.5, 0.75 and 1, the first
    three were alike on 116 descriptions of both towns, and better than none.
    """

    base: float = 0.45
    least_share: float = 0.5
    sharpness: float = 2.0
    reach_m: float = 65.0
    here_m: float = 20.0
    floor: float = 0.1
    most_loss: float = 0.5
    sure_from: float = 0.45
    sure_over: float = 0.35
    opposite: float = 0.15
    other_colour: float = 0.5
    no_colour: float = 0.85
    same_colour: float = 1.12
    usual_share: float = 0.4


CHOICES = Choices()
_UNDERFOOT_M = 12.0
_MOST_FACTS = 400


def surroundings(
    match_index: MatchIndex,
    encoded_query: EncodedQuery,
    facts: I64 | None,
    choices: Choices = CHOICES,
) -> F32:
    """The sum over the phrases, about −1..1 for each of N tiles; `facts` are those that count."""
    gallery = match_index.gallery
    spoken = gallery.spoken if facts is None else facts
    scores = np.zeros(len(gallery), dtype=np.float32)
    stretches = stretches_of(encoded_query)
    if not stretches or not len(spoken):
        return scores
    surely = 0.0
    for number, (stretch, fit) in enumerate(
        zip(stretches, _fits(match_index, _embeddings(stretches), spoken), strict=True)
    ):
        sure = _certainty(fit, choices)
        if not sure:
            continue
        reach_m = choices.reach_m if number else choices.here_m
        surely += sure
        scores += np.float32(sure) * _gain(match_index, stretch, fit, spoken, reach_m, choices)
    scores -= np.float32(choices.usual_share * surely) * _usual_gain_of(match_index)
    return scores * np.float32(0.1)


def _embeddings(stretches: Sequence[Stretch]) -> F32:
    return np.stack([stretch.embedding for stretch in stretches])


def _certainty(fit: F32, choices: Choices) -> float:
    """How surely a stretch is about a thing that the gallery has, 0..1, from its fits [V]."""
    best = float(fit.max())
    return min(max((best - choices.sure_from) / choices.sure_over, 0.0), 1.0)


def _gain(
    match_index: MatchIndex,
    stretch: Stretch,
    fit: F32,
    facts: I64,
    reach_m: float,
    choices: Choices,
) -> F32:
    """What a stretch adds to each tile [N], from its fits [V] to V facts."""
    factors = list(colour_factors(stretch.text, choices).values())
    strength = np.maximum(fit - choices.base, 0)
    strength *= np.array(factors, dtype=np.float32)[_colours_of(match_index)[facts]]
    strength = (strength / max(float(strength.max()), 1e-6)) ** choices.sharpness
    best = np.argsort(-strength, kind="stable")[:_MOST_FACTS]
    best = best[strength[best] >= choices.least_share**choices.sharpness]
    there = _at_tiles(match_index, facts[best], strength[best], stretch, reach_m, choices)
    floor = np.float32(choices.floor)
    loss = 0.0 if stretch.passing else choices.most_loss
    gain: F32 = np.log((floor + there) / (floor + there.mean()))
    return np.maximum(gain, np.float32(-loss))


_usual_gains: "WeakKeyDictionary[MatchIndex, F32]" = WeakKeyDictionary()


def _usual_gain_of(match_index: MatchIndex, choices: Choices = CHOICES) -> F32:
    """What a typical phrase adds to each tile [N] on average; made once for a gallery."""
    usual = _usual_gains.get(match_index)
    if usual is None:
        gallery = match_index.gallery
        usual = np.zeros(len(gallery), dtype=np.float32)
        sayings, surely = gallery.sayings, 0.0
        if sayings is not None and sayings.typical_embeddings is not None and sayings.typical:
            fits = _fits(match_index, sayings.typical_embeddings, gallery.spoken)
            for row, text in enumerate(sayings.typical):
                sure = _certainty(fits[row], choices)
                if sure:
                    stretch = Stretch(text, sayings.typical_embeddings[row], None)
                    gain = _gain(
                        match_index, stretch, fits[row], gallery.spoken, choices.reach_m, choices
                    )
                    usual += np.float32(sure) * gain
                    surely += sure
        _usual_gains[match_index] = usual = usual / np.float32(max(surely, 1e-6))
    return usual


def _fits(match_index: MatchIndex, embeddings: F32, facts: I64) -> F32:
    """How well each of V facts fits each of Q stretches [Q, V]: by its text or its kind's words."""
    fits = match_index.cosines(embeddings, facts)
    if (sayings := match_index.gallery.sayings) is not None:
        kind = _said_kinds_of(match_index)[facts]
        likeness = sayings.likeness(embeddings)
        fits = np.maximum(fits, np.where(kind >= 0, likeness[:, kind], 0))
    return fits


_said_kinds: "WeakKeyDictionary[MatchIndex, I64]" = WeakKeyDictionary()


def _said_kinds_of(match_index: MatchIndex) -> I64:
    """The row of each fact's kind among the gallery's sayings [F], −1 for none."""
    said = _said_kinds.get(match_index)
    if said is None:
        sayings, kinds = match_index.gallery.sayings, match_index.gallery.facts.kind
        rows = {} if sayings is None else {kind: row for row, kind in enumerate(sayings.kinds)}
        said = np.array([rows.get(kind, -1) for kind in kinds], dtype=np.int64)
        _said_kinds[match_index] = said
    return said


def _at_tiles(
    match_index: MatchIndex,
    facts: I64,
    strength: F32,
    stretch: Stretch,
    reach_m: float,
    choices: Choices,
) -> F32:
    """The best of some facts at each tile [N], 0..1."""
    links = match_index.gallery.links
    rows, counts = links.rows_of(facts)
    value = np.repeat(strength, counts) * np.exp(
        np.float32(-0.5) * np.square(links.distance_m[rows] / np.float32(reach_m))
    )
    if stretch.bearing_deg is not None:
        apart = np.cos(np.radians(links.bearing_deg[rows] - np.float32(stretch.bearing_deg)))
        agreement = choices.opposite + (1 - choices.opposite) * (1 + apart) / 2
        agreement[links.distance_m[rows] < _UNDERFOOT_M] = 0.8
        value *= agreement
    there = np.zeros(len(match_index.gallery), dtype=np.float32)
    np.maximum.at(there, links.tile[rows], value.astype(np.float32))
    return there


_COLOUR_WORDS = tuple(COLOUR_LOOKS)


_colours: "WeakKeyDictionary[MatchIndex, I64]" = WeakKeyDictionary()


def _colours_of(match_index: MatchIndex) -> I64:
    """The colour in each fact's text [F]: a row of `_COLOUR_WORDS`, the last one + 1 for none."""
    colours = _colours.get(match_index)
    if colours is None:
        texts = match_index.gallery.facts.text
        rows = [_colour_in(text.partition(": ")[0]) for text in texts]
        colours = _colours[match_index] = np.array(rows, dtype=np.int64)
    return colours


def _colour_in(text: str) -> int:
    folded = fold(text)
    rows = [row for row, word in enumerate(_COLOUR_WORDS) if re.search(rf"\b{word}\b", folded)]
    return max(rows, key=lambda row: len(_COLOUR_WORDS[row]), default=len(_COLOUR_WORDS))


def colour_factors(phrase: str, choices: Choices = CHOICES) -> dict[str, float]:
    """The factor for facts of each colour word, and for those without one (""); 1 for each where
    the phrase has no colour."""
    words = set(WORD.findall(fold(phrase)))
    stated = [word for word in _COLOUR_WORDS if set(word.split()) <= words]
    stated += [_ALIASES[word] for word in words if word in _ALIASES]
    factors = dict.fromkeys((*_COLOUR_WORDS, ""), 1.0)
    if not stated:
        return factors
    factors[""] = choices.no_colour
    looks = frozenset[str]().union(*(COLOUR_LOOKS[word] for word in stated))
    for word in _COLOUR_WORDS:
        if word in stated:
            factors[word] = choices.same_colour
        elif not looks & COLOUR_LOOKS[word]:
            factors[word] = choices.other_colour
    return factors


_ALIASES = {
    "reddish": "red",
    "greenish": "green",
    "bluish": "blue",
    "brownish": "brown",
    "silver": "light grey",
    "pale": "light grey",
    "slate": "dark grey",
    "dark": "dark grey",
    "terracotta": "orange",
    "clay": "orange",
    "rapeseed": "yellow",
}
