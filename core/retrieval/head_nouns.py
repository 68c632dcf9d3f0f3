"""The head noun of a phrase, and whether it can refer to a kind of thing.

"A small church in a park" is about a church, not about a park. Only nouns of the table of kinds
are recognised.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from core.vocabulary.attributes import (
    LARGE,
    NATIONS,
    SAID_COLOURS,
    SAID_MATERIALS,
    SAID_SURFACES,
    SIZES,
    SMALL,
)
from core.vocabulary.folding import STOP_WORDS, WORD, fold
from core.vocabulary.kinds import SAID_KINDS, calls

_CONNECTORS = re.compile(
    r"\b(?:above|across|ahead|along|and|are|around|at|away|back|before|behind|below|beneath|beside|"
    r"between|but|by|called|come|comes|cross|crosses|diagonally|directly|down|facing|for|from|"
    r"front|full|go|goes|going|had|has|have|here|i|in|inside|into|is|just|leading|left|like|made|"
    r"meet|meets|named|near|nearby|next|of|off|on|opp|opposite|or|out|outside|over|pass|passes|"
    r"past|paved|right|round|run|running|runs|sit|sits|so|stand|standing|stands|straight|than|"
    r"should|must|could|might|that|there|through|to|towards|turn|turns|um|under|up|was|were|where|which|who|whose|with|"
    r"without)\b"
)
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_DISTANCE = re.compile(
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
"""Words that may precede the noun and do not describe the thing."""
_GENERIC_NOUNS = frozenset(
    {
        "area",
        "building",
        "centre",
        "dealer",
        "entrance",
        "hall",
        "office",
        "place",
        "platform",
        "school",
        "shop",
    }
    | {"station", "stop", "store", "track"}
)
"""Nouns whose modifier makes them another thing: a tea shop is no gift shop."""
_PLACE_OF_ROAD = re.compile(
    r"^(?:the )?(?:bottom|top|end|foot|side|middle|start|both sides|other side|corner) of "
    r"(?:the |this |my |a )?(?:street|road|block|lane|picture|image|photo|view)$",
    re.IGNORECASE,
)
_AT_CORNER = re.compile(
    r"^(?:(?:at|on|across|around|round|by) )*(?:(?:the|this|that|my|one|each|every) )*corner "
    r"(?=(?:a|an|the|that|this|is|are|was|were|stands?|sits?|there|theres|you|i|we) )"
)
"""The place of what follows: "(at the) corner that old tower", "across the corner are shops"."""
_LOCATION_WORDS = frozenset(
    {"arm", "arms", "direction", "distance", "hand", "reach", "walk", "within"}
)
_COLLECTIVES = re.compile(
    r"\b(?:row|group|set|lot|couple|pair|kind|sort|line|bunch|flight|bit|piece|wedge|strip|patch|"
    r"stretch|cluster|handful|number|series)s? of (?:a |an |the )?"
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
"""Noun and modifier that together name another thing than the noun alone: a car park is no park."""

_ADJECTIVES = (
    frozenset(
        word
        for text in (*SAID_COLOURS, *SAID_MATERIALS, *SAID_SURFACES.values(), *SIZES)
        for word in WORD.findall(fold(text))
    )
    | _DETERMINERS
    | frozenset(
        WORD.findall("old new tall low high long short narrow wide modern historic former flat")
    )
    | frozenset(WORD.findall("busy main quiet round square ornate public local corner street open"))
)

_BRITISH_SPELLINGS = {"center": "centre", "theater": "theatre", "harbor": "harbour"}


@dataclass(frozen=True, slots=True)
class HeadNoun:
    """A noun in the singular and the words before it (`modifiers`).

    `words` are both as written. `continues`: the phrase has words after the noun.
    """

    noun: str
    modifiers: frozenset[str]
    words: frozenset[str]
    continues: bool = False


def singular(word: str) -> str:
    """A folded noun in the singular, in the British spelling of the table of kinds."""
    word = _BRITISH_SPELLINGS.get(word.removesuffix("s"), word)
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) or len(word) < 4 else word.removesuffix("s")


def without_distance(phrase: str) -> str:
    """A phrase without its distance: "a pub 30 m from here" → "a pub"."""
    return _DISTANCE.sub(" ", phrase)


def is_location_only(phrase: str) -> bool:
    """Whether a phrase says where something is and not what: "on the left-hand side"."""
    words = WORD.findall(fold(without_distance(phrase)))
    if _PLACE_OF_ROAD.match(phrase):
        return True
    return all(word in _DETERMINERS or word in _LOCATION_WORDS for word in words)


def _parsed(text: str) -> HeadNoun | None:
    """The head of a text: the last word before a connector, known to the table of kinds or not."""
    folded = _AT_CORNER.sub("", fold(without_distance(text)))
    parts = _CONNECTORS.split(_HYPHEN.sub("", _COLLECTIVES.sub("", folded)))
    for number, part in enumerate(parts, 1):
        all_words = WORD.findall(part)
        words = [word for word in all_words if word not in _DETERMINERS]
        if words and words[-1] == all_words[-1]:
            return HeadNoun(
                singular(words[-1]),
                frozenset(words[:-1]),
                frozenset(words),
                any(map(str.strip, parts[number:])),
            )
    return None


def _parts(kind: str) -> Iterable[HeadNoun]:
    """The heads of a kind's names; those with words after the noun only if there are no others."""
    names = {kind, *(name.replace("~", "").replace("*", "") for name in calls(kind))}
    heads = [head for head in map(_parsed, sorted(names)) if head is not None]
    return [head for head in heads if not head.continues] or heads


