"""The main thing of a photograph, by classes and by sorts of them."""

import numpy as np
import pytest
from PIL import Image

from core.arrays import F32
from core.describe.streetview.landmarks import LANDMARKS, SORTS, landmarks_of
from core.describe.streetview.scene import Scene, Segments
from core.describe.streetview.sentences import described_by_rules
from core.vocabulary.kinds import KINDS

CHURCH, VAULT, CASTLE, LIGHTHOUSE, PALACE = 497, 884, 483, 437, 698
PICTURE = Image.new("RGB", (64, 48), "grey")


class Fixed:
    """A network that always sees the same."""

    def __init__(self, shares: dict[int, float]) -> None:
        self.shares = shares

    def probabilities(self, _: Image.Image) -> F32:
        found = np.zeros(1000, dtype=np.float32)
        for number, share in self.shares.items():
            found[number] = share
        return found


@pytest.mark.parametrize(
    ("shares", "noun"),
    [
        ({CASTLE: 0.7, PALACE: 0.2}, "castle"),
        ({CHURCH: 0.3, VAULT: 0.3}, "church"),
        ({LIGHTHOUSE: 0.3, CASTLE: 0.3}, "tower"),
        ({CHURCH: 0.3, PALACE: 0.3}, "historic building"),
        ({CASTLE: 0.4, 1: 0.6}, ""),
    ],
)
def test_a_thing_is_named_if_it_is_likelier_than_all_else(
    shares: dict[int, float], noun: str
) -> None:
    assert [thing.noun for thing in landmarks_of(PICTURE, Fixed(shares))] == [noun] * bool(noun)


def test_a_castle_is_also_called_what_maps_call_it() -> None:
    things = landmarks_of(PICTURE, Fixed({CASTLE: 0.9}))
    shares = {"sky": 0.5, "vegetation": 0.0, "road": 0.0, "facade": 0.5}
    text = described_by_rules([Scene((), Segments(shares, "classical", things=things))])
    assert text == "Ahead I see a castle, a historic building."


def test_nouns_are_those_of_the_map_and_no_class_belongs_to_two_things() -> None:
    strange = {one.noun for one in (*LANDMARKS, *SORTS)} - KINDS.keys()
    assert strange == {"triumphal arch"}
    classes = [number for one in LANDMARKS for number in one.classes]
    assert len(classes) == len(set(classes))
    assert 0 <= min(classes) <= max(classes) < 1000
