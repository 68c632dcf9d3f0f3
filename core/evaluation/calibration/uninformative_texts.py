"""Texts that tell nothing of a place, to learn what search makes of them; knows words, no maps."""

import numpy as np

from core.describe.simulate.noise import ending, fragment, greeting, remarks


def uninformative_text(text: str, rng: np.random.Generator) -> str:
    """As long as it likes: some words of `text` with their letters mixed, or remarks about
    weather and passers-by, or a greeting."""
    kind = int(rng.integers(3))
    if kind == 0:
        words = text.split()[: int(rng.integers(2, 20))]
        return " ".join("".join(rng.permutation(list(word)).tolist()) for word in words)
    if kind == 1:
        return " ".join([*remarks(rng, int(rng.integers(1, 5))), ending(rng)])
    return greeting(rng) + fragment(rng)
