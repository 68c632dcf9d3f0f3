"""The compact networks' parts by hand and against plain twins."""

import math

import pytest
import torch

from core.models.dual_encoder import AttentionPool, Block, CompactNetwork, MapNet
from core.models.specs import CompactSpec


def test_the_trunk_halves_four_times_and_looks_at_each_picture_alone() -> None:
    torch.manual_seed(0)
    trunk, pictures = MapNet(), torch.randn(2, 3, 64, 96)
    together = trunk(pictures)
    assert together.shape == (2, MapNet.channels, 64 // MapNet.stride, 96 // MapNet.stride)
    torch.testing.assert_close(together[1:], trunk(pictures[1:]), rtol=1e-4, atol=1e-5)


def test_attention_equals_its_formula() -> None:
    torch.manual_seed(0)
    block, x = Block(8, 2), torch.randn(1, 5, 8)
    mask = torch.tensor([[True, True, True, False, False]])
    q, k, v = block.qkv(block.norm1(x))[0].split(8, dim=1)
    heads = []
    for start in (0, 4):
        part = slice(start, start + 4)
        agreement = q[:, part] @ k[:, part].T / 2
        agreement[:, 3:] = -math.inf
        heads.append(agreement.softmax(1) @ v[:, part])
    wanted = x[0] + block.out(torch.cat(heads, 1))
    wanted = wanted + block.mlp(block.norm2(wanted))
    torch.testing.assert_close(block(x, mask)[0], wanted)


def test_the_pool_gathers_only_what_is_there() -> None:
    torch.manual_seed(0)
    pool, x = AttentionPool(8, 3, 4), torch.randn(2, 6, 8)
    mask = torch.tensor([[True] * 6, [True] * 2 + [False] * 4])
    weights = pool.weights(x, mask)
    assert weights.shape == (2, 3, 6)
    torch.testing.assert_close(weights.sum(2), torch.ones(2, 3))
    assert not weights[1, :, 2:].any()
    torch.testing.assert_close(pool(x, mask)[1], pool(x[1:, :2], None)[0])


def test_north_comes_first_and_west_before_east_among_the_patches() -> None:
    torch.manual_seed(0)
    tower = CompactNetwork(CompactSpec(picture_px=128, width=16, heads=2, picture_layers=0)).picture
    features = torch.zeros(1, tower.channels, 8, 8)
    features[0, :, 1, 6] = 5  # the second row of cells from north, the seventh column from west
    moved = (tower.patches(features) - tower.patches(torch.zeros_like(features))).abs().sum(2)[0]
    assert moved.nonzero().flatten().tolist() == [3]


def test_the_temperature_starts_as_clips_and_is_capped() -> None:
    network = CompactNetwork(CompactSpec(picture_px=32, width=16, heads=2))
    assert float(network.scale.detach()) == pytest.approx(1 / 0.07)
    torch.nn.init.constant_(network.log_scale, 9.0)
    assert float(network.scale.detach()) == pytest.approx(100)


def test_half_precision_gives_unit_embeddings_all_the_same() -> None:
    network = CompactNetwork(CompactSpec(picture_px=64, width=16, heads=2, dimensions=64))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        texts = network.text(torch.randn(3, 7, 384), torch.ones(3, 7, dtype=torch.bool))
        features = network.picture.features(torch.zeros(3, 3, 64, 64, dtype=torch.uint8))
        pictures = network.picture(features)
    for one in (texts, pictures):
        assert one.dtype == torch.float32
        assert one.norm(dim=1).tolist() == pytest.approx([1, 1, 1], abs=1e-6)
