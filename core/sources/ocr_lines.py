"""A line of text in a picture; apart from the networks that read it, which are heavy to load."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of text with its score, 0..1, and its place in the picture, which is 1 × 1.

    `x`, `y` is the middle of its box, `height` the height of its letters, as a share of the
    picture's height, and `width` its length, as a share of the picture's width. `turn_deg` is its
    rotation clockwise from the horizontal, -45 to 135: the engine reads a line upside down as well
    and does not tell.
    """

    text: str
    score: float
    x: float
    y: float
    width: float
    height: float
    turn_deg: float
