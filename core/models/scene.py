"""Main things of photographs by ImageNet's thousand classes, by ONNX Runtime, without torch.

`assets/models/scene/README.md` describes the weights and the program that makes them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime

from core.arrays import F32
from core.files import asset_file
from core.settings import SCENE_MODEL

if TYPE_CHECKING:
    from PIL import Image

CLASSES: Final = 1000


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """The network: its file, its hash and the side of its pictures."""

    title: str
    weights: str
    weights_sha256: str
    picture_px: int


SCENE: Final = SceneSpec(
    title="EfficientNet-Lite0 in 8 bit",
    weights="scene.onnx",
    weights_sha256="0a81024b8c3511ef8c7530e7b04069560865a068e9cceed976010f4cfbc2f7b2",
    picture_px=224,
)


class SceneNetwork:
    """EfficientNet-Lite0 (arXiv 1905.11946, without squeeze and excitation). Thread-safe."""

    def __init__(self, threads: int = 0, folder: Path = SCENE_MODEL) -> None:
        """Loads the weights after checking their hash. Raises ModelError."""
        weights = asset_file(folder / SCENE.weights, SCENE.weights_sha256, SCENE.title)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._network = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, picture: "Image.Image") -> F32:
        """Probabilities [1000] of a picture: means over the whole of it and three squares along
        its longer side."""
        pixels = np.stack([np.asarray(crop, dtype=np.float32) for crop in crops_of(picture)])
        planes = ((pixels - 127) / 128).transpose(0, 3, 1, 2)
        (found,) = self._network.run(["probabilities"], {"pictures": planes})
        means: F32 = np.asarray(found, dtype=np.float32).mean(axis=0)
        return means


def crops_of(picture: "Image.Image") -> list["Image.Image"]:
    """The whole picture, and squares at its start, middle and end, in the network's size."""
    from PIL import Image

    picture = picture.convert("RGB")
    side, size = min(picture.size), (SCENE.picture_px, SCENE.picture_px)
    room_x, room_y = picture.width - side, picture.height - side
    boxes = [(0, 0, *picture.size)]
    for share in (0.0, 0.5, 1.0):
        left, top = int(room_x * share), int(room_y * share)
        boxes.append((left, top, left + side, top + side))
    return [picture.resize(size, Image.Resampling.BICUBIC, box) for box in boxes]
