"""Whether a kind of thing fits the noun of a phrase and its modifiers, or is another thing."""

import re
from functools import cache, lru_cache

from core.retrieval.head_nouns import (
    ADJECTIVES,
    GENERIC_NOUNS,
    NOUNS,
    STREETS,
    HeadNoun,
    heads_of,
    matches_kind,
    parsed,
    singular,
)
from core.vocabulary.attributes import LARGE, NATIONS, SMALL
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import WORD, fold
from core.vocabulary.kinds import SAID_KINDS, are_akin, calls, has_trait

_MINOR, _MAJOR = frozenset({"minor", "back", "side"}), frozenset({"main", "major", "busy"})
_MAIN_KINDS = frozenset({"main", "trunk", "motorway", "multi", "wide"})
_SMALL_KINDS = frozenset({"residential", "service", "minor", "living", "pedestrian", "farm"})
"""Words of streets of a rank: in a phrase, and in the kinds of the map."""
_WITHOUT_CARS = frozenset({"pedestrian", "footpath", "foot", "path", "living", "steps"})
_INDOORS = frozenset({"building", "hall", "office", "school", "shop", "store"})
_BUILT = frozenset({"tower", "restaurant", "complex", "grounds", "campus"})
_SHOPS = frozenset({"shop", "store", "dealer"})
_PEOPLE = frozenset(
    WORD.findall("tourist student kid child people man woman worker driver visitor resident")
)
_RENTING = re.compile(r"\b(?:rent|rents|rented|hire|hired|rental)\b", re.IGNORECASE)
_RENTED = re.compile(r"\b(?:rental|sharing|hire)\b")
"""What people do with a thing, and the kinds of things with which they can: "rent some bikes"."""


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
    return words - ADJECTIVES


def may_lack_modifier(head: HeadNoun) -> bool:
    """Whether any kind can lack a modifier of a head, see `lacks_modifier`."""
    return head.noun in STREETS or head.noun in GENERIC_NOUNS


def lacks_modifier(kind: str, head: HeadNoun) -> bool:
    """Whether a generic noun is modified by a word of other kinds that this kind lacks: a building
    for "university building", a forest track for "railway tracks". An uncommon word before "shop"
    tells what it sells, whether the table of kinds knows it or not: "houseware shop"."""
    if head.noun in STREETS:
        return _is_of_other_rank(kind, head)
    if head.noun not in GENERIC_NOUNS:
        return False
    if head.noun in _INDOORS and has_trait(kind, "way"):
        return True
    stated = {singular(word) for word in head.modifiers} & _kind_words()
    if head.noun in _SHOPS and not stated & _words_of_kind(kind):
        stated |= {word for word in head.modifiers - ADJECTIVES if not is_common(word)}
    return bool(stated - _words_of_kind(kind))


def _is_of_other_rank(kind: str, head: HeadNoun) -> bool:
    """Whether a street is said to be small and the map has a main road, or the other way round."""
    words = set(WORD.findall(fold(kind)))
    if "pedestrian" in head.modifiers and not words & _WITHOUT_CARS:
        return True
    if head.modifiers & (SMALL | _MINOR) and not head.modifiers & (LARGE | _MAJOR):
        return bool(words & _MAIN_KINDS)
    return bool(head.modifiers & (LARGE | _MAJOR) and words & _SMALL_KINDS)


def may_have_other_noun(phrase: str) -> bool:
    """Whether any kind can be of another noun than a phrase, see `has_other_noun`."""
    head = parsed(phrase)
    if _RENTING.search(phrase):
        return True
    return head is not None and (head.noun in _PEOPLE or bool(head.modifiers))


def has_other_noun(kind: str, phrase: str) -> bool:
    """Whether a phrase with an unknown noun is about people, about a part of a kind ("stone front"
    of a stone), or about renting what a kind does not rent out."""
    head = parsed(phrase)
    if _RENTING.search(phrase) and not _RENTED.search(kind):
        return True
    return head is not None and (
        head.noun in _PEOPLE or any(one.noun in head.modifiers for one in heads_of(kind))
    )


def may_lack_nation(head: HeadNoun) -> bool:
    """Whether any kind can lack the nation of a head, see `lacks_nation`."""
    if head.noun == "restaurant" and head.modifiers & NOUNS["restaurant"]:
        return True
    return bool(NATIONS.search(" ".join(head.modifiers)))


def lacks_nation(kind: str, head: HeadNoun) -> bool:
    """Whether a phrase states a nation, a faith or a sort of restaurant of which a kind says
    nothing: a restaurant for "mexican restaurant"."""
    if head.noun == "restaurant" and head.modifiers & NOUNS["restaurant"]:
        return not head.modifiers & _words_of_kind(kind)
    return bool(NATIONS.search(" ".join(head.modifiers))) and not NATIONS.search(kind)


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
    return noun in GENERIC_NOUNS or noun in ("block", "house")


def is_false_friend(kind: str, head: HeadNoun) -> bool:
    """Whether a kind has the head's noun, or that noun + "ing", but is another thing.

    A car park for "park", a petrol station for "railway station", parking for "park".
    """
    nouns = {kind_head.noun for kind_head in heads_of(kind)}
    return f"{head.noun}ing" in nouns or (head.noun in nouns and not matches_kind(kind, head))


def is_part_of(kind: str, head: HeadNoun) -> bool:
    """Whether the kind's noun is a modifier of the head: a hotel, for "hotel tower"."""
    return any(kind_head.noun in head.modifiers for kind_head in heads_of(kind))


def shares_modifier_only(kind: str, head: HeadNoun) -> bool:
    """Whether a kind is another thing of the same use or place: tram tracks for "tram stop",
    a cemetery for "cemetery wall". A building may be called by its use: "hotel tower"."""
    own = heads_of(kind)
    if any(one.noun == head.noun or are_akin(head.noun, kind) for one in own):
        return False
    if is_part_of(kind, head):
        return not (is_vague(head.noun) or head.noun in _BUILT)
    return any(one.modifiers & head.modifiers - ADJECTIVES for one in own)


@lru_cache(maxsize=4096)
def _sizes(text: str) -> frozenset[str]:
    """The words of a text for a small or large thing."""
    return (SMALL | LARGE).intersection(WORD.findall(fold(text)))


def has_size(phrase: str) -> bool:
    """Whether a phrase has a word for a small or large thing."""
    return bool(_sizes(phrase))


def is_of_other_size(phrase: str, fact: str) -> bool:
    """Whether one of the two is described as small and the other as large."""
    words = [_sizes(text.partition(": ")[0]) for text in (phrase, fact)]
    return any(
        words[row] & SMALL and words[1 - row] & LARGE and not words[row] & LARGE for row in (0, 1)
    )
