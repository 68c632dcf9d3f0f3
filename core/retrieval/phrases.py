"""Splits a description into phrases that can be matched with the map one by one.

A phrase may have a direction ("a church to the north", "one block south of the bank"): it is kept
as the compass bearing from the describer to the thing. A denial ("no trams") is a phrase of its
own.
"""

import re
from dataclasses import dataclass

from core.retrieval.negation import Denial, denials_in
from core.vocabulary.directions import BEARINGS

_DIRECTION = r"(?P<direction{0}>(?:north|south)(?:[- ]?(?:east|west))?|east|west)(?:ern)?"
_HERE = r"(?:me|here|us|it|this|where i am|my (?:spot|position|location))"

_BREAK = re.compile(
    # a run of marks is matched from its first mark only: else long runs take quadratic time
    r"(?<![.;:!?\n\r,()\[\]{}«»“”\"|/])[.;:!?\n\r,()\[\]{}«»“”\"|/]++(?:\s|$)|"
    r"\s[-–—]{1,3}\s|"
    # "north of the bank": the bank lies to the south of the describer
    r"\b(?:(?:is|are|lies|directly|just|right|a bit|slightly|due|(?:one|two|three|a|\d) blocks?|"
    r"(?:to|on) (?:the|my))\s+){0,6}" + _DIRECTION.format(1) + r"(?: side)? (?:of|from)\b|"
    r"\b(?:and|but|with|while|where|which|then|plus|next to|right by|close to|near to|near|nearby|"
    r"opposite|behind|in front of|across (?:the (?:street|road) )?from|beside|besides|"
    r"between|just past|past|along|facing|overlooking|surrounded by|"
    r"(?:to|on) (?:the|my|your) (?:left|right)(?: side)?(?: of)?)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]{0,4}\b(?:(?:is|are|lies|stands|just|directly|due|about|a|one|two|three|blocks?)\s+){0,6}"
    r"(?:(?:to|on|in|at|towards?) )?(?:(?:the|my|our|its) )?"
    + _DIRECTION.format(2)
    + r"(?:[- ](?:side|end|hand side))?(?: in the same block)?$",
    re.IGNORECASE,
)
_OF_ME = re.compile(r"^\s*" + _HERE + r"\b", re.IGNORECASE)
_OF_YOU = re.compile(
    r"^\s*(?:you|your (?:current |starting )?(?:spot|position|location|place))\b", re.IGNORECASE
)
_LEAD = re.compile(
    r"^(?:(?:i['’]?m|i|we['’]re|we|you['’]ll|you|there['’]s|there|it['’]s|its|it|that['’]s|is|are|"
    r"was|the|an|a|my|your|this|that|of|to|at|in|on|by|from|me|meet|see|can|here|am|"
    r"standing|looking|walking|going|go|head|let['’]s|will|be|just|right|also|so)(?=[\s,]|$)[\s,]*)+",
    re.IGNORECASE,
)
MAX_PHRASES = 60
_LONGEST_WORDS = 14
_LONGEST_CHARS = 200
_LOOKAHEAD_CHARS = 40


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the description: `text` equals `description[start:end]`.

    `bearing_deg` is the described bearing of the thing, None for none. `denial` is set for a phrase
    that denies things.
    """

    text: str
    start: int
    end: int
    bearing_deg: float | None = None
    denial: Denial | None = None


def split_phrases(description: str) -> list[Phrase]:
    """Phrases in order of appearance, at most `MAX_PHRASES`, each with a letter or digit."""
    phrases, done = list[Phrase](), 0
    for denial in denials_in(description):
        phrases += _affirmed(description, done, denial.start)
        stretch = description[denial.start : denial.end]
        phrases.append(Phrase(stretch, denial.start, denial.end, denial=denial))
        done = denial.end
    return [*phrases, *_affirmed(description, done, len(description))][:MAX_PHRASES]


def _affirmed(description: str, begin: int, stop: int) -> list[Phrase]:
    """The phrases of a stretch without denials."""
    cuts = list(_BREAK.finditer(description, begin, stop))
    starts = [begin, *(cut.end() for cut in cuts)]
    ends = [*(cut.start() for cut in cuts), stop]
    phrases = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        before = _bearing(cuts[number - 1]) if number else None
        after = _bearing(cuts[number]) if number < len(cuts) else None
        bearing = None
        if before is not None:
            following = description[start : start + _LOOKAHEAD_CHARS]
            if of_reader := _OF_YOU.match(following):  # the position of the reader is unknown
                start += of_reader.end()
            elif of_me := _OF_ME.match(following):
                start += of_me.end()
                bearing = before
            else:
                bearing = (before + 180) % 360
        if after is not None and _OF_ME.match(
            description[cuts[number].end() : cuts[number].end() + _LOOKAHEAD_CHARS]
        ):
            bearing = after
        for piece_start, piece_end in _wrapped(description, start, end):
            phrase = _trimmed(description, piece_start, piece_end, bearing)
            if phrase is not None:
                phrases.append(phrase)
    return phrases


def _bearing(cut: re.Match[str]) -> float | None:
    word = cut.group("direction1")
    return BEARINGS[re.sub(r"[- ]", "", word.lower())] if word else None


def _wrapped(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts a stretch without breaks after every `_LONGEST_WORDS` words."""
    words = [match.span() for match in re.finditer(r"\S+", text[start:end])]
    return [
        (start + words[first][0], start + words[min(first + _LONGEST_WORDS, len(words)) - 1][1])
        for first in range(0, len(words), _LONGEST_WORDS)
    ]


def _trimmed(text: str, start: int, end: int, bearing: float | None) -> Phrase | None:
    end = min(end, start + _LONGEST_CHARS)
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    if start == end:
        return None
    stripped = text[start:end]
    tail = _TAIL.search(stripped)
    if tail and tail.start() > 0 and bearing is None:
        bearing = BEARINGS[re.sub(r"[- ]", "", tail.group("direction2").lower())]
        stripped = stripped[: tail.start()]
    lead = _LEAD.match(stripped)
    if lead and lead.end() < len(stripped):
        start += lead.end()
        stripped = stripped[lead.end() :]
    elif lead:
        return None
    return Phrase(stripped, start, start + len(stripped), bearing)
