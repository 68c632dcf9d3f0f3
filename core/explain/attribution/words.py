"""The words of a text by their offsets, in any script, and what tokens say, told by words."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np

from core.arrays import F32

Span = tuple[int, int]

_WORD = re.compile("HM*|S[SM]*|W[WM]*(?:'W[WM]*)*")
"""Over the signs of `_sign_of`: an ideograph, a run of symbols, letters with inner apostrophes."""
_JOINERS: Final = "\u200c\u200d"
_APOSTROPHES: Final = "'\u2019"
_IDEOGRAPH = "CJK UNIFIED"


def words_in(text: str) -> list[Span]:
    """Where the words begin and end. Symbols such as emoji are words, punctuation is none; scripts
    without spaces have a word for each ideograph."""
    signs = "".join(map(_sign_of, text))
    return [found.span() for found in _WORD.finditer(signs)]


def _sign_of(letter: str) -> str:
    if letter in _JOINERS:
        return "M"
    if letter in _APOSTROPHES:
        return "'"
    sign = unicodedata.category(letter)[0]
    if sign in "LN":
        return "H" if unicodedata.name(letter, "").startswith(_IDEOGRAPH) else "W"
    return sign if sign in "MS" else " "


def told_by_words(words: Sequence[Span], tokens: Sequence[Span], values: F32) -> F32:
    """What T tokens say [N, T] summed by W words [N, W].

    A token across several words is split by their letters; one that touches no word is left out.
    """
    shares = np.zeros((len(tokens), len(words)), np.float32)
    if not words:
        return values @ shares
    begins, ends = np.array(words).T
    for row, (begin, end) in enumerate(tokens):
        shared = np.clip(np.minimum(ends, end) - np.maximum(begins, begin), 0, None)
        shares[row] = shared / max(1, shared.sum())
    return values @ shares
