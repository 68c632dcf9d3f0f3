"""The head noun of a phrase, and whether it can refer to a kind of thing.

"A small church in a park" is about a church, not about a park. Only nouns of the table of kinds
are recognised.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from core.vocabulary.attributes import (
    NATIONS,
    SAID_COLOURS,
    SAID_MATERIALS,
    SAID_SURFACES,
    SIZES,
)
from core.vocabulary.figures import with_statues
from core.vocabulary.folding import STOP_WORDS, WORD, fold, words_of
from core.vocabulary.kinds import SAID_KINDS, calls

_CONNECTORS = re.compile(
    r"\b(?:above|across|ahead|along|and|are|around|at|away|back|before|behind|below|beneath|beside|"
    r"between|but|by|called|close|come|comes|cross|crosses|diagonally|directly|down|facing|for|from|"
    r"front|full|go|goes|going|had|has|have|here|i|in|inside|into|is|just|leading|left|like|made|"
    r"meet|meets|named|near|nearby|next|of|off|on|opp|opposite|or|out|outside|over|pass|passes|"
    r"past|paved|right|round|run|running|runs|sit|sits|so|stand|standing|stands|straight|than|"
    r"should|must|could|might|that|there|through|to|towards|turn|turns|um|under|up|waiting|was|were|where|which|who|whose|with|"
    r"without)\b"
)
_WHERE = frozenset(
    WORD.findall("across along around at behind beside by facing from in inside is near off on")
    + WORD.findall("opposite outside past stands that to towards where which just directly right")
)
"""Connectors behind a noun that lead to where its thing is, unlike "of" and "with"."""
_BELONGING = frozenset({"of", "with", "called", "named", "like", "between", "and"})
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_DISTANCE = re.compile(
    r"\b(?:(?:walk|go|head|drive|ride|continue)(?:ing)? (?:on |for )?)?"
    r"(?:(?:a|about|around|couple of|few|just|maybe|roughly|several|some|\d+|one|two|three|four|"
    r"five|six|seven|eight|nine|ten|twelve|fifteen|\w+ty|hundred) )*(?:steps?|metres?|meters?|m|"
    r"yards?|paces|minutes?|mins?|blocks?)(?: (?:away|off|from (?:here|me)|further)\b|"
    r"['’]?s? (?:on foot|by foot|walk(?:ing)?(?: away)?)\b|(?<=minutes)$|(?<=mins)$)",
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
GENERIC_NOUNS = frozenset(
    {
        "area",
        "box",
        "building",
        "centre",
        "dealer",
        "entrance",
        "hall",
        "house",
        "office",
        "place",
        "platform",
        "school",
        "shop",
    }
    | {"station", "stop", "store", "track"}
)
"""Nouns whose modifier makes them another thing: a tea shop is no gift shop."""
STREETS = frozenset({"street", "road", "avenue", "lane"})
_COURSE_OF_ROAD = re.compile(
    r"^(?:(?:the )?(?:street|road|path|lane|way) (?:comes|goes|runs|leads|ends|bends|forks)\b|"
    r"(?:cross|follow|take|(?:go|walk) (?:down|up)) (?:the|this|that) (?:street|road|path)$)",
    re.IGNORECASE,
)
_PLACES = frozenset({"corner", "area", "place", "block", "house", "building", *STREETS})
"""Nouns for where something is, and of what is everywhere."""
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
_NAMED = re.compile(r"[Cc]orner of (?:the )?[A-ZÀ-Þ]")
_LOCATION_WORDS = frozenset(
    {"arm", "arms", "direction", "distance", "hand", "reach", "walk", "within"}
    | set(WORD.findall("second third fourth fifth sixth seventh eighth ninth tenth cross"))
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
        "gate": "boom lift lock",
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
        "street": "play",
        "block": "concrete",
        "column": "advertising",
        "circle": "turning",
    }.items()
    for word in words.split()
)
"""Noun and modifier that together name another thing than the noun alone: a car park is no park."""

ADJECTIVES = (
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

_OTHER_WORDS = {
    "center": "centre",
    "harbor": "harbour",
    "theater": "theatre",
}
"""Nouns that the table of kinds has in another spelling or by another word."""


@dataclass(frozen=True, slots=True)
class HeadNoun:
    """A noun in the singular and the words before it (`modifiers`).

    `words` are both as written. `continues`: the phrase has words after the noun. `place` are those
    that say where the thing is: "West 43rd" in "bank on West 43rd".
    """

    noun: str
    modifiers: frozenset[str]
    words: frozenset[str]
    continues: bool = False
    place: frozenset[str] = frozenset()


def singular(word: str) -> str:
    """A folded noun in the singular, in the British spelling of the table of kinds."""
    word = _OTHER_WORDS.get(word.removesuffix("s"), word)
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) or len(word) < 4 else word.removesuffix("s")


def without_distance(phrase: str) -> str:
    """A phrase without its distance: "a pub 30 m from here" → "a pub"."""
    return _DISTANCE.sub(" ", phrase)


@lru_cache(maxsize=4096)
def is_location_only(phrase: str) -> bool:
    """Whether a phrase says where something is and not what: "on the left-hand side"."""
    if _PLACE_OF_ROAD.match(phrase) or _COURSE_OF_ROAD.match(phrase):
        return True
    return says_no_thing(phrase)


def says_no_thing(phrase: str) -> bool:
    """Whether a phrase has only words for places and directions: "some way off", "west side"."""
    words = WORD.findall(fold(without_distance(phrase)))
    return all(word in _DETERMINERS or word in _LOCATION_WORDS for word in words)


@lru_cache(maxsize=4096)
def parsed(text: str) -> HeadNoun | None:
    """The head of a text: the last word before a connector, known to the table of kinds or not."""
    text = text.split(" (")[0]  # "cathedral (Sé)"
    folded = _AT_CORNER.sub("", with_statues(fold(without_distance(text))))
    folded = _HYPHEN.sub("", _COLLECTIVES.sub("", folded))
    start = 0
    for cut in [*_CONNECTORS.finditer(folded), None]:
        all_words = WORD.findall(folded, start, cut.start() if cut else len(folded))
        words = [word for word in all_words if word not in _DETERMINERS]
        if words and words[-1] == all_words[-1]:
            rest = folded[cut.end() :] if cut else ""
            if words[-1] == "corner" and cut and cut.group() == "of" and not _NAMED.search(text):
                inner = parsed(rest)  # "corner of a garden" is about the garden
                if inner is not None and inner.noun in _corner_nouns():
                    return inner
            return HeadNoun(
                singular(words[-1]),
                frozenset(words[:-1]),
                frozenset(words),
                bool(_CONNECTORS.sub("", rest).strip()),
                _words_of_place(folded, cut),
            )
        start = cut.end() if cut else len(folded)
    return None


def _words_of_place(folded: str, cut: re.Match[str] | None) -> frozenset[str]:
    """The words behind the first connector that leads to a place, none after "of" or "with"."""
    if cut is None or cut.group() in _BELONGING:
        return frozenset()
    cuts = (one for one in _CONNECTORS.finditer(folded, cut.start()) if one.group() in _WHERE)
    where = next(cuts, None)
    return frozenset(words_of(folded[where.end() :])) if where else frozenset()


@cache
def _corner_nouns() -> frozenset[str]:
    """The nouns of things that have corners, without streets."""
    return frozenset(NOUNS) - STREETS - {"block", "corner", "building", "house"}


@lru_cache(maxsize=4096)
def heads_of(kind: str) -> tuple[HeadNoun, ...]:
    """The heads of a kind's names; those with words after the noun only if there are no others."""
    names = {kind, *(name.replace("~", "").replace("*", "") for name in calls(kind))}
    heads = [head for head in map(parsed, sorted(names)) if head is not None]
    return tuple([head for head in heads if not head.continues] or heads)


