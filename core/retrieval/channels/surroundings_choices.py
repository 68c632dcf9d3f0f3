"""The constants of the signal `surroundings`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """Constants of the signal. Tried on the 40 descriptions of Pardubice in `aerial/`, where none
    of them made a difference that so few texts could show.

    `here_m` is the reach of the first thing of a description, where people say where they stand;
    `reach_m` that of the others, and `directed_m` of those with a direction. `most_loss` is the
    most that a missing thing costs. `usual_share` is the share of typical phrases' gain that a tile
    loses. Of 0.25, 0.5, 0.75 and 1, the first three were alike on 116 descriptions of both towns,
    and better than none.

    The others were chosen on 72 descriptions of both towns that were written for it: what is left
    of a thing that lies `opposite` to a direction and the power at which it falls until there
    (`turn`; both are softer where the direction was said of another thing before), `directed_m`
    (of 65, 80, 100 and 130), the factors for a thing of another or of the same size, and the share
    that a tile has from those `near_m` around it.
    """

    base: float = 0.45
    least_share: float = 0.5
    sharpness: float = 2.0
    reach_m: float = 65.0
    directed_m: float = 100.0
    here_m: float = 20.0
    floor: float = 0.1
    most_loss: float = 0.5
    sure_from: float = 0.45
    sure_over: float = 0.35
    opposite: float = 0.15
    turn: float = 2.0
    held_opposite: float = 0.3
    held_turn: float = 1.0
    other_size: float = 0.6
    same_size: float = 1.15
    near_m: float = 50.0
    near_share: float = 0.3
    other_colour: float = 0.5
    no_colour: float = 0.85
    same_colour: float = 1.12
    usual_share: float = 0.4


CHOICES = Choices()
