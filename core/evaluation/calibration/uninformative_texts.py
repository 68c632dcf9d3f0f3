"""Uninformative texts, as negative examples for the calibration."""

import numpy as np

from core.describe.simulate.noise import ending, fragment, greeting, remarks


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
