"""The language of a description, from the words that only one language has.

A word counts for a language if its table has it and English has not. This is as good on short
descriptions as a statistical detector and never takes English with foreign names for another
language, see `tests/vocabulary/test_languages.py`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from typing import Final

from core.vocabulary.common_words import COMMON_WORDS
from core.vocabulary.folding import STOP_WORDS, WORD, fold
from core.vocabulary.kinds import KINDS
from core.vocabulary.languages.lexicon import CODES, TOKEN, lexicon
from core.vocabulary.languages.tables import TABLES, read_rows

_FEWEST = 2
"""Words of a language that a description needs; one is enough in another script."""
_ENGLISH_SHARE = 0.4
"""From this share of English words on, the tables are not read. English descriptions have more."""
_SCRIPTS: Final = {"HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "ja", "CYRILLIC": "ru"}
_MARKS: Final = frozenset("ґєіїў")
"""Letters of other languages that are written in Cyrillic."""
_STRAY_ENGLISH = 0.25
"""At most this share of a foreign text looks like English: "park", "hotel"."""
_READ_WORDS = 400
_ADDRESS = re.compile(r"[^\d,;:!?]{2,60} \d{1,5}(?:[ ,/-]*\w{1,4})?")
"""A name and a number."""
_LEAST_NAME = 4
_TELLING = 6
_PART = re.compile(r"[^,;\n]+")


@cache
def english_words() -> frozenset[str]:
    """Folded English words: common ones and those of the kinds."""
    return STOP_WORDS | COMMON_WORDS | {word for kind in KINDS for word in WORD.findall(fold(kind))}


@cache
def _languages_of() -> dict[str, frozenset[str]]:
    """The languages of each folded word that their tables have by hand: alone, or a long one among
    the words of a relation, such as "cuadras" in "dos cuadras de"."""
    languages: defaultdict[str, set[str]] = defaultdict(set)
    for code in CODES:
        for row in read_rows(TABLES / f"{code}.csv", by_hand=True):
            if row.role == "setting":
                continue
            for form in row.said.split("|"):
                words = TOKEN.findall(form)
                telling = [one for one in words if len(one) >= _TELLING and row.role == "relation"]
                for word in words if len(words) == 1 else telling:
                    languages[fold(word)].add(code)
    return {word: frozenset(codes) for word, codes in languages.items()}


@lru_cache(maxsize=64)
def script_language(text: str) -> str | None:
    """The language of a text that is mostly written in a script of one of the tables."""
    letters = [letter for letter in text[:500] if letter.isalpha()]
    scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in letters]
    codes = [_SCRIPTS.get(script) for script in scripts]
    japanese = any(script in ("HIRAGANA", "KATAKANA") for script in scripts)
    for code in ("ja", "ru"):
        if codes.count(code) > len(letters) / 2 and (code != "ja" or japanese):
            return None if _MARKS.intersection(text.lower()) else code
    return None


def _is_address(text: str) -> bool:
    """Whether a text is but an address: a name in capitals and a number."""
    words = [word for word in TOKEN.findall(text) if len(word) >= _LEAST_NAME]
    return bool(_ADDRESS.fullmatch(text.strip())) and not any(word[0].islower() for word in words)


def is_unknown_language(text: str, names: Collection[tuple[int, int]] = ()) -> bool:
    """Whether a text without a language of ours has hardly an English word, beside its names."""
    words = [
        match.group()
        for match in TOKEN.finditer(text)
        if not any(start <= match.start() < end for start, end in names)
    ]
    plain = [word for word in words if word[0].islower()]
    english = sum(fold(word) in english_words() for word in words)
    return len(plain) > _FEWEST and english <= _STRAY_ENGLISH * len(words)


def language_of(text: str, names: Collection[tuple[int, int]] = ()) -> str | None:
    """The code of a text's language; None for English and where it cannot be told.

    `names` are stretches of the text that are names: they belong to no language.
    """
    return _language_of(text, tuple(names))


@lru_cache(maxsize=64)
def _language_of(text: str, names: tuple[tuple[int, int], ...]) -> str | None:
    """The same, once for all galleries that have the same names."""
    if code := script_language(text):
        return code
    if _is_address(text):
        return None
    best = _best_language(_words(text, names))
    if best is None:
        return None
    listed = _listed_names(text, best)
    return best if not listed or _best_language(_words(text, [*names, *listed])) == best else None


def _words(text: str, names: Collection[tuple[int, int]]) -> list[str]:
    """The folded words in Latin script outside names, each once."""
    words = (
        fold(match.group())
        for match in TOKEN.finditer(text)
        if "LATIN" in unicodedata.name(match.group()[0], "")
        and not any(start <= match.start() < end for start, end in names)
    )
    return list(dict.fromkeys(words))[:_READ_WORDS]


def _best_language(words: Sequence[str]) -> str | None:
    """The language that most words have, None for English."""
    english = [word for word in words if word in english_words()]
    if not words:
        return None
    if len(english) >= _ENGLISH_SHARE * len(words) and not _is_of_one(words, english):
        return None
    if len(words) < _FEWEST:
        return next((code for code in CODES if lexicon(code).is_thing(words[0])), None)
    languages, counts = _languages_of(), dict.fromkeys(CODES, 0)
    for word in set(words).difference(english):
        for code in languages.get(word, ()):
            counts[code] += 1
    most = max(counts.values())
    if 0 < most < _FEWEST:  # the many names of kinds are read where they can decide
        for code in [code for code in CODES if counts[code] == most]:
            others = (word for word in words if code not in languages.get(word, ()))
            counts[code] += sum(
                lexicon(code).is_thing(word, inflected=True)
                for word in others
                if word not in english
            )
    best = max(counts, key=counts.__getitem__)
    only_english = [word for word in english if best not in languages.get(word, ())]
    enough = counts[best] >= _FEWEST or all(best in languages.get(word, ()) for word in words)
    return best if enough and counts[best] > len(only_english) else None


def _is_of_one(words: Sequence[str], english: Sequence[str]) -> bool:
    """Whether one language has all the words that English has, too ("am Ring"), and several more,
    or all of the others: "Kirche am Park"."""
    languages = _languages_of()
    owned = [code for code in CODES if all(code in languages.get(word, ()) for word in english)]
    others = set(words).difference(english)
    known = [sum(code in languages.get(word, ()) for word in others) for code in owned]
    return any(count > _FEWEST or 0 < count == len(others) for count in known)


def _listed_names(text: str, code: str) -> list[tuple[int, int]]:
    """The parts between commas that are but a name in capitals ("Unter den Linden"), where one of
    them has a word that is English and not of the language: "Brandenburg Gate"."""
    languages = _languages_of()
    titles = [match.span() for match in _PART.finditer(text) if _is_title(match.group())]
    words = {word for start, end in titles for word in _words(text[start:end], ())}
    has_english = any(
        word in english_words() and code not in languages.get(word, ()) for word in words
    )
    return titles if has_english else []


def _is_title(part: str) -> bool:
    """Whether a part has two words and more, and all but the short ones begin with a capital."""
    words = TOKEN.findall(part)
    return len(words) >= _FEWEST and not any(
        word[0].islower() for word in (words[0], *words) if len(word) >= _LEAST_NAME
    )
