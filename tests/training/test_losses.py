"""The contrastive loss by hand and against a naive twin; the layout loss."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.training.losses import info_nce, layout_loss


def plain_info_nce(
    texts: list[list[float]], pictures: list[list[float]], scale: float, ignored: list[list[bool]]
) -> float:
    """The definition, pair by pair."""
    count = len(texts)
    cosine = [
        [sum(a * b for a, b in zip(text, picture, strict=True)) for picture in pictures]
        for text in texts
    ]
    total = 0.0
    for i in range(count):
        others = [j for j in range(count) if i == j or not ignored[i][j]]
        total -= math.log(
            math.exp(scale * cosine[i][i]) / sum(math.exp(scale * cosine[i][j]) for j in others)
        )
        others = [j for j in range(count) if i == j or not ignored[j][i]]
        total -= math.log(
            math.exp(scale * cosine[i][i]) / sum(math.exp(scale * cosine[j][i]) for j in others)
        )
    return total / 2 / count


def test_two_pairs_by_hand() -> None:
    texts = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    pictures = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    none = torch.zeros(2, 2, dtype=torch.bool)
    # Logits 1 and 0.6, 0 and 0.8: rows 0.513015 and 0.371101, columns 0.313262 and 0.598139.
    loss = info_nce(texts, pictures, torch.tensor(1.0), none)
    assert float(loss) == pytest.approx(0.448879, abs=1e-6)
    # Without the negative of the first row and second column: 0, 0.371101, 0.313262 and 0.
    none[0, 1] = True
    loss = info_nce(texts, pictures, torch.tensor(1.0), none)
    assert float(loss) == pytest.approx(0.171091, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_loss_equals_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    texts, pictures = (
        functional.normalize(torch.from_numpy(rng.normal(size=(count, 4))), dim=1) for _ in range(2)
    )
    ignored = rng.random((count, count)) < 0.4
    ours = info_nce(texts, pictures, torch.tensor(7.0), torch.from_numpy(ignored))
    theirs = plain_info_nce(texts.tolist(), pictures.tolist(), 7.0, ignored.tolist())
    assert float(ours) == pytest.approx(theirs, rel=1e-9)


def test_ignored_pairs_get_no_gradient_and_a_pair_alone_no_loss() -> None:
    texts = functional.normalize(torch.randn(3, 4), dim=1)
    pictures = functional.normalize(torch.randn(3, 4), dim=1).requires_grad_()
    ignored = torch.ones(3, 3, dtype=torch.bool)
    loss = info_nce(texts, pictures, torch.tensor(5.0), ignored)
    loss.backward()
    assert float(loss.detach()) == 0
    assert pictures.grad is not None
    assert not pictures.grad.any()


def test_a_layout_by_hand() -> None:
    logits = torch.tensor([[[[0.0, 2.0]]]])
    layout = torch.tensor([[[[1, 0]]]], dtype=torch.uint8)
    # 3 · ln 2 for the positive cell, ln(1 + e²) for the other.
    wanted = (3 * math.log(2) + math.log(1 + math.exp(2))) / 2
    assert float(layout_loss(logits[..., :1], layout[..., :1], torch.tensor([3.0]))) == (
        pytest.approx(3 * math.log(2))
    )
    square = torch.cat([logits, logits], 2)
    labels = torch.cat([layout, layout], 2)
    assert float(layout_loss(square, labels, torch.tensor([3.0]))) == pytest.approx(wanted)


def test_a_coarse_cell_shows_what_any_part_of_it_shows() -> None:
    layout = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)
    layout[0, 0, 3, 9] = 1
    logits = torch.full((1, 1, 8, 8), -50.0)
    logits[0, 0, 1, 4] = 50
    assert float(layout_loss(logits, layout, torch.ones(1))) < 1e-6
    assert float(layout_loss(-logits, layout, torch.ones(1))) > 40


def test_rare_kinds_weigh_more() -> None:
    logits = torch.zeros(2, 2, 4, 4)
    layout = torch.zeros(2, 2, 4, 4, dtype=torch.uint8)
    layout[:, 1, 0, 0] = 1
    even = layout_loss(logits, layout, torch.tensor([1.0, 1.0]))
    heavy = layout_loss(logits, layout, torch.tensor([20.0, 1.0]))
    assert float(heavy) == float(even)
    assert float(layout_loss(logits, layout, torch.tensor([1.0, 20.0]))) > float(even)
