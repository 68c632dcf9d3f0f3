"""Words for positions: sides, compass directions, distances.

All but `BEARINGS` is shared with the description generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.vocabulary.templates import number_word, vary

if TYPE_CHECKING:
    import numpy as np

BEARINGS: Mapping[str, float] = {
    "north": 0.0,
    "northeast": 45.0,
    "east": 90.0,
    "southeast": 135.0,
    "south": 180.0,
    "southwest": 225.0,
    "west": 270.0,
    "northwest": 315.0,
}
"""Compass words as people type them → degrees."""

SIDES = (
    "[straight ahead|ahead of {me}|in front of {me}|up ahead|ahead|directly in front]",
    "[ahead on the right|ahead to the right|diagonally ahead on {my} right|front right]",
    "[on {my} right|to {my} right|on the right|on the right-hand side|to the right]",
    "[behind {me} on the right|back to the right|behind {me} to the right]",
    "[behind {me}|at {my} back|just behind {me}|back behind {me}]",
    "[behind {me} on the left|back to the left|behind {me} to the left]",
    "[on {my} left|to {my} left|on the left|on the left-hand side|to the left]",
    "[ahead on the left|ahead to the left|diagonally ahead on {my} left|front left]",
)
"""Clockwise from straight ahead, an eighth of a turn each."""

COMPASS = (
    "[to the {0}|{0} of {me}|on the {0} side|towards the {0}|to {my} {0}|in the {0}|"
    "to the {0} of {me}]"
)
ACROSS = (
    "[across the street|on the other side of the street|opposite|over the road|"
    "on the far side of the road|across the road]"
)
THIS_SIDE = "[on {my} side of the street|on this side|on this side of the road]"

_VAGUE: tuple[tuple[float, str], ...] = (
    (9, "[right next to {me}|right beside {me}|right here|just here|within arm's reach]"),
    (22, "[close by|just a few steps away|very near|a few steps off|close to {me}|near {me}]"),
    (45, "[nearby|a bit further|a little way off|not far off|a short distance away]"),
    (90, "[further along|a short walk away|some way off|further away|not too far away]"),
    (1e9, "[in the distance|quite far off|a good way off|further off]"),
)
_NUMBERS: Mapping[int, str] = {
    15: "fifteen",
    20: "twenty",
    25: "twenty-five",
    30: "thirty",
    40: "forty",
    50: "fifty",
    60: "sixty",
    100: "a hundred",
}


def side_of(bearing_deg: float, heading_deg: float) -> int:
    """Side of a bearing, seen along a heading, in eighths: 0 ahead, 2 right, 4 behind, 6 left."""
    return round(((bearing_deg - heading_deg) % 360) / 45) % 8


def quarter_of(bearing_deg: float, heading_deg: float) -> int:
    """As `side_of`, to a quarter of a turn: 0, 2, 4 or 6."""
    return 2 * (round(((bearing_deg - heading_deg) % 360) / 90) % 4)


def vague_step(distance_m: float) -> int:
    """Number of the vague distance, 0 for the nearest."""
    return next(step for step, (most, _) in enumerate(_VAGUE) if distance_m <= most)


def vaguely(distance_m: float) -> str:
    """A template of words for a distance, without a number."""
    return _VAGUE[vague_step(distance_m)][1]


def in_metres(distance_m: float, rng: np.random.Generator, careful: bool) -> str:
    """A distance as a person guesses it, to 5 or 10 metres; if not `careful`, with an error."""
    guess = distance_m if careful else distance_m * float(rng.uniform(0.75, 1.3))
    step = 10 if guess > 25 else 5
    metres = max(step, round(guess / step) * step)
    word = number_word(metres, rng) if metres <= 12 else _NUMBERS.get(metres, "")
    number = word if word and rng.random() < 0.5 else str(metres)
    return (
        vary("[about|around|some|maybe|roughly] ", rng)
        + number
        + vary(" [metres|metres|meters|m|steps] [away|off|from here]", rng)
    )
