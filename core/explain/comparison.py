"""Any two tiles held against each other: which phrase speaks for which, how much, and why.

The fused similarity is a weighted sum of signals (`core.retrieval.fusion`). Two of them are sums
over phrases or words and are told apart phrase by phrase; the others weigh the description as a
whole. All differences together are the difference of the two similarities.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.errors import QueryError
from core.explain.nearest import kind_of, nearest_m
from core.explain.phrasing import distance_phrase, noun_phrase
from core.geo import compass
from core.records import Channel, Evidence, Tile
from core.retrieval.channels import (
    Matches,
    best_by_tile,
    link_matches,
    match_by_embedding,
    match_by_words,
    visible_facts,
)
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.fusion import WEIGHTS
from core.retrieval.search import SearchTrace, match_index_of
from core.vocabulary.folding import words_of
from core.vocabulary.kinds import UNCOUNTED

Side = Literal["a", "b", "neither"]

_SIGNALS: tuple[tuple[str, Channel, str], ...] = (
    ("image", "image", "how the picture looks"),
    ("phrases", "facts", "what each phrase finds"),
    ("whole", "facts", "the sense of the whole description"),
    ("best_fact", "facts", "the one thing closest to the whole description"),
    ("words", "names", "the words that stand in no phrase"),
    ("window", "names", "how often its words stand around the spot"),
)
_TOLD_FROM = 0.002
"""Differences of similarity below this are not worth telling: one thing a few metres nearer."""
_SPOKEN_OF = 3
_BESIDE_M = 3.0


@dataclass(frozen=True, slots=True)
class PhraseDifference:
    """One phrase: by how much it favours `a` in each channel (below 0: `b`), and what each has.

    `sentence` tells what the map holds, "" where it holds nothing for either.
    """

    phrase: str
    start: int
    end: int
    differences: dict[Channel, float]
    a: Evidence | None
    b: Evidence | None
    sentence: str

    @property
    def difference(self) -> float:
        """Over all channels."""
        return sum(self.differences.values())

    @property
    def favours(self) -> Side:
        """Which of the two the phrase speaks for."""
        return _side(self.difference)


@dataclass(frozen=True, slots=True)
class WholeDifference:
    """What weighs the description as a whole, and by how much it favours `a` (below 0: `b`)."""

    signal: str
    channel: Channel
    about: str
    difference: float

    @property
    def favours(self) -> Side:
        """Which of the two it speaks for."""
        return _side(self.difference)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two tiles for one description; ranks are None for tiles that the query does not allow."""

    a: Tile
    b: Tile
    similarity_a: float
    similarity_b: float
    rank_a: int | None
    rank_b: int | None
    phrases: tuple[PhraseDifference, ...]
    whole: tuple[WholeDifference, ...]
    summary: str

    @property
    def difference(self) -> float:
        """By how much `a` is more similar; all phrases and the whole together."""
        return self.similarity_a - self.similarity_b

    def to_json(self) -> dict[str, Any]:
        """The comparison as the command line prints it."""
        made = asdict(self) | {"difference": self.difference}
        made["phrases"] = [
            asdict(one) | {"difference": one.difference, "favours": one.favours}
            for one in self.phrases
        ]
        made["whole"] = [asdict(one) | {"favours": one.favours} for one in self.whole]
        return made


def _side(difference: float) -> Side:
    if abs(difference) < _TOLD_FROM:
        return "neither"
    return "a" if difference > 0 else "b"


@dataclass(frozen=True, slots=True)
class _CandidatePair:
    """The rows of two tiles and what they are called."""

    a: int
    b: int
    label_a: str
    label_b: str

    @property
    def rows(self) -> I64:
        return np.array([self.a, self.b])


def compare(trace: SearchTrace, a: str, b: str, labels: tuple[str, str] = ("A", "B")) -> Comparison:
    """Two tiles of the gallery by their ids. Raises GalleryError, QueryError for the same twice."""
    gallery = trace.gallery
    pair = _CandidatePair(gallery.row_of(a), gallery.row_of(b), *labels)
    if pair.a == pair.b:
        raise QueryError(f"{a[:60]} was to be compared with itself; choose two different tiles")
    phrases = _phrase_differences(trace, pair)
    whole = _whole_differences(trace, pair, phrases)
    scores = trace.ranking.scores
    return Comparison(
        a=gallery.tile(pair.a),
        b=gallery.tile(pair.b),
        similarity_a=float(scores[pair.a]),
        similarity_b=float(scores[pair.b]),
        rank_a=_rank(trace, pair.a),
        rank_b=_rank(trace, pair.b),
        phrases=phrases,
        whole=whole,
        summary=_summary(pair, float(scores[pair.a]) - float(scores[pair.b]), phrases, whole),
    )


def _rank(trace: SearchTrace, row: int) -> int | None:
    place = np.flatnonzero(trace.ranking.order == row)
    return int(place[0]) + 1 if len(place) else None


