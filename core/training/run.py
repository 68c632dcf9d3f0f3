"""One training from its configuration to the finished weights, in a run folder.

Leaves examples, losses and the loop to the modules beside it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.errors import TrainingError
from core.files import remove_parts, write_bytes
from core.geo import Points, nearest
from core.models import load_model
from core.models.dual_encoder import CompactNetwork
from core.models.specs import CompactSpec
from core.training.compact import TrainableCompact, name_kinds
from core.training.config import TrainingConfig, read_config
from core.training.datasets import MapDataset, PictureDataset
from core.training.distributed import join_workers
from core.training.loop import TrainableModel, run_stage
from core.training.shard_reader import ShardReader
from core.training.shards import (
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


def train(path: Path, folder: Path, threads: int, progress: Progress) -> Path | None:
    """Trains what a TOML file says and returns the weights' file; goes on where it was stopped.

    The run folder keeps the configuration, the examples, checkpoints and TensorBoard's log.
    Processes started by `torchrun` train together, and all but the first return None; a GPU is
    used where there is one. Raises TrainingError.
    """
    config = read_config(path)
    with join_workers() as process:
        told = progress if process.writes else _silent
        if process.writes:
            _claim(folder, path)
        else:
            process.wait()  # then everything is there
        shards = _prepare(config, folder / "examples", threads, told)
        if process.writes:
            process.wait()
        torch.set_num_threads(max(1, threads // process.count))
        model = _trainee(config, shards, folder, process.device, threads)
        for number, stage in enumerate(config.stages):
            run_stage(model, stage, config.seed + number, folder, told)
        return model.save(folder) if process.writes else None


def _silent(stage: str, done: int, total: int) -> None:
    """The first process alone tells how far it is."""


def _claim(folder: Path, path: Path) -> None:
    """A run folder belongs to one configuration."""
    try:
        (folder / "examples").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be a run folder: {error.strerror}") from error
    kept, text = folder / "config.toml", path.read_bytes()
    if not kept.is_file():
        write_bytes(kept, text, error=TrainingError)
    elif kept.read_bytes() != text:
        raise TrainingError(
            f"{folder} belongs to another configuration, kept in {kept}; choose another --out"
        )
    remove_parts(folder)


def _prepare(
    config: TrainingConfig, folder: Path, threads: int, progress: Progress
) -> PictureShards:
    """Pictures, layouts and descriptions of every place, and what the sentence encoder says."""
    files = [path for town in config.towns for path in town.sources]
    if absent := [str(path) for path in files if not path.is_file()]:
        raise TrainingError(f"there is no map file {', '.join(absent)}")
    made = [_split(album, prepare_album(album, folder, progress)) for album in config.albums]
    made += [prepare_city(city, folder, progress) for city in config.cities]
    taught = [town for town in config.towns if not town.held]
    kinds = prepare_kinds(taught, folder, config.kinds_at_least)
    drawn = {
        town: prepare_pictures(town, folder, kinds, config.seed, progress) for town in config.towns
    }
    made += [_split(town, pictures) for town, pictures in drawn.items()]
    learned = tuple(shard for one in made for shard in one.learned)
    held = tuple(shard for one in made for shard in one.held)
    _check_apart(positions(learned), positions(held))
    for town, pictures in drawn.items():
        prepare_descriptions(town, pictures, config.texts_per_tile, config.seed, progress)
    if isinstance(config.model, CompactSpec):
        load = functools.partial(load_model, "minilm", threads)
        prepare_states([*learned, *held], load, config.model.max_tokens, progress)
    return PictureShards(learned, held)


def _split(place: MapDataset | PictureDataset, shards: Sequence[Path]) -> PictureShards:
    return PictureShards((), tuple(shards)) if place.held else PictureShards(tuple(shards), ())


def _trainee(
    config: TrainingConfig, shards: PictureShards, folder: Path, device: torch.device, threads: int
) -> TrainableModel:
    """The model at its start, which the seed alone decides, with its examples."""
    kinds = json.loads((folder / "examples" / "kinds.json").read_text("utf-8"))
    tokens = config.model.max_tokens if isinstance(config.model, CompactSpec) else None
    learned, held = (ShardReader(one, len(kinds), tokens) for one in (shards.learned, shards.held))
    torch.manual_seed(config.seed)
    if isinstance(config.model, CompactSpec):
        network = CompactNetwork(_with_kinds(config.model, kinds))
        network.picture.trunk.load_pretrained()
        if kinds:
            name_kinds(network, load_model("minilm", threads).encode(kinds))
        return TrainableCompact(network, learned, held, folder, device)
    from core.models.crosstext2loc import load_crosstext2loc
    from core.training.clip import TrainableClip

    assert config.checkpoint is not None
    return TrainableClip(load_crosstext2loc(config.checkpoint), learned, held, device)


def _with_kinds(spec: CompactSpec, kinds: Sequence[str]) -> CompactSpec:
    try:
        return replace(spec, kinds=tuple(kinds))
    except ValueError as error:
        raise TrainingError(f"the model is too small for these towns: {error}") from error


def _check_apart(learned: Points, held: Points) -> None:
    """What the model is judged by must be ground that it never saw."""
    if not (len(learned.lats) and len(held.lats)):
        return
    beside = nearest(held, learned, 1)[:, 0]
    metres = np.linalg.norm(held.xyz - learned.xyz[beside], axis=1)
    if metres.min() < FOOTPRINT_M:
        row = metres.argmin()
        raise TrainingError(
            f"{held.lats[row]:.5f}, {held.lons[row]:.5f} is held apart, but {metres[row]:.0f} m "
            f"from there is trained on; hold apart places that lie elsewhere"
        )
