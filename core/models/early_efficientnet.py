"""The early blocks of EfficientNet-Lite0 as a picture trunk with a fine stride."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.models.efficientnet import EfficientNetLite0

_BLOCKS = 11
"""The blocks up to the last one of stride 16."""
_STEM_BLOCKS = 5
"""The blocks of the stem, up to stride 8. Most of the time goes into it."""
_STEM_PART = 4
"""Pictures at a time in a frozen stem: its large activations then fit the processor's cache."""


class EarlyEfficientNetLite0(EfficientNetLite0):
    """Pictures [N, 3, S, S], −1 to 1 → features [N, 112, S/16, S/16].

    Eleven of the sixteen blocks. Batch norms are folded into the convolutions before them.
    """

    channels = 112
    stride = 16

    def __init__(self) -> None:
        super().__init__()
        self._keep_early_blocks()

    def _keep_early_blocks(self) -> None:
        network = self.network
        network._conv_stem = fuse_conv_bn_eval(network._conv_stem, network._bn0)
        network._bn0 = nn.Identity()
        network._conv_head, network._bn1 = nn.Identity(), nn.Identity()
        network._blocks = network._blocks[:_BLOCKS]
        for block in network._blocks:
            for conv, norm in (
                ("_expand_conv", "_bn0"),
                ("_depthwise_conv", "_bn1"),
                ("_project_conv", "_bn2"),
            ):
                if hasattr(block, conv):
                    fused = fuse_conv_bn_eval(getattr(block, conv), getattr(block, norm))
                    setattr(block, conv, fused)
                    setattr(block, norm, nn.Identity())
        network.to(memory_format=torch.channels_last)

    def forward(self, pictures: Tensor) -> Tensor:
        """The output of the last early block."""
        trained = torch.is_grad_enabled() and self.network._conv_stem.weight.requires_grad
        with torch.set_grad_enabled(trained):
            parts = torch.split(pictures, len(pictures) if trained else _STEM_PART)
            features = torch.cat([self._stem(part) for part in parts])
        for block in self.network._blocks[_STEM_BLOCKS:]:
            features = block(features)
        return features

    def _stem(self, pictures: Tensor) -> Tensor:
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        features = self.network._swish(self.network._conv_stem(pictures))
        for block in self.network._blocks[:_STEM_BLOCKS]:
            features = block(features)
        return cast(Tensor, features)

    def load_pretrained(self) -> None:
        """Loads the ImageNet weights of the early blocks. Raises ModelError."""
        whole = EfficientNetLite0()
        whole.load_pretrained()
        self.network = whole.network
        self._keep_early_blocks()
