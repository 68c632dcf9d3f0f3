"""Views out of an equirectangular panorama."""

import numpy as np
import pytest
from PIL import Image

from core.describe.streetview.panorama import is_equirectangular, views_of

COLOURS = {
    "ahead": (200, 40, 40),
    "right": (40, 180, 40),
    "behind": (40, 40, 200),
    "left": (220, 200, 40),
}


def panorama(width: int = 1024) -> Image.Image:
    """A quarter of each colour; the middle is ahead, and behind is at both edges."""
    pixels = np.zeros((width // 2, width, 3), dtype=np.uint8)
    for column in range(width):
        turn = (column / width * 360 + 225) % 360
        pixels[:, column] = COLOURS[list(COLOURS)[int(turn // 90)]]
    return Image.fromarray(pixels)


def test_each_view_looks_in_its_direction() -> None:
    views = views_of(panorama())
    assert [view.direction for view in views] == list(COLOURS)
    for view in views:
        assert view.picture.size == (256, 256)
        middle = np.asarray(view.picture)[96:160, 96:160].reshape(-1, 3)
        assert np.abs(middle.mean(axis=0) - COLOURS[view.direction]).max() < 6


def test_an_upright_edge_stays_straight_and_heights_are_as_seen() -> None:
    pixels = np.full((512, 1024, 3), 255, dtype=np.uint8)
    pixels[:, 560:564] = 0  # 18 degrees to the right of ahead
    pixels[128:132, :] = 0  # 45 degrees up
    (ahead, *_) = views_of(Image.fromarray(pixels))
    dark = np.asarray(ahead.picture.convert("L")) < 128
    columns = [int(np.flatnonzero(dark[row, 150:230]).mean()) + 150 for row in (100, 180, 240)]
    expected = 128 * (1 + np.tan(np.radians((562 - 512) / 1024 * 360)))
    assert columns == pytest.approx([expected] * 3, abs=1.5)
    # a line at one height above the horizon is a curve, at the top edge straight ahead
    assert dark[:3, 120:136].any()


def test_only_a_picture_whose_edges_meet_is_a_panorama() -> None:
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 255, (8, 16, 3), dtype=np.uint8)).resize((800, 400))
    assert is_equirectangular(panorama())
    assert not is_equirectangular(smooth)
    assert not is_equirectangular(panorama().crop((0, 0, 900, 512)))