def _shares(trace: SearchTrace) -> dict[str, float]:
    """How much each signal counts in the fused similarity."""
    counted = {
        signal: float(WEIGHTS[signal])
        for signal, channel, _ in _SIGNALS
        if channel in trace.channels
    }
    every = sum(counted.values())
    return {signal: weight / every for signal, weight in counted.items()}


@dataclass(frozen=True, slots=True)
class _TermMatches:
    """What R things said match on the map, where each is said to lie [R], and the row of the
    phrase that says it [R], -1 for none."""

    matches: Matches
    bearings_deg: F32
    phrase: I64


def _term_matches(trace: SearchTrace) -> dict[Channel, _TermMatches]:
    """Phrases for facts and words for names, of the channels that were searched."""
    match_index, encoded_query = match_index_of(trace.gallery), trace.encoded_query
    found: dict[Channel, _TermMatches] = {}
    if "facts" in trace.channels:
        matches = match_by_embedding(
            match_index, encoded_query, visible_facts(match_index, trace.mask)
        )
        found["facts"] = _TermMatches(
            matches, encoded_query.phrase_bearings, np.arange(len(encoded_query.phrases))
        )
    if "names" in trace.channels:
        phrase_of = _phrase_of_word(trace)
        found["names"] = _TermMatches(
            match_by_words(match_index, encoded_query.words),
            encoded_query.word_bearings,
            np.array([phrase_of.get(word, -1) for word in encoded_query.words], dtype=np.int64),
        )
    return found


def _contributions(trace: SearchTrace, said: _TermMatches, rows: I64) -> F64:
    """What each of R things said adds to a signal that is a share of the best: [R, 2]."""
    match_index = match_index_of(trace.gallery)
    best = best_by_tile(match_index, said.matches, said.bearings_deg).astype(np.float64)
    if trace.mask is not None:
        best = best * trace.mask
    attainable = best.max(axis=1, initial=0).sum()
    two: F64 = best[:, rows]
    return two / attainable if attainable > 0 else two


def _by_phrase(
    trace: SearchTrace, said: dict[Channel, _TermMatches], pair: _CandidatePair
) -> dict[Channel, F64]:
    """By how much each phrase raises `a` above `b` in the channels that add up: [P] each."""
    shares = _shares(trace)
    signal: dict[Channel, str] = {"facts": "phrases", "names": "words"}
    found: dict[Channel, F64] = {}
    for channel, each in said.items():
        two = _contributions(trace, each, pair.rows)
        by_one = shares[signal[channel]] * (two[:, 0] - two[:, 1])
        in_phrase = each.phrase >= 0
        found[channel] = np.zeros(len(trace.encoded_query.phrases))
        np.add.at(found[channel], each.phrase[in_phrase], by_one[in_phrase])
    return found


def _phrase_of_word(trace: SearchTrace) -> dict[str, int]:
    """The first phrase that has each word."""
    first: dict[str, int] = {}
    for row, phrase in enumerate(trace.encoded_query.phrases):
        for word in words_of(phrase.text):
            first.setdefault(word, row)
    return first


def _phrase_differences(trace: SearchTrace, pair: _CandidatePair) -> tuple[PhraseDifference, ...]:
    said = _term_matches(trace)
    by_phrase = _by_phrase(trace, said, pair)
    evidence_finder = EvidenceFinder(
        match_index_of(trace.gallery), trace.encoded_query, trace.channels
    )
    for_a, for_b = evidence_finder.evidence(pair.a), evidence_finder.evidence(pair.b)
    made = []
    for row, phrase in enumerate(trace.encoded_query.phrases):
        a, b = (for_a[row], for_b[row]) if for_a else (None, None)
        differences = {channel: float(each[row]) for channel, each in by_phrase.items()}
        one = PhraseDifference(
            phrase.text, phrase.start, phrase.end, differences, a, b, _sentence(trace, pair, a, b)
        )
        loose = _loosely(trace, said, row, one, pair)
        made.append(replace(one, sentence=" ".join(filter(None, (one.sentence, loose)))))
    return tuple(made)


def _loosely(
    trace: SearchTrace,
    said: dict[Channel, _TermMatches],
    row: int,
    one: PhraseDifference,
    pair: _CandidatePair,
) -> str:
    """Where a phrase favours a place that has no evidence for it: the match that counted there."""
    side = one.favours
    evidence = one.a if side == "a" else one.b
    if side == "neither" or evidence is None or evidence.supported:
        return ""
    sign = 1 if side == "a" else -1
    channel = max(one.differences, key=lambda name: sign * one.differences[name])
    tile, label = (pair.a, pair.label_a) if side == "a" else (pair.b, pair.label_b)
    gallery, found = trace.gallery, said[channel]
    seen = link_matches(match_index_of(gallery), found.matches, found.bearings_deg)
    counted = (gallery.links.tile[seen.link] == tile) & (found.phrase[seen.term] == row)
    if not counted.any():
        return ""
    best = int(np.where(counted, seen.strength, -1).argmax())
    link = int(seen.link[best])
    what = noun_phrase(gallery.facts.text[int(gallery.links.fact[link])])
    away, bearing = float(gallery.links.distance_m[link]), float(gallery.links.bearing_deg[link])
    by = "a loose likeness"
    if channel == "names":
        by = f"the word “{trace.encoded_query.words[int(seen.term[best])]}” alone"
    return f"It favours {label} by {by}: {what} {distance_phrase(away, compass(bearing))}."


