"""Cuts town, region and country from behind an address: they say nothing about the place in it."""

import re

from core.retrieval.channels.mentions import MentionIndex
from core.vocabulary.countries import is_country
from core.vocabulary.folding import WORD, fold

_POSTCODE = re.compile(r"\b(?:[A-Z]{1,2}[- ]?)?\d{2,3}[ -]?\d{2,3}(?:-\d{3,4})?\b")
_MOST_PARTS, _MOST_WORDS = 5, 4


def without_town(text: str, index: MentionIndex) -> str:
    """The text up to the end of an address that only the town, region and country follow.

    "Turmstraße 22, 17033 Neubrandenburg, Deutschland" → "Turmstraße 22". The words behind the
    address must begin with a postcode or with the gallery's own town, or end with a country. Other
    texts are returned as they are.
    """
    for mention in index.mentions(text):
        rest = text[mention.end :]
        if not any(character.isalnum() for character in rest):
            continue
        if mention.number is None and not rest.lstrip().startswith(","):
            continue
        if _is_town(rest, index, has_number=mention.number is not None):
            return text[: mention.end]
    return text


def _is_town(rest: str, index: MentionIndex, has_number: bool) -> bool:
    has_postcode = has_number and bool(_POSTCODE.match(rest.lstrip(" ,\n")))
    parts = [
        part.strip(" .")
        for part in re.split(r"[,;\n]", _POSTCODE.sub(" ", rest) if has_number else rest)
        if part.strip(" .")
    ]
    if not parts or len(parts) > _MOST_PARTS:
        return has_postcode and not parts
    if any(len(part.split()) > _MOST_WORDS or not part[0].isupper() for part in parts):
        return False
    words = WORD.findall(fold(parts[0]))
    in_own_town = bool(words) and (
        index.places.is_own_town(words)
        or (index.places.is_own_town(words[:1]) and is_country(" ".join(words[1:])))
    )
    return in_own_town or has_postcode or (has_number and is_country(parts[-1]))
