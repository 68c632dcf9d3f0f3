"""The main thing of a photograph: a castle, a church, a fountain, by ImageNet's classes.

A network tells a thousand classes apart; some are things that maps have. Classes of one thing are
added up: a vault, an altar and a bell cote belong to churches. A thing is named if it is likelier
than everything else together. Where several classes of a sort share that, the sort is named.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from core.arrays import F32
from core.describe.streetview.scene import Box, SeenThing

if TYPE_CHECKING:
    from PIL import Image

_LEAST: Final = 0.5
"""Likelier than not: not chosen on photographs."""
_WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


class Classifier(Protocol):
    """A network over ImageNet's classes."""

    def probabilities(self, picture: "Image.Image") -> F32:
        """Probabilities [1000]."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A thing, in words of the table of kinds where it has them, and its classes in ImageNet."""

    noun: str
    classes: tuple[int, ...]


LANDMARKS: Final = (
    Landmark("church", (497, 442, 884, 406)),  # with bell cote, vault and altar
    Landmark("castle", (483,)),
    Landmark("palace", (698,)),
    Landmark("monastery", (663,)),
    Landmark("mosque", (668,)),
    Landmark("temple", (832,)),
    Landmark("lighthouse", (437,)),
    Landmark("water tower", (900,)),
    Landmark("fountain", (562,)),
    Landmark("obelisk", (682,)),
    Landmark("triumphal arch", (873,)),
    Landmark("bridge", (821, 839, 888)),  # arch, suspension, viaduct
    Landmark("statue", (708,)),  # pedestal
    Landmark("barn", (425,)),
    Landmark("boathouse", (449,)),
    Landmark("greenhouse", (580,)),
    Landmark("dam", (525,)),
    Landmark("pier", (718,)),
    Landmark("lake", (975,)),
    Landmark("beach", (978,)),
    Landmark("petrol station", (571,)),
    Landmark("library", (624,)),
    Landmark("bakery", (415,)),
    Landmark("hairdresser", (424,)),
    Landmark("bookshop", (454,)),
    Landmark("butcher", (467,)),
    Landmark("cinema", (498,)),
    Landmark("sweet shop", (509,)),
    Landmark("supermarket", (582,)),
    Landmark("restaurant", (762,)),
    Landmark("shoe shop", (788,)),
    Landmark("tobacconist", (860,)),
    Landmark("toy shop", (865,)),
)
SORTS: Final = (
    Landmark("tower", (437, 900, 442, 483, 682, 668)),
    Landmark("historic building", (497, 442, 884, 406, 483, 698, 663, 668, 832, 873)),
)
"""What several landmarks are, the narrower first."""


def landmarks_of(picture: "Image.Image", network: Classifier) -> tuple[SeenThing, ...]:
    """The main thing of a picture, which fills it, or nothing."""
    probabilities = network.probabilities(picture)
    for table in (LANDMARKS, SORTS):
        for landmark in table:
            share = float(probabilities[list(landmark.classes)].sum())
            if share >= _LEAST:
                return (SeenThing(landmark.noun, share, _WHOLE),)
    return ()
