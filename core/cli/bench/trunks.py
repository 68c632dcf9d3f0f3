"""The trunks of compact-aerial: the same training with each, at equal views and at equal time."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from core.arrays import F64, I64
from core.errors import TrainingError
from core.evaluation.bootstrap import interval_of_mean, resamples
from core.files import write_text
from core.models.specs import CompactSpec
from core.settings import Settings
from core.training.aerial import TrainableAerial
from core.training.config import Stage, TrainingConfig, read_config
from core.training.loop import Progress, run_stage
from core.training.run import prepared, trainable_model
from core.training.shards import PictureShards
from core.training.validation import mean_precision, ranked

_SCRATCH = "mapnet"
"""The trunk that is trained, in the first stage; all others are frozen."""
_RANKS = (1, 10)


@dataclass(frozen=True, slots=True)
class TrunkArm:
    """A trunk, and how many times as many views and steps of the first stage it gets."""

    trunk: str
    times: int = 1


ARMS: Final = (
    *(TrunkArm("efficientnet-lite0-early"), TrunkArm(_SCRATCH), TrunkArm("geoembed")),
    *(TrunkArm("efficientnet-lite0-early", 13), TrunkArm(_SCRATCH, 3)),
)
"""First all with equal views, then the faster ones for as long as the slowest took."""


def run(
    settings: Settings, config: Path | None, progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """The table of a training on aerial photographs (a TOML file).

    Its folder is named after what the file says, so that a changed one is trained anew.
    Raises TrainingError for no file or another training.
    """
    if config is None:
        raise TrainingError("bench trunks compares trainings; give one with --config FILE.toml")
    text = config.read_bytes() if config.is_file() else b""
    folder = settings.runs / f"bench-{config.stem}-{hashlib.sha256(text).hexdigest()[:8]}"
    rows = compare(config, folder, settings.batch_threads, progress)
    return {"bench": "trunks", "config": str(config), "rows": rows}


def compare(
    path: Path, folder: Path, threads: int, progress: Progress, arms: Sequence[TrunkArm] = ARMS
) -> list[dict[str, Any]]:
    """Trains every arm on the same examples; one row of figures for each.

    The first stage of the training in `path` learns the layout: the concepts on the stored views of
    a frozen trunk, or the trunk `mapnet` with them on fresh views. Only last steps are measured.
    Seconds are those of the processor, without the validation pictures. Precision and R@k are of
    each validation place, in percent, with intervals over descriptions. The rows so far are in
    `table.json` of the folder, and arms in it are not trained again. Raises TrainingError.
    """
    config = read_config(path)
    if not (config.photographs and isinstance(config.model, CompactSpec)):
        raise TrainingError(f"{path} is no training on [[photographs]]")
    if not config.stages[0].layout or config.stages[0].contrastive:
        raise TrainingError(f"{path} has no first stage that learns only the layout")
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    shards = prepared(config, folder / "examples", threads, progress)
    torch.set_num_threads(max(1, threads))
    table = folder / "table.json"
    rows = json.loads(table.read_text("utf-8")) if table.is_file() else []
    for arm in arms:
        named = {"trunk": arm.trunk, "times": arm.times}
        if not any(named.items() <= row.items() for row in rows):
            run_folder = folder / f"{arm.trunk}-{arm.times}"
            rows.append({**named, **_trained(config, arm, shards, run_folder, threads, progress)})
            write_text(table, json.dumps(rows, indent=1), error=TrainingError)
    return rows


def _trained(
    config: TrainingConfig,
    arm: TrunkArm,
    shards: PictureShards,
    folder: Path,
    threads: int,
    progress: Progress,
) -> dict[str, Any]:
    """Trains one arm and measures it."""
    assert isinstance(config.model, CompactSpec)
    config = replace(config, model=replace(config.model, trunk=arm.trunk))
    folder.mkdir(exist_ok=True)
    examples = folder / "examples"
    if not examples.exists():
        examples.symlink_to(folder.parent.resolve() / "examples")
    model = trainable_model(config, shards, folder, torch.device("cpu"), threads)
    assert isinstance(model, TrainableAerial)
    row: dict[str, Any] = {}
    for number, stage in enumerate(_stages(config, arm)):
        clock = _Clock(progress)
        run_stage(model, stage, config.seed + number, folder, clock)
        row[stage.name] = {"steps": stage.steps, "seconds": round(clock.total, 1)}
        model.network.eval()
        found = _precisions(model) if not stage.contrastive else _recalls(model)
        row[stage.name] |= dict(zip(config.held, found, strict=True))
    return row


def _stages(config: TrainingConfig, arm: TrunkArm) -> Iterator[Stage]:
    """The stages of an arm."""
    for number, stage in enumerate(config.stages):
        first = number == 0
        steps = stage.steps * arm.times if first else stage.steps
        scratch = first and arm.trunk == _SCRATCH
        yield replace(
            stage,
            steps=steps,
            views=0 if scratch else stage.views * arm.times,
            train=(*stage.train, "picture.trunk") if scratch else stage.train,
            validate_every=steps,
            checkpoint_every=steps,
        )


@dataclass
class _Clock:
    """Shows the progress, and counts the processor's seconds of all but the validation pictures."""

    shown: Progress
    total: float = 0.0
    _last: float = field(default_factory=time.process_time)

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.process_time()
        if not what.startswith("held"):
            self.total += now - self._last
        self._last = now
        self.shown(what, done, total)


def _precisions(model: TrainableAerial) -> Iterator[dict[str, float]]:
    """The mean average precision of the layout in each validation place, and that by chance."""
    scores, present = model.layout_scores()
    for rows in _by_place(model):
        precision, chance, kinds = mean_precision(scores[rows], present[rows])
        yield {"precision": round(precision, 3), "chance": round(chance, 3), "kinds": kinds}


def _recalls(model: TrainableAerial) -> Iterator[dict[str, list[float]]]:
    """R@k in each validation place, with intervals."""
    ranks, _ = ranked(*model.validation_embeddings(), model.held_places)
    for rows in _by_place(model):
        drawn = resamples(len(rows))
        yield {f"R@{k}": _percent(np.asarray(ranks[rows] <= k, np.float64), drawn) for k in _RANKS}


def _percent(hits: F64, drawn: I64) -> list[float]:
    return [round(100 * one, 1) for one in (float(hits.mean()), *interval_of_mean(hits, drawn))]


def _by_place(model: TrainableAerial) -> Iterator[I64]:
    towns = model.held_places.towns
    for town in np.unique(towns):
        yield np.flatnonzero(towns == town)
