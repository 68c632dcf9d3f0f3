"""PLANET's losses in a training: on the compact model, on CLIP, and as a table of arms."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_clip import openai_state, saved
from tiny_training import write_album

from core.models.compact import read_network
from core.models.crosstext2loc import load_crosstext2loc
from core.models.dual_encoder import CompactNetwork
from core.models.planet import load_heads
from core.models.sentence import SentenceEncoder
from core.models.specs import CompactSpec, PlanetSpec
from core.training.clip import TrainableClip
from core.training.compact import TrainableCompact
from core.training.config import Stage
from core.training.datasets import PictureDataset
from core.training.loop import run_stage
from core.training.physical import PhysicalTerm, physical_loss
from core.training.shard_reader import ShardReader
from core.training.shards import prepare_album, prepare_states

PLANET = PlanetSpec(
    colour_bins=4, structure_bins=8, texture_rings=6, dimensions=8, hidden=8, signature_px=32
)
STAGE = Stage(
    "contrast",
    steps=40,
    batch=8,
    train=("picture.concepts", "picture.pool", "text", "planet"),
    lr=1e-2,
    physical=1.0,
    warmup=3,
    validate_every=40,
)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_album(tmp_path_factory.mktemp("album"))


@pytest.fixture(scope="module")
def shards(
    album: Path, encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    folder = tmp_path_factory.mktemp("shards")
    made = prepare_album(PictureDataset("fields", album, album / "texts.jsonl"), folder)
    prepare_states(made, lambda: encoder, 300)
    return made


def silent(*_: Any) -> None:
    pass


def test_the_losses_teach_which_words_mean_which_signature(
    shards: list[Path], tmp_path: Path
) -> None:
    examples = ShardReader(shards, 0, 300)
    torch.manual_seed(0)
    network = CompactNetwork(CompactSpec(picture_px=32, dimensions=24))
    model = TrainableCompact(network, examples, examples, tmp_path, torch.device("cpu"), PLANET)
    before = network.text.concepts.weight.detach().clone()
    run_stage(model, replace(STAGE, contrastive=1e-9), 1, tmp_path, silent)
    assert not torch.equal(network.text.concepts.weight, before)
    described = model.physical_descriptors()
    assert described is not None
    colours = described[0][0] @ described[1][0].T
    names = [name.split()[2] for name in examples.texts(np.arange(8), np.zeros(8, int))]
    same = np.equal.outer(names, names)
    assert colours[torch.from_numpy(same)].mean() > colours[torch.from_numpy(~same)].mean() + 0.3
    path = model.save(tmp_path)
    assert "planet" not in dict(read_network(path).named_children())
    assert load_heads(tmp_path / "planet.safetensors").spec == PLANET


def test_clip_learns_with_the_same_losses(album: Path, tmp_path: Path) -> None:
    checkpoint = saved(openai_state(text_layers=1, picture_layers=1), tmp_path / "clip.pth")
    made = prepare_album(PictureDataset("fields", album, album / "texts.jsonl"), tmp_path)
    examples = ShardReader(made, 0)
    clip = load_crosstext2loc(checkpoint, context=77)
    model = TrainableClip(clip, examples, examples, torch.device("cpu"), PLANET)
    stage = replace(STAGE, steps=2, train=("text_", "logit_scale", "planet"))
    before = model.network.get_submodule("planet").queries.detach().clone()  # type: ignore[union-attr,operator]
    run_stage(model, stage, 1, tmp_path, silent)
    assert not torch.equal(model.network.get_submodule("planet").queries, before)  # type: ignore[arg-type]
    again = load_crosstext2loc(model.save(tmp_path), context=77)
    assert not [name for name, _ in again.network.named_modules() if name == "planet"]
    assert (tmp_path / "planet.safetensors").is_file()


def test_a_term_without_weight_costs_nothing() -> None:
    generator = torch.Generator().manual_seed(1)
    texts, pictures = torch.randn(2, 6, 4, generator=generator)
    terms = [PhysicalTerm(texts, pictures, torch.tensor(5.0), weight) for weight in (1.0, 0.0, 2.0)]
    ignored = torch.zeros(6, 6, dtype=torch.bool)
    first, both = physical_loss(terms[:2], ignored), physical_loss(terms, ignored)
    assert float(both) == pytest.approx(3 * float(first), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chunks": 2}, "chunks = 1"),
        ({"contrastive": 0.0, "layout": 1.0}, "contrastive loss"),
        ({"train": ("text",)}, 'add "planet" to train'),
    ],
)
def test_a_stage_that_cannot_have_the_losses_is_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(STAGE, **change)
