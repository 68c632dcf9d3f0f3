"""Colours and sizes that a phrase states, against those in the texts of facts."""

import re
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64
from core.retrieval.channels.match_index import MatchIndex
from core.retrieval.channels.surroundings_choices import CHOICES, Choices
from core.vocabulary.attributes import COLOUR_LOOKS, LARGE, SMALL
from core.vocabulary.folding import WORD, fold

_LARGE_WORDS = LARGE | {"enormous", "massive"}
_SMALL_WORDS = SMALL | {"short", "mini"}
_LARGE, _SMALL, _LENGTHY = 1, 2, 4


def look_factors(match_index: MatchIndex, phrase: str, choices: Choices = CHOICES) -> F32:
    """The factor for each fact [F] by its colour and size and those that a phrase states; 1 where
    it states none."""
    colours = np.array(list(colour_factors(phrase, choices).values()), dtype=np.float32)
    factors: F32 = colours[_colours_of(match_index)] * _by_size(match_index, phrase, choices)
    return factors


_sizes: "WeakKeyDictionary[MatchIndex, I64]" = WeakKeyDictionary()


def _sizes_of(match_index: MatchIndex) -> I64:
    """The sizes in each fact's text [F], as the sum of `_LARGE`, `_SMALL` and `_LENGTHY`."""
    sizes = _sizes.get(match_index)
    if sizes is None:
        texts = match_index.gallery.facts.text
        rows = [_size_in(text.partition(": ")[0]) for text in texts]
        sizes = _sizes[match_index] = np.array(rows, dtype=np.int64)
    return sizes


def _size_in(text: str) -> int:
    words = set(WORD.findall(fold(text)))
    return (
        _LARGE * bool(words & _LARGE_WORDS)
        + _SMALL * bool(words & _SMALL_WORDS)
        + _LENGTHY * ("long" in words)
    )


def _by_size(match_index: MatchIndex, phrase: str, choices: Choices) -> F32:
    """The factor for each fact [F] by its size and that in the phrase; 1 where one has none."""
    sizes, stated = _sizes_of(match_index), _size_in(phrase)
    factors = np.ones(len(sizes), dtype=np.float32)
    for size, other in ((_LARGE, _SMALL), (_SMALL, _LARGE)):
        if stated & size and not stated & other:
            factors[(sizes & other) > 0] = choices.other_size
            factors[(sizes & size) > 0] = choices.same_size
    if stated & _LENGTHY:
        factors[(sizes & _LENGTHY) > 0] = choices.same_size
    return factors


_COLOUR_WORDS = tuple(COLOUR_LOOKS)


_colours: "WeakKeyDictionary[MatchIndex, I64]" = WeakKeyDictionary()


def _colours_of(match_index: MatchIndex) -> I64:
    """The colour in each fact's text [F]: a row of `_COLOUR_WORDS`, the last one + 1 for none."""
    colours = _colours.get(match_index)
    if colours is None:
        texts = match_index.gallery.facts.text
        rows = [_colour_in(text.partition(": ")[0]) for text in texts]
        colours = _colours[match_index] = np.array(rows, dtype=np.int64)
    return colours


def _colour_in(text: str) -> int:
    folded = fold(text)
    rows = [row for row, word in enumerate(_COLOUR_WORDS) if re.search(rf"\b{word}\b", folded)]
    return max(rows, key=lambda row: len(_COLOUR_WORDS[row]), default=len(_COLOUR_WORDS))


def colour_factors(phrase: str, choices: Choices = CHOICES) -> dict[str, float]:
    """The factor for facts of each colour word, and for those without one (""); 1 for each where
    the phrase has no colour."""
    words = set(WORD.findall(fold(phrase)))
    stated = [word for word in _COLOUR_WORDS if set(word.split()) <= words]
    stated += [_ALIASES[word] for word in words if word in _ALIASES]
    factors = dict.fromkeys((*_COLOUR_WORDS, ""), 1.0)
    if not stated:
        return factors
    factors[""] = choices.no_colour
    looks = frozenset[str]().union(*(COLOUR_LOOKS[word] for word in stated))
    for word in _COLOUR_WORDS:
        if word in stated:
            factors[word] = choices.same_colour
        elif not looks & COLOUR_LOOKS[word]:
            factors[word] = choices.other_colour
    return factors


_ALIASES = {
    "reddish": "red",
    "greenish": "green",
    "bluish": "blue",
    "brownish": "brown",
    "silver": "light grey",
    "pale": "light grey",
    "slate": "dark grey",
    "dark": "dark grey",
    "terracotta": "orange",
    "clay": "orange",
    "rapeseed": "yellow",
}
