"""Comparison of two tiles: which phrase favours which tile, by how much, and why.

The fused similarity is a weighted sum of signals (`core.retrieval.fusion`). Two of them are sums
over phrases or words and are split by phrase; the others score the description as a whole. All
differences add up to the difference of the two similarities.
"""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.errors import QueryError
from core.explain.comparison_sentences import CandidatePair, capitalised, doubt, evidence_sentence
from core.explain.ledger import standings
from core.explain.phrasing import distance_phrase, noun_phrase
from core.explain.relation_differences import (
    RELATIONS,
    RelationDifferences,
    relation_differences,
    signal_shares,
)
from core.geo import compass
from core.records import CHANNELS, Channel, Evidence, LedgerEntry, Standing, Tile
from core.retrieval.channels import (
    SPECS,
    Matches,
    best_by_tile,
    link_matches,
    match_by_embedding,
    match_by_words,
    visible_facts,
)
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.search import SearchTrace, match_index_of
from core.vocabulary.folding import words_of

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

WISHES: Final = "your wishes: places that it is like, phrases that count double"
Side = Literal["a", "b", "neither"]

_MIN_DIFFERENCE = 0.002
"""Smaller differences of similarity favour neither tile: one thing a few metres nearer."""
_PHRASES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PhraseDifference:
    """Per-channel score difference `a − b` due to one phrase, with the evidence on each side.

    `sentence` compares the evidence in words, "" where there is none on either side.
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
        """The sum over all channels."""
        return sum(self.differences.values())

    @property
    def favours(self) -> Side:
        """The tile that the phrase favours."""
        return _side(self.difference)


@dataclass(frozen=True, slots=True)
class WholeDifference:
    """Score difference `a − b` due to one signal of the description as a whole."""

    signal: str
    channel: Channel
    about: str
    difference: float

    @property
    def favours(self) -> Side:
        """The tile that the signal favours."""
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
        """Similarity of `a` minus similarity of `b`: the sum of all `phrases` and `whole`."""
        return self.similarity_a - self.similarity_b

    def to_json(self) -> dict[str, Any]:
        """The comparison as the command line prints it."""
        document = asdict(self) | {"difference": self.difference}
        document["phrases"] = [
            asdict(phrase) | {"difference": phrase.difference, "favours": phrase.favours}
            for phrase in self.phrases
        ]
        document["whole"] = [asdict(part) | {"favours": part.favours} for part in self.whole]
        return document


def _side(difference: float) -> Side:
    if abs(difference) < _MIN_DIFFERENCE:
        return "neither"
    return "a" if difference > 0 else "b"


def compare(
    trace: SearchTrace,
    a: str,
    b: str,
    labels: tuple[str, str] = ("A", "B"),
    encoder: "SentenceEncoder | None" = None,
) -> Comparison:
    """Compares two tiles by their ids. Raises GalleryError, and QueryError for equal ids.

    With the search's `encoder`, evidence is what the ledgers of the two tiles claim; without, what
    the search found.
    """
    gallery = trace.gallery
    pair = CandidatePair(gallery.row_of(a), gallery.row_of(b), *labels)
    if pair.a == pair.b:
        raise QueryError(f"{a[:60]} cannot be compared with itself; choose two different tiles")
    relations = relation_differences(trace, pair.a, pair.b)
    phrases = _phrase_differences(trace, pair, relations, _entries(trace, pair, encoder))
    whole = _whole_differences(trace, pair, phrases, relations)
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
    index = np.flatnonzero(trace.ranking.order == row)
    return int(index[0]) + 1 if len(index) else None


@dataclass(frozen=True, slots=True)
class _TermMatches:
    """The matches of R query terms, their described bearings [R], and the row of the phrase that
    contains each term [R], -1 for none."""

    matches: Matches
    bearings_deg: F32
    phrase: I64


def _term_matches(trace: SearchTrace) -> dict[Channel, _TermMatches]:
    """Matches of the phrases with facts and of the words with names, by searched channel."""
    match_index, encoded_query = match_index_of(trace.gallery), trace.encoded_query
    terms: dict[Channel, _TermMatches] = {}
    if "facts" in trace.channels:
        matches = match_by_embedding(
            match_index, encoded_query, visible_facts(match_index, trace.mask)
        )
        terms["facts"] = _TermMatches(
            matches, encoded_query.phrase_bearings, np.arange(len(encoded_query.phrases))
        )
    if "names" in trace.channels:
        phrase_of = _phrase_of_word(trace)
        terms["names"] = _TermMatches(
            match_by_words(match_index, encoded_query.words, in_local_names=True),
            encoded_query.word_bearings,
            np.array([phrase_of.get(word, -1) for word in encoded_query.words], dtype=np.int64),
        )
    return terms


def _contributions(trace: SearchTrace, terms: _TermMatches, rows: I64) -> F64:
    """The contribution of each of R query terms to a normalised signal, at both tiles: [R, 2]."""
    match_index = match_index_of(trace.gallery)
    best = best_by_tile(match_index, terms.matches, terms.bearings_deg).astype(np.float64)
    if trace.mask is not None:
        best = best * trace.mask
    attainable = best.max(axis=1, initial=0).sum()
    both: F64 = best[:, rows]
    return both / attainable if attainable > 0 else both


def _by_phrase(
    trace: SearchTrace, terms: dict[Channel, _TermMatches], pair: CandidatePair
) -> dict[Channel, F64]:
    """Score difference `a − b` of each phrase [P], by channel whose signal is a sum over terms."""
    shares = signal_shares(trace)
    signal: dict[Channel, str] = {"facts": "phrases", "names": "words"}
    by_phrase: dict[Channel, F64] = {}
    for channel, of_channel in terms.items():
        both = _contributions(trace, of_channel, pair.rows)
        by_term = shares[signal[channel]] * (both[:, 0] - both[:, 1])
        in_phrase = of_channel.phrase >= 0
        by_phrase[channel] = np.zeros(len(trace.encoded_query.phrases))
        np.add.at(by_phrase[channel], of_channel.phrase[in_phrase], by_term[in_phrase])
    return by_phrase


def _phrase_of_word(trace: SearchTrace) -> dict[str, int]:
    """The row of the first phrase that has each word."""
    first: dict[str, int] = {}
    for row, phrase in enumerate(trace.encoded_query.phrases):
        for word in words_of(phrase.text):
            first.setdefault(word, row)
    return first


def _entries(
    trace: SearchTrace, pair: CandidatePair, encoder: "SentenceEncoder | None"
) -> dict[int, tuple[LedgerEntry, ...]]:
    """The entries for all phrases at both tiles, by row."""
    finder = EvidenceFinder(match_index_of(trace.gallery), trace.encoded_query, trace.channels)
    found = {tile: finder.evidence(tile) for tile in (pair.a, pair.b)}
    if encoder is not None:
        return standings(trace, encoder, found)
    return {tile: tuple(map(_as_found, pieces)) for tile, pieces in found.items()}


def _as_found(evidence: Evidence) -> LedgerEntry:
    """The entry of evidence that no ledger judged."""
    standing: Standing = "supported" if evidence.supported else "missing"
    return LedgerEntry(evidence, standing, "", {}, 0.0, 0)


def _phrase_differences(
    trace: SearchTrace,
    pair: CandidatePair,
    relations: RelationDifferences,
    entries: dict[int, tuple[LedgerEntry, ...]],
) -> tuple[PhraseDifference, ...]:
    terms = _term_matches(trace)
    by_phrase = {
        channel: of_phrase + relations.by_phrase[channel]
        for channel, of_phrase in _by_phrase(trace, terms, pair).items()
    }
    for_a, for_b = entries[pair.a], entries[pair.b]
    phrases = []
    for row, phrase in enumerate(trace.encoded_query.phrases):
        a, b = (for_a[row], for_b[row]) if for_a else (None, None)
        differences = {channel: float(of_phrase[row]) for channel, of_phrase in by_phrase.items()}
        difference = PhraseDifference(
            *trace.encoded_query.own_words(phrase),
            differences,
            None if a is None else a.claimed,
            None if b is None else b.claimed,
            evidence_sentence(trace, pair, a, b),
        )
        entry = {"a": a, "b": b, "neither": None}[difference.favours]
        weak = _weak_match(trace, terms, row, difference, pair, entry) if entry else ""
        phrases.append(
            replace(difference, sentence=" ".join(filter(None, (difference.sentence, weak))))
        )
    return tuple(phrases)


def _weak_match(
    trace: SearchTrace,
    terms: dict[Channel, _TermMatches],
    row: int,
    phrase: PhraseDifference,
    pair: CandidatePair,
    entry: LedgerEntry,
) -> str:
    """For a phrase that favours a tile without evidence: what the ledger says of it, its `entry`,
    and the match that counted there all the same."""
    side = phrase.favours
    if entry.standing == "supported":
        return ""
    sign = 1 if side == "a" else -1
    channel = max(phrase.differences, key=lambda name: sign * phrase.differences[name])
    tile, label = (pair.a, pair.label_a) if side == "a" else (pair.b, pair.label_b)
    gallery, of_channel = trace.gallery, terms[channel]
    matches = link_matches(match_index_of(gallery), of_channel.matches, of_channel.bearings_deg)
    counted = (gallery.links.tile[matches.link] == tile) & (of_channel.phrase[matches.term] == row)
    if not counted.any():
        return ""
    best = int(np.where(counted, matches.strength, -1).argmax())
    link = int(matches.link[best])
    thing = noun_phrase(gallery.facts.text[int(gallery.links.fact[link])])
    away, bearing = float(gallery.links.distance_m[link]), float(gallery.links.bearing_deg[link])
    by = "a loose similarity"
    if channel == "names":
        by = f"the word “{trace.encoded_query.words[int(matches.term[best])]}” alone"
    where = distance_phrase(away, compass(bearing))
    lead, counts = doubt(entry, label), f"it counts for {label} by {by}: {thing} {where}."
    return capitalised(counts if lead in phrase.sentence else f"{lead}; {counts}")


def _whole_differences(
    trace: SearchTrace,
    pair: CandidatePair,
    phrases: tuple[PhraseDifference, ...],
    relations: RelationDifferences,
) -> tuple[WholeDifference, ...]:
    """The signals' differences minus the part that is attributed to phrases."""
    shares, parts = signal_shares(trace), []
    named = [
        (channel, name, signal.about)
        for channel in CHANNELS
        if channel in trace.channels
        for name, signal in SPECS[channel].signals.items()
        if name != "phrases" and name in shares
    ]
    for channel, name, about in named:
        values = trace.ranking.signals[name]
        difference = shares[name] * (float(values[pair.a]) - float(values[pair.b]))
        if name == "words":
            difference -= sum(phrase.differences["names"] for phrase in phrases)
            difference += float(relations.by_phrase["names"].sum())
        parts.append(WholeDifference(name, channel, about, difference))
    if relations.rest:
        parts.append(WholeDifference("relations", "names", RELATIONS, relations.rest))
    wished = trace.ranking.wished
    if wished.any():
        difference = float(wished[pair.a]) - float(wished[pair.b])
        parts.append(WholeDifference("wishes", trace.channels[-1], WISHES, difference))
    return tuple(parts)


