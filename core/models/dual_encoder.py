"""The compact dual encoder's networks: pictures and texts → one space. Knows no files, no maps.

Text: the hidden states of a frozen sentence encoder, read by a few layers of our own. Picture: a
small convolutional trunk, or EfficientNet-Lite0's, read by a few layers more. Both end in an
attention pool, so that relevance can be drawn. All of it is ours.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.efficientnet import EfficientNetLite0
from core.models.specs import PATCH_PX, CompactSpec


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


class Block(nn.Module):
    """A transformer block, normalised before each half (arXiv 2002.04745)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[N, T, W] → [N, T, W]; `mask` [N, T] is true where there is a token."""
        n, t, w = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = None if mask is None else mask[:, None, None, :]
        attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        x = x + self.out(attended.transpose(1, 2).reshape(n, t, w))
        return x + cast(Tensor, self.mlp(self.norm2(x)))


class AttentionPool(nn.Module):
    """Learned queries attend over tokens or patches; what they gather is projected to D."""

    def __init__(self, width: int, queries: int, dimensions: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.queries = nn.Parameter(torch.randn(queries, width) / math.sqrt(width))
        self.keys = nn.Linear(width, width)
        self.values = nn.Linear(width, width // 2)
        self.out = nn.Linear(queries * width // 2, dimensions)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[N, T, W] → [N, D], not yet of unit length."""
        gathered = self.weights(x, mask) @ self.values(self.norm(x))
        return cast(Tensor, self.out(gathered.flatten(1)))

    def weights(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[N, Q, T]: how much of each token each query takes; rows sum to 1."""
        agreement = self.queries @ self.keys(self.norm(x)).transpose(1, 2)
        agreement = cast(Tensor, agreement / math.sqrt(x.shape[-1]))
        if mask is not None:
            agreement = agreement.masked_fill(~mask[:, None, :], -math.inf)
        return agreement.softmax(-1)


class PictureTower(nn.Module):
    """Pictures → embeddings, in two steps so that a frozen trunk's features can be kept."""

    def __init__(self, spec: CompactSpec) -> None:
        super().__init__()
        trunk = _TRUNKS[spec.trunk]()
        self.trunk: MapNet | EfficientNetLite0 = trunk
        self.channels, self.cells = trunk.channels, spec.picture_px // trunk.stride
        side = spec.picture_px // PATCH_PX
        self.join = nn.Conv2d(self.channels, spec.width, self.cells // side, self.cells // side)
        self.place = nn.Parameter(torch.randn(side**2, spec.width) * 0.02)
        self.blocks = nn.ModuleList(
            Block(spec.width, spec.heads) for _ in range(spec.picture_layers)
        )
        self.pool = AttentionPool(spec.width, spec.picture_queries, spec.dimensions)

    def features(self, pictures: Tensor) -> Tensor:
        """uint8 [N, 3, S, S] → [N, C, cells, cells]."""
        features: Tensor = self.trunk(pictures.float() / 127.5 - 1)
        return features

    def patches(self, features: Tensor) -> Tensor:
        """[N, C, cells, cells] → [N, P, W], rows from north, columns from west."""
        x = cast(Tensor, self.join(features)).flatten(2).transpose(1, 2) + self.place
        for block in self.blocks:
            x = block(x, None)
        return x

    def forward(self, features: Tensor) -> Tensor:
        """Features [N, C, cells, cells] → unit embeddings [N, D]."""
        return functional.normalize(self.pool(self.patches(features), None).float(), dim=-1)


class TextTower(nn.Module):
    """Hidden states of the sentence encoder → embeddings."""

    def __init__(self, spec: CompactSpec) -> None:
        super().__init__()
        self.join = nn.Linear(spec.text_states, spec.width)
        self.blocks = nn.ModuleList(Block(spec.width, spec.heads) for _ in range(spec.text_layers))
        self.pool = AttentionPool(spec.width, spec.text_queries, spec.dimensions)

    def tokens(self, states: Tensor, mask: Tensor) -> Tensor:
        """[N, T, 384] → [N, T, W]; `mask` [N, T] is true where there is a token."""
        x: Tensor = self.join(states)
        for block in self.blocks:
            x = block(x, mask)
        return x

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Hidden states [N, T, 384] → unit embeddings [N, D]."""
        return functional.normalize(self.pool(self.tokens(states, mask), mask).float(), dim=-1)


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
