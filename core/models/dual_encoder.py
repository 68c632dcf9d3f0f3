"""The compact dual encoder's networks: pictures and texts → one space. Knows no files, no maps.

Each dimension of the space is a concept: the first ones are kinds of things by name, which the
trunk learns from layouts and the text tower begins with the sentence encoder's idea of; the rest
are found in training. Text: the hidden states of a frozen sentence encoder. Picture: a small
convolutional trunk, or EfficientNet-Lite0's. In both, each concept attends to where it is
strongest, so that relevance can be drawn. All of it is ours.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.efficientnet import EfficientNetLite0
from core.models.specs import CompactSpec


def _norm(channels: int) -> nn.Module:
    return nn.GroupNorm(8, channels)


def _conv(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
    """Groups, not batches, are normalised: an example's features depend on no other example."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        _norm(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels, 3, 1)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), _norm(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


class MapNet(nn.Sequential):
    """Pictures [N, 3, S, S] → features [N, 192, S/16, S/16]: fine strides, for small symbols."""

    channels = 192
    stride = 16

    def __init__(self) -> None:
        super().__init__(
            _conv(3, 24, 5, 2),
            _conv(24, 48, 3, 2),
            _Residual(48),
            _conv(48, 96, 3, 2),
            _Residual(96),
            _conv(96, 192, 3, 2),
            _Residual(192),
            _Residual(192),
        )

    def begin(self) -> None:
        """Nothing to read: it is trained from scratch."""


_TRUNKS: dict[str, type[MapNet] | type[EfficientNetLite0]] = {
    "mapnet": MapNet,
    "efficientnet-lite0": EfficientNetLite0,
}


class ConceptPool(nn.Module):
    """Each concept attends to where it is strongest; what it finds there is its say."""

    def __init__(self, concepts: int) -> None:
        super().__init__()
        self.log_sharpness = nn.Parameter(torch.full((concepts,), math.log(4)))
        self.gains = nn.Parameter(torch.ones(concepts))

    def activations(self, strengths: Tensor, mask: Tensor | None) -> Tensor:
        """Strengths [N, T, D] → what each concept has to say, [N, D], 0 or more."""
        gathered = (self.weights(strengths, mask) * strengths.float()).sum(1)
        return functional.softplus(gathered)

    def weights(self, strengths: Tensor, mask: Tensor | None) -> Tensor:
        """[N, T, D]: how much of each token or patch a concept takes; sums to 1 over T."""
        sharp = strengths.float() * self.log_sharpness.exp()
        if mask is not None:
            sharp = sharp.masked_fill(~mask[:, :, None], -math.inf)
        return sharp.softmax(1)

    def forward(self, strengths: Tensor, mask: Tensor | None) -> Tensor:
        """[N, T, D] → unit embeddings [N, D]."""
        return functional.normalize(self.gains * self.activations(strengths, mask), dim=-1)


class PictureTower(nn.Module):
    """Pictures → embeddings, in two steps so that a frozen trunk's features can be kept."""

    def __init__(self, spec: CompactSpec) -> None:
        super().__init__()
        trunk = _TRUNKS[spec.trunk]()
        self.trunk: MapNet | EfficientNetLite0 = trunk
        self.channels, self.cells = trunk.channels, spec.picture_px // trunk.stride
        self.kinds = len(spec.kinds)
        self.concepts = nn.Conv2d(self.channels, spec.dimensions, 1)
        nn.init.constant_(cast(Tensor, self.concepts.bias)[: self.kinds], -4.0)
        self.reach = nn.Parameter(_center_prior(self.cells).repeat(1, spec.dimensions))
        self.pool = ConceptPool(spec.dimensions)

    def features(self, pictures: Tensor) -> Tensor:
        """uint8 [N, 3, S, S] → [N, C, cells, cells]."""
        features: Tensor = self.trunk(pictures.float() / 127.5 - 1)
        return features

    def cell_logits(self, features: Tensor) -> Tensor:
        """Features [N, C, cells, cells] → how strongly each cell shows each concept, logits
        [N, D, cells, cells]; rows from north, columns from west."""
        logits: Tensor = self.concepts(features)
        return logits

    def layout(self, features: Tensor) -> Tensor:
        """`shown`, of the named kinds alone: logits [N, K, cells, cells]."""
        return self.cell_logits(features)[:, : self.kinds]

    def token_logits(self, features: Tensor) -> Tensor:
        """[N, C, cells, cells] → [N, cells², D]: `shown`, and how far from the middle it counts."""
        return self.cell_logits(features).flatten(2).transpose(1, 2) + self.reach

    def forward(self, features: Tensor) -> Tensor:
        """Features [N, C, cells, cells] → unit embeddings [N, D]."""
        embeddings: Tensor = self.pool(self.token_logits(features), None)
        return embeddings


def _center_prior(cells: int) -> Tensor:
    """[cells², 1]: 0 in the middle of the picture, -0.8 in the middle of a side."""
    from_middle = (torch.arange(cells) + 0.5) / cells * 2 - 1
    return -0.8 * torch.hypot(from_middle[:, None], from_middle[None]).flatten()[:, None]


class TextTower(nn.Module):
    """Hidden states of the sentence encoder → embeddings."""

    def __init__(self, spec: CompactSpec) -> None:
        super().__init__()
        self.middle = nn.Parameter(torch.zeros(spec.text_states))
        self.concepts = nn.Linear(spec.text_states, spec.dimensions)
        self.pool = ConceptPool(spec.dimensions)

    def token_logits(self, states: Tensor) -> Tensor:
        """[N, T, 384] → [N, T, D]: how strongly each token speaks of each concept, logits."""
        logits: Tensor = self.concepts(functional.normalize(states - self.middle, dim=-1))
        return logits

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Hidden states [N, T, 384], `mask` [N, T] true where there is a token → [N, D]."""
        embeddings: Tensor = self.pool(self.token_logits(states), mask)
        return embeddings


class CompactNetwork(nn.Module):
    """Both towers and the learned temperature."""

    def __init__(self, spec: CompactSpec) -> None:
        super().__init__()
        self.spec = spec
        self.picture = PictureTower(spec)
        self.text = TextTower(spec)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by before the softmax: at most 100, as in CLIP."""
        return self.log_scale.clamp(max=math.log(100)).exp()
