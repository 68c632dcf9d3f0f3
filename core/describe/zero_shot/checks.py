"""Checks of a description by program: form, language, invented names and places, repetition."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from core.describe.streetview.checks import length_faults, phrase_faults
from core.describe.zero_shot.prompts import LEAST_WORDS, MOST_WORDS
from core.sources.collection import CollectionRow
from core.vocabulary.folding import STOP_WORDS, WORD, fold
from core.vocabulary.languages.detection import english_words, language_of

_PHRASE_WORDS, _MOST_SAME = 5, 3
"""A text repeats itself if so many words in a row stand in it so many times."""
_SMALL_WORDS = 0.2
"""Least share of small words ("the", "in", "of") in English; in a description it is 0.35 to 0.5."""
_TOKEN = re.compile(r"[^\W\d_][\w'’-]*")
_ONE_LETTER = re.compile(r"[A-Z](?:-|$)")
"""Shapes of letters, such as "T-junction" and "U"."""
_SENTENCE = re.compile(r"(?:^|[.!?:;\n]\s*|[“\"(]\s*)$")
_BANNED: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "it mentions a map or a view from above",
        re.compile(
            r"\b(?:satellite|aerial|bird['’]?s[- ]eye|top[- ]down|overhead|imagery|"
            r"(?:the|this|a) map|frame|scene)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "it guesses where this is",
        re.compile(
            r"\b(?:(?:located|situated|somewhere) in (?:a|the) (?:city|town|country|region)|"
            r"typical of|reminiscent of|(?:could|might|may|must) be (?:in|located)|"
            r"(?:probably|likely|possibly|presumably) (?:in|from|located))\b",
            re.IGNORECASE,
        ),
    ),
    (
        "it has coordinates",
        re.compile(
            r"\d\s*°|\b(?:latitude|longitude|coordinates?)\b|"
            r"-?\d{1,3}\.\d{2,}\s*[NSEW]?\s*[,;/ ]\s*-?\d{1,3}\.\d{2,}",
            re.IGNORECASE,
        ),
    ),
)


def text_faults(text: str, row: CollectionRow) -> tuple[str, ...]:
    """All faults of a description of a row, none if it may stay."""
    return tuple(dict.fromkeys(_faults(text, row)))


def _faults(text: str, row: CollectionRow) -> Iterator[str]:
    yield from length_faults(text, LEAST_WORDS, MOST_WORDS)
    yield from phrase_faults(text)
    for fault, pattern in _BANNED:
        if pattern.search(text):
            yield fault
    if not _is_english(text):
        yield "it is not in English"
    for name in invented_names(text, row):
        yield f"it has the name “{name}”"
    if repeats_itself(text):
        yield "it repeats itself"


def _is_english(text: str) -> bool:
    """Whether a text has as many of English's small words as prose has, and no other language."""
    words = _TOKEN.findall(text.lower())
    small = sum(word in STOP_WORDS for word in words)
    return small > 0 and small >= _SMALL_WORDS * len(words) and language_of(text) is None


def invented_names(text: str, row: CollectionRow) -> list[str]:
    """Proper names in a text that the row does not carry, and its region, country and continent.

    A name is a word with a capital within a sentence, unless it is an everyday word, or two such
    words in a row. Names in small letters cannot be told from words.
    """
    carried = {word for name in row.names for word in WORD.findall(fold(name))}
    names = [
        " ".join(run)
        for run in _capital_runs(text)
        if not all(carried.issuperset(WORD.findall(fold(word))) for word in run)
    ]
    folded = f" {' '.join(WORD.findall(fold(text)))} "
    for place in (row.region, row.country, row.continent):
        words = " ".join(WORD.findall(fold(place)))
        if len(words) > 2 and f" {words} " in folded and place not in row.names:
            names.append(place)
    return list(dict.fromkeys(names))


def _capital_runs(text: str) -> Iterator[list[str]]:
    """Words with a capital that follow each other within a sentence and may be a name."""
    run: list[str] = []
    starts = False
    end = -1
    for match in _TOKEN.finditer(text):
        word = match.group()
        adjoins = text[end : match.start()] == " " and bool(run)
        if not adjoins:
            yield from _names(run, starts)
            run, starts = [], bool(_SENTENCE.search(text[: match.start()]))
        end = match.end()
        if word[0].isupper() and not _ONE_LETTER.match(word):
            run.append(word)
        else:
            yield from _names(run, starts)
            run = []
    yield from _names(run, starts)


def _names(run: Sequence[str], starts: bool) -> Iterator[list[str]]:
    """The run if it is a name: of two words and more, or one that is no everyday word."""
    words = list(run)
    if starts and words and fold(words[0]) in STOP_WORDS:
        words, starts = words[1:], False
    if len(words) > 1 or (words and not starts and fold(words[0]) not in english_words()):
        yield words


def repeats_itself(text: str) -> bool:
    """Whether a sentence stands in a text twice, or a few words in a row three times."""
    sentences = [" ".join(WORD.findall(fold(part))) for part in re.split(r"[.!?]", text)]
    twice = [count for part, count in Counter(sentences).items() if part and count > 1]
    words = WORD.findall(fold(text))
    phrases = Counter(
        tuple(words[start : start + _PHRASE_WORDS])
        for start in range(len(words) - _PHRASE_WORDS + 1)
    )
    return bool(twice) or max(phrases.values(), default=0) >= _MOST_SAME
