"""What a phrase is about: its head noun, and whether a kind of thing goes by that noun.

"A small church in a park" is about a church, and neither a park nor a car park is one. Knows the
lexicon's nouns only; of other phrases it says nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.describe.lexicon import KINDS, calls
from core.names import fold

_WORD = re.compile(r"[a-z0-9]+")
_JOINT = re.compile(
    r"\b(?:above|across|along|and|are|around|at|before|behind|below|beneath|beside|between|but|by|"
    r"called|come|comes|cross|crosses|down|facing|for|from|full|go|goes|going|had|has|have|here|i|"
    r"in|inside|into|is|leading|like|made|meet|meets|named|near|nearby|next|of|off|on|opposite|or|"
    r"out|outside|over|pass|passes|past|paved|round|run|running|runs|sit|sits|so|stand|standing|"
    r"stands|than|that|there|through|to|towards|turn|turns|under|up|was|were|where|which|who|"
    r"whose|with|without)\b"
)
_MANY = re.compile(
    r"\b(?:row|group|set|lot|couple|pair|kind|sort|line|bunch|flight|bit|piece)s? of "
)
_APART = frozenset({
    ("park", "car"), ("park", "caravan"), ("park", "water"), ("park", "business"),
    ("station", "charging"), ("station", "petrol"), ("station", "filling"), ("garden", "beer"),
    ("court", "food"), ("wall", "climbing"), ("house", "steak"), ("machine", "ticket"),
    ("island", "traffic"), ("school", "driving"), ("bar", "snack"), ("slide", "water"),
})  # fmt: skip
"""Modifiers that make another thing of a noun, so that the bare noun does not mean it."""

_SIZES = frozenset({"a", "an", "big", "broad", "huge", "large", "little", "main", "major", "minor",
                    "ordinary", "small", "tall", "tiny", "wide"})  # fmt: skip

_SPELT = {"center": "centre", "theater": "theatre", "harbor": "harbour"}


@dataclass(frozen=True, slots=True)
class Head:
    """A noun in the singular, the words before it, and whether more is said after it. `words` are
    both as they were said."""

    noun: str
    before: frozenset[str]
    words: frozenset[str]
    goes_on: bool = False


def _singular(word: str) -> str:
    word = _SPELT.get(word.removesuffix("s"), word)
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) or len(word) < 4 else word.removesuffix("s")


def _parsed(text: str) -> Head | None:
    """The last word before anything that goes on from the noun, whatever word that is."""
    said = _MANY.sub("", fold(text).strip())
    start, *more = _JOINT.split(said, maxsplit=1)
    words = _WORD.findall(start)
    if not words:
        return None
    return Head(_singular(words[-1]), frozenset(words[:-1]), frozenset(words), bool(more))


def _parts(kind: str) -> Iterable[Head]:
    """How a kind may be called; what says more after the noun only where nothing else does."""
    said = {kind, *(each.replace("~", "").replace("*", "") for each in calls(kind))}
    heads = [head for head in map(_parsed, sorted(said)) if head is not None]
    return [head for head in heads if not head.goes_on] or heads


def _modifiers() -> dict[str, frozenset[str]]:
    """The nouns of the lexicon, and for each the words that tell its kinds apart."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind in KINDS:
        for head in _parts(kind):
            found[head.noun] |= head.before - _SIZES
    return {noun: frozenset(words) for noun, words in found.items()}


_NOUNS = _modifiers()


def head_of(phrase: str) -> Head | None:
    """The head of a phrase, None where the lexicon does not know its noun."""
    found = _parsed(phrase)
    return found if found is not None and found.noun in _NOUNS else None


@lru_cache(maxsize=4096)
def _heads_of(kind: str) -> tuple[Head, ...]:
    return tuple(_parts(kind))


def is_called(kind: str, head: Head) -> bool:
    """Whether a thing of a kind goes by a head: its noun, and of the words that tell such things
    apart one that fits."""
    telling = head.before & _NOUNS.get(head.noun, frozenset())
    return not is_another(kind, head) and any(
        one.noun == head.noun and (not telling or not one.before or bool(telling & one.before))
        for one in _heads_of(kind)
    )


def is_another(kind: str, head: Head) -> bool:
    """Whether a kind has the noun of a head and is another thing: no car park is a park, and
    neither is parking."""
    heads = _heads_of(kind)
    return any(one.noun == f"{head.noun}ing" for one in heads) or any(
        one.noun == head.noun and (one.noun, word) in _APART and word not in head.before
        for one in heads for word in one.before
    )
