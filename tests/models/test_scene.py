"""The network of main things: the package's own answers, up to its 8 bit."""

import importlib.util
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from PIL import Image

from core.errors import ModelError
from core.models.efficientnet import weights_path
from core.models.scene import CLASSES, SCENE, SceneNetwork, crops_of
from core.settings import SCENE_MODEL


def test_the_network_answers_as_the_package_does() -> None:
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(torch.load(weights_path(), weights_only=True))
    noise = np.random.default_rng(3).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)
    crops = np.stack([np.asarray(crop, dtype=np.float32) for crop in crops_of(picture)])
    with torch.inference_mode():
        planes = (torch.from_numpy(crops).permute(0, 3, 1, 2) - 127) / 128
        wanted = theirs(planes).softmax(dim=1).mean(dim=0).numpy()
    found = SceneNetwork(threads=1).probabilities(picture)
    assert found.shape == (CLASSES,)
    assert float(found.sum()) == pytest.approx(1, abs=1e-4)
    assert int(found.argmax()) == int(wanted.argmax())
    assert np.abs(found - wanted).max() < 0.06


def test_the_program_beside_the_weights_makes_them(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_scene", SCENE_MODEL / "make.py")
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    program.make(tmp_path)
    made, kept = (onnx.load(folder / SCENE.weights) for folder in (tmp_path, SCENE_MODEL))
    numbers = [
        {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        for model in (made, kept)
    ]
    assert len(numbers[1]) > 100
    assert numbers[0].keys() == numbers[1].keys()
    for name, wanted in numbers[1].items():
        # the kept scales are from a processor that took other roots
        near = 0 if wanted.dtype == np.int8 else 1e-6 * max(np.abs(wanted).max(), 1e-9)
        assert numbers[0][name].dtype == wanted.dtype
        assert np.abs(numbers[0][name].astype(np.float64) - wanted).max() <= near, name
    for model in (made, kept):
        del model.graph.initializer[:]
    assert made == kept


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / SCENE.weights).write_bytes(b"something else")
    with pytest.raises(ModelError, match="fetch the whole app again"):
        SceneNetwork(folder=tmp_path)
