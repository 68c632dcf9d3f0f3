"""Styles of descriptions: names, length, care, orientation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

Length = Literal["short", "medium", "long"]
Care = Literal["careful", "sloppy"]
Orientation = Literal["heading", "compass", "relative", "none"]
LENGTHS: tuple[Length, ...] = ("short", "medium", "long")
CARES: tuple[Care, ...] = ("careful", "sloppy")
ORIENTATIONS: tuple[Orientation, ...] = ("heading", "compass", "relative", "none")

WORDS: Mapping[Length, tuple[int, int]] = {
    "short": (10, 30),
    "medium": (40, 80),
    "long": (100, 180),
}
"""Least and most words of a careful text, if the scene has enough to mention."""


@dataclass(frozen=True, slots=True)
class Style:
    """The style of a text. `orientation`: `heading` gives the compass heading and then left and
    right, `compass` compass directions only, `relative` left and right without a heading, `none`
    no direction."""

    names: bool
    length: Length
    care: Care
    orientation: Orientation

    @classmethod
    def random(cls, rng: np.random.Generator, names: bool | None = None) -> "Style":
        """Draws a style; half of the texts give directions that can be placed on a map."""
        return cls(
            names=bool(rng.random() < 0.4) if names is None else names,
            length=cast(Length, str(rng.choice(LENGTHS, p=(0.35, 0.4, 0.25)))),
            care=cast(Care, str(rng.choice(CARES, p=(0.6, 0.4)))),
            orientation=cast(Orientation, str(rng.choice(ORIENTATIONS, p=(0.3, 0.22, 0.23, 0.25)))),
        )
