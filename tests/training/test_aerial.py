"""Trainings on aerial photographs: what is cut out of them, roofs by colour, cached views."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.feather as feather
import pytest
import torch
from PIL import Image
from tiny_aerial import LAT, LON, write_photograph
from torch import Tensor

from core.errors import TrainingError
from core.models.dual_encoder import CompactNetwork
from core.models.specs import CompactSpec
from core.training.aerial import Cut, TrainableAerial
from core.training.compact import rotations, turned
from core.training.config import Stage
from core.training.datasets import AerialDataset
from core.training.loop import run_stage
from core.training.photographs import aerial_kinds, prepare_photographs, seen_world
from core.training.shard_reader import ShardReader
from core.training.shards import AROUND_CELLS, AROUND_M, AROUND_PX, positions

STAGE = Stage(
    "layout",
    steps=2,
    batch=4,
    train=("picture.context", "picture.concepts"),
    lr=1e-3,
    contrastive=0,
    layout=1,
    turned=0.5,
    jitter=1,
    views=2,
    validate_every=2,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> AerialDataset:
    return write_photograph(tmp_path_factory.mktemp("aerial"))


@pytest.fixture(scope="module")
def shards(place: AerialDataset, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return prepare_photographs(place, tmp_path_factory.mktemp("shards"), kinds_of(place), 1)


def kinds_of(place: AerialDataset) -> tuple[str, ...]:
    return aerial_kinds([place], 1)


@pytest.fixture(scope="module")
def examples(place: AerialDataset, shards: list[Path]) -> ShardReader:
    return ShardReader(shards, len(kinds_of(place)), None, AROUND_CELLS)


def test_roofs_are_named_by_the_colour_that_the_photograph_shows(place: AerialDataset) -> None:
    features = seen_world(place).features
    assert sorted(features[features.group == "roof"].kind) == ["blue roof", "red roof"]


def test_labels_lie_on_the_pixels_of_their_things(
    place: AerialDataset, examples: ShardReader
) -> None:
    row = kinds_of(place).index("red roof")
    seen = 0
    rows = np.arange(len(examples))
    pictures, layouts = examples.pictures(rows), examples.layouts(rows)
    assert len(pictures)
    for content, labels in zip(pictures, layouts, strict=True):
        picture = Cut.middle().picture(content, AROUND_CELLS)
        red = torch.from_numpy(picture[0].astype(int) - picture[2] > 100)
        labelled = Cut.middle().layout(labels)[row] > 0
        assert not (red & ~labelled).any()
        assert labelled.sum() <= 2 * red.sum() + 4
        seen += int(red.any())
    assert seen


@pytest.mark.parametrize("draw", range(12))
def test_a_tile_cut_at_random_keeps_its_labels(draw: int) -> None:
    cells = np.zeros((1, AROUND_CELLS, AROUND_CELLS), np.uint8)
    cells[0, 18:27, 20:31] = 1
    pixels = np.kron(cells[0] * 255, np.ones((AROUND_PX // AROUND_CELLS + 1,) * 2)).astype(np.uint8)
    around = Image.fromarray(pixels).resize((AROUND_PX, AROUND_PX), Image.Resampling.NEAREST)
    path_like = _encoded(around.convert("RGB"))
    cut = replace(Cut.drawn(draw, 1.0), blur_m=0.0, matrix=np.eye(3), offset=np.zeros(3))
    assert cut.west_m >= 0
    assert cut.north_m + cut.side_m <= AROUND_M
    turns = rotations(np.array([draw << 8]), 1.0)
    picture = turned(torch.from_numpy(cut.picture(path_like, 96))[None], turns)[0, 0]
    labels = turned(cut.layout(torch.from_numpy(cells))[None], turns)[0, 0]
    enlarged = labels.repeat_interleave(2, 0).repeat_interleave(2, 1) * 255
    different = (picture.int() - enlarged.int()).abs() > 128
    assert different.float().mean() < 0.03


def _encoded(picture: Image.Image) -> bytes:
    import io

    content = io.BytesIO()
    picture.save(content, "PPM")
    return content.getvalue()


def test_random_tiles_differ_in_scale_place_sharpness_and_colour() -> None:
    cuts = [Cut.drawn(draw, 1.0) for draw in range(200)]
    assert {cut.side_m < 90 for cut in cuts} == {cut.side_m > 125 for cut in cuts} == {True, False}
    assert 60 < sum(cut.blur_m > 0 for cut in cuts) < 140
    assert max(cut.matrix[0, 0] for cut in cuts) > 1.2 > 0.8 > min(c.matrix[0, 0] for c in cuts)
    still = Cut.drawn(5, 0.0)
    assert (still.west_m, still.side_m, still.blur_m) == (25.0, 100.0, 0.0)
    assert np.array_equal(still.matrix, np.eye(3))


def test_viewpoints_outside_the_box_or_the_photograph_are_left_out(
    place: AerialDataset, tmp_path: Path
) -> None:
    kinds = kinds_of(place)
    west = replace(place, name="west", bbox=(LON - 0.01, LAT - 0.01, LON, LAT + 0.01))
    found = positions(prepare_photographs(west, tmp_path, kinds, 1))
    assert len(found.lons)
    assert (found.lons <= LON).all()
    elsewhere = replace(place, name="far", bbox=(0.0, 0.0, 1.0, 1.0))
    with pytest.raises(TrainingError, match="cover none of 0 viewpoints"):
        prepare_photographs(elsewhere, tmp_path, kinds, 1)


def test_shards_are_cut_once(place: AerialDataset, shards: list[Path]) -> None:
    before = [path.stat().st_mtime_ns for path in shards]
    assert prepare_photographs(place, shards[0].parent, kinds_of(place), 1) == shards
    assert [path.stat().st_mtime_ns for path in shards] == before
    assert feather.read_table(shards[0]).num_rows == len(positions(shards).lats)


@pytest.fixture
def model(place: AerialDataset, examples: ShardReader, tmp_path: Path) -> TrainableAerial:
    torch.manual_seed(3)
    spec = CompactSpec(
        trunk="efficientnet-lite0-early",
        context=16,
        picture_px=64,
        dimensions=32,
        kinds=kinds_of(place),
    )
    network = CompactNetwork(spec)
    return TrainableAerial(network, examples, examples, tmp_path, torch.device("cpu"))


def no_progress(*_: object) -> None:
    """Shows nothing."""


def test_cached_views_are_those_that_the_trunk_would_see(model: TrainableAerial) -> None:
    run_stage(model, STAGE, 1, model._folder, no_progress)
    rows, draws = np.array([0, 1, 2]), np.array([7, 8, 9])
    batch = model.load_batch(rows, draws, STAGE)
    assert batch.features is not None
    assert batch.pictures is None
    again = model.load_batch(rows, draws, STAGE)
    assert torch.equal(_layout(batch.layout), _layout(again.layout))
    others = model.load_batch(rows, draws + 1, STAGE)
    assert others.features is not None
    assert not torch.equal(batch.features, others.features)
    views = list(model._folder.glob("views-2-*.npy"))
    assert len(views) == 1
    assert np.load(views[0]).shape[0] == 2 * len(model._train)


def _layout(layout: Tensor | None) -> Tensor:
    assert layout is not None
    return layout


def test_views_of_a_trunk_that_moves_are_refused(model: TrainableAerial) -> None:
    stage = replace(STAGE, train=("picture",))
    with pytest.raises(TrainingError, match="write views = 0"):
        run_stage(model, stage, 1, model._folder, no_progress)


def test_a_trunk_that_moves_sees_new_tiles_in_each_step(model: TrainableAerial) -> None:
    stage = replace(STAGE, train=("picture",), views=0, steps=1, batch=2)
    run_stage(model, stage, 1, model._folder, no_progress)
    batches = [model.load_batch(np.array([0]), np.array([draw]), stage) for draw in (1, 2)]
    pictures = [batch.pictures for batch in batches]
    assert pictures[0] is not None
    assert pictures[1] is not None
    assert not torch.equal(pictures[0], pictures[1])
