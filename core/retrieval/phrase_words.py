"""The words of each phrase that facts have: in their kind, in their name, or in both.

A distinctive word means a thing by its name. A common word means it by its kind: in a name it may
occur by chance. Words that say where a thing is mean another thing than the phrase.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.arrays import F32, I32, I64, Bools
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
        vocabulary = dict.fromkeys(word for words in phrase_words for word in words)
        row_of = {word: row for row, word in enumerate(vocabulary)}
        self.names = NameRules(match_index, encoded_query, facts)
        carried = self._carried(list(vocabulary))
        self.heads = [head_of_phrase(phrase.text) for phrase in phrases]
        self.mentions = [
            self.names.mentions_in(phrase) if "names" in channels else [] for phrase in phrases
        ]
        shape = len(phrases), len(facts)
        share, distinctive = np.zeros((2, *shape), dtype=np.float32)
        meant, by_chance = np.zeros((2, *shape), dtype=bool)
        referable, allowed = np.ones((2, *shape), dtype=bool)
        self.found = WordsOfFacts(share, distinctive, meant, by_chance, referable, allowed)
        for row, (phrase, head) in enumerate(zip(phrases, self.heads, strict=True)):
            if head is not None:
                referable[row] = self._referable(head)
            some = self.names.allowed(phrase, carried, row_of, place_of(head))
            if some is not None:
                allowed[row] = some
        is_carried = np.asarray(carried.any(axis=1)).tolist()
        words = list[_CarriedWord]()
        lengths = np.ones((3, len(phrases), 1), dtype=np.float32)
        for row, of_phrase in enumerate(phrase_words):
            if self.mentions[row]:
                every = {word: carried[row_of[word]] for word in of_phrase}
                carrying = self._with_mentions(row, every)
            else:
                at = [(word, row_of[word]) for word in of_phrase]
                carrying = {word: carried[place] for word, place in at if is_carried[place]}
            if carrying:
                words += self._read(row, of_phrase, carrying, lengths[:, row])
        if words:
            self._count(words, lengths)

    def _carried(self, vocabulary: list[str]) -> Bools:
        """Whether a fact has a word of the vocabulary: [W, V]."""
        facts, match_index = self._facts, self._match_index
        carried = np.zeros((len(vocabulary), len(facts)), dtype=bool)
        names = match_index.gallery.names
        rows, having = list[int](), list[I32]()
        for row, word in enumerate(vocabulary):
            if not self.names.may_match(word):
                continue
            for spelling, _ in names.spellings(word):
                having += [names.postings(spelling, column).facts for column in ("name", "kind")]
                rows += [row, row]
        if not rows:
            return carried
        place = np.zeros(len(match_index.named), dtype=np.int32)  # from 1 on, 0 for an unseen fact
        place[facts] = np.arange(1, len(facts) + 1)
        places = place[np.concatenate(having)]
        seen = places.nonzero()[0]
        row_of = np.array(rows).repeat([len(one) for one in having])
        carried[row_of[seen], places[seen] - 1] = True
        drop_stem_collisions(match_index, facts, carried, vocabulary)
        if len(pooled := match_index.pooled[facts].nonzero()[0]):
            for row, word in enumerate(vocabulary):
                carried[row, pooled[~match_index.in_kind(word)[facts[pooled]]]] = False
        return carried

    def _with_mentions(self, row: int, of_words: dict[str, Bools]) -> dict[str, Bools]:
        """The words of a phrase that some facts carry, and these: the facts of a mention carry its
        words in any spelling, and those with another house number carry none of them."""
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
        return {word: carrying for word, carrying in of_words.items() if carrying.any()}

    def _places(self, facts: I64) -> I64:
        """The places of facts among those of the finder, without the others."""
        place, is_seen = places_among(self._facts, facts)
        return place[is_seen]

    def _read(
        self, row: int, words: Sequence[str], carrying: dict[str, Bools], lengths: F32
    ) -> "list[_CarriedWord]":
        """The words of a phrase that some facts carry.

        Sets the `lengths` [3, 1]: the numbers of all `words` of the phrase, of those up to its
        noun, and of the distinctive ones, 1 for none.
        """
        phrase, head = self._query.phrases[row], self.heads[row]
        noun, placing = noun_of_phrase(phrase.text), place_of(head)
        of_head = head.words.intersection(words) if head else frozenset()
        distinctive = {word for word in words if self._is_distinctive(phrase, word)}
        lengths[:, 0] = len(words), len(of_head) or 1, len(distinctive) or 1
        return [
            _CarriedWord(
                row,
                word,
                facts,
                in_head=word in of_head,
                is_distinctive=word in distinctive,
                is_placing=word in distinctive and word in placing,
                by_kind=word not in distinctive and (head is not None or singular(word) == noun),
                by_chance=word not in distinctive and (head is None or word in of_head),
            )
            for word, facts in carrying.items()
        ]

    def _count(self, words: "Sequence[_CarriedWord]", lengths: F32) -> None:
        """Sets the shares of the phrases, and the facts that their R words mean or have by chance.

        The words of all phrases are counted at once, by products of [P, R] and [R, V].
        """
        found = self.found
        shape = len(words), len(self._facts)
        carrying = np.concatenate([one.carrying for one in words]).reshape(shape)
        in_kind = np.concatenate(
            [self._match_index.in_kind(one.word)[self._facts] for one in words]
        ).reshape(shape)
        of_phrase = np.zeros((len(found.share), len(words)), dtype=np.float32)
        of_phrase[[one.row for one in words], np.arange(len(words))] = 1

        def count(use: Sequence[bool], facts: Bools | F32) -> F32:
            counts: F32 = (of_phrase * np.array(use)) @ facts.astype(np.float32, copy=False)
            return counts

        carried = carrying.astype(np.float32)
        np.maximum(
            of_phrase @ carried / lengths[0],
            count([one.in_head for one in words], carried) / lengths[1],
            out=found.share,
        )
        is_distinctive = [one.is_distinctive for one in words]
        if any(is_distinctive):
            np.divide(count(is_distinctive, carried), lengths[2], out=found.distinctive)
            named = [one.is_distinctive and not one.is_placing for one in words]
            found.meant[:] = count(named, carried) > 0
        meaning = count([one.by_kind for one in words], carrying & in_kind)
        if any(one.is_placing for one in words):
            meaning += count([one.is_placing for one in words], carried)
        np.logical_or(found.meant, (meaning > 0) & found.referable, out=found.meant)
        by_chance = count([one.by_chance for one in words], carrying & ~in_kind) > 0
        np.logical_and(by_chance & ~found.meant, found.allowed, out=found.by_chance)
        np.logical_and(found.meant, found.allowed, out=found.meant)

    def _referable(self, head: HeadNoun) -> Bools:
        """Which of the finder's facts a phrase's noun can refer to."""
        referable: Bools = self._match_index.matching_kind(head)[self._facts]
        possible = referable.nonzero()[0]
        if len(possible):
            lacking = self._match_index.lacking_modifier(head)[self._facts[possible]]
            referable[possible[lacking]] = False
        return referable

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


@dataclass(frozen=True, slots=True)
class _CarriedWord:
    """A word of a phrase, by its row, and which of V facts carry it: [V].

    A distinctive word means a thing, or where it `is_placing` what a thing is at. Another means it
    `by_kind`, or is in a name `by_chance`, or neither. `in_head` are those up to the noun.
    """

    row: int
    word: str
    carrying: Bools
    in_head: bool
    is_distinctive: bool
    is_placing: bool
    by_kind: bool
    by_chance: bool
