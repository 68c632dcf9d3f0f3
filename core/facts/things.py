"""Things with a shape, and the fact that each gives."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import Objects

View = Literal["", "outline", "photograph"]
FactKey = tuple[str, ...]
"""The text of a fact and its names."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact without its position; the fields are the columns of `Facts.table`.

    `view` is "" for what the map's tags say, "outline" for the shape of things on the map as it
    looks from above, and "photograph" for what an aerial photograph shows.
    """

    text: str
    kind: str
    names: list[str]
    synonyms: str = ""
    spoken: bool = True
    view: View = ""

    @property
    def key(self) -> FactKey:
        """What two things must have in common to share a fact."""
        return (self.text, *self.names)


@dataclass(frozen=True, slots=True)
class Things:
    """T shapes in metres, and the fact of each."""

    shapes: Objects
    facts: list[Fact]


def joined(*parts: Things) -> Things:
    """Several lists of things as one."""
    return Things(
        np.concatenate([part.shapes for part in parts]),
        [fact for part in parts for fact in part.facts],
    )
