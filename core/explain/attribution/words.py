"""The words of a text by their offsets, in any script, and token values summed by word."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np

from core.arrays import F32

Span = tuple[int, int]

_WORD = re.compile("HM*|S[SM]*|W[WM]*(?:'W[WM]*)*")
"""Pattern over `_class_of`: an ideograph, a run of symbols, letters with inner apostrophes."""
_JOINERS: Final = "\u200c\u200d"
_APOSTROPHES: Final = "'\u2019"
_IDEOGRAPH = "CJK UNIFIED"


def words_in(text: str) -> list[Span]:
    """Start and end of each word. Symbols such as emoji are words, punctuation is not; each
    ideograph is a word of its own."""
    classes = "".join(map(_class_of, text))
    return [word.span() for word in _WORD.finditer(classes)]


def _class_of(letter: str) -> str:
    if letter in _JOINERS:
        return "M"
    if letter in _APOSTROPHES:
        return "'"
    category = unicodedata.category(letter)[0]
    if category in "LN":
        return "H" if unicodedata.name(letter, "").startswith(_IDEOGRAPH) else "W"
    return category if category in "MS" else " "


def sum_by_word(words: Sequence[Span], tokens: Sequence[Span], values: F32) -> F32:
    """Values [N, T] of T tokens summed by word: [N, W].

    A token across several words is split by their letters; one that touches no word is dropped.
    """
    shares = np.zeros((len(tokens), len(words)), np.float32)
    if not words:
        return values @ shares
    begins, ends = np.array(words).T
    for row, (begin, end) in enumerate(tokens):
        overlap = np.clip(np.minimum(ends, end) - np.maximum(begins, begin), 0, None)
        shares[row] = overlap / max(1, overlap.sum())
    return values @ shares
