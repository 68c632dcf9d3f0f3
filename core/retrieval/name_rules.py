"""Rules for names in evidence: which facts a phrase with a name can mean."""

from functools import lru_cache

import numpy as np

from core.arrays import F32, Bools
from core.retrieval.channels import MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.phrases import Phrase
from core.retrieval.proper_names import complement, has_number, numbered_otherwise, proper_names
from core.retrieval.query_encoding import EncodedQuery
from core.vocabulary.common_words import written_as_name
from core.vocabulary.folding import words_of

_ENDINGS = ("ed", "ing", "ful", "ly", "al", "ous")
"""Endings of words that share their stem with a word of another meaning."""


class NameRules:
    """The rules for the phrases of one description in one gallery, for the facts `in_view` [F]."""

    def __init__(
        self, match_index: MatchIndex, encoded_query: EncodedQuery, in_view: Bools
    ) -> None:
        self._in_view = in_view
        self._match_index = match_index
        self._query = encoded_query
        card = match_index.gallery.card
        self._own = {*words_of(card.title), *words_of(card.name)}
        self.may_name = lru_cache(maxsize=None)(self._may_name)

    def allowed(self, phrase: Phrase, carried: F32, vocabulary: list[str]) -> Bools:
        """The facts that may support a phrase [F]: those with one of its proper names, if it has
        any, with the word after "of" if they have a name of their own, and no other number.

        `carried` [W, F] is positive where a fact has a word of the `vocabulary`.
        """
        allowed: Bools = self._in_view.copy()
        names = proper_names(self._query.text, phrase.start, phrase.end) & set(vocabulary)
        if names := names - self._own:
            allowed = self._with_any(names, carried, vocabulary)
            for mention in self.mentions_in(phrase):
                allowed[self._match_index.mentions.facts_of(mention)] = True
        if stated := complement(phrase.text) & set(vocabulary):
            having = self._with_any(stated, carried, vocabulary)
            allowed[self._match_index.titled & ~having] = False
        if has_number(phrase.text):
            for fact in np.flatnonzero(allowed & self._match_index.named).tolist():
                of_fact = self._match_index.gallery.facts.names[fact]
                allowed[fact] = not numbered_otherwise(phrase.text, of_fact)
        return allowed

    @staticmethod
    def _with_any(words: frozenset[str] | set[str], carried: F32, vocabulary: list[str]) -> Bools:
        best: F32 = carried[[vocabulary.index(word) for word in words]].max(axis=0)
        return best > 0

    def mentions_in(self, phrase: Phrase) -> list[Mention]:
        """The streets, addresses and names that a phrase mentions, wholly or in part."""
        mentions = self._match_index.mentions.mentions(self._query.affirmed_text)
        return [one for one in mentions if one.start < phrase.end and phrase.start < one.end]

    def _may_name(self, phrase: Phrase) -> bool:
        """Whether a phrase may mean a name that a fact's text does not show: a mention, or a word
        written as a name, or any word where the description has no capitals."""
        text = self._query.text
        if text[1:] == text[1:].lower() or self.mentions_in(phrase):
            return True
        return any(written_as_name(text, phrase.start, word) for word in words_of(phrase.text))

    def shows(self, phrase: Phrase, fact: int) -> bool:
        """Whether the text of a fact shows a word of a phrase, so that it is the thing named."""
        shown = set(words_of(self._match_index.gallery.facts.text[fact]))
        spellings = self._match_index.gallery.names.spellings
        return any(
            spelling in shown for word in words_of(phrase.text) for spelling, _ in spellings(word)
        )

    def lacks_number(self, mentions: list[Mention], fact: int) -> bool:
        """Whether mentions have a house number and a fact is not at this address."""
        numbered = [mention for mention in mentions if mention.number]
        return bool(numbered) and not any(
            fact in self._match_index.mentions.facts_of(mention) for mention in numbered
        )


def drop_stem_collisions(match_index: MatchIndex, carried: F32, vocabulary: list[str]) -> None:
    """Drops matches in which only the stem agrees but the meaning differs: "parking"/"park",
    "stopped"/"stop", "beautiful"/"beauty".

    `carried` [W, F] is positive where a fact has a word of the `vocabulary`.
    """
    facts = match_index.gallery.facts
    for row, word in enumerate(vocabulary):
        gerund, inflected = f"{word.removesuffix('s')}ing", word.endswith(_ENDINGS)
        for fact in np.flatnonzero(carried[row]).tolist():
            text = " ".join((facts.text[fact], *facts.names[fact]))
            if (inflected or gerund in text) and not (
                {word, word.removesuffix("s")} & set(words_of(text))
            ):
                carried[row, fact] = 0
