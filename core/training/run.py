"""One training run from its configuration to the final weights, in a run folder."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.errors import TrainingError
from core.files import remove_parts, write_bytes, write_text
from core.geo import Points, nearest
from core.models import load_model
from core.models.compact import read_network
from core.models.dual_encoder import CompactNetwork
from core.models.specs import CompactSpec
from core.training.aerial import TrainableAerial
from core.training.collections import prepare_collection
from core.training.compact import TrainableCompact, name_kinds
from core.training.config import TrainingConfig, read_config
from core.training.datasets import AerialDataset, MapDataset, PictureDataset
from core.training.distributed import join_workers
from core.training.loop import run_stage
from core.training.shard_reader import ShardReader
from core.training.shards import (
    AROUND_CELLS,
    CELLS,
    FOOTPRINT_M,
    PictureShards,
    Progress,
    positions,
    prepare_album,
    prepare_city,
    prepare_descriptions,
    prepare_kinds,
    prepare_pictures,
    prepare_states,
)

if TYPE_CHECKING:
    from core.training.clip import TrainableClip


def train(path: Path, folder: Path, threads: int, progress: Progress) -> Path | None:
    """Runs the training in a TOML file and returns the file of the weights.

    A stopped run continues where it was. The run folder has the configuration, the examples, the
    checkpoints and TensorBoard's log. Processes started by `torchrun` train together, and all but
    the first return None. A GPU is used if there is one. Raises TrainingError.
    """
    config = read_config(path)
    with join_workers() as process:
        shown = progress if process.writes else _no_progress
        if process.writes:
            _claim(folder, path)
        else:
            process.wait()  # until the first process has prepared all examples
        shards = prepared(config, folder / "examples", threads, shown)
        if process.writes:
            process.wait()
        torch.set_num_threads(max(1, threads // process.count))
        model = trainable_model(config, shards, folder, process.device, threads)
        for number, stage in enumerate(config.stages):
            run_stage(model, stage, config.seed + number, folder, shown)
        return model.save(folder) if process.writes else None


def _no_progress(stage: str, done: int, total: int) -> None:
    """Shows no progress: only the first process does."""


def _claim(folder: Path, path: Path) -> None:
    """Makes the run folder with a copy of the configuration.

    Raises TrainingError if the folder belongs to another configuration.
    """
    try:
        (folder / "examples").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be a run folder: {error.strerror}") from error
    copy, text = folder / "config.toml", path.read_bytes()
    if not copy.is_file():
        write_bytes(copy, text, error=TrainingError)
    elif copy.read_bytes() != text:
        raise TrainingError(
            f"{folder} belongs to another configuration, {copy}; choose another --out"
        )
    remove_parts(folder)


def prepared(
    config: TrainingConfig, folder: Path, threads: int, progress: Progress
) -> PictureShards:
    """Prepares pictures, layouts and descriptions of all places, and their hidden states."""
    files = [path for town in config.towns for path in town.sources]
    files += [path for place in config.photographs for path in place.sources]
    if absent := [str(path) for path in files if not path.is_file()]:
        raise TrainingError(f"there is no map file {', '.join(absent)}; check the sources")
    prepared = [_split(album, prepare_album(album, folder, progress)) for album in config.albums]
    prepared += [prepare_city(city, folder, progress) for city in config.cities]
    prepared += [prepare_collection(one, folder, progress) for one in config.collections]
    training_towns = [town for town in config.towns if not town.held]
    if config.photographs:
        return _prepare_photographs(config, folder, threads, progress)
    kinds = prepare_kinds(training_towns, folder, config.kinds_at_least)
    rendered = {
        town: prepare_pictures(town, folder, kinds, config.seed, progress) for town in config.towns
    }
    prepared += [_split(town, pictures) for town, pictures in rendered.items()]
    learned = tuple(shard for shards in prepared for shard in shards.learned)
    held = tuple(shard for shards in prepared for shard in shards.held)
    _check_separation(positions(learned), positions(held))
    for town, pictures in rendered.items():
        prepare_descriptions(town, pictures, config.texts_per_tile, config.seed, progress)
    if isinstance(config.model, CompactSpec):
        load = functools.partial(load_model, "minilm", threads)
        prepare_states([*learned, *held], load, config.model.max_tokens, progress)
    return PictureShards(learned, held)


def _prepare_photographs(
    config: TrainingConfig, folder: Path, threads: int, progress: Progress
) -> PictureShards:
    """As `prepared`, of places seen from above."""
    from core.training.photographs import aerial_kinds, described_world, prepare_photographs

    trained = [place for place in config.photographs if not place.held]
    path = folder / "kinds.json"
    if not path.is_file():
        kinds = aerial_kinds(trained, config.kinds_at_least)
        write_text(path, json.dumps(kinds), error=TrainingError)
    kinds = tuple(json.loads(path.read_text("utf-8")))
    described = any(stage.contrastive for stage in config.stages)
    cut: dict[AerialDataset, list[Path]] = {}
    for place in config.photographs:
        cut[place] = prepare_photographs(place, folder, kinds, config.seed, progress)
        if described:
            read = functools.partial(described_world, place)
            prepare_descriptions(
                place, cut[place], config.texts_per_tile, config.seed, progress, read
            )
    learned = tuple(shard for place in cut if not place.held for shard in cut[place])
    held = tuple(shard for place in cut if place.held for shard in cut[place])
    _check_separation(positions(learned), positions(held))
    if described:
        load = functools.partial(load_model, "minilm", threads)
        assert isinstance(config.model, CompactSpec)
        prepare_states([*learned, *held], load, config.model.max_tokens, progress)
    return PictureShards(learned, held)


def _split(place: MapDataset | PictureDataset, shards: Sequence[Path]) -> PictureShards:
    return PictureShards((), tuple(shards)) if place.held else PictureShards(tuple(shards), ())


def trainable_model(
    config: TrainingConfig, shards: PictureShards, folder: Path, device: torch.device, threads: int
) -> TrainableCompact | TrainableClip:
    """The model with its examples; its initial weights depend on the seed only."""
    kinds = json.loads((folder / "examples" / "kinds.json").read_text("utf-8"))
    tokens = config.model.max_tokens if isinstance(config.model, CompactSpec) else None
    cells = AROUND_CELLS if config.photographs else CELLS
    described = any(stage.contrastive for stage in config.stages) or not config.photographs
    learned, held = (
        ShardReader(paths, len(kinds), tokens if described else None, cells)
        for paths in (shards.learned, shards.held)
    )
    planet = config.planet if config.is_physical else None
    torch.manual_seed(config.seed)
    if isinstance(config.model, CompactSpec):
        if config.start is not None:
            network = _started(config.start, config.model, threads)
        else:
            network = CompactNetwork(_with_kinds(config.model, kinds))
            network.picture.trunk.load_pretrained()
            if kinds:
                name_kinds(network, load_model("minilm", threads).encode(kinds))
        model = TrainableAerial if config.photographs else TrainableCompact
        return model(network, learned, held, folder, device, planet)
    from core.models.crosstext2loc import load_crosstext2loc
    from core.training.clip import TrainableClip

    assert config.checkpoint is not None
    return TrainableClip(load_crosstext2loc(config.checkpoint), learned, held, device, planet)


def _started(path: Path, spec: CompactSpec, threads: int) -> CompactNetwork:
    """The network in a file of weights. Raises TrainingError for one of other sizes."""
    if not path.is_file():
        raise TrainingError(f"there are no weights {path} to start from; check the path")
    network = read_network(path, threads)
    if (found := replace(network.spec, kinds=())) != replace(spec, kinds=()):
        raise TrainingError(
            f"the weights {path} have other sizes; write in [model] what they have: {found}"
        )
    return network


def _with_kinds(spec: CompactSpec, kinds: Sequence[str]) -> CompactSpec:
    try:
        return replace(spec, kinds=tuple(kinds))
    except ValueError as error:
        raise TrainingError(f"the model is too small for these towns: {error}") from error


def _check_separation(learned: Points, held: Points) -> None:
    """Raises TrainingError if a validation example is within a tile's width of a training one."""
    if not (len(learned.lats) and len(held.lats)):
        return
    closest = nearest(held, learned, 1)[:, 0]
    metres = np.linalg.norm(held.xyz - learned.xyz[closest], axis=1)
    if metres.min() < FOOTPRINT_M:
        row = metres.argmin()
        raise TrainingError(
            f"the validation place {held.lats[row]:.5f}, {held.lons[row]:.5f} is {metres[row]:.0f} "
            "m from a training place; mark places elsewhere as held"
        )
