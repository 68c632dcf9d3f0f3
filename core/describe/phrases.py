"""A description cut into phrases that can each be held against the map, offsets kept."""

import re
from dataclasses import dataclass

_BREAK = re.compile(
    r"[.;:!?\n\r,()\[\]{}«»“”\"|/]+(?:\s|$)|\s[-–—]+\s|\n+|"
    r"\b(?:and|but|with|while|where|which|then|plus|next to|right by|close to|near to|near|nearby|"
    r"opposite|behind|in front of|across (?:the (?:street|road) )?from|beside|besides|"
    r"between|just past|past|along|facing|overlooking|surrounded by|"
    r"(?:directly |just |right |a bit |slightly |due )*(?:to (?:the|my|your) )?"
    r"(?:north|south|east|west|left|right)(?:[- ]?(?:east|west))?(?:ern)? (?:side )?(?:of|from))\b",
    re.IGNORECASE,
)
_EDGE = re.compile(r"^[\s\W_]+|[\s\W_]+$")
_LEAD = re.compile(
    r"^(?:(?:i['’]?m|i|we['’]re|we|you['’]ll|you|there['’]s|there|it['’]s|its|it|that['’]s|is|are|"
    r"was|the|an|a|my|your|this|that|of|to|at|in|on|by|from|me|meet|see|can|here|am|"
    r"standing|looking|walking|going|go|head|let['’]s|will|be|just|right|also|so)(?=[\s,]|$)[\s,]*)+",
    re.IGNORECASE,
)
MAX_PHRASES = 24
_LONGEST_WORDS = 14


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the description: `text` equals `description[start:end]`."""

    text: str
    start: int
    end: int


def split_phrases(description: str) -> list[Phrase]:
    """Phrases in order of appearance, at most 24; those without a letter or digit are dropped."""
    cuts = [0]
    for match in _BREAK.finditer(description):
        cuts += [match.start(), match.end()]
    cuts.append(len(description))
    phrases = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=True):
        for piece_start, piece_end in _wrapped(description, start, end):
            if (phrase := _trimmed(description, piece_start, piece_end)) is not None:
                phrases.append(phrase)
    return phrases[:MAX_PHRASES]


def _wrapped(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Long stretches without any break are cut after every fourteenth word."""
    words = [match.span() for match in re.finditer(r"\S+", text[start:end])]
    return [
        (start + words[first][0], start + words[min(first + _LONGEST_WORDS, len(words)) - 1][1])
        for first in range(0, len(words), _LONGEST_WORDS)
    ]


def _trimmed(text: str, start: int, end: int) -> Phrase | None:
    piece = text[start:end]
    stripped = _EDGE.sub("", piece)
    if not any(character.isalnum() for character in stripped):
        return None
    start += piece.index(stripped)
    lead = _LEAD.match(stripped)
    if lead and lead.end() < len(stripped):
        start += lead.end()
        stripped = stripped[lead.end() :]
    elif lead:
        return None
    return Phrase(stripped, start, start + len(stripped))
