"""PLANET's losses against none: the same training with each term, several weights and seeds."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor

from core.arrays import F64, I64
from core.errors import TrainingError
from core.evaluation.bootstrap import interval_of_mean, resamples
from core.files import write_text
from core.models.specs import PLANET_TERMS, CompactSpec
from core.settings import Settings
from core.training.batches import Batches, PairPlaces
from core.training.config import Stage, TrainingConfig, read_config
from core.training.loop import Progress, TrainableModel, run_stage, trained_parameters
from core.training.losses import info_nce
from core.training.physical import HEADS, physical_loss
from core.training.run import prepared, trainable_model
from core.training.shards import PictureShards
from core.training.validation import ranked

SEEDS: Final = (1, 2, 3)
WEIGHTS: Final = (0.001, 0.01, 0.1)
"""The values of λ that are compared, with all three terms. At first the gradient of L_phy in the
compact model's text tower is 3 (photographs with a map) to 250 (RSICD) times that of L_itc."""
_TERM_WEIGHT = 0.01
"""λ where one term stands alone."""
_RANKS = (1, 5, 10)


def run(
    settings: Settings,
    config: Path | None,
    weights: tuple[float, ...] | None,
    progress: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """The table of a training in one contrastive stage (a TOML file); `weights` are those of
    `arms`.

    Raises TrainingError for no file or another training.
    """
    if config is None:
        raise TrainingError("bench planet compares trainings; give one with --config FILE.toml")
    folder = settings.runs / f"bench-{config.stem}"
    rows = compare(config, folder, settings.batch_threads, progress, arms(weights))
    return {"bench": "planet", "config": str(config), "rows": rows}


class _Measured(TrainableModel, Protocol):
    """What is asked of a model to compare its trainings."""

    signatures: dict[str, tuple[Tensor, ...]]

    @property
    def text_weight(self) -> Tensor:
        """A weight of the text tower that both the contrastive loss and PLANET's losses train."""

    @property
    def held_places(self) -> PairPlaces:
        """The places of the validation examples."""

    def validation_embeddings(self) -> tuple[Tensor, Tensor]:
        """The embeddings [N, D] of the validation texts and of their pictures."""

    def physical_descriptors(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]] | None:
        """PLANET's descriptors [N, d] of them, one for each term; None without PLANET."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One recipe of the comparison: λ, and the weights of the three terms."""

    name: str
    physical: float = 0.0
    terms: tuple[float, float, float] = (1.0, 1.0, 1.0)


def arms(weights: Sequence[float] | None = None) -> tuple[Arm, ...]:
    """L_itc alone first, then all terms with each λ of `weights`; without weights with those of
    `WEIGHTS`, then each term alone."""
    every = [Arm(f"L_itc + {weight:g} L_phy", weight) for weight in weights or WEIGHTS]
    alone: list[Arm] = []
    for number, term in enumerate(PLANET_TERMS):
        one, two, three = (float(number == other) for other in range(len(PLANET_TERMS)))
        name = f"L_itc + {_TERM_WEIGHT:g} L_{term}"
        alone.append(Arm(name, _TERM_WEIGHT, (one, two, three)))
    return Arm("L_itc"), *every, *(() if weights else alone)


