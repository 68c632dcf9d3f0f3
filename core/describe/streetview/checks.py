"""Checks of a description by program: its form, and its signs against those that were read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.describe.streetview.scene import Scene, Sign
from core.vocabulary.folding import fold, words_of

LEAST_WORDS, MOST_WORDS = 8, 220
_LONGEST_SENTENCE = 45
_LEAST_RATIO = 75
"""Likeness (0 to 100) from which a quoted text is one that was read."""
_PLAIN_SIGN = 0.93
"""A sign read with this confidence has to be in a description, unless its letters are tiny."""
_PLAIN_SIZE = 0.015
_MOST_PLAIN = 4
_QUOTED = re.compile(r"[“\"„«]([^”“\"„«»\n]{2,80})[”\"“»]")
_FORM: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "it mentions the photograph",
        re.compile(
            r"\b(?:photo(?:s|graphs?)?|images?|pictures?|snapshots?|cameras?|viewer)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "it speaks as a language model",
        re.compile(
            r"\b(?:as an ai|language model|i(?:['’]m| am) (?:sorry|unable)|i can(?:no|['’])t|"
            r"instructions?|prompts?|json|data-[0-9a-f]{8})\b",
            re.IGNORECASE,
        ),
    ),
    (
        "it begins with a greeting",
        re.compile(r"^\s*(?:sure|certainly|of course|here(?:['’]s| is))\b", re.IGNORECASE),
    ),
    ("it has markup", re.compile(r"^\s*(?:[-*#>]|\d+[.)])\s|\*\*|__|`|<[a-z/]|\]\(", re.MULTILINE)),
    ("it has an address of the web", re.compile(r"\bhttps?:|\bwww\.", re.IGNORECASE)),
    ("it has coordinates", re.compile(r"-?\d{1,3}\.\d{3,}\s*[,/°]")),
)


def form_faults(text: str) -> Iterator[str]:
    """Faults of form: length, talk about the photograph, markup, addresses, coordinates."""
    yield from length_faults(text, LEAST_WORDS, MOST_WORDS)
    yield from phrase_faults(text)


def length_faults(text: str, least: int, most: int) -> Iterator[str]:
    """That a text has fewer or more words than it may have."""
    count = len(text.split())
    if count < least:
        yield f"it has only {count} words, fewer than {least}"
    if count > most:
        yield f"it has {count} words, more than {most}"


def phrase_faults(text: str) -> Iterator[str]:
    """Faults of form apart from the length of the whole."""
    for fault, pattern in _FORM:
        if pattern.search(text):
            yield fault
    if any(len(one.split()) > _LONGEST_SENTENCE for one in re.split(r"[.!?]\s", text)):
        yield f"a sentence has more than {_LONGEST_SENTENCE} words"


def sign_faults(text: str, scenes: Sequence[Scene]) -> Iterator[str]:
    """Quoted texts that nobody read (accuracy), and plain signs that are missing (completeness)."""
    from rapidfuzz import fuzz

    signs = [sign for scene in scenes for sign in scene.signs]
    whole = fold(" ".join(sign.text for sign in signs))
    for quoted in _QUOTED.findall(text):
        if fuzz.partial_ratio(fold(quoted), whole) < _LEAST_RATIO:
            yield f"it quotes “{quoted}”, which no sign says"
    said = set(words_of(text))
    for sign in _plain(signs):
        words = words_of(sign.text)
        if words and not said & {*words, *words_of(sign.meaning)}:
            yield f"it leaves out the sign “{sign.text}”"


def _plain(signs: Iterable[Sign]) -> list[Sign]:
    plain = [one for one in signs if one.confidence >= _PLAIN_SIGN and one.size >= _PLAIN_SIZE]
    return plain[:_MOST_PLAIN]
