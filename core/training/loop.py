"""The training loop: stages, steps, checkpoints and validation.

Embedding is left to the `TrainableModel`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from core.arrays import I64
from core.errors import TrainingError
from core.files import open_replacing
from core.training.batches import Batches, PairPlaces
from core.training.config import Stage
from core.training.distributed import Worker
from core.training.losses import gathered, info_nce
from core.training.physical import PhysicalTerm, physical_loss

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Embedded:
    """The model's output for B examples: unit embeddings [B, D] and a loss of its own.

    The embeddings are empty in a stage without contrastive loss. `physical` has PLANET's terms.
    """

    texts: Tensor
    pictures: Tensor
    own_loss: Tensor
    physical: tuple[PhysicalTerm, ...] = ()


class TrainableModel(Protocol):
    """A network, with methods that load examples and embed them."""

    @property
    def network(self) -> nn.Module:
        """All modules, trained and frozen."""

    @property
    def scale(self) -> Tensor:
        """The factor of the cosines in the loss."""

    @property
    def places(self) -> PairPlaces:
        """The places of the training examples."""

    def on_stage_start(self, stage: Stage, progress: Progress, /) -> None:
        """Prepares a stage, before its first step in this process."""

    def load_batch(self, rows: I64, draws: I64, stage: Stage, /) -> Any:
        """The examples of some rows as tensors, with random numbers `draws`; in another thread."""

    def embed(self, examples: Any, part: slice, stage: Stage, /) -> Embedded:
        """The embeddings of a part of a batch; its own loss is the mean over the part."""

    def validate(self, stage: Stage, /) -> dict[str, float]:
        """Metrics on the validation places; the best step has the highest `quality`."""

    def save(self, folder: Path) -> Path:
        """Writes the final weights and returns their file."""


def run_stage(
    model: TrainableModel, stage: Stage, seed: int, folder: Path, progress: Progress
) -> None:
    """Trains one stage to its end, from its checkpoint if there is one.

    Writes `<stage>.checkpoint.pt`, `<stage>.best.pt` with the weights of the best validation, and
    TensorBoard's event files. The network ends with the best weights. Raises TrainingError for a
    stage that does not fit the network or the examples, and for a loss that is not finite.
    """
    process = Worker.current()
    if stage.batch % process.count:
        raise TrainingError(
            f"{process.count} processes cannot share a batch of {stage.batch}; choose a multiple"
        )
    parameters = trained_parameters(model.network, stage)
    optimizer = torch.optim.AdamW(
        parameters, lr=stage.lr, weight_decay=stage.weight_decay, betas=(0.9, 0.98)
    )
    saved = folder / f"{stage.name}.checkpoint.pt"
    state = _Checkpoint(model.network, optimizer, folder / f"{stage.name}.best.pt")
    if saved.is_file():
        state.load(saved)
    if state.step < stage.steps:
        batches = Batches(model.places, stage.batch, stage.group, seed, stage.balanced)
        model.on_stage_start(stage, progress)
        with _Log.opened(folder / "log" / stage.name, state.step, process) as log:
            for step, rows, examples in _prefetched(model, batches, stage, state.step):
                for group in optimizer.param_groups:
                    group["lr"] = stage.lr * schedule(step, stage)
                loss = _step(model, examples, _ignored(model.places, rows, stage), stage)
                nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                state.step = step + 1
                _after_step(model, stage, state, loss, saved, log)
                progress(stage.name, state.step, stage.steps)
    process.wait()
    state.restore_best()


def _after_step(
    model: TrainableModel, stage: Stage, state: _Checkpoint, loss: float, saved: Path, log: _Log
) -> None:
    """Logs the loss, and at intervals validates and writes a checkpoint."""
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss of stage {stage.name} is {loss} at step {state.step}; give it a lower lr or "
            f"a longer warmup"
        )
    log.add(state.step, {"loss": loss})
    if state.step % stage.validate_every == 0 or state.step == stage.steps:
        model.network.eval()
        metrics = model.validate(stage)
        log.add(state.step, {f"validation/{name}": value for name, value in metrics.items()})
        state.save_if_best(metrics["quality"], stage)
    if state.step % stage.checkpoint_every == 0 or state.step == stage.steps:
        log.flush()
        state.save(saved)


def _prefetched(
    model: TrainableModel, batches: Batches, stage: Stage, first: int
) -> Iterator[tuple[int, I64, Any]]:
    """For each step its number, the rows of all processes, and this process's share as tensors.

    The batch of the next step is loaded during the current step.
    """
    process = Worker.current()
    share = stage.batch // process.count
    own = slice(process.rank * share, (process.rank + 1) * share)

    def load(step: int) -> tuple[int, I64, Any]:
        rows = batches.rows(step)
        return step, rows, model.load_batch(rows[own], batches.draws(step)[own], stage)

    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(load, first)
        for step in range(first, stage.steps):
            loaded = upcoming.result()
            if step + 1 < stage.steps:
                upcoming = pool.submit(load, step + 1)
            yield loaded


def _ignored(places: PairPlaces, rows: I64, stage: Stage) -> Tensor:
    """[B, B]: True for pairs that do not count as negatives."""
    near = places.near_duplicates(rows, stage.apart_m)
    group = np.arange(len(rows)) * stage.negative_groups // len(rows)
    return torch.from_numpy(near | (group[:, None] != group))


def _step(model: TrainableModel, examples: Any, ignored: Tensor, stage: Stage) -> float:
    """Computes the gradient of the loss over the batch of all processes; returns the loss.

    With chunks, embeddings are computed once without and once with gradients (GradCache,
    arXiv 2101.06983); the gradient is that of the whole batch.
    """
    process = Worker.current()
    model.network.train()
    share = stage.batch // process.count
    bounds = np.linspace(0, share, stage.chunks + 1).astype(int).tolist()
    parts = [slice(*ends) for ends in pairwise(bounds) if ends[0] < ends[1]]
    precise = _precision(stage, process.device)
    cached_gradients: list[Tensor] = []
    total = 0.0
    if len(parts) > 1 and stage.contrastive:
        with torch.no_grad(), precise:
            chunks = [model.embed(examples, part, stage) for part in parts]
        texts = torch.cat([chunk.texts for chunk in chunks]).float().requires_grad_()
        pictures = torch.cat([chunk.pictures for chunk in chunks]).float().requires_grad_()
        total += _backward(_contrast(model, texts, pictures, ignored, stage))
        cached_gradients = [
            embeddings.grad for embeddings in (texts, pictures) if embeddings.grad is not None
        ]
    for part in parts:
        with precise:
            embedded = model.embed(examples, part, stage)
        loss = embedded.own_loss * ((part.stop - part.start) / share)
        if stage.contrastive and not cached_gradients:
            loss = loss + _contrast(model, embedded.texts, embedded.pictures, ignored, stage)
        if embedded.physical:
            loss = loss + stage.physical * physical_loss(embedded.physical, ignored)
        total += float(loss.detach())
        if cached_gradients:
            for embeddings, gradient in zip(
                (embedded.texts, embedded.pictures), cached_gradients, strict=True
            ):
                loss = loss + (embeddings.float() * gradient[part]).sum()
        _backward(loss)
    process.average_gradients(model.network)
    return process.average(total)


def _backward(loss: Tensor) -> float:
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def _contrast(
    model: TrainableModel, texts: Tensor, pictures: Tensor, ignored: Tensor, stage: Stage
) -> Tensor:
    """The contrastive loss over the rows of all processes."""
    all_texts, all_pictures = gathered(texts.float()), gathered(pictures.float())
    loss = info_nce(all_texts, all_pictures, model.scale, ignored.to(texts.device))
    return stage.contrastive * loss


def trained_parameters(network: nn.Module, stage: Stage) -> list[nn.Parameter]:
    """The parameters that a stage trains; all others are frozen."""
    names = [name for name, _ in network.named_parameters()]
    for start in stage.train:
        if not any(name.startswith(start) for name in names):
            parts = sorted({name.rpartition(".")[0] or name for name in names})
            raise TrainingError(
                f"stage {stage.name} trains {start!r}, which is not in the network; choose from "
                f"{', '.join(parts):.300}"
            )
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(stage.train))
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def schedule(step: int, stage: Stage) -> float:
    """The factor of the learning rate: linear warm-up, then half a cosine; steps from 0."""
    start = min(1.0, (step + 1) / max(1, stage.warmup))
    return start * 0.5 * (1 + math.cos(math.pi * step / stage.steps))


def _precision(stage: Stage, device: torch.device) -> AbstractContextManager[Any]:
    if stage.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@dataclass(frozen=True, slots=True)
class _Log:
    """TensorBoard's event files, written by the first process only."""

    writer: SummaryWriter | None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, step: int, process: Worker) -> Iterator[_Log]:
        """Opens the log and removes the values of an interrupted run after `step`."""
        if not process.writes:
            yield cls(None)
            return
        with SummaryWriter(str(folder), purge_step=step + 1) as writer:
            yield cls(writer)

    def add(self, step: int, values: dict[str, float]) -> None:
        """Logs values by name."""
        if self.writer is not None:
            for name, value in values.items():
                self.writer.add_scalar(name, value, step)

    def flush(self) -> None:
        """Writes all values to the file."""
        if self.writer is not None:
            self.writer.flush()