def compare(
    path: Path,
    folder: Path,
    threads: int,
    progress: Progress,
    compared: Sequence[Arm],
    seeds: Sequence[int] = SEEDS,
) -> list[dict[str, Any]]:
    """Trains every arm with every seed on the same examples; one row of figures for each arm.

    `path` is a training with one contrastive stage, of the compact model with a pretrained trunk or
    of a checkpoint, whose weights every run starts from. No step is chosen on the
    validation places: only the last one is measured, on them. R@k is in percent, of the mean over
    the seeds; the intervals are over descriptions; `more` is the paired difference to the first
    arm; "signatures alone" ranks by the texts' predicted signatures; "gradients" is the norm of the
    gradient of L_phy in the text tower over that of L_itc, before and after. The rows so far are in
    `table.json` of the folder. Raises TrainingError.
    """
    config = read_config(path)
    if isinstance(config.model, CompactSpec) and config.model.trunk == "mapnet":
        raise TrainingError(f"{path} trains a trunk from nothing; give one that is pretrained")
    if len(config.stages) != 1 or not config.stages[0].contrastive:
        raise TrainingError(f"{path} has not one stage with a contrastive loss; give it one")
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    shards = prepared(config, folder / "examples", threads, progress)
    torch.set_num_threads(max(1, threads))
    signatures: dict[str, tuple[Tensor, ...]] = {}
    plain: list[_Outcome] = []
    rows: list[dict[str, Any]] = []
    for arm in compared:
        started = time.monotonic()
        runs = [
            _trained(_variant(config, arm, seed), shards, folder, threads, progress, signatures)
            for seed in seeds
        ]
        plain = plain or runs
        seconds = (time.monotonic() - started) / len(runs)
        rows.append({**_figures(arm, runs, plain), "seconds a run": round(seconds, 1)})
        write_text(folder / "table.json", json.dumps(rows, indent=1), error=TrainingError)
    return rows


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One trained arm on N validation descriptions: the rank [N] of each one's picture by the
    embeddings, and by the predicted signatures of the terms that were trained, NaN without one; how
    many times as large the gradient of L_phy is, before and after the training."""

    ranks: F64
    physical: F64
    gradients: tuple[float, float]


def _variant(config: TrainingConfig, arm: Arm, seed: int) -> TrainingConfig:
    colour, structure, texture = arm.terms
    stage = config.stages[0]
    train = tuple(name for name in stage.train if name != HEADS)
    stage = replace(
        stage,
        physical=arm.physical,
        validate_every=stage.steps,
        checkpoint_every=stage.steps,
        train=(*train, HEADS) if arm.physical else train,
    )
    planet = replace(config.planet, colour=colour, structure=structure, texture=texture)
    return replace(config, seed=seed, planet=planet, stages=(stage,))


def _trained(
    config: TrainingConfig,
    shards: PictureShards,
    folder: Path,
    threads: int,
    progress: Progress,
    signatures: dict[str, tuple[Tensor, ...]],
) -> _Outcome:
    """Trains one arm; `signatures` are kept from run to run."""
    device = torch.device("cpu")
    model: _Measured = trainable_model(config, shards, folder, device, threads)
    model.signatures = signatures
    stage = config.stages[0]
    with tempfile.TemporaryDirectory(dir=folder) as run:
        before = _gradient_ratio(model, stage, config.seed, progress)
        run_stage(model, stage, config.seed, Path(run), progress)
        after = _gradient_ratio(model, stage, config.seed, progress)
    places = model.held_places
    ranks, _ = ranked(*model.validation_embeddings(), places)
    physical = np.full(len(ranks), np.nan)
    if (described := model.physical_descriptors()) is not None:
        used = [bool(weight) for weight in config.planet.weights]
        texts, pictures = (_joined(side, used) for side in described)
        physical = ranked(texts, pictures, places)[0].astype(np.float64)
    return _Outcome(ranks.astype(np.float64), physical, (before, after))


def _gradient_ratio(model: _Measured, stage: Stage, seed: int, progress: Progress) -> float:
    """The norm of the gradient of L_phy, with λ = 1, over that of L_itc: both for the first batch,
    in one weight of the text tower. NaN without L_phy."""
    if not stage.physical:
        return float("nan")
    trained_parameters(model.network, stage)
    model.on_stage_start(stage, progress)
    batches = Batches(model.places, stage.batch, stage.group, seed)
    examples = model.load_batch(batches.rows(0), batches.draws(0), stage)
    weight = model.text_weight.requires_grad_()
    embedded = model.embed(examples, slice(0, stage.batch), stage)
    none = torch.zeros(stage.batch, stage.batch, dtype=torch.bool)
    losses = (
        physical_loss(embedded.physical, none),
        info_nce(embedded.texts, embedded.pictures, model.scale, none),
    )
    physical, plain = (
        float(torch.autograd.grad(loss, weight, retain_graph=True)[0].norm()) for loss in losses
    )
    return physical / max(plain, 1e-12)


def _joined(descriptors: Sequence[Tensor], used: Sequence[bool]) -> Tensor:
    """Unit vectors whose cosine is the mean of the cosines of the terms that are used."""
    kept = torch.cat([part for part, use in zip(descriptors, used, strict=True) if use], 1)
    return torch.nn.functional.normalize(kept, dim=-1)


def _figures(arm: Arm, runs: Sequence[_Outcome], plain: Sequence[_Outcome]) -> dict[str, Any]:
    """One row of the table; `plain` are the runs of the first arm."""
    drawn = resamples(len(runs[0].ranks))
    row: dict[str, Any] = {"arm": arm.name, "descriptions": len(runs[0].ranks)}
    for k in _RANKS:
        hits, before = _hits(runs, k), _hits(plain, k)
        row[f"R@{k}"] = _with_interval(hits, drawn)
        row[f"R@{k} of each seed"] = [
            round(100 * float((run.ranks <= k).mean()), 1) for run in runs
        ]
        row[f"R@{k} more"] = _with_interval(hits - before, drawn)
    if arm.physical:
        alone = np.mean([run.physical <= _RANKS[-1] for run in runs], axis=0)
        row[f"signatures alone R@{_RANKS[-1]}"] = _with_interval(alone, drawn)
        row["gradients"] = np.mean([run.gradients for run in runs], axis=0).round(1).tolist()
    return row


def _hits(runs: Sequence[_Outcome], k: int) -> F64:
    """The share of the seeds [N] whose first k pictures hold that of each description."""
    hits: F64 = np.mean([run.ranks <= k for run in runs], axis=0)
    return hits


def _with_interval(values: F64, drawn: I64) -> list[float]:
    low, high = interval_of_mean(values, drawn)
    return [round(100 * figure, 1) for figure in (float(values.mean()), low, high)]
