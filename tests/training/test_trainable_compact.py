"""The compact model in training: cached features, layouts, validation metrics."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_training import full_disk, write_town

from core.errors import TrainingError
from core.models.dual_encoder import CompactNetwork
from core.models.sentence import SentenceEncoder
from core.models.specs import CompactSpec
from core.training.compact import TrainableCompact, name_kinds
from core.training.config import Stage
from core.training.datasets import MapDataset, PictureDataset
from core.training.loop import run_stage
from core.training.shard_reader import ShardReader
from core.training.shards import (
    prepare_album,
    prepare_descriptions,
    prepare_kinds,
    prepare_pictures,
    prepare_states,
)

pytest.importorskip("mapnik")

SPEC = CompactSpec(picture_px=64, dimensions=64)
HEADS = ("picture.concepts", "picture.reach", "picture.pool", "text", "log_scale")
LAYOUT = Stage(
    "layout",
    steps=90,
    batch=8,
    train=("picture.trunk", "picture.concepts"),
    lr=5e-3,
    contrastive=0,
    layout=1,
    warmup=3,
    validate_every=90,
)
CONTRAST = Stage(
    "contrast", steps=30, batch=8, train=HEADS, lr=2e-3, group=2, warmup=3, validate_every=30
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, encoder: SentenceEncoder) -> ShardReader:
    """Sixteen places of one town."""
    folder = tmp_path_factory.mktemp("town")
    town = MapDataset("here", (write_town(folder / "here.osm", 48.2, 16.3, 1),), 30, 16)
    shards = prepare_pictures(town, folder, prepare_kinds([town], folder, 2), 4)
    prepare_descriptions(town, shards, 1, 4)
    prepare_states(shards, lambda: encoder, 300)
    return ShardReader(shards, kinds_of(folder), 300)


def kinds_of(folder: Path) -> int:
    return len(json.loads((folder / "kinds.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, encoder: SentenceEncoder) -> ShardReader:
    """Eight pictures without a place, of other sizes and modes."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    rows = []
    for number in range(8):
        pixels = rng.integers(0, 256, (20 + number, 30, 3), dtype=np.uint8)
        mode = "L" if number % 2 else "RGB"
        Image.fromarray(pixels).convert(mode).save(folder / f"{number}.png")
        rows.append(json.dumps({"picture": f"{number}.png", "texts": [f"field {number}"]}))
    (folder / "texts.jsonl").write_text("\n".join(rows), "utf-8")
    shards = prepare_album(PictureDataset("photos", folder, folder / "texts.jsonl"), folder)
    prepare_states(shards, lambda: encoder, 300)
    return ShardReader(shards, 0, 300)


def model(
    folder: Path, train: ShardReader, held: ShardReader, kinds: int = 0, spec: CompactSpec = SPEC
) -> TrainableCompact:
    torch.manual_seed(0)
    network = CompactNetwork(replace(spec, kinds=tuple(f"kind {n}" for n in range(kinds))))
    network.picture.trunk.load_pretrained()
    return TrainableCompact(network, train, held, folder, torch.device("cpu"))


def silent(*_: Any) -> None:
    pass


def test_layouts_and_then_descriptions_are_learned_by_heart(
    town: ShardReader, tmp_path: Path
) -> None:
    made = model(tmp_path, town, town, town.layouts(np.arange(1)).shape[1])
    before = made.validate(LAYOUT)["precision"]
    run_stage(made, LAYOUT, 1, tmp_path, silent)
    assert made.validate(LAYOUT)["precision"] > before + 0.1
    assert made.validate(CONTRAST)["R@1"] < 20
    stage = replace(CONTRAST, steps=60, batch=16, lr=5e-3, group=1, apart_m=1.0)
    run_stage(made, stage, 1, tmp_path, silent)
    assert made.validate(CONTRAST)["R@1"] > 30