@dataclass
class _Checkpoint:
    """The state of a stage, and the file of the best weights so far."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    best_path: Path
    step: int = 0
    best: float = -math.inf

    def save(self, path: Path) -> None:
        """Writes a checkpoint, once for all processes."""
        _save(
            path,
            {
                "network": self.network.state_dict(),
                "step": self.step,
                "optimizer": self.optimizer.state_dict(),
                "best": self.best,
            },
        )

    def load(self, path: Path) -> None:
        """Restores a checkpoint. Raises TrainingError for a damaged file."""
        try:
            saved = _read(path)
            self.network.load_state_dict(saved["network"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step, self.best = saved["step"], saved["best"]
        except Exception as error:  # a broken pickle makes torch raise nearly anything
            raise TrainingError(f"{path} is damaged; delete it to train the stage again") from error

    def save_if_best(self, quality: float, stage: Stage) -> None:
        """Writes the weights if they are better than all before.

        Raises TrainingError for a quality of NaN.
        """
        if math.isnan(quality):
            raise TrainingError(
                f"there are too few validation examples for stage {stage.name}; mark more places "
                "held = true"
            )
        if quality > self.best:
            self.best = quality
            _save(self.best_path, self.network.state_dict())

    def restore_best(self) -> None:
        """Loads the best weights into the network. Raises TrainingError for a damaged file."""
        try:
            self.network.load_state_dict(_read(self.best_path))
        except Exception as error:  # as above
            raise TrainingError(
                f"{self.best_path} is missing or damaged; delete the stage's checkpoint too, to "
                "train it again"
            ) from error


def _save(path: Path, content: object) -> None:
    if Worker.current().writes:
        with open_replacing(path, error=TrainingError) as file:
            try:
                torch.save(content, file)
            except RuntimeError as error:  # torch tries to finish a file after a full disk
                raise error.__context__ or error from None


def _read(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)
