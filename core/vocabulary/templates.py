"""Texts with alternatives in brackets, one of which is drawn. Used by the description generator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.vocabulary.attributes import NUMBER_WORDS

if TYPE_CHECKING:
    import numpy as np

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")


def pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    """Draws one of several options, all equally likely."""
    return options[int(rng.integers(len(options)))]


def vary(template: str, rng: np.random.Generator) -> str:
    """Draws one alternative of each "[this|that|]" in a template, innermost first."""
    while (
        replaced := _ALTERNATIVES.sub(lambda match: pick(rng, match[1].split("|")), template)
    ) != template:
        template = replaced
    return template


def number_word(number: int, rng: np.random.Generator) -> str:
    """A small number as a word, sometimes in digits."""
    is_large = number >= len(NUMBER_WORDS)
    return str(number) if is_large or rng.random() < 0.15 else NUMBER_WORDS[number]
