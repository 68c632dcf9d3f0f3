"""PLANET's signatures, exact under the symmetries that each should have, and its heads."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.errors import ModelError
from core.models.planet import (
    PlanetHeads,
    colour_signature,
    load_heads,
    save_heads,
    signatures,
    structure_signature,
    texture_signature,
)
from core.models.specs import PlanetSpec

SPEC = PlanetSpec(colour_bins=8, structure_bins=12, texture_rings=10, signature_px=32)
BRIGHTER = 40


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Three pictures with stripes, blobs and noise, whose colours leave room to brighten them."""
    generator = torch.Generator().manual_seed(4)
    across = torch.arange(32.0)
    stripes = 60 + 40 * torch.sin(across / 3)[None, None, :] * torch.ones(3, 32, 1)
    noise = torch.rand(2, 3, 32, 32, generator=generator) * 150 + 10
    return torch.cat([stripes[None], noise]).to(torch.uint8)


def grey(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.double().mean(1)


def test_the_colour_does_not_change_when_a_picture_is_turned_mirrored_or_shifted(
    pictures: torch.Tensor,
) -> None:
    own = colour_signature(pictures, 8)
    for moved in (pictures.rot90(1, (2, 3)), pictures.flip(3), pictures.roll((5, 9), (2, 3))):
        assert torch.equal(colour_signature(moved, 8), own)


def test_the_colour_moves_by_whole_bins_when_a_picture_gets_brighter(
    pictures: torch.Tensor,
) -> None:
    own = colour_signature(pictures, 8).unflatten(1, (3, 8))
    brighter = colour_signature(pictures + 64, 8).unflatten(1, (3, 8))
    assert torch.equal(brighter[..., 2:], own[..., :-2])
    assert not torch.equal(brighter, own)
    assert torch.allclose(brighter.sum(-1), torch.ones(3, 3))


def test_the_structure_keeps_its_values_when_brightness_and_contrast_change(
    pictures: torch.Tensor,
) -> None:
    own = structure_signature(grey(pictures), 12)
    assert torch.allclose(structure_signature(1.7 * grey(pictures) + BRIGHTER, 12), own, atol=1e-6)


def test_the_structure_does_not_change_by_a_shift(pictures: torch.Tensor) -> None:
    own = structure_signature(grey(pictures), 12)
    shifted = structure_signature(grey(pictures).roll((3, 11), (1, 2)), 12)
    assert torch.allclose(shifted, own, atol=1e-6)


def test_a_quarter_turn_moves_the_structure_by_half_its_bins(pictures: torch.Tensor) -> None:
    own = structure_signature(grey(pictures), 12)
    turned = structure_signature(grey(pictures).rot90(1, (1, 2)), 12)
    assert torch.allclose(turned, own.roll(6, 1), atol=1e-6)
    assert not torch.allclose(turned, own, atol=1e-3)


def test_stripes_have_one_orientation() -> None:
    across = torch.sin(torch.arange(32) * 2 * math.pi / 8).double()
    stripes = across.expand(1, 32, 32)
    assert structure_signature(stripes, 12)[0, 0] == pytest.approx(1)
    assert structure_signature(stripes.transpose(1, 2), 12)[0, 6] == pytest.approx(1)
    assert not structure_signature(torch.ones(1, 32, 32), 12).any()


def test_the_texture_does_not_change_with_brightness_contrast_turns_and_shifts(
    pictures: torch.Tensor,
) -> None:
    own, picture = texture_signature(grey(pictures), 10), grey(pictures)
    for changed in (
        1.7 * picture + BRIGHTER,
        picture.rot90(1, (1, 2)),
        picture.flip(2),
        picture.roll((3, 11), (1, 2)),
    ):
        assert torch.allclose(texture_signature(changed, 10), own, atol=1e-4)


def test_finer_stripes_have_their_power_in_a_farther_ring() -> None:
    at = torch.arange(32) * 2 * math.pi
    coarse, fine = (torch.sin(at / period).double().expand(1, 32, 32) for period in (16, 4))
    rings = [int(texture_signature(stripes, 10).argmax()) for stripes in (coarse, fine)]
    assert rings == [math.floor(20 / 16), math.floor(20 / 4)]


def test_signatures_of_pictures_have_the_sizes_of_the_spec(pictures: torch.Tensor) -> None:
    assert tuple(part.shape for part in signatures(pictures, SPEC)) == tuple(
        (3, size) for size in SPEC.sizes
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"structure_bins": 10}, "multiple of 4"),
        ({"colour": 0.0, "structure": 0.0, "texture": 0.0}, "one above 0"),
        ({"texture_rings": 100}, "signature_px"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_a_spec_that_cannot_work_is_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SPEC, **change)


def test_padding_does_not_change_the_descriptors_of_a_text() -> None:
    torch.manual_seed(0)
    heads = PlanetHeads(SPEC, 24)
    tokens = torch.randn(2, 5, 24)
    mask = torch.ones(2, 5, dtype=torch.bool)
    padded = torch.cat([tokens, torch.randn(2, 3, 24)], 1)
    longer = torch.cat([mask, torch.zeros(2, 3, dtype=torch.bool)], 1)
    owns, others = heads.of_texts(tokens, mask), heads.of_texts(padded, longer)
    assert len(owns) == 3
    for own, other in zip(owns, others, strict=True):
        assert torch.allclose(own, other, atol=1e-6)
        assert torch.allclose(own.norm(dim=-1), torch.ones(2))


def test_heads_come_back_from_their_file(tmp_path: Path, pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    heads = PlanetHeads(SPEC, 24)
    mined = signatures(pictures, SPEC)
    heads.fit(mined)
    save_heads(heads, tmp_path / "planet.safetensors")
    again = load_heads(tmp_path / "planet.safetensors")
    assert again.spec == SPEC
    owns, others = heads.of_signatures(mined), again.of_signatures(mined)
    assert len(owns) == 3
    for own, other in zip(owns, others, strict=True):
        assert torch.equal(own, other)
    (tmp_path / "other.safetensors").write_bytes(b"{}")
    with pytest.raises(ModelError):
        load_heads(tmp_path / "other.safetensors")
