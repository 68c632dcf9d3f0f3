"""Places where the map and the photograph of a tile show different things."""

import numpy as np
import pytest

from core.errors import GalleryError
from core.gallery import Gallery
from core.gallery.disagreement import LEAST_AGREEMENT, can_disagree, compared, disagreements


def test_ranks_are_compared_and_the_kind_that_differs_is_told() -> None:
    """Five tiles by hand: two of them change places from map to photograph."""
    drawn = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]], dtype=np.float32)
    aerial = np.array([[0.0], [20.0], [9.0], [30.0], [31.0]], dtype=np.float32)
    found = compared(["any water"], drawn, aerial, np.arange(10, 15))
    assert found.kinds == ("any water",)
    assert found.agreement == pytest.approx([0.9])
    assert [tile.row for tile in found.tiles] == [11, 12, 10, 13, 14]
    first = found.tiles[0]
    assert first.score == pytest.approx(0.2)
    assert (first.gaps[0].drawn, first.gaps[0].aerial) == pytest.approx((0.3, 0.5))


def test_a_kind_that_one_model_reads_by_chance_does_not_count() -> None:
    rng = np.random.default_rng(3)
    water = rng.random((200, 1))
    drawn = np.hstack([water, rng.random((200, 1)), np.ones((200, 1))]).astype(np.float32)
    aerial = np.hstack([water**3, rng.random((200, 1)), np.ones((200, 1))]).astype(np.float32)
    found = compared(["water", "noise", "always"], drawn, aerial, np.arange(200))
    assert found.kinds == ("water",)
    assert found.agreement[0] > 0.99 > LEAST_AGREEMENT
    assert max(tile.score for tile in found.tiles) < 1e-9


def test_a_photograph_of_another_place_disagrees_most() -> None:
    rng = np.random.default_rng(5)
    both = rng.random((300, 6))
    drawn = (both + rng.normal(0, 0.1, both.shape)).astype(np.float32)
    aerial = (both + rng.normal(0, 0.1, both.shape)).astype(np.float32)
    low, high = int(both.sum(1).argmin()), int(both.sum(1).argmax())
    aerial[[low, high]] = aerial[[high, low]]
    found = compared([f"kind {number}" for number in range(6)], drawn, aerial, np.arange(300))
    assert {tile.row for tile in found.tiles[:2]} == {low, high}


def test_without_anything_in_common_there_is_no_order() -> None:
    drawn = np.array([[0.0], [1.0], [2.0]], dtype=np.float32)
    found = compared(["rails"], drawn, -drawn, np.arange(3))
    assert (found.kinds, found.tiles) == ((), ())


def test_a_gallery_without_photographs_says_so(seen_gallery: Gallery) -> None:
    assert not can_disagree(seen_gallery)
    with pytest.raises(GalleryError, match="lacks drawn or aerial pictures"):
        disagreements(seen_gallery)
