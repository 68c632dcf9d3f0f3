"""Features of the claim that a fact near a place is what a phrase means, for the learned gate.

All of them exist where the claim is made: how alike phrase and fact are, whether other kinds of
things are more alike, which words of the phrase the fact leaves open, how far and how common it is.
"""

import math
import re
from functools import cached_property

import numpy as np

from core.arrays import F32, I64, Bools
from core.explain.ledger.claims import bare_words
from core.explain.ledger.fact_positions import FactPositions
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import (
    ADJECTIVES,
    head_of_phrase,
    matches_kind,
    noun_of_phrase,
    parsed,
    place_of,
    singular,
    without_distance,
)
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.attributes import NUMBER_WORDS
from core.vocabulary.common_words import written_as_name
from core.vocabulary.folding import words_of
from core.vocabulary.kinds import calls

FEATURES = (
    "alike",
    "other kind more alike",
    "other kind here more alike",
    "noun unknown",
    "noun of the kind",
    "noun and its use",
    "share in the kind",
    "share in the name",
    "exact mention",
    "open words",
    "open share",
    "open names",
    "misspelt",
    "words",
    "instruction",
    "unmappable",
    "far",
    "common kind",
    "other phrases found",
    "translated",
    "elsewhere",
)
"""The names of the features, in order; `ClaimFeatures.of` makes them."""
_SIGHT_M = 110.0
_INSTRUCTION = re.compile(
    r"\b(?:walk|go|turn|head|continue|take|follow|cross|keep|stop|meet|look|find|make|get|come|"
    r"reach|pass|start|proceed|travel|drive|ride)(?:ing|s|ed)?\b",
    re.IGNORECASE,
)
_NUMBERS = frozenset(NUMBER_WORDS)
_OF_ADDRESS = 0.65
"""The likeness of facts without an embedding, which are addresses: an average one."""


class ClaimFeatures:
    """Features of the claims of one description; `margins` [P] are those of
    `unmappable_margins`."""

    def __init__(
        self,
        match_index: MatchIndex,
        positions: FactPositions,
        encoded_query: EncodedQuery,
        margins: F32,
    ) -> None:
        self._match_index = match_index
        self._positions = positions
        self._query = encoded_query
        self._margins = margins
        self._seen: dict[int, Bools] = {}

    def of(
        self,
        row: int,
        fact: int,
        tile: int,
        distance_m: float,
        found_share: float,
        is_elsewhere: bool,
    ) -> F32:
        """The features [C] of the claim that a fact, seen from a tile, is what a phrase means.

        `found_share` is the share of the other phrases with evidence there, 0..1; `is_elsewhere`
        says that the thing is blocks away or passed.
        """
        phrase, facts = self._query.phrases[row], self._match_index.gallery.facts
        kind, text = facts.kind[fact], facts.text[fact]
        in_kind = _forms(kind, text.partition(": ")[0], *calls(kind))
        in_name = _forms(text.partition(": ")[2], *facts.names[fact])
        words, placing = words_of(without_distance(phrase.text)), place_of(parsed(phrase.text))
        said = [word for word in dict.fromkeys(words) if word not in _NUMBERS | placing] or words
        mentioned = self._mentioned(row, fact)
        near = {
            word: {word, singular(word), *self._spellings(word, in_kind | in_name)} for word in said
        }
        left = [
            word
            for word in said
            if not (near[word] & (in_kind | in_name) or word in mentioned or word in ADJECTIVES)
        ]
        names = [word for word in left if written_as_name(self._query.text, phrase.start, word)]
        misspelt = any(
            near[word] & (in_kind | in_name)
            and {word, singular(word)}.isdisjoint(in_kind | in_name)
            for word in said
        )
        head = head_of_phrase(phrase.text)
        alike, anywhere, here = self._cosines(row, fact, tile)
        count = max(len(said), 1)
        return np.array(
            [
                alike,
                max(anywhere - alike, 0.0),
                max(here - alike, 0.0),
                head is None,
                noun_of_phrase(phrase.text) in in_kind,
                head is not None and bool(kind) and matches_kind(kind, head),
                sum(bool(near[word] & in_kind) for word in said) / count,
                sum(bool(near[word] & in_name) or word in mentioned for word in said) / count,
                bool(mentioned),
                math.log1p(len(left)),
                len(left) / count,
                math.log1p(len(names)),
                misspelt,
                math.log1p(len(words)),
                _INSTRUCTION.search(phrase.text) is not None,
                float(self._margins[row]),
                min(distance_m / _SIGHT_M, 2.0),
                self._positions.share_in_view(fact),
                found_share,
                self._query.gloss is not None,
                is_elsewhere,
            ],
            dtype=np.float32,
        )

    def _mentioned(self, row: int, fact: int) -> set[str]:
        """The words of a phrase that mention a street, an address or a name of a fact exactly."""
        phrase, index = self._query.phrases[row], self._match_index.mentions
        return {
            word
            for mention in index.mentions(self._query.affirmed_text)
            if mention.start < phrase.end and phrase.start < mention.end
            if fact in index.facts_of(mention)
            for word in words_of(self._query.text[mention.start : mention.end])
        }

    def _spellings(self, word: str, among: set[str]) -> set[str]:
        """Words of the map that a word may be a misspelling of, among some."""
        if word in among or singular(word) in among:
            return set()
        return {near for near, _ in self._match_index.gallery.names.spellings(word)} & among

    def _cosines(self, row: int, fact: int, tile: int) -> tuple[float, float, float]:
        """The cosine of a phrase with a fact or its kind, and the largest with a nameless fact of
        another kind, anywhere in the gallery and in sight of the tile."""
        index, plain = self._match_index, self._plain
        if not index.gallery.facts.spoken[fact]:
            return _OF_ADDRESS, 0.0, 0.0
        phrase = self._query.phrase_embeddings[row : row + 1]
        own = float(index.cosines(phrase, np.array([fact]))[0, 0])
        kind = index.gallery.facts.kind[fact]
        same = np.isin(plain, self._positions.facts_of_kind.get(kind, [fact]))
        cosines = self._plain_cosines[row]
        own = max(own, float(cosines[same].max(initial=0.0)))
        others = np.where(same, 0.0, cosines)
        here = float(others[self._in_sight(tile)].max(initial=0.0))
        return own, float(others.max(initial=0.0)), here

    @cached_property
    def _plain(self) -> I64:
        """The nameless facts with an embedding."""
        index = self._match_index
        plain: I64 = np.flatnonzero(~index.named & index.gallery.facts.spoken)
        return plain

    @cached_property
    def _plain_cosines(self) -> F32:
        """The cosines of the phrases with the nameless facts [P, V]."""
        return self._match_index.cosines(self._query.phrase_embeddings, self._plain)

    def _in_sight(self, tile: int) -> Bools:
        """Which of the nameless facts are in sight of a tile."""
        if tile not in self._seen:
            links = self._match_index.gallery.links
            rows = self._match_index.links_of(tile)
            near = links.fact[rows[links.distance_m[rows] <= _SIGHT_M]]
            self._seen[tile] = np.isin(self._plain, near.astype(np.int64))
        return self._seen[tile]


def _forms(*texts: str) -> set[str]:
    """The words of some texts, and their singulars."""
    return {form for text in texts for word in bare_words(text) for form in (word, singular(word))}
