"""Facts, names and distances as parts of a sentence: plain text in one line."""

import re
import unicodedata

from core.records import Evidence
from core.vocabulary import grammar
from core.vocabulary.attributes import NATIONS

UNDERFOOT_M = 12.0
"""Nearer things are given no direction."""
_PREPOSITIONS = re.compile(r" (?:of|for|with|in|beside|under) ")
_PAVED = re.compile(r"^(.*)paved with slabs (.+)$")
_UNCOUNTED = frozenset({"parking", "golf"})
PHRASE_CHARS = 60
"""Longer phrases are cut where they are quoted."""
_AN_NUMBER = re.compile(r"8|1[18]\b")
_COUNTED = re.compile(r"^(?:two|several|many) ")


def one_line(text: str, most: int) -> str:
    """A text from a user or a file as one line of at most `most` characters, without control
    characters for terminals or writing direction."""
    visible = "".join(
        character
        if unicodedata.category(character)[0] != "C"
        else " "
        if character.isspace()
        else ""
        for character in text
    )
    line = " ".join(visible.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def head_of(kind: str) -> str:
    """The noun of a kind: "row of trees" → "row", "bus stop" → "stop"."""
    return _PREPOSITIONS.split(kind)[0].split(" ")[-1]


def with_article(kind: str) -> str:
    """A kind with its indefinite article, if any: "a bench", "an old gate", "steps"."""
    head = head_of(kind)
    if head in _UNCOUNTED:
        return kind
    if kind[:1].isdigit():
        return f"{'an' if _AN_NUMBER.match(kind) else 'a'} {kind}"
    is_plural = head.endswith("s") and not head.endswith("ss")
    if is_plural or _COUNTED.match(kind) or not kind[:1].islower():
        return kind
    return grammar.with_article(kind)


def noun_phrase(fact: str) -> str:
    """The text of a fact as a noun phrase: name and kind, or the kind with an article."""
    kind, colon, name = fact.partition(": ")
    if kind == "address":
        return f"the address {one_line(name, 60)}"
    kind = _PAVED.sub(r"\1\2, paved with slabs", kind)
    if colon and kind in ("large", "small"):
        return one_line(name, 60)
    if colon:
        return f"{one_line(name, 60)} ({_capitals(one_line(kind, 50))})"
    kind = one_line(kind, 90)
    return f"the {kind}" if kind.startswith("corner of ") else _capitals(with_article(kind))


def _capitals(kind: str) -> str:
    """A kind with capitals for nations and confessions; its article is found before."""
    return NATIONS.sub(lambda nation: nation[0].title(), kind)


def quoted_phrase(evidence: Evidence) -> str:
    """The phrase of an evidence in quotation marks, with its English where it has another
    language."""
    english = one_line(evidence.english, PHRASE_CHARS)
    beside = f" ({english})" if english else ""
    return f"{grammar.quoted(one_line(evidence.phrase, PHRASE_CHARS))}{beside}"


def thing_phrase(evidence: Evidence) -> str:
    """The fact of an evidence as a noun phrase, with the hidden name that made it match."""
    name = f" (with the name {one_line(evidence.by_name, 60)})" if evidence.by_name else ""
    return f"{noun_phrase(evidence.fact)}{name}"


def distance_phrase(distance_m: float, direction: str) -> str:
    """Distance and direction: "right here", "40 m to the north"."""
    if distance_m < UNDERFOOT_M:
        return "right here"
    step = 1 if distance_m < 100 else 10
    return f"{round(distance_m / step) * step} m to the {direction}"
