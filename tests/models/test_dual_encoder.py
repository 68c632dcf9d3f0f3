"""The parts of the compact networks, by hand and against naive implementations."""

import math

import pytest
import torch

from core.models.dual_encoder import CompactNetwork, ConceptPool, MapNet
from core.models.specs import CompactSpec


def test_the_trunk_halves_four_times_and_looks_at_each_picture_alone() -> None:
    torch.manual_seed(0)
    trunk, pictures = MapNet(), torch.randn(2, 3, 64, 96)
    together = trunk(pictures)
    assert together.shape == (2, MapNet.channels, 64 // MapNet.stride, 96 // MapNet.stride)
    torch.testing.assert_close(together[1:], trunk(pictures[1:]), rtol=1e-4, atol=1e-5)


def test_a_concept_attends_to_where_it_is_strongest() -> None:
    pool = ConceptPool(2)
    torch.nn.init.constant_(pool.log_sharpness, math.log(2))
    pool.gains.data = torch.tensor([3.0, 1.0])
    strengths = torch.tensor([[[1.0, 0.0], [2.0, 0.0], [9.0, 9.0]]])
    mask = torch.tensor([[True, True, False]])
    first = 1 / (1 + math.exp(2))  # sharpened twofold, token 1 is ahead of token 0 by 2
    torch.testing.assert_close(
        pool.weights(strengths, mask),
        torch.tensor([[[first, 0.5], [1 - first, 0.5], [0, 0]]]),
    )
    said = [math.log1p(math.exp(2 - first)), math.log(2)]
    assert pool.activations(strengths, mask)[0].tolist() == pytest.approx(said)
    heard = [3 * said[0], said[1]]
    wanted = [one / math.hypot(*heard) for one in heard]
    assert pool(strengths, mask)[0].tolist() == pytest.approx(wanted)


def test_the_pool_gathers_only_what_is_there() -> None:
    torch.manual_seed(0)
    pool, x = ConceptPool(4), torch.randn(2, 6, 4)
    mask = torch.tensor([[True] * 6, [True] * 2 + [False] * 4])
    torch.testing.assert_close(pool.weights(x, mask).sum(1), torch.ones(2, 4))
    torch.testing.assert_close(pool(x, mask)[1], pool(x[1:, :2], None)[0])


def test_north_comes_first_and_west_before_east_among_the_cells() -> None:
    torch.manual_seed(0)
    tower = CompactNetwork(CompactSpec(picture_px=64, dimensions=8)).picture
    features = torch.zeros(1, tower.channels, 4, 4)
    features[0, :, 1, 3] = 5  # the second row of cells from north, the last column from west
    moved = (tower.token_logits(features) - tower.token_logits(torch.zeros_like(features))).abs()
    assert moved.sum(2)[0].nonzero().flatten().tolist() == [7]
    assert tower.cell_logits(features).shape == (1, 8, 4, 4)


def test_what_is_near_the_middle_counts_more_at_first() -> None:
    reach = CompactNetwork(CompactSpec(picture_px=64, dimensions=8)).picture.reach.detach()
    assert reach.shape == (16, 8)
    by_cell = reach[:, 0].view(4, 4)
    assert by_cell[1, 1] == by_cell[2, 2] == by_cell.max()
    assert by_cell[0, 0] == by_cell.min() == pytest.approx(-0.8 * math.hypot(0.75, 0.75))


def test_the_temperature_starts_as_clips_and_is_capped() -> None:
    network = CompactNetwork(CompactSpec(picture_px=32))
    assert float(network.scale.detach()) == pytest.approx(1 / 0.07)
    torch.nn.init.constant_(network.log_scale, 9.0)
    assert float(network.scale.detach()) == pytest.approx(100)


def test_half_precision_gives_unit_embeddings_all_the_same() -> None:
    network = CompactNetwork(CompactSpec(picture_px=64, dimensions=64))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        texts = network.text(torch.randn(3, 7, 384), torch.ones(3, 7, dtype=torch.bool))
        features = network.picture.features(torch.zeros(3, 3, 64, 64, dtype=torch.uint8))
        pictures = network.picture(features)
    for one in (texts, pictures):
        assert one.dtype == torch.float32
        assert one.norm(dim=1).tolist() == pytest.approx([1, 1, 1], abs=1e-6)
