"""Collections in training: their shards, their regions, and batches that count regions alike."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from tiny_collection import CONTINENTS, quiet, rows, written
from tiny_training import COMPACT, CONTRAST_STAGE, write_album

from core.errors import SourceError, TrainingError
from core.training import collections as stages
from core.training.batches import Batches, PairPlaces
from core.training.collections import prepare_collection
from core.training.config import read_config
from core.training.datasets import CollectionDataset, PictureDataset
from core.training.run import train
from core.training.shard_reader import ShardReader
from core.training.shards import prepare_album


def uneven(*counts: int) -> PairPlaces:
    """Towns with so many examples each, far from each other."""
    towns = np.repeat(np.arange(len(counts)), counts)
    rng = np.random.default_rng(1)
    return PairPlaces(10.0 * towns + rng.uniform(0, 0.01, len(towns)), 5.0 + 0 * towns, towns)


@pytest.mark.parametrize("group", [1, 4])
def test_balanced_batches_draw_every_region_alike(group: int) -> None:
    places = uneven(400, 40, 12)
    batches = Batches(places, 24, group, 3, balanced=True)
    seen: Counter[int] = Counter()
    for step in range(40):
        rows_of_step = batches.rows(step)
        assert len(np.unique(rows_of_step)) == 24
        counts = np.bincount(places.towns[rows_of_step], minlength=3)
        assert counts.min() >= 5, "of 24, 8 for each region, fewer where neighbours repeat"
        seen.update(rows_of_step.tolist())
    assert len(seen) > 200, "of the large region not always the same"
    plain = Batches(places, 24, group, 3)
    assert np.bincount(places.towns[plain.rows(0)], minlength=3)[0] > 15


def test_balanced_batches_depend_on_seed_and_step_alone() -> None:
    one, other = (Batches(uneven(50, 7), 16, 2, 3, balanced=True) for _ in range(2))
    for step in (9, 2, 30):
        assert (one.rows(step) == other.rows(step)).all()


def test_a_batch_larger_than_the_small_regions_is_full() -> None:
    batches = Batches(uneven(20, 2, 1), 23, 1, 3, balanced=True)
    assert len(np.unique(batches.rows(0))) == 23


def test_shards_have_the_described_rows_and_their_regions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "SHARD", 4)
    every = rows()
    every[1] = replace(every[1], descriptions=())
    written(tmp_path / "c", every, continents=CONTINENTS)
    made = prepare_collection(CollectionDataset("c", tmp_path / "c"), tmp_path)
    assert (len(made.learned), len(made.held)) == (1, 1)
    data = CollectionDataset("inter", tmp_path / "c", "intercontinental", limit=2)
    made = prepare_collection(data, tmp_path)
    album = write_album(tmp_path)
    fields = prepare_album(PictureDataset("fields", album, album / "texts.jsonl"), tmp_path)
    reader = ShardReader([*made.learned, *fields], 0)
    learned = [row for row in every if row.continent == "Europe" and row.descriptions]
    kept = [row for region in ("lund", "porto") for row in learned if row.region == region][:4]
    assert reader.pictures(np.arange(4)) == [row.picture for row in kept]
    assert reader.texts(np.array([0]), np.array([5])) == [kept[0].descriptions[0]]
    assert reader.places.towns.tolist() == [0, 0, 1, 1, *[2] * 8]
    assert ShardReader(made.held, 0).places.lats == pytest.approx([-0.18, -0.178])
    (tmp_path / "c" / "collection.json").unlink()
    assert prepare_collection(data, tmp_path) == made, "what is there is not made again"


def test_what_cannot_be_trained_on_is_told(tmp_path: Path) -> None:
    written(tmp_path / "bare", rows(described=False))
    with pytest.raises(TrainingError, match="no described rows in the split train"):
        prepare_collection(CollectionDataset("c", tmp_path / "bare"), tmp_path)
    broken = [replace(rows()[0], picture=b"\x89PNG broken"), *rows()[1:]]
    written(tmp_path / "broken", broken)
    with pytest.raises(SourceError, match="row 1: its picture cannot be read"):
        prepare_collection(CollectionDataset("c", tmp_path / "broken"), tmp_path)


def test_the_table_of_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    stage = 'name = "s"\nsteps = 1\nbatch = 2\nlr = 1e-3\ntrain = ["text"]\nbalanced = true\n'
    table = '[[collections]]\nname = "core"\npath = "c"\nprotocol = "intercontinental"\n'
    path.write_text(f"seed = 1\n{table}[[stages]]\n{stage}")
    config = read_config(path)
    assert config.collections == (CollectionDataset("core", tmp_path / "c", "intercontinental"),)
    assert (config.learned, config.held) == (("core",), ("core-held",))
    assert config.stages[0].balanced
    path.write_text(f"seed = 1\n{table}limit = -1\n[[stages]]\n{stage}")
    with pytest.raises(TrainingError, match=r"collections\[0\]: limit is -1"):
        read_config(path)


def test_a_model_is_trained_on_a_collection(tmp_path: Path) -> None:
    written(tmp_path / "c", rows(4), continents={"Europe": "train", "Asia": "validation"})
    stage = CONTRAST_STAGE.replace("steps = 6", "steps = 2").replace("batch = 8", "batch = 4")
    path = tmp_path / "t.toml"
    path.write_text(
        'seed = 1\n[[collections]]\nname = "c"\npath = "c"\nprotocol = "intercontinental"\n'
        f"{stage}balanced = true\n{COMPACT}"
    )
    weights = train(path, tmp_path / "run", 1, quiet)
    assert weights is not None
    assert load_file(weights)
    examples = {one.name for one in (tmp_path / "run" / "examples").glob("*.pictures.feather")}
    assert examples == {"c-000.pictures.feather", "c-held-000.pictures.feather"}
