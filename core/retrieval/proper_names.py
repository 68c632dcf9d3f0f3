"""Proper names in a phrase that a fact must carry to be evidence: "Eiffel Tower", "Alexander I"."""

import re
from collections.abc import Iterable
from functools import lru_cache

from core.vocabulary.attributes import NATIONS
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import STOP_WORDS, WORD, fold, words_of
from core.vocabulary.street_words import is_street_type

_WORD = re.compile(r"\w[\w'’-]*")
_ELIDED = re.compile(r"^[dl]['’](?=\w)", re.IGNORECASE)
_COMPLEMENT = re.compile(r"\b(?:of|called|named)\s+(?:the\s+)?(\w[\w'’-]*)", re.IGNORECASE)
_FEWEST_WORDS, _COMMON_CAPITALS = 8, 0.35
_NUMBERED = re.compile(r"\b(\w{3,})\s+([IVX]{1,4})\b")
_INITIALS = 2
"""Letters of names such as "TD" of "TD Bank"."""
_STREET_NUMBER = re.compile(
    r"\b(?:(?<=west )|(?<=east )|(?<=w )|(?<=e )|(?=\w+ (?:street|st|avenue|ave|road)\b))"
    r"(\d+(?:st|nd|rd|th))\b"
)
_STYLES = frozenset(
    WORD.findall(
        """
art baroque bauhaus byzantine catholic christian christmas classical deco easter edwardian empire
english european georgian gothic jewish jugendstil lutheran methodist modernist moorish neo
neogothic nouveau orthodox plattenbau protestant renaissance roman romanesque soviet stalinist
sunday tudor victorian western
"""
    )
)
"""Adjectives with a capital that name a style or a faith and no thing."""


def proper_names(text: str, start: int, end: int) -> frozenset[str]:
    """The same as `ordered_names`, in any order."""
    return frozenset(ordered_names(text, start, end))


@lru_cache(maxsize=1024)
def ordered_names(text: str, start: int, end: int) -> tuple[str, ...]:
    """The folded words of `text[start:end]` that are written as the name of one thing.

    A capital counts unless the word begins a sentence or is a common word of a nation or a style;
    at the beginning of a sentence it counts before another such word. Where other words tell which
    street is meant, "Straße" does not.
    """
    names: list[str] = []
    capital: list[bool] = []
    words = list(_WORD.finditer(text, start, end))
    if capitals_are_common(text):
        return ()
    for word in words:
        capital.append(_is_capital(word.group()) and not _begins_sentence(text, word.start()))
    for at, word in enumerate(words):
        follows = at + 1 < len(words) and capital[at + 1]
        if capital[at] or (word.group()[0].isupper() and follows):
            names += [
                folded
                for folded in WORD.findall(fold(word.group()))
                if _is_name(folded)
                or (word.group().isupper() and len(folded) == _INITIALS)
                or (capital[at] and follows and _may_begin(folded))
            ]
    telling = tuple(name for name in names if not is_street_type(name))
    return telling or tuple(names)


def _is_capital(word: str) -> bool:
    """Whether a word has a capital, behind an article that is cut short: "d'Italie"."""
    return _ELIDED.sub("", word)[:1].isupper()


@lru_cache(maxsize=4096)
def complement(phrase: str) -> frozenset[str]:
    """The uncommon words after "of", "called" or "named": "statues of apostles"."""
    return frozenset(
        word
        for match in _COMPLEMENT.finditer(phrase)
        for word in words_of(match.group(1))
        if not is_common(word)
    )


def _begins_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \"'(“‘")
    return not before or before[-1] in ".!?\n:;"


@lru_cache(maxsize=64)
def capitals_are_common(text: str) -> bool:
    """Whether so many words have a capital that it tells nothing, as in German."""
    words = list(_WORD.finditer(text))
    inner = [word for word in words if not _begins_sentence(text, word.start())]
    capitals = sum(word.group()[0].isupper() for word in inner)
    return len(inner) >= _FEWEST_WORDS and capitals > _COMMON_CAPITALS * len(inner)


def _is_name(word: str) -> bool:
    return len(word) > 2 and not is_common(word) and not is_style(word)


def _may_begin(word: str) -> bool:
    """Whether a common word may begin a name, before another word in a capital: "Blue Bar"."""
    return len(word) > 2 and word not in STOP_WORDS and not is_style(word)


def is_style(word: str) -> bool:
    """Whether a folded word is of a nation, a faith or a style, and so names no thing."""
    return word in _STYLES or NATIONS.fullmatch(word) is not None


@lru_cache(maxsize=4096)
def street_numbers(phrase: str) -> frozenset[str]:
    """The ordinals of streets in a phrase: "12th" of "West 12th Street"."""
    return frozenset(_STREET_NUMBER.findall(fold(phrase)))


def has_number(phrase: str) -> bool:
    """Whether a phrase has a name with a ruler's number: "Alexander I"."""
    return bool(_NUMBERED.search(phrase))


def numbered_otherwise(phrase: str, names: Iterable[str]) -> bool:
    """Whether a phrase has a ruler's number and a fact's names have the ruler with another only."""
    for ruler, number in _NUMBERED.findall(phrase):
        others = [
            other
            for name in names
            for same, other in _NUMBERED.findall(name)
            if fold(same)[:5] == fold(ruler)[:5]
        ]
        if others and number not in others:
            return True
    return False