def test_kept_features_train_as_computed_ones_do(town: ShardReader, tmp_path: Path) -> None:
    """What is kept is in half precision, so the gradients agree to three digits."""
    found = []
    for kept in (True, False):
        made = model(tmp_path, town, town)
        for name, parameter in made.network.named_parameters():
            parameter.requires_grad_(name.startswith(HEADS) or not kept)
        made.on_stage_start(replace(CONTRAST, name="kept"), silent)
        fetched = made.load_batch(np.arange(8), np.zeros(8, int), CONTRAST)
        assert (fetched.features is None) != kept
        assert (fetched.pictures is None) == kept
        embedded = made.embed(fetched, slice(2, 6), CONTRAST)
        embedded.pictures.sum().backward()
        gradient = made.network.picture.concepts.weight.grad
        assert gradient is not None
        found.append((embedded.pictures.detach(), gradient))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-2, atol=2e-3)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=5e-2, atol=5e-3)
    kept_file = np.load(tmp_path / "kept.features.npy")
    assert kept_file.shape == (16, 192, 4, 4)
    assert kept_file.dtype == np.float16


def test_figures_from_kept_features_are_those_from_pictures(
    town: ShardReader, photos: ShardReader, tmp_path: Path
) -> None:
    made = model(tmp_path, town, photos)
    made.on_stage_start(CONTRAST, silent)
    computed = made.embed_pictures(photos)
    freeze(made)
    made.on_stage_start(CONTRAST, silent)
    kept = made.embed_pictures(photos)
    assert (kept != computed).any()
    torch.testing.assert_close(kept, computed, rtol=1e-2, atol=2e-3)
    assert np.load(tmp_path / "contrast.held-features.npy").shape == (8, 192, 4, 4)


def test_texts_of_one_batch_are_embedded_as_each_alone(town: ShardReader, tmp_path: Path) -> None:
    made = model(tmp_path, town, town)
    rows = np.arange(16)
    together = made.embed(made.load_batch(rows, rows, CONTRAST), slice(None), CONTRAST).texts
    for row in rows:
        alone = made.embed(
            made.load_batch(rows[row : row + 1], rows[:1], CONTRAST), slice(None), CONTRAST
        ).texts
        torch.testing.assert_close(together[row], alone[0], rtol=1e-4, atol=1e-5)


def test_before_the_first_contrast_every_concept_has_as_much_to_say(
    town: ShardReader, tmp_path: Path
) -> None:
    kinds = town.layouts(np.arange(1)).shape[1]
    made = model(tmp_path, town, town, kinds)
    freeze(made)
    made.on_stage_start(LAYOUT, silent)
    assert not made.network.text.middle.any()
    made.on_stage_start(CONTRAST, silent)
    picture, text = made.network.picture, made.network.text
    fetched = made.load_batch(np.arange(16), np.zeros(16, int), CONTRAST)
    assert fetched.states is not None
    assert fetched.mask is not None
    states = fetched.states.float()
    torch.testing.assert_close(text.middle.detach(), states[fetched.mask].mean(0))
    assert fetched.features is not None
    seen = picture.pool.activations(picture.token_logits(fetched.features.float()), None)
    told = text.pool.activations(text.token_logits(states), fetched.mask)
    for pool, said in ((picture.pool, seen), (text.pool, told)):
        share = torch.tensor([1.0] * kinds + [0.3] * (64 - kinds))
        torch.testing.assert_close(pool.gains * (said.std(0) + 0.05), share, rtol=1e-3, atol=1e-3)
    gains = picture.pool.gains.detach().clone()
    made.on_stage_start(CONTRAST, silent)  # as on the way on from a checkpoint
    assert torch.equal(picture.pool.gains, gains)


def test_a_word_speaks_of_its_kind_before_anything_is_learned(encoder: SentenceEncoder) -> None:
    kinds = ("bench", "river", "church", "supermarket")
    network = CompactNetwork(replace(SPEC, kinds=kinds))
    name_kinds(network, encoder.encode(list(kinds)))
    for kind, text in enumerate(("a seat of wood", "a broad stream", "a chapel", "a grocery")):
        states, mask = map(torch.from_numpy, encoder.states(encoder.tokenize([text])))
        with torch.inference_mode():
            said = network.text.pool.activations(network.text.token_logits(states), mask)[
                0, : len(kinds)
            ]
        assert said.argmax() == kind


