"""Checkpoints as other programs write them: wrapped, averaged, in parts, under another ending."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tiny_clip import TEXTS, State, openai_state, saved

from core.arrays import F32
from core.errors import ModelError
from core.models.crosstext2loc import load_crosstext2loc


def embedded(path: Path) -> F32:
    return load_crosstext2loc(path).encode_texts(TEXTS[:2])


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> F32:
    return embedded(saved(openai_state(), tmp_path_factory.mktemp("plain") / "clip.pth"))


def under(prefix: str, state: State) -> State:
    return {f"{prefix}{name}": value for name, value in state.items()}


WRAPPED: dict[str, Callable[[State], Any]] = {
    "ema alone": lambda state: {"state_dict_ema": state, "epoch": 3},
    "params_ema": lambda state: {"params_ema": state},
    "a configuration beside": lambda state: {"model": {"name": "ViT"}, "weights": state},
    "checkpoint and model": lambda state: {"checkpoint": {"model": state}},
    "averaged by torch": lambda state: under("module.", state) | {"n_averaged": torch.tensor(5)},
    "student": lambda state: under("student.", state),
    "backbone": lambda state: under("_forward_module.backbone.", state),
}


@pytest.mark.parametrize("form", WRAPPED)
def test_weights_are_found_however_they_were_wrapped(
    form: str, wanted: F32, tmp_path: Path
) -> None:
    path = saved(WRAPPED[form](openai_state()), tmp_path / "clip.pth")
    assert embedded(path) == pytest.approx(wanted, abs=1e-6)


def test_of_two_sets_of_weights_the_other_is_told(
    wanted: F32, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    both = {"model_ema": openai_state(1), "model": openai_state()}
    with caplog.at_level(logging.WARNING):
        found = embedded(saved(both, tmp_path / "clip.pth"))
    assert found == pytest.approx(wanted, abs=1e-6)
    assert "clip.pth: the weights under model are read, not model_ema" in caplog.messages


@pytest.mark.parametrize("name", ["clip.pth", "CLIP.SAFETENSORS", "clip"])
def test_safetensors_are_read_under_any_name(name: str, wanted: F32, tmp_path: Path) -> None:
    save_file(openai_state(), tmp_path / name)
    assert embedded(tmp_path / name) == pytest.approx(wanted, abs=1e-6)


def test_a_file_of_torch_is_read_under_the_name_of_safetensors(wanted: F32, tmp_path: Path) -> None:
    with (tmp_path / "clip.safetensors").open("wb") as file:
        torch.save(openai_state(), file)
    assert embedded(tmp_path / "clip.safetensors") == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("name", ["clip.pth", "clip.safetensors"])
def test_a_pointer_of_git_lfs_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(ModelError, match="git lfs pull"):
        load_crosstext2loc(tmp_path / name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    towers = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1}
    config = transformers.CLIPConfig(
        projection_dim=24,
        text_config=towers | {"num_attention_heads": 4},
        vision_config=towers | {"num_attention_heads": 4, "image_size": 32, "patch_size": 8},
    )
    torch.manual_seed(4)
    transformers.CLIPModel(config).save_pretrained(tmp_path / "folder")
    return tmp_path / "folder"


def in_two(folder: Path, files: tuple[str, str], write: Callable[[State, Path], Any]) -> None:
    """Replaces the weights of a folder by two files."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    for file, some in zip(files, (names[:20], names[20:]), strict=True):
        write({name: weights[name] for name in some}, folder / file)


def test_parts_as_torch_writes_them_are_one(folder: Path) -> None:
    expected = embedded(folder)
    files = ("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")
    in_two(folder, files, lambda state, path: torch.save(state, path))
    assert np.array_equal(embedded(folder), expected)


def test_an_index_tells_the_parts_and_which_one_is_missing(folder: Path) -> None:
    expected = embedded(folder)
    in_two(folder, ("first.safetensors", "second.safetensors"), save_file)
    index = {"weight_map": {"a": "first.safetensors", "b": "second.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8-sig")
    assert np.array_equal(embedded(folder), expected)
    (folder / "second.safetensors").unlink()
    with pytest.raises(ModelError, match=r"folder lacks second\.safetensors"):
        load_crosstext2loc(folder)


@pytest.mark.parametrize("index", ["[]", "{", '{"weight_map": [1]}', '{"weight_map": {"a": 1}}'])
def test_an_odd_index_is_one_clear_line(index: str, folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index, "utf-8")
    with pytest.raises(ModelError, match="lists no files of weights") as caught:
        load_crosstext2loc(folder)
    assert "\n" not in str(caught.value)


def test_a_configuration_with_a_bom_is_read(folder: Path) -> None:
    expected = embedded(folder)
    path = folder / "config.json"
    path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert np.array_equal(embedded(folder), expected)
