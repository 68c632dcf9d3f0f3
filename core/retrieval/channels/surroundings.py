"""The signal `surroundings`: what lies around, each thing weighed by how rare it is in the town.

A description of what is around speaks mostly of things that are everywhere (houses, trees, a car
park); a few are rare, and they tell the places apart. For each phrase p, s(p, t) is the best fact
of tile t, decayed by its distance and by its direction; the phrase adds
log((ε + s(p, t)) / (ε + mean over all tiles of s(p, ·))), so a thing that all places have adds
nothing, and a rare one that is there adds much. Our own method, after the log-likelihood ratio.

The facts are those of the map and those that are seen from above; only galleries with the latter
have this signal.
"""

import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.attributes import COLOUR_LOOKS
from core.vocabulary.directions import BEARINGS
from core.vocabulary.folding import WORD, fold


@dataclass(frozen=True, slots=True)
class Choices:
    """Constants of the signal. Swept on the 40 descriptions of Pardubice in `aerial/`."""

    base: float = 0.35
    least_share: float = 0.45
    sharpness: float = 2.0
    reach_m: float = 65.0
    floor: float = 0.12
    sure_from: float = 0.40
    sure_over: float = 0.25
    opposite: float = 0.15
    other_colour: float = 0.5
    no_colour: float = 0.85
    same_colour: float = 1.12


CHOICES = Choices()
_WITH = re.compile(r"\s*with\s*(?:an?|the|some|its|their|long|big)?\s*", re.IGNORECASE)
_UNDERFOOT_M = 12.0
_MOST_FACTS = 400
_AXIS = re.compile(
    r"\b(?:north[- ](?:to[- ])?south|south[- ](?:to[- ])?north|east[- ](?:to[- ])?west|"
    r"west[- ](?:to[- ])?east|from (?:the )?[a-z-]+ to (?:the )?[a-z-]+)\b",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?P<before>going|leading|leads|runs?|running|goes|heading|onto)?"
    r"[\s-]*\b(?P<word>(?:north|south)(?:[- ]?(?:east|west))?|east|west)(?:ern)?\b",
    re.IGNORECASE,
)


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
    embeddings = np.stack([stretch.embedding for stretch in stretches])
    of_facts = _colours_of(match_index)[spoken]
    for stretch, cosine in zip(stretches, match_index.cosines(embeddings, spoken), strict=True):
        sure = min(max((float(cosine.max()) - choices.sure_from) / choices.sure_over, 0.0), 1.0)
        if not sure:
            continue
        factors = list(colour_factors(stretch.text, choices).values())
        strength = np.maximum(cosine - choices.base, 0)
        strength *= np.array(factors, dtype=np.float32)[of_facts]
        strength = (strength / max(float(strength.max()), 1e-6)) ** choices.sharpness
        best = np.argsort(-strength, kind="stable")[:_MOST_FACTS]
        best = best[strength[best] >= choices.least_share**choices.sharpness]
        there = _at_tiles(match_index, spoken[best], strength[best], stretch.bearing_deg, choices)
        floor = np.float32(choices.floor)
        gain = np.log((floor + there) / (floor + there.mean()))
        scores += np.float32(sure * stretch.weight) * gain
    return scores * np.float32(0.1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the description about one thing: its embedding [D], and its direction in
    degrees or None. One that is said again counts less by its `weight`."""

    text: str
    embedding: F32
    bearing_deg: float | None
    weight: float = 1.0


def stretches_of(encoded_query: EncodedQuery) -> list[Stretch]:
    """The affirmed phrases; one that begins with "with" belongs to the thing before it.

    The embedding of "a hall" + "with a blue roof" is the sum of both.
    """
    stretches: list[Stretch] = []
    last_end = -1
    for row in encoded_query.affirmed.tolist():
        phrase, embedding = encoded_query.phrases[row], encoded_query.phrase_embeddings[row]
        bearing = stated_bearing(phrase.text, phrase.bearing_deg)
        between = encoded_query.text[max(last_end, 0) : phrase.start]
        if last_end >= 0 and _WITH.fullmatch(between):
            before = stretches.pop()
            whole = before.embedding + embedding
            stretches.append(
                Stretch(
                    f"{before.text} with {phrase.text}",
                    whole / max(float(np.linalg.norm(whole)), 1e-6),
                    before.bearing_deg if before.bearing_deg is not None else bearing,
                )
            )
        else:
            stretches.append(Stretch(phrase.text, embedding, bearing))
        last_end = phrase.end
    return stretches


def stated_bearing(phrase: str, parsed_deg: float | None) -> float | None:
    """The direction of a phrase: the parsed one, else the only compass word in it.

    The course of a road ("going south") is no direction.
    """
    if parsed_deg is not None:
        return parsed_deg
    places = [match for match in _DIRECTION.finditer(_AXIS.sub(" ", phrase)) if not match["before"]]
    words = {re.sub(r"[- ]", "", match["word"].lower()) for match in places}
    return BEARINGS[words.pop()] if len(words) == 1 else None


def _at_tiles(
    match_index: MatchIndex, facts: I64, strength: F32, bearing_deg: float | None, choices: Choices
) -> F32:
    """The best of some facts at each tile [N], 0..1."""
    links = match_index.gallery.links
    rows, counts = links.rows_of(facts)
    value = np.repeat(strength, counts) * np.exp(
        np.float32(-0.5) * np.square(links.distance_m[rows] / np.float32(choices.reach_m))
    )
    if bearing_deg is not None:
        apart = np.cos(np.radians(links.bearing_deg[rows] - np.float32(bearing_deg)))
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
