"""What a phrase is about: its head noun, and whether a kind of thing goes by that noun.

"A small church in a park" is about a church, and neither a park nor a car park is one. Knows the
nouns of the table of kinds only; of other phrases it says nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from core.vocabulary.attributes import LARGE, NATIONS, SIZES, SMALL
from core.vocabulary.folding import STOP_WORDS, WORD, fold
from core.vocabulary.kinds import SAID_KINDS, calls

_CONNECTORS = re.compile(
    r"\b(?:above|across|ahead|along|and|are|around|at|away|back|before|behind|below|beneath|beside|"
    r"between|but|by|called|come|comes|cross|crosses|diagonally|directly|down|facing|for|from|"
    r"front|full|go|goes|going|had|has|have|here|i|in|inside|into|is|just|leading|left|like|made|"
    r"meet|meets|named|near|nearby|next|of|off|on|opp|opposite|or|out|outside|over|pass|passes|"
    r"past|paved|right|round|run|running|runs|sit|sits|so|stand|standing|stands|straight|than|"
    r"that|there|through|to|towards|turn|turns|um|under|up|was|were|where|which|who|whose|with|"
    r"without)\b"
)
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_AWAY = re.compile(
    r"\b(?:(?:a|about|around|couple of|few|just|maybe|roughly|several|some|\d+|one|two|three|four|"
    r"five|six|seven|eight|nine|ten|twelve|fifteen|\w+ty|hundred) )*(?:steps?|metres?|meters?|m|"
    r"yards?|paces|minutes?|mins?|blocks?) (?:away|off|from (?:here|me)|further)\b",
    re.IGNORECASE,
)
_DETERMINERS = STOP_WORDS | {
    "north",
    "east",
    "south",
    "west",
    "northern",
    "eastern",
    "southern",
    "western",
    "further",
    "farther",
    "roughly",
    "guess",
    "exactly",
    "u",
    "ure",
    "youre",
    "theres",
    "somewhere",
    "view",
    "views",
}
"""What may come before the noun, and tells nothing of it."""
_WHERE = frozenset({"arm", "arms", "direction", "distance", "hand", "reach", "walk", "within"})
_MANY = re.compile(
    r"\b(?:row|group|set|lot|couple|pair|kind|sort|line|bunch|flight|bit|piece)s? of "
)
_COMPOUND_MODIFIERS = frozenset(
    (noun, word)
    for noun, words in {
        "park": "car caravan water business",
        "garden": "beer",
        "court": "food",
        "station": "bike bicycle car charging filling fire fitness fuel gas petrol police power "
        "pumping recycling sharing weather",
        "wall": "climbing",
        "house": "steak",
        "island": "traffic",
        "school": "driving",
        "bar": "snack",
        "rail": "guard hand",
        "bank": "river",
    }.items()
    for word in words.split()
)
"""Modifiers that make another thing of a noun, so that the bare noun does not mean it."""

_SPELT = {"center": "centre", "theater": "theatre", "harbor": "harbour"}


@dataclass(frozen=True, slots=True)
class HeadNoun:
    """A noun in the singular, the words before it, and whether more is said after it. `words` are
    both as they were said."""

    noun: str
    before: frozenset[str]
    words: frozenset[str]
    goes_on: bool = False


def singular(word: str) -> str:
    """A folded noun in the singular, in the British spelling of the table of kinds."""
    word = _SPELT.get(word.removesuffix("s"), word)
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) or len(word) < 4 else word.removesuffix("s")


def without_distance(phrase: str) -> str:
    """A phrase less what it says of how far away its thing is: "twenty steps from here"."""
    return _AWAY.sub(" ", phrase)


def is_location_only(phrase: str) -> bool:
    """Whether a phrase says where something is and not what: "on the left-hand side"."""
    words = WORD.findall(fold(without_distance(phrase)))
    return all(word in _DETERMINERS or word in _WHERE for word in words)


def _parsed(text: str) -> HeadNoun | None:
    """The last word before anything that goes on from the noun, whatever word that is."""
    parts = _CONNECTORS.split(_HYPHEN.sub("", _MANY.sub("", fold(without_distance(text)))))
    for place, part in enumerate(parts, 1):
        said = WORD.findall(part)
        words = [word for word in said if word not in _DETERMINERS]
        if words and words[-1] == said[-1]:
            return HeadNoun(
                singular(words[-1]),
                frozenset(words[:-1]),
                frozenset(words),
                any(map(str.strip, parts[place:])),
            )
    return None


def _parts(kind: str) -> Iterable[HeadNoun]:
    """How a kind may be called; what says more after the noun only where nothing else does."""
    said = {kind, *(each.replace("~", "").replace("*", "") for each in calls(kind))}
    heads = [head for head in map(_parsed, sorted(said)) if head is not None]
    return [head for head in heads if not head.goes_on] or heads


def _modifiers() -> dict[str, frozenset[str]]:
    """The nouns of the table of kinds, and for each the words that tell its kinds apart."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind in (*SAID_KINDS, "street corner"):
        for head in _parts(kind):
            found[head.noun] |= head.before - SIZES
    return {noun: frozenset(words) for noun, words in found.items()}


_NOUNS = _modifiers()


def head_of_phrase(phrase: str) -> HeadNoun | None:
    """The head of a phrase, None where the table of kinds does not know its noun."""
    found = _parsed(phrase)
    if found is None:
        return None
    joined = next((word + found.noun for word in found.before if word + found.noun in _NOUNS), "")
    if joined:  # "book shops" are bookshops
        return replace(found, noun=joined, before=frozenset())
    return found if found.noun in _NOUNS else None


@lru_cache(maxsize=4096)
def _heads_of(kind: str) -> tuple[HeadNoun, ...]:
    return tuple(_parts(kind))


def matches_kind(kind: str, head: HeadNoun) -> bool:
    """Whether a thing of a kind goes by a head: its noun, and of the words that tell such things
    apart one that fits."""
    telling = head.before & _NOUNS.get(head.noun, frozenset())
    said, has = (set(NATIONS.findall(text)) for text in (" ".join(head.before), kind))
    return not (said and has and said.isdisjoint(has)) and any(
        one.noun == head.noun
        and not any((one.noun, word) in _COMPOUND_MODIFIERS for word in head.before ^ one.before)
        and (not telling or bool(telling & one.before) or not (one.before or one.goes_on))
        for one in _heads_of(kind)
    )


def is_false_friend(kind: str, head: HeadNoun) -> bool:
    """Whether a kind has the noun of a head and does not go by it: no car park is a park, no
    petrol station a railway station. And a park is no parking."""
    nouns = {one.noun for one in _heads_of(kind)}
    return f"{head.noun}ing" in nouns or (head.noun in nouns and not matches_kind(kind, head))


def is_part_of(kind: str, head: HeadNoun) -> bool:
    """Whether a kind's noun stands before that of a head: a hotel, for "hotel tower"."""
    return any(one.noun in head.before for one in _heads_of(kind))


def is_of_other_size(phrase: str, fact: str) -> bool:
    """Whether one of the two is said to be small and the other large."""
    said = [frozenset(WORD.findall(fold(text.partition(": ")[0]))) for text in (phrase, fact)]
    return any(
        said[one] & SMALL and said[1 - one] & LARGE and not said[one] & LARGE for one in (0, 1)
    )