def _summary(
    pair: CandidatePair,
    difference: float,
    phrases: tuple[PhraseDifference, ...],
    whole: tuple[WholeDifference, ...],
) -> str:
    """The better tile, and the phrases that favour each."""
    if _side(difference) == "neither":
        start = f"{pair.label_a} and {pair.label_b} fit about equally well."
    else:
        ahead, behind = (
            (pair.label_a, pair.label_b) if difference > 0 else (pair.label_b, pair.label_a)
        )
        start = f"{ahead} scores {abs(difference):.3f} higher than {behind}."
    parts = [capitalised(start)]
    for side, label in (("a", pair.label_a), ("b", pair.label_b)):
        favouring = sorted(
            (part for part in phrases if part.favours == side),
            key=lambda part: -abs(part.difference),
        )
        if favouring:
            quoted = ", ".join(f'"{part.phrase}"' for part in favouring[:_PHRASES_SHOWN])
            more = (
                f" and {len(favouring) - _PHRASES_SHOWN} more"
                if len(favouring) > _PHRASES_SHOWN
                else ""
            )
            parts.append(f"In favour of {label}: {quoted}{more}.")
    rest = sum(part.difference for part in whole)
    if (side := _side(rest)) != "neither":
        label = pair.label_a if side == "a" else pair.label_b
        parts.append(f"The description as a whole favours {label} ({abs(rest):.3f}).")
    return " ".join(parts)