def turned(image: torch.Tensor, quarters: int, mirrored: bool) -> torch.Tensor:
    image = torch.rot90(image, quarters, (1, 2))
    return image.flip(2) if mirrored else image


def test_pictures_are_turned_together_with_their_layouts(town: ShardReader, tmp_path: Path) -> None:
    made = model(tmp_path, town, town, town.layouts(np.arange(1)).shape[1])
    rows, draws = np.arange(16), np.random.default_rng(0).integers(1 << 30, size=16)
    assert len(rows) == 16
    upright = made.load_batch(rows, draws, LAYOUT)
    found = made.load_batch(rows, draws, replace(LAYOUT, turned=1.0))
    again = made.load_batch(rows, draws, replace(LAYOUT, turned=1.0))
    ways = [(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]
    seen = set()
    for row in rows:
        both = [(one.pictures, one.layout) for one in (upright, found, again)]
        (picture, layout), (new, new_layout), (same, _) = (
            (a[row], b[row]) for a, b in both if a is not None and b is not None
        )
        assert torch.equal(new, same)
        fitting = {way for way in ways if torch.equal(new, turned(picture, *way))}
        assert fitting & {way for way in ways if torch.equal(new_layout, turned(layout, *way))}
        seen |= fitting
    assert len(seen) > 4
    half = made.load_batch(rows, draws, replace(LAYOUT, turned=0.5)).pictures
    assert half is not None
    assert upright.pictures is not None
    assert 2 < sum(torch.equal(*pair) for pair in zip(half, upright.pictures, strict=True)) < 14


def test_features_are_not_kept_where_a_part_of_the_trunk_moves(
    town: ShardReader, tmp_path: Path
) -> None:
    made = model(tmp_path, town, town)
    stage = replace(CONTRAST, steps=1, train=("picture.trunk.6", "text"))
    run_stage(made, stage, 1, tmp_path, silent)
    assert not (tmp_path / "contrast.features.npy").exists()


def test_a_full_disk_leaves_no_features(town: ShardReader, tmp_path: Path) -> None:
    made = model(tmp_path, town, town)
    freeze(made)
    with full_disk(), pytest.raises(TrainingError, match=r"features\.npy cannot be written"):
        made.on_stage_start(CONTRAST, silent)
    assert not list(tmp_path.iterdir())


def freeze(made: TrainableCompact) -> None:
    made.network.picture.trunk.requires_grad_(False)


def test_a_coarser_trunk_learns_pooled_layouts(town: ShardReader, tmp_path: Path) -> None:
    kinds = town.layouts(np.arange(1)).shape[1]
    spec = replace(SPEC, trunk="efficientnet-lite0")
    made = model(tmp_path, town, town, kinds, spec)
    made.on_stage_start(LAYOUT, silent)
    fetched = made.load_batch(np.arange(4), np.zeros(4, int), LAYOUT)
    loss = made.embed(fetched, slice(None), LAYOUT).own_loss
    assert float(loss.detach()) > 0
    loss.backward()
    assert made.network.picture.concepts.weight.grad is not None


def test_pictures_without_a_layout_and_cells_that_do_not_fit_are_told(
    town: ShardReader, photos: ShardReader, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="learns the layout, but pictures of an album"):
        model(tmp_path, town, photos, 3).on_stage_start(LAYOUT, silent)
    odd = model(tmp_path, town, town, 3, replace(SPEC, picture_px=96))
    with pytest.raises(TrainingError, match="6 × 6 cells do not divide"):
        odd.on_stage_start(LAYOUT, silent)


def test_albums_alone_train_and_are_judged_among_all(photos: ShardReader, tmp_path: Path) -> None:
    made = model(tmp_path, photos, photos)
    run_stage(made, replace(CONTRAST, batch=4, steps=20, group=1), 1, tmp_path, silent)
    figures = made.validate(CONTRAST)
    assert set(figures) == {"quality", "R@1", "R@5", "R@10"}
    assert figures["R@10"] == 100
    assert made.save(tmp_path) == tmp_path / "compact.safetensors"