def _modifiers() -> dict[str, frozenset[str]]:
    """The nouns of the table of kinds, each with the modifiers that distinguish its kinds."""
    modifiers: defaultdict[str, set[str]] = defaultdict(set)
    for kind in (*SAID_KINDS, "street corner"):
        for head in heads_of(kind):
            modifiers[head.noun] |= head.modifiers - SIZES
    return {noun: frozenset(words) for noun, words in modifiers.items()}


NOUNS = _modifiers()


def noun_of_phrase(phrase: str) -> str:
    """The noun of a phrase, known to the table of kinds or not; "" for none."""
    head = parsed(phrase)
    return head.noun if head else ""


def head_of_phrase(phrase: str) -> HeadNoun | None:
    """The head of a phrase, None where the table of kinds does not know its noun."""
    head = parsed(phrase)
    if head is None:
        return None
    compound = next((word + head.noun for word in head.modifiers if word + head.noun in NOUNS), "")
    if compound:  # "book shops" are bookshops
        return replace(head, noun=compound, modifiers=frozenset())
    return head if head.noun in NOUNS else None


def matches_kind(kind: str, head: HeadNoun) -> bool:
    """Whether `head` can refer to `kind`: same noun, no nationality or compound modifier that makes
    it another thing, and at least one shared distinguishing modifier if the phrase has any."""
    of_noun = [one for one in heads_of(kind) if one.noun == head.noun]
    if not of_noun or _of_other_nation(kind, head):
        return False
    distinguishing = head.modifiers & NOUNS.get(head.noun, frozenset())
    if distinguishing and _is_of_other_use(kind, of_noun, distinguishing):
        return False
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


def _is_of_other_use(kind: str, of_noun: list[HeadNoun], distinguishing: frozenset[str]) -> bool:
    """Whether a kind with a generic noun names another use: a communications tower, which people
    may call a tower, for "water tower"."""
    own = parsed(kind)
    return (
        own is not None
        and own.noun in GENERIC_NOUNS | {"tower"}
        and bool(own.modifiers - ADJECTIVES)
        and not any(distinguishing & one.modifiers for one in of_noun)
    )


def _of_other_nation(kind: str, head: HeadNoun) -> bool:
    """Whether both state a nationality, and none that they share."""
    stated_nations, kind_nations = (
        set(NATIONS.findall(text)) for text in (" ".join(head.modifiers), kind)
    )
    return bool(stated_nations and kind_nations) and stated_nations.isdisjoint(kind_nations)


def place_of(head: HeadNoun | None) -> frozenset[str]:
    """The words that say where a thing is; none for a corner, a street and what is everywhere."""
    return head.place if head and head.noun not in _PLACES else frozenset()
