"""The networks of the compact dual encoder: pictures and texts → one embedding space.

Each dimension of the space is a concept. The first ones are named kinds of things: the trunk learns
them from layouts, and the text tower starts from the sentence encoder's embeddings of their names.
The others emerge in training. Text input: hidden states of a frozen sentence encoder. Picture
input: a small convolutional trunk, EfficientNet-Lite0 or its early blocks, or geoembed's network.
In both towers each concept pools by attention, so that relevance can be drawn. Our own
architecture.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.early_efficientnet import EarlyEfficientNetLite0
from core.models.efficientnet import EfficientNetLite0
from core.models.geoembed import GeoEmbedNet
from core.models.specs import CompactSpec


def _norm(channels: int) -> nn.Module:
    return nn.GroupNorm(8, channels)


def _conv(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
    """Convolution with group norm: unlike with batch norm, examples stay independent."""
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
    """Pictures [N, 3, S, S] → features [N, 192, S/16, S/16]. Fine stride for small symbols."""

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

    def load_pretrained(self) -> None:
        """Does nothing: this trunk is trained from scratch."""


_TRUNKS: dict[str, type[MapNet] | type[EfficientNetLite0] | type[GeoEmbedNet]] = {
    "mapnet": MapNet,
    "efficientnet-lite0": EfficientNetLite0,
    "efficientnet-lite0-early": EarlyEfficientNetLite0,
    "geoembed": GeoEmbedNet,
}


class ConceptPool(nn.Module):
    """Attention pooling: each concept attends to its largest logits, with a learned sharpness."""

    def __init__(self, concepts: int) -> None:
        super().__init__()
        self.log_sharpness = nn.Parameter(torch.full((concepts,), math.log(4)))
        self.gains = nn.Parameter(torch.ones(concepts))

    def activations(self, logits: Tensor, mask: Tensor | None) -> Tensor:
        """Logits [N, T, D] → activations [N, D], 0 or more: softplus of the pooled logits."""
        pooled = (self.weights(logits, mask) * logits.float()).sum(1)
        return functional.softplus(pooled)

    def weights(self, logits: Tensor, mask: Tensor | None) -> Tensor:
        """Pooling weights [N, T, D] of each token or cell; they sum to 1 over T."""
        scaled = logits.float() * self.log_sharpness.exp()
        if mask is not None:
            scaled = scaled.masked_fill(~mask[:, :, None], -math.inf)
        return scaled.softmax(1)

    def forward(self, logits: Tensor, mask: Tensor | None) -> Tensor:
        """Logits [N, T, D] → unit embeddings [N, D]."""
        return functional.normalize(self.gains * self.activations(logits, mask), dim=-1)


class PictureTower(nn.Module):
    """Pictures → embeddings, in two steps so that the features of a frozen trunk can be cached."""

    def __init__(self, spec: CompactSpec) -> None:
        super().__init__()
        trunk = _TRUNKS[spec.trunk]()
        self.trunk: MapNet | EfficientNetLite0 | GeoEmbedNet = trunk
        self.channels, self.cells = trunk.channels, spec.picture_px // trunk.stride
        self.kinds = len(spec.kinds)
        self.context = _context(self.channels, spec.context)
        self.concepts = nn.Conv2d(spec.context or self.channels, spec.dimensions, 1)
        nn.init.constant_(cast(Tensor, self.concepts.bias)[: self.kinds], -4.0)
        self.reach = nn.Parameter(_center_prior(self.cells).repeat(1, spec.dimensions))
        self.pool = ConceptPool(spec.dimensions)

    def features(self, pictures: Tensor) -> Tensor:
        """uint8 [N, 3, S, S] → [N, C, cells, cells]."""
        features: Tensor = self.trunk(pictures.float() / 127.5 - 1)
        return features

    def cell_logits(self, features: Tensor) -> Tensor:
        """Features [N, C, cells, cells] → concept logits [N, D, cells, cells]; rows from north,
        columns from west."""
        logits: Tensor = self.concepts(self.context(features))
        return logits

    def layout(self, features: Tensor) -> Tensor:
        """`cell_logits` of the named kinds only: [N, K, cells, cells]."""
        return self.cell_logits(features)[:, : self.kinds]

    def token_logits(self, features: Tensor) -> Tensor:
        """[N, C, cells, cells] → [N, cells², D]: `cell_logits` plus a learned position prior."""
        return self.cell_logits(features).flatten(2).transpose(1, 2) + self.reach

    def forward(self, features: Tensor) -> Tensor:
        """Features [N, C, cells, cells] → unit embeddings [N, D]."""
        embeddings: Tensor = self.pool(self.token_logits(features), None)
        return embeddings


def _context(inputs: int, channels: int) -> nn.Module:
    """Two 3 × 3 convolutions after a trunk that was trained for something else, or none."""
    if not channels:
        return nn.Identity()
    return nn.Sequential(_conv(inputs, channels, 3, 1), _conv(channels, channels, 3, 1))


def _center_prior(cells: int) -> Tensor:
    """Initial prior [cells², 1]: 0 in the middle of the picture, -0.8 in the middle of a side."""
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
        """Hidden states [N, T, 384] → concept logits [N, T, D] of each token."""
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
        """The factor of the cosines before the softmax, at most 100 as in CLIP."""
        return self.log_scale.clamp(max=math.log(100)).exp()
