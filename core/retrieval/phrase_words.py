"""The words of each phrase that facts have: in their kind, in their name, or in both.

A distinctive word means a thing by its name. A common word means it by its kind: in a name it may
occur by chance. Words that say where a thing is mean another thing than the phrase.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from core.arrays import F32, I64, Bools
from core.records import Channel
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import (
    NOUNS,
    HeadNoun,
    head_of_phrase,
    noun_of_phrase,
    place_of,
    singular,
    without_distance,
)
from core.retrieval.name_rules import NameRules, drop_stem_collisions
from core.retrieval.phrases import Phrase
from core.retrieval.proper_names import is_style
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.seen_facts import WordsOfFacts, places_among
from core.vocabulary.common_words import is_common, written_as_name
from core.vocabulary.folding import words_of


@lru_cache(maxsize=512)
def _words_of_phrase(phrase: str) -> tuple[str, ...]:
    words = words_of(without_distance(phrase))
    return tuple(dict.fromkeys(word for word in words if len(word) > 1))


class PhraseWords:
    """The words of P phrases and V `facts`, ascending: `found`."""

    def __init__(
        self,
        match_index: MatchIndex,
        encoded_query: EncodedQuery,
        channels: tuple[Channel, ...],
        facts: I64,
    ) -> None:
        self._match_index = match_index
        self._query = encoded_query
        self._facts = facts
        phrases = encoded_query.phrases
        phrase_words = [_words_of_phrase(phrase.text) for phrase in phrases]
        vocabulary = list(dict.fromkeys(word for words in phrase_words for word in words))
        self.names = NameRules(match_index, encoded_query, facts)
        carried = self._carried(vocabulary)
        self.heads = [head_of_phrase(phrase.text) for phrase in phrases]
        self._nouns = [noun_of_phrase(phrase.text) for phrase in phrases]
        shape = len(phrases), len(facts)
        share, distinctive = np.zeros((2, *shape), dtype=np.float32)
        meant, by_chance, referable, allowed = np.zeros((4, *shape), dtype=bool)
        self.found = WordsOfFacts(share, distinctive, meant, by_chance, referable, allowed)
        for row, (phrase, head) in enumerate(zip(phrases, self.heads, strict=True)):
            referable[row] = self._referable(head)
            allowed[row] = self.names.allowed(phrase, carried, vocabulary, place_of(head))
        self.mentions = [
            self.names.mentions_in(phrase) if "names" in channels else [] for phrase in phrases
        ]
        row_of = {word: row for row, word in enumerate(vocabulary)}
        in_kind: dict[str, Bools] = {}
        for row, words in enumerate(phrase_words):
            if words:
                of_words = {word: carried[row_of[word]] for word in words}
                self._add_mentions(row, of_words)
                self._count(row, of_words, in_kind)

    def _carried(self, vocabulary: list[str]) -> Bools:
        """Whether a fact has a word of the vocabulary: [W, V]."""
        facts, match_index = self._facts, self._match_index
        carried = np.zeros((len(vocabulary), len(facts)), dtype=bool)
        names = match_index.gallery.names
        seen = np.zeros(len(match_index.named), dtype=bool)
        seen[facts] = True
        for row, word in enumerate(vocabulary):
            for spelling, _ in names.spellings(word):
                for column in ("name", "kind"):
                    having = names.postings(spelling, column).facts
                    carried[row, np.searchsorted(facts, having[seen[having]])] = True
        carried[[not self.names.may_match(word) for word in vocabulary]] = False
        drop_stem_collisions(match_index, facts, carried, vocabulary)
        if len(pooled := np.flatnonzero(match_index.pooled[facts])):
            for row, word in enumerate(vocabulary):
                carried[row, pooled[~match_index.in_kind(word)[facts[pooled]]]] = False
        return carried

    def _add_mentions(self, row: int, of_words: dict[str, Bools]) -> None:
        """Lets the facts of a mention carry its words in any spelling, and those with another
        house number carry none of them."""
        for mention in self.mentions[row]:
            index = self._match_index.mentions
            at = self._places(index.facts_of(mention))
            others = self._places(index.facts_of_other_numbers(mention))
            for word in words_of(self._query.text[mention.start : mention.end]):
                if word in of_words:
                    carrying = of_words[word].copy()
                    carrying[at] = True
                    carrying[others] = False
                    of_words[word] = carrying

    def _places(self, facts: I64) -> I64:
        """The places of facts among those of the finder, without the others."""
        place, is_seen = places_among(self._facts, facts)
        return place[is_seen]

    def _count(self, row: int, of_words: dict[str, Bools], in_kind: dict[str, Bools]) -> None:
        """Sets the shares of a phrase, and the facts that its words mean or have by chance.

        `in_kind` keeps the facts with a word in their kind, for the other phrases.
        """
        phrase, head, found = self._query.phrases[row], self.heads[row], self.found
        referable = found.referable[row]
        some = {word: carrying for word, carrying in of_words.items() if carrying.any()}
        if not some:
            return
        placing = place_of(head)
        distinctive = {word for word in of_words if self._is_distinctive(phrase, word)}
        found.share[row] = _share_of(list(some.values()), len(of_words))
        of_head = sum(word in head.words for word in of_words) if head else 0
        if head and of_head:
            having = [carrying for word, carrying in some.items() if word in head.words]
            found.share[row] = np.maximum(found.share[row], _share_of(having, of_head))
        if distinctive:
            having = [carrying for word, carrying in some.items() if word in distinctive]
            found.distinctive[row] = _share_of(having, len(distinctive))
        meant, by_chance = found.meant[row], found.by_chance[row]
        for word, carrying in some.items():
            if word in distinctive:
                meant |= carrying & referable if word in placing else carrying
                continue
            if word not in in_kind:
                in_kind[word] = self._match_index.in_kind(word)[self._facts]
            if head is not None or singular(word) == self._nouns[row]:
                meant |= carrying & in_kind[word] & referable
            if head is None or word in head.words:
                by_chance |= carrying & ~in_kind[word]
        allowed = found.allowed[row]
        by_chance &= ~meant
        by_chance &= allowed
        meant &= allowed

    def _referable(self, head: HeadNoun | None) -> Bools:
        """Which of the finder's facts a phrase's noun can refer to; all for an unknown noun."""
        facts = self._facts
        if head is None:
            return np.ones(len(facts), dtype=bool)
        referable: Bools = self._match_index.matching_kind(head)[facts]
        return referable & ~self._match_index.lacking_modifier(head)[facts]

    def _is_distinctive(self, phrase: Phrase, word: str) -> bool:
        """Whether a word is distinctive: not common and no misspelt noun of the table of kinds, or
        written as a name; the town's own name says nothing about a place in it."""
        if self.names.is_own(word) or is_style(word):
            return False
        if written_as_name(self._query.text, phrase.start, word):
            return True
        spellings = self._match_index.gallery.names.spellings(word)
        return not is_common(word) and not any(
            near != word and singular(near) in NOUNS for near, _ in spellings
        )


def _share_of(masks: Sequence[Bools], count: int) -> F32 | np.float32:
    """The share of `count` words that each fact has, of which these masks [V] are the found ones:
    [V], or 0 where none is found."""
    if not masks:
        return np.float32(0)
    having = masks[0].astype(np.uint16)
    for mask in masks[1:]:
        having += mask
    share: F32 = _shares(count)[having]
    return share


@lru_cache(maxsize=64)
def _shares(count: int) -> F32:
    """The shares 0, 1 / count, 2 / count, …, 1."""
    shares: F32 = (np.arange(count + 1) / count).astype(np.float32)
    return shares
