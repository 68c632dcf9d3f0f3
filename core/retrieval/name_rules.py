"""Rules for names in evidence: which facts a phrase with a name can mean."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np

from core.arrays import I64, Bools
from core.retrieval.channels import MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.head_nouns import ADJECTIVES
from core.retrieval.phrases import Phrase
from core.retrieval.proper_names import (
    complement,
    has_number,
    numbered_otherwise,
    ordered_names,
    street_numbers,
)
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.seen_facts import places_among
from core.vocabulary.common_words import written_as_name
from core.vocabulary.folding import STOP_WORDS, WORD, fold, words_of

_MOST = 0.5
_ENDINGS = ("ed", "ing", "ful", "ly", "al", "ous", "ty")
"""Endings of words that share their stem with a word of another meaning."""


class NameRules:
    """The rules for the phrases of one description in one gallery, for V `facts`, ascending."""

    def __init__(self, match_index: MatchIndex, encoded_query: EncodedQuery, facts: I64) -> None:
        self._facts = facts
        self._match_index = match_index
        self._query = encoded_query
        card = match_index.gallery.card
        self._own = {*words_of(card.title), *words_of(card.name)}
        self.may_name = lru_cache(maxsize=None)(self._may_name)
        self._wanted = lru_cache(maxsize=None)(self._wanted_words)

    def is_own(self, word: str) -> bool:
        """Whether a word is in the name of the town itself."""
        return word in self._own

    def allowed(
        self, phrase: Phrase, carried: Bools, row_of: Mapping[str, int], place: frozenset[str]
    ) -> Bools | None:
        """The facts that may support a phrase [V]: those with one of its proper names, if it has
        any, with the word after "of" if they have a name of their own, and no other number. None
        for all.

        `carried` [W, V] tells whether a fact has a word, by the word's row in `row_of`. Names among
        the words of the thing's `place` are those of other things.
        """
        names = [
            name
            for name in ordered_names(self._query.text, phrase.start, phrase.end)
            if name in row_of and name not in place and name not in self._own
        ]
        whole = self._whole_mention(phrase)
        stated = [word for word in complement(phrase.text) if word in row_of]
        numbered = [
            word for word in street_numbers(phrase.text) if word in row_of and word not in place
        ]
        is_numbered = has_number(phrase.text)
        if not (names or whole or stated or numbered or is_numbered):
            return None
        allowed: Bools = np.ones(len(self._facts), dtype=bool)
        if names:  # the first one, or most: "Eastfield Inn & Suites" is not Fairfield
            naming: Bools = carried[[row_of[name] for name in names]]
            most: Bools = np.count_nonzero(naming, axis=0) > _MOST * len(names)
            allowed = naming[0] | most
            for mention in self.mentions_in(phrase):
                there, is_there = places_among(
                    self._facts, self._match_index.mentions.facts_of(mention)
                )
                allowed[there[is_there]] = True
        said = [word for word in {*words_of(phrase.text)} if word in row_of] if whole else []
        if whole is not None and said:
            allowed &= self._called(whole, self._with_any(said, carried, row_of))
        if stated:
            having = self._with_any(stated, carried, row_of)
            allowed[self._match_index.titled[self._facts] & ~having] = False
        if numbered:
            having = self._with_any(numbered, carried, row_of)
            allowed[self._match_index.named[self._facts] & ~having] = False
        if is_numbered:
            named = self._match_index.named[self._facts]
            for at in np.flatnonzero(allowed & named).tolist():
                of_fact = self._match_index.gallery.facts.names[int(self._facts[at])]
                allowed[at] = not numbered_otherwise(phrase.text, of_fact)
        return allowed

    def _whole_mention(self, phrase: Phrase) -> Mention | None:
        """The mention that is a whole phrase, by a whole name of several words."""
        mentions = self.mentions_in(phrase)
        words = {*words_of(phrase.text)} - ADJECTIVES if mentions else set()
        for mention in mentions:
            said = {*words_of(self._query.text[mention.start : mention.end])}
            is_whole = max(option.certainty for option in mention.options) == 1
            if is_whole and mention.number is None and len(said) > 1 and words <= said:
                return mention
        return None

    def _called(self, mention: Mention, sharing: Bools) -> Bools:
        """The facts [V] that a mention names, and of those `sharing` a word with it [V] the ones
        with all of it in one name: the stop "Place du Casino", but no corner of "Avenue de
        Monte-Carlo" and "Place du Casino" for the "Casino de Monte-Carlo", and no hotel that is
        called after some plaza."""
        index, facts = self._match_index.mentions, self._match_index.gallery.facts
        called: Bools = np.zeros(len(self._facts), dtype=bool)
        there, is_there = places_among(self._facts, index.facts_of(mention))
        called[there[is_there]] = True
        tokens = index.places.tokens(self._query.text[mention.start : mention.end])
        for at in np.flatnonzero(sharing & ~called).tolist():
            fact = int(self._facts[at])
            names = [f"{facts.kind[fact]} {name}" for name in facts.names[fact]]
            called[at] = any(_contains(index.places.tokens(name), tokens) for name in names)
        return called

    @staticmethod
    def _with_any(words: Sequence[str], carried: Bools, row_of: Mapping[str, int]) -> Bools:
        having: Bools = carried[[row_of[word] for word in words]].max(axis=0)
        return having

    def mentions_in(self, phrase: Phrase) -> list[Mention]:
        """The streets, addresses and names that a phrase mentions, wholly or in part."""
        return [one for one in self._mentions if one.start < phrase.end and phrase.start < one.end]

    @cached_property
    def _mentions(self) -> tuple[Mention, ...]:
        return self._match_index.mentions.mentions(self._query.affirmed_text)

    def _may_name(self, phrase: Phrase) -> bool:
        """Whether a phrase may mean a name that a fact's text does not show: a mention, or a word
        written as a name, or any word where the description has no capitals."""
        text = self._query.text
        if text[1:] == text[1:].lower() or self.mentions_in(phrase):
            return True
        return any(written_as_name(text, phrase.start, word) for word in words_of(phrase.text))

    def may_match(self, word: str) -> bool:
        """Whether the names of the map have a word as it is, or it may be a misspelt name, by its
        capital or where the description has none: "closer" is no "closet". At the beginning the
        next word must have a capital, too."""
        spellings = self._match_index.gallery.names.spellings(word)
        if any(near == word for near, _ in spellings):
            return True
        text = self._query.text
        begins = re.match(r"\W*(\w+)\s+(\w)", text)
        if begins and begins[2].isupper() and fold(begins[1]) == word:
            return True
        return text[1:] == text[1:].lower() or written_as_name(text, 0, word)

    def is_longer(self, phrase: Phrase, fact: int) -> bool:
        """Whether all names of a fact that have a word of a phrase have others, too."""
        wanted = self._wanted(phrase.text)
        names = [
            set(words_of(name)) - self._own for name in self._match_index.gallery.facts.names[fact]
        ]
        named = [words for words in names if words & wanted]
        return bool(named) and all(words - wanted for words in named)

    def shows_in_name(self, phrase: Phrase, fact: int) -> bool:
        """Whether a name of a fact has a word of a phrase."""
        wanted = self._wanted(phrase.text)
        names = self._match_index.gallery.facts.names[fact]
        return any(not wanted.isdisjoint(words_of(name)) for name in names)

    def is_plain(self, phrase: Phrase) -> bool:
        """Whether a phrase has no capital where the description has some: no name is meant."""
        text = self._query.text
        return text[1:] != text[1:].lower() and not any(
            written_as_name(text, phrase.start, word) for word in words_of(phrase.text)
        )

    def shows(self, phrase: Phrase, fact: int) -> bool:
        """Whether the text of a fact shows a word of a phrase, so that it is the thing named."""
        return not self._wanted(phrase.text).isdisjoint(self._match_index.words_of_text(fact))

    def _wanted_words(self, phrase: str) -> frozenset[str]:
        """The words of a phrase in the spellings of the map."""
        spellings = self._match_index.gallery.names.spellings
        return frozenset(near for word in words_of(phrase) for near, _ in spellings(word))

    def lacks_number(self, mentions: list[Mention], fact: int) -> bool:
        """Whether mentions have a house number and a fact is not at this address."""
        numbered = [mention for mention in mentions if mention.number]
        return bool(numbered) and not any(
            fact in self._match_index.mentions.facts_of(mention) for mention in numbered
        )


def _contains(tokens: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Whether tokens have others among them, in their order and next to each other."""
    starts = range(len(tokens) - len(part) + 1)
    return any(tokens[at : at + len(part)] == part for at in starts)


def drop_stem_collisions(
    match_index: MatchIndex, facts: I64, carried: Bools, vocabulary: list[str]
) -> None:
    """Drops matches in which only the stem agrees but the meaning differs: "parking"/"park",
    "stopped"/"stop", "beautiful"/"beauty".

    `carried` [W, V] tells whether one of V `facts` has a word of the `vocabulary`.
    """
    rows, places = carried.nonzero()
    texts = match_index.texts_of(facts[places])
    singulars = [word.removesuffix("s") for word in vocabulary]
    inflected = [word.endswith(_ENDINGS) for word in vocabulary]
    gerunds = [f"{singular}ing" for singular in singulars]
    for row, at, text in zip(rows.tolist(), places.tolist(), texts, strict=True):
        if inflected[row] or gerunds[row] in text:
            folded = fold(text)
            own = {vocabulary[row], singulars[row]} - STOP_WORDS
            if singulars[row] not in folded or own.isdisjoint(WORD.findall(folded)):
                carried[row, at] = False
