"""Street names as the map spells them, for what reads a description by its words.

"Turmstr. 22" and "Turmstrasse 22" are exact mentions of "Turmstraße 22"; the sentence encoder and
the index of words do not know that. The description itself stays as it is, so that offsets in it
stay valid.
"""

import re
from dataclasses import dataclass

from core.retrieval.channels.mentions import Mention, MentionIndex
from core.retrieval.query_encoding import Respelling

_WORD = re.compile(r"\w+")
_NUMBER_BEFORE = re.compile(r"\d+\s?[a-z]?\b[\s,]+(?=\D)", re.IGNORECASE)
_NUMBER_BEHIND = re.compile(
    r"[\s,]+(?:(?:nr|no|nº|n°|#|house|number|numero|número)\.?\s*)?\d+\s?[a-z]?(?:[-/]\d+\w?)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int


def respellings_of(text: str, index: MentionIndex) -> tuple[Respelling, ...]:
    """The mentions of streets in a text that the map spells with other words, in order."""
    respellings = []
    for mention in index.mentions(text):
        street = _street(mention, index)
        stretch = _without_number(mention, text)
        if street and _words(street) != _words(text[stretch.start : stretch.end]):
            respellings.append(Respelling(stretch.start, stretch.end, street))
    return tuple(respellings)


def _words(name: str) -> list[str]:
    """The words of a name as the sentence encoder tells them apart: "ß" is not "ss"."""
    return _WORD.findall(name.lower())


def _street(mention: Mention, index: MentionIndex) -> str:
    """The map's name of the one street that a mention means; "" for a name or several streets."""
    surest = max(option.certainty for option in mention.options)
    places = [
        index.places.places[option.place]
        for option in mention.options
        if option.certainty == surest
    ]
    return places[0].name if len(places) == 1 and places[0].kind == "street" else ""


def _without_number(mention: Mention, text: str) -> _Stretch:
    """The stretch of a mention without its house number."""
    start, end = mention.start, mention.end
    if mention.number is not None:
        if before := _NUMBER_BEFORE.match(text, start, end):
            start = before.end()
        if behind := _NUMBER_BEHIND.search(text[start:end]):
            # the number itself is part of the address and stays
            end = start + behind.start()
    return _Stretch(start, end)
