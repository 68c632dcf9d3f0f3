"""Colours whatever the camera and the haze, and ground as the map of the same ground teaches it."""

from pathlib import Path

import numpy as np
import pytest
from test_aerial_facts import street_with_hall, texts_of

from core.arrays import F32, U8, Bools
from core.facts.aerial.colours import lab_of
from core.facts.aerial.photograph import balance_of
from core.facts.aerial.taught_ground import class_shares


def pixels(*colours: tuple[int, int, int], times: int = 100) -> U8:
    return np.repeat(np.array(colours, dtype=np.uint8), times, axis=0)


@pytest.mark.parametrize("haze", [(0, 0, 0), (20, 25, 30), (10, 30, 50)])
def test_haze_and_cast_leave_a_colour_as_it_is(haze: tuple[int, int, int]) -> None:
    veil = np.array(haze)
    cast = np.array([0.9, 0.85, 0.8])

    def seen(rgb: U8) -> U8:
        return np.round(rgb * cast + veil).astype(np.uint8)

    roads, ground = pixels((150, 150, 150)), pixels((13, 27, 34), (60, 85, 50), (200, 60, 50))
    plain = balance_of(roads, ground)(pixels((60, 85, 50), times=1))
    balanced = balance_of(seen(roads), seen(ground))(seen(pixels((60, 85, 50), times=1)))
    assert np.abs(balanced - plain).max() < 3
    assert lab_of(balanced)[0, 1] < -9  # green


def test_a_picture_without_shadows_is_only_stretched() -> None:
    balance = balance_of(pixels((150, 150, 150)), pixels((90, 120, 80)))
    assert not balance.offsets.any()
    assert np.allclose(balance.gains, balance.gains[0])


def test_a_black_margin_is_no_shadow() -> None:
    roads, ground = pixels((150, 150, 150)), pixels((33, 47, 52), (90, 120, 80))
    with_margin = balance_of(roads, np.concatenate([ground, pixels((0, 0, 0))]))
    assert np.allclose(with_margin.offsets, balance_of(roads, ground).offsets)


@pytest.mark.parametrize(
    ("lit", "shaded", "look"),
    [
        ((190, 60, 50), (110, 45, 40), " with a red roof"),
        ((125, 126, 128), (66, 67, 70), " with a grey roof"),
        ((235, 236, 238), (60, 61, 64), ""),
    ],
)
def test_a_roof_has_the_colour_of_its_sunlit_side_unless_slates_glare(
    lit: tuple[int, int, int], shaded: tuple[int, int, int], look: str, tmp_path: Path
) -> None:
    town, ground = street_with_hall(lit, (1.0, 1.0, 1.0))
    ground.paint(100, 51, 40, 19, shaded)
    if not look:  # more than half of it lies in shade
        ground.paint(100, 42, 40, 9, (72, 73, 76))
    assert f"large hall{look}" in texts_of(town, ground, tmp_path)


def ground_of_a_town() -> tuple[tuple[F32, F32, F32, F32], dict[str, Bools], Bools]:
    """Bluish woods, fields and roofs in bands of 60 cells; the map has the left half of them."""
    rng, shape = np.random.default_rng(0), (180, 120)
    band = np.arange(180)[:, None] // 60 + np.zeros(120, dtype=np.int64)
    means = np.array([[22, -5, -3, 5], [45, -3, 8, 1.5], [50, 0, -3, 11]])[band]
    spread = np.array([3, 1, 1, 0.5])
    looks = (means + rng.normal(size=(*shape, 4)) * spread).astype(np.float32)
    mapped = np.zeros(shape, dtype=bool)
    mapped[:, :60] = True
    taught = {name: mapped & (band == row) for row, name in enumerate(("trees", "fields", "paved"))}
    lightness, a, b, rough = np.moveaxis(looks, -1, 0)
    return (lightness, a, b, rough), taught, np.ones(shape, dtype=bool)


def test_woods_that_the_map_lacks_look_as_its_own() -> None:
    looks, taught, seen = ground_of_a_town()
    seen[:, 100:] = False
    shares = class_shares(looks, taught, seen)
    assert shares is not None
    assert (shares["trees"][:60, 60:100] > 0.9).mean() > 0.95
    assert (shares["trees"][60:, 60:100] < 0.1).mean() > 0.95
    assert not shares["trees"][:, 100:].any()


def test_a_map_with_few_woods_teaches_nothing() -> None:
    looks, taught, seen = ground_of_a_town()
    taught["trees"][:, 8:] = False
    assert class_shares(looks, taught, seen) is None
    assert class_shares(looks, {"fields": taught["fields"]}, seen) is None
