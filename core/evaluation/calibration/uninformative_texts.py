"""Uninformative and contradictory texts, as negative examples for the calibration."""

import re
from collections.abc import Callable, Sequence

import numpy as np

from core.describe.simulate.noise import ending, fragment, greeting, remarks
from core.vocabulary.folding import words_of


def uninformative_text(text: str, rng: np.random.Generator) -> str:
    """A random text without location content.

    Shuffled letters of words of `text`, small talk, or a greeting, each with probability 1/3.
    """
    kind = int(rng.integers(3))
    if kind == 0:
        words = text.split()[: int(rng.integers(2, 20))]
        return " ".join("".join(rng.permutation(list(word)).tolist()) for word in words)
    if kind == 1:
        return " ".join([*remarks(rng, int(rng.integers(1, 5))), ending(rng)])
    return greeting(rng) + fragment(rng)


_NAMES = re.compile(r"(?<![.!?:;\n]\s)(?<!^)\b[^\W\d_a-z][\w'’]{2,}(?:[ -][^\W\d_a-z][\w'’]+){0,3}")
"""One to four words with capitals that do not begin a sentence."""
_TRIES, _MOST_FOREIGN = 40, 3


def contradictory_text(
    text: str, foreign: Sequence[str], is_known: Callable[[str], bool], rng: np.random.Generator
) -> str:
    """A text that goes on with one to three names from foreign texts, "" where there are none.

    `is_known` tells whether a folded word is part of a name of the text's own town; each of the
    names has a word that is not.
    """
    names: list[str] = []
    for _ in range(_TRIES):
        found = _NAMES.findall(foreign[int(rng.integers(len(foreign)))])
        names += [name for name in found[:1] if not all(map(is_known, words_of(name)))]
    names = list(dict.fromkeys(names))[: int(rng.integers(1, _MOST_FOREIGN + 1))]
    return ", ".join([text.strip().rstrip("."), *names]) if names else ""
