"""CLIP's two towers trained end to end, on albums and on CVG-Text."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_cvgtext
import torch
from PIL import Image
from tiny_clip import openai_state, saved

from core.errors import ModelError, TrainingError
from core.models.crosstext2loc import load_crosstext2loc
from core.training.clip import TrainableClip
from core.training.config import Stage
from core.training.datasets import PictureDataset
from core.training.loop import run_stage
from core.training.run import train
from core.training.shard_reader import ShardReader
from core.training.shards import prepare_album

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "purple", "orange")
EVERYTHING = ("text_", "vision_", "visual_", "logit_scale")
STAGE = Stage(
    "clip",
    steps=30,
    batch=8,
    train=EVERYTHING,
    lr=1e-3,
    warmup=5,
    validate_every=20,
    checkpoint_every=20,
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = openai_state(text_layers=1, picture_layers=1)
    return saved(state, tmp_path_factory.mktemp("clip") / "clip.pth")


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> PictureDataset:
    """A pattern under the name of each colour, with two descriptions."""
    folder = tmp_path_factory.mktemp("album")
    rows = []
    for number, colour in enumerate(COLOURS):
        pattern(number).save(folder / f"{colour}.png")
        texts = [f"a {colour} field", f"all around me it is {colour}"]
        rows.append(json.dumps({"picture": f"{colour}.png", "texts": texts}))
    (folder / "texts.jsonl").write_text("\n".join(rows), "utf-8")
    return PictureDataset("fields", folder, folder / "texts.jsonl")


def pattern(number: int) -> Image.Image:
    rng = np.random.default_rng(number)
    return Image.fromarray(rng.integers(0, 256, (40, 32, 3), dtype=np.uint8))


def model(album: PictureDataset, checkpoint: Path, folder: Path) -> TrainableClip:
    folder.mkdir(exist_ok=True)
    examples = ShardReader(prepare_album(album, folder), 0)
    model = load_crosstext2loc(checkpoint, context=77)
    return TrainableClip(model, examples, examples, torch.device("cpu"))


def silent(*_: Any) -> None:
    pass


def test_both_towers_learn_and_the_result_is_a_checkpoint(
    album: PictureDataset, checkpoint: Path, tmp_path: Path
) -> None:
    made = model(album, checkpoint, tmp_path)
    before = {name: one.clone() for name, one in made.network.state_dict().items()}
    assert made.validate(STAGE)["R@1"] < 60
    run_stage(made, STAGE, 1, tmp_path, silent)
    assert made.validate(STAGE)["R@1"] > 80
    moved = {
        name.split(".")[0]
        for name, one in made.network.state_dict().items()
        if not torch.equal(one, before[name])
    }
    assert moved == {
        "text_model",
        "vision_model",
        "text_projection",
        "visual_projection",
        "logit_scale",
    }
    again = load_crosstext2loc(made.save(tmp_path))
    texts = again.encode_texts([f"a {colour} field" for colour in COLOURS])
    pictures = again.encode_pictures([pattern(number) for number in range(8)])
    assert np.mean((texts @ pictures.T).argmax(1) == np.arange(8)) > 0.8


def test_chunks_change_no_gradient_of_a_clip(
    album: PictureDataset, checkpoint: Path, tmp_path: Path
) -> None:
    found = []
    for chunks in (1, 3):
        made = model(album, checkpoint, tmp_path)
        stage = replace(STAGE, name=f"cut-{chunks}", steps=1, chunks=chunks)
        run_stage(made, stage, 1, tmp_path, silent)
        saved_state = torch.load(tmp_path / f"cut-{chunks}.checkpoint.pt", weights_only=True)
        found.append(saved_state["optimizer"]["state"])
    assert found[0]
    for number, one in found[0].items():
        other = found[1][number]["exp_avg"]
        torch.testing.assert_close(one["exp_avg"], other, rtol=1e-3, atol=1e-6)


def test_the_temperature_is_capped(album: PictureDataset, checkpoint: Path, tmp_path: Path) -> None:
    made = model(album, checkpoint, tmp_path)
    torch.nn.init.constant_(made.network.get_parameter("logit_scale"), 9.0)
    assert float(made.scale.detach()) == pytest.approx(100)


def config(folder: Path, checkpoint: Path, more: str = "") -> Path:
    names = tiny_cvgtext.some_names(30)
    texts = {name: f"a street with tree number {number}" for number, name in enumerate(names)}
    tiny_cvgtext.PUBLIC.write(folder / "cvg", "Tinytown", "osm", {"train": texts, "test": {}})
    path = folder / "clip.toml"
    path.write_text(
        f"""
seed = 42
model = "crosstext2loc"
checkpoint = "{checkpoint}"

[[cities]]
name = "tiny"
root = "cvg"
city = "Tinytown"
kind = "osm"
version = "panorama"

[[stages]]
name = "clip"
steps = 4
batch = 8
lr = 1e-5
chunks = 2
precision = "bfloat16"
train = ["text_", "vision_", "visual_", "logit_scale"]
validate_every = 2
checkpoint_every = 2
{more}
""",
        "utf-8",
    )
    return path


def test_cvgtext_trains_a_clip_of_ones_own(checkpoint: Path, tmp_path: Path) -> None:
    weights = train(config(tmp_path, checkpoint), tmp_path / "run", 1, silent)
    assert weights == tmp_path / "run" / "crosstext2loc.safetensors"
    assert load_crosstext2loc(weights).spec.max_tokens == 300
    assert (tmp_path / "run" / "examples" / "tiny-held-000.pictures.feather").is_file()


def test_a_clip_learns_no_layout_and_needs_its_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    path = config(tmp_path, checkpoint, "layout = 1.0")
    with pytest.raises(TrainingError, match="stage clip: crosstext2loc learns no layout"):
        train(path, tmp_path / "run", 1, silent)
    path = config(tmp_path, tmp_path / "none.pth")
    with pytest.raises(ModelError, match="there is no checkpoint"):
        train(path, tmp_path / "other", 1, silent)