def _whole_differences(
    trace: SearchTrace, pair: _CandidatePair, phrases: tuple[PhraseDifference, ...]
) -> tuple[WholeDifference, ...]:
    """The signals' differences less what the phrases had of them."""
    shares, made = _shares(trace), []
    for signal, channel, about in _SIGNALS:
        if channel not in trace.channels or signal == "phrases":
            continue
        values = trace.ranking.signals[signal]
        difference = shares[signal] * (float(values[pair.a]) - float(values[pair.b]))
        if signal == "words":
            difference -= sum(one.differences["names"] for one in phrases)
        made.append(WholeDifference(signal, channel, about, difference))
    return tuple(made)


def _at(evidence: Evidence) -> str:
    away = f"{evidence.distance_m or 0:.0f} m"
    return "right there" if evidence.direction == "here" else f"{away} {evidence.direction}"


def _metres(distance_m: float) -> str:
    """A distance as one says it: to the metre near by, else rounded."""
    if distance_m >= 1000:
        return f"{distance_m / 1000:.1f} km"
    return f"{round(distance_m, -1):.0f} m" if distance_m >= 100 else f"{distance_m:.0f} m"


def _has(evidence: Evidence) -> str:
    """The thing that one place has, with a word of caution where it fits roughly only."""
    said = noun_phrase(evidence.fact)
    return f"something like it, {said}," if evidence.rough else said


def _sentence(
    trace: SearchTrace, pair: _CandidatePair, a: Evidence | None, b: Evidence | None
) -> str:
    """What the map has for one phrase at both places."""
    if a is not None and b is not None and a.supported and b.supported:
        one, other = _has(a), _has(b)
        if a.fact == b.fact:
            both = one.removesuffix(",")
            return f"Both have {both}: {pair.label_a} {_at(a)}, {pair.label_b} {_at(b)}."
        return f"{pair.label_a} has {one} {_at(a)}; {pair.label_b} has {other} {_at(b)}."
    if a is not None and a.supported:
        return _one_sided(trace, a, pair.label_a, pair.b, pair.label_b)
    if b is not None and b.supported:
        return _one_sided(trace, b, pair.label_b, pair.a, pair.label_a)
    return ""


def _one_sided(
    trace: SearchTrace, evidence: Evidence, label: str, other: int, other_label: str
) -> str:
    """What one place has, and how far from the other the nearest such thing is."""
    kind = kind_of(trace.gallery, evidence.fact)
    away = nearest_m(trace.gallery, other, evidence.fact, kind)
    start = f"{label} has {_has(evidence)} {_at(evidence)}"
    if ": " in evidence.fact or kind in ("", "street corner"):
        place = "right beside it" if away < _BESIDE_M else f"about {_metres(away)} from it"
        return f"{start}; {other_label} is {place}."
    verb = "are" if kind in UNCOUNTED else "is"
    off = "right there" if away < _BESIDE_M else f"about {_metres(away)} off"
    return f"{start}; for {other_label} the nearest {kind} {verb} {off}."


def _summary(
    pair: _CandidatePair,
    difference: float,
    phrases: tuple[PhraseDifference, ...],
    whole: tuple[WholeDifference, ...],
) -> str:
    """Who is ahead, and which phrases speak for which."""
    if _side(difference) == "neither":
        start = f"{pair.label_a} and {pair.label_b} fit about equally well."
    else:
        ahead, behind = (
            (pair.label_a, pair.label_b) if difference > 0 else (pair.label_b, pair.label_a)
        )
        start = f"{ahead} fits better than {behind} by {abs(difference):.3f}."
    parts = [start[0].upper() + start[1:]]
    for side, label in (("a", pair.label_a), ("b", pair.label_b)):
        for_it = sorted(
            (one for one in phrases if one.favours == side), key=lambda one: -abs(one.difference)
        )
        if for_it:
            said_of = ", ".join(f'"{one.phrase}"' for one in for_it[:_SPOKEN_OF])
            more = f" and {len(for_it) - _SPOKEN_OF} more" if len(for_it) > _SPOKEN_OF else ""
            parts.append(f"For {label}: {said_of}{more}.")
    rest = sum(one.difference for one in whole)
    if (side := _side(rest)) != "neither":
        label = pair.label_a if side == "a" else pair.label_b
        parts.append(f"The description as a whole speaks for {label} ({abs(rest):.3f}).")
    return " ".join(parts)
