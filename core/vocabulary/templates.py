"""Texts with alternatives in brackets, one of which is drawn. Shared with the program that writes
descriptions."""

import re
from collections.abc import Sequence

import numpy as np

from core.vocabulary.attributes import NUMBER_WORDS

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")


def pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    """One of several, each as likely."""
    return options[int(rng.integers(len(options)))]


def vary(template: str, rng: np.random.Generator) -> str:
    """A template with one alternative taken from each "[this|that|]", innermost first."""
    while (
        replaced := _ALTERNATIVES.sub(lambda match: pick(rng, match[1].split("|")), template)
    ) != template:
        template = replaced
    return template


def number_word(number: int, rng: np.random.Generator) -> str:
    """A small number as a word, now and then in digits."""
    is_large = number >= len(NUMBER_WORDS)
    return str(number) if is_large or rng.random() < 0.15 else NUMBER_WORDS[number]