def _modifiers() -> dict[str, frozenset[str]]:
    """The nouns of the table of kinds, each with the modifiers that distinguish its kinds."""
    modifiers: defaultdict[str, set[str]] = defaultdict(set)
    for kind in (*SAID_KINDS, "street corner"):
        for head in _parts(kind):
            modifiers[head.noun] |= head.modifiers - SIZES
    return {noun: frozenset(words) for noun, words in modifiers.items()}


_NOUNS = _modifiers()


def noun_of_phrase(phrase: str) -> str:
    """The noun of a phrase, known to the table of kinds or not; "" for none."""
    head = _parsed(phrase)
    return head.noun if head else ""


def head_of_phrase(phrase: str) -> HeadNoun | None:
    """The head of a phrase, None where the table of kinds does not know its noun."""
    head = _parsed(phrase)
    if head is None:
        return None
    compound = next((word + head.noun for word in head.modifiers if word + head.noun in _NOUNS), "")
    if compound:  # "book shops" are bookshops
        return replace(head, noun=compound, modifiers=frozenset())
    return head if head.noun in _NOUNS else None


@lru_cache(maxsize=4096)
def _heads_of(kind: str) -> tuple[HeadNoun, ...]:
    return tuple(_parts(kind))


def matches_kind(kind: str, head: HeadNoun) -> bool:
    """Whether `head` can refer to `kind`: same noun, no nationality or compound modifier that makes
    it another thing, and at least one shared distinguishing modifier if the phrase has any."""
    of_noun = [one for one in _heads_of(kind) if one.noun == head.noun]
    if not of_noun or _of_other_nation(kind, head):
        return False
    distinguishing = head.modifiers & _NOUNS.get(head.noun, frozenset())
    return any(
        not any(
            (kind_head.noun, word) in _COMPOUND_MODIFIERS
            for word in head.modifiers ^ kind_head.modifiers
        )
        and (
            not distinguishing
            or bool(distinguishing & kind_head.modifiers)
            or not (kind_head.modifiers or kind_head.continues)
        )
        for kind_head in of_noun
    )


def _of_other_nation(kind: str, head: HeadNoun) -> bool:
    """Whether both state a nationality, and none that they share."""
    stated_nations, kind_nations = (
        set(NATIONS.findall(text)) for text in (" ".join(head.modifiers), kind)
    )
    return bool(stated_nations and kind_nations) and stated_nations.isdisjoint(kind_nations)


@lru_cache(maxsize=4096)
def _words_of_kind(kind: str) -> frozenset[str]:
    return frozenset(
        word
        for name in (kind, *calls(kind))
        for folded in WORD.findall(fold(name))
        for word in (folded, singular(folded))
    )


@cache
def _kind_words() -> frozenset[str]:
    """The words of all kinds that are no adjectives of looks or size."""
    words = frozenset[str]().union(*map(_words_of_kind, SAID_KINDS))
    return words - _ADJECTIVES


def lacks_modifier(kind: str, head: HeadNoun) -> bool:
    """Whether a generic noun is modified by a word of other kinds that this kind lacks: a building
    for "university building", a forest track for "railway tracks"."""
    if head.noun not in _GENERIC_NOUNS:
        return False
    stated = {singular(word) for word in head.modifiers} & _kind_words()
    return bool(stated - _words_of_kind(kind))


def is_called(kind: str, noun: str) -> bool:
    """Whether a kind's own noun, or a word that people use for it, is a noun and nothing more: a
    lawn is called "grass", but a stream only "little river"."""
    return noun in _names_of_kind(kind)


@lru_cache(maxsize=4096)
def _names_of_kind(kind: str) -> frozenset[str]:
    own = kind.split(" of ")[0].split(" with ")[0].split(" ")[-1:]
    names = {*own, *(name.replace("~", "").replace("*", "") for name in calls(kind))}
    return frozenset(singular(fold(name)) for name in names)


def is_vague(noun: str) -> bool:
    """Whether a noun alone says too little: every town is full of buildings, houses and blocks."""
    return noun in _GENERIC_NOUNS or noun in ("block", "house")


def is_false_friend(kind: str, head: HeadNoun) -> bool:
    """Whether a kind has the head's noun, or that noun + "ing", but is another thing.

    A car park for "park", a petrol station for "railway station", parking for "park".
    """
    nouns = {kind_head.noun for kind_head in _heads_of(kind)}
    return f"{head.noun}ing" in nouns or (head.noun in nouns and not matches_kind(kind, head))


def is_part_of(kind: str, head: HeadNoun) -> bool:
    """Whether the kind's noun is a modifier of the head: a hotel, for "hotel tower"."""
    return any(kind_head.noun in head.modifiers for kind_head in _heads_of(kind))


def is_of_other_size(phrase: str, fact: str) -> bool:
    """Whether one of the two is described as small and the other as large."""
    words = [frozenset(WORD.findall(fold(text.partition(": ")[0]))) for text in (phrase, fact)]
    return any(
        words[row] & SMALL and words[1 - row] & LARGE and not words[row] & LARGE for row in (0, 1)
    )
