"""Networks in a process of their own: the same answers, and limits."""

import pytest
from PIL import Image

from core.describe.streetview import PhotoError
from core.describe.streetview.networks import NetworkLimits, OutsideNetworks
from core.describe.streetview.signs import read_signs
from core.models.scene import SceneNetwork
from core.sources.ocr import PictureReader


def test_signs_and_classes_are_those_of_the_networks_inside(
    street: Image.Image, reader: PictureReader
) -> None:
    with OutsideNetworks() as networks:
        assert read_signs(street, networks) == read_signs(street, reader)
        inside = SceneNetwork(threads=1).probabilities(street)
        assert networks.probabilities(street) == pytest.approx(inside, abs=1e-5)


def test_a_photo_that_takes_too_much_is_told_in_one_line(street: Image.Image) -> None:
    with pytest.raises(PhotoError, match="too much writing"):
        read_often(street, NetworkLimits(cpu_s=1))


def read_often(street: Image.Image, limits: NetworkLimits) -> None:
    with OutsideNetworks(limits) as networks:
        for _ in range(100):
            networks.located_lines(street, 0.7)
