"""The English of words on signs, by the tables of signs, of other languages, and of kinds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase

from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import KINDS
from core.vocabulary.languages.lexicon import CODES, TOKEN, LexiconEntry, lexicon
from core.vocabulary.languages.sign_words import sign_words

_THINGS = frozenset({"noun", "kind"})
_LEAST_ALSO = 6
"""Shorter words for less usual things are names too often."""
_LONGEST_WORDS, _LONGEST_KIND = 4, 2
"""Most words of an entry, and of a kind in English."""
_PARTS_OF_NAMES = frozenset(
    {"street", "square", "bridge", "avenue", "lane", "path", "gate", "island", "hill", "market"}
)
"""Things that a street is named after: on a sign they are the name."""
_NOT_PLACES = frozenset({"sign", "signs", "door", "window", "house", "building", "centre", "sand"})
_MISREAD = {"0": "o", "1": "i", "5": "s", "8": "b"}
"""Digits that are read for letters inside words."""
_ALIKE = str.maketrans("ABCEHKMOPTXYΓΔΛΠΦ", "АВСЕНКМОРТХУГДЛПФ")
"""Capitals of other scripts that look like Cyrillic ones: the network knows no Cyrillic."""
_LEAST_ALIKE = 4
_LEAST_CUT = 5
"""Letters that are left of a word whose first letter is outside the picture."""


@dataclass(frozen=True, slots=True)
class SignMeaning:
    """The kind of thing that a sign names, in English, and the language of the word."""

    english: str
    language: str


@cache
def _english_kinds() -> dict[str, str]:
    """Kinds that are one or two English words, by their folded words."""
    return {
        " ".join(WORD.findall(fold(noun))): noun
        for noun in KINDS
        if len(noun.split()) <= _LONGEST_KIND and noun not in _NOT_PLACES
    }


def meaning_of(text: str, cut: bool = False) -> SignMeaning | None:
    """The meaning of the first word or words of a sign that name a kind of thing.

    "PHARMACIE DU CENTRE" is a pharmacy. A word that English and other languages share counts as
    English. The first letter of a sign that is `cut` by the picture's edge is guessed. Cyrillic
    capitals that were read as Latin ones are understood.
    """
    words = [_mended(word) for word in TOKEN.findall(text) if not word.isdigit()]
    found = _first_meaning(words) or _first_meaning(list(_cyrillic(words)))
    if found is None and cut and words and len(words[0]) >= _LEAST_CUT:
        guesses = (_meaning([letter + words[0]]) for letter in ascii_lowercase)
        found = next((guess for guess in guesses if guess is not None), None)
    return found


def _cyrillic(words: list[str]) -> Iterator[str]:
    """The words that may be Cyrillic capitals, in Cyrillic."""
    for word in words:
        cyrillic = word.translate(_ALIKE)
        if len(word) >= _LEAST_ALIKE and all("А" <= letter <= "Я" for letter in cyrillic):
            yield cyrillic


def _mended(word: str) -> str:
    """A word with the letters that were read as digits."""
    if sum(map(str.isdigit, word)) * 2 >= len(word):
        return word
    return "".join(_MISREAD.get(character, character) for character in word)


def _first_meaning(words: list[str]) -> SignMeaning | None:
    for start in range(len(words)):
        for count in range(min(_LONGEST_WORDS, len(words) - start), 0, -1):
            meaning = _meaning(words[start : start + count])
            if meaning is not None:
                return meaning
    return None


def _meaning(words: list[str]) -> SignMeaning | None:
    folded = fold(" ".join(words))
    english = _english_kinds().get(folded)
    if english is not None:
        return SignMeaning(english, "English")
    if word := sign_words().get(folded):
        return SignMeaning(word.english, lexicon(word.language).name)
    entries = {code: entry for code in CODES if (entry := lexicon(code).entry(words))}
    # a word as it stands in a table, before a stem that another language has as well
    order = sorted(entries, key=lambda code: not lexicon(code).has_spelling(" ".join(words)))
    entries = {code: entries[code] for code in order}
    for code, entry in entries.items():
        if entry.role in _THINGS and (noun := _place(entry)):
            return SignMeaning(noun, lexicon(code).name)
    for code, entry in entries.items():
        if entry.role == "also" and len("".join(words)) >= _LEAST_ALSO and (noun := _place(entry)):
            return SignMeaning(noun, lexicon(code).name)
    return None


def _place(entry: LexiconEntry) -> str:
    """The English of an entry if somebody can stand in front of it, else ""."""
    noun = entry.english[0]
    is_name = re.split(r"\W+", noun)[-1] in _PARTS_OF_NAMES
    return "" if is_name or noun in _NOT_PLACES else noun
