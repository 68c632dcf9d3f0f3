"""The loop: stages, steps, checkpoints, validation. Leaves examples to `examples`, losses to
`losses` and what is embedded how to a `TrainableModel`."""

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

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a trainee makes of B examples: unit embeddings [B, D], empty ones where the stage has
    no contrastive loss, and a loss of its own."""

    texts: Tensor
    pictures: Tensor
    own_loss: Tensor


class TrainableModel(Protocol):
    """A network with the way from an example to its embeddings."""

    @property
    def network(self) -> nn.Module:
        """All that is trained or stands still."""

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by."""

    @property
    def places(self) -> PairPlaces:
        """Where the examples are that are trained on."""

    def begin(self, stage: Stage, progress: Progress, /) -> None:
        """Before a stage's first step here."""

    def fetch(self, rows: I64, draws: I64, stage: Stage, /) -> Any:
        """The examples of some rows as tensors, each drawn by its number; in another thread."""

    def embed(self, examples: Any, part: slice, stage: Stage, /) -> Embedded:
        """Embeddings of a part of what was fetched; the own loss is the part's mean."""

    def validate(self, stage: Stage, /) -> dict[str, float]:
        """Figures on places never trained on; by `quality` the best step is chosen."""

    def save(self, folder: Path) -> Path:
        """Writes the weights for everyday use; returns their file."""


def run_stage(
    model: TrainableModel, stage: Stage, seed: int, folder: Path, progress: Progress
) -> None:
    """Trains one stage to its end, going on from its checkpoint where there is one.

    Writes `<stage>.checkpoint.pt` on the way, `<stage>.best.pt` for the best validation, and
    TensorBoard's event files. Leaves the network with the best weights. Raises TrainingError for
    a stage that fits neither network nor examples, and for a loss that is no number any more.
    """
    process = Worker.current()
    if stage.batch % process.count:
        raise TrainingError(f"a batch of {stage.batch} cannot be shared by {process.count}")
    parameters = _chosen(model.network, stage)
    optimizer = torch.optim.AdamW(
        parameters, lr=stage.lr, weight_decay=stage.weight_decay, betas=(0.9, 0.98)
    )
    saved = folder / f"{stage.name}.checkpoint.pt"
    state = _Checkpoint(model.network, optimizer, folder / f"{stage.name}.best.pt")
    if saved.is_file():
        state.load(saved)
    if state.step < stage.steps:
        batches = Batches(model.places, stage.batch, stage.group, seed)
        model.begin(stage, progress)
        with _Log.opened(folder / "log" / stage.name, state.step, process) as log:
            for step, rows, examples in _fetched(model, batches, stage, state.step):
                for group in optimizer.param_groups:
                    group["lr"] = stage.lr * schedule(step, stage)
                loss = _step(model, examples, _ignored(model.places, rows, stage), stage)
                nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                state.step = step + 1
                _after(model, stage, state, loss, saved, log)
                progress(stage.name, state.step, stage.steps)
    process.wait()
    state.restore_best()


def _after(
    model: TrainableModel, stage: Stage, state: _Checkpoint, loss: float, saved: Path, log: _Log
) -> None:
    """What follows a step: notes, now and then validation, a checkpoint."""
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss of stage {stage.name} is {loss} at step {state.step}; give it a lower lr or "
            f"a longer warmup"
        )
    log.note(state.step, {"loss": loss})
    if state.step % stage.validate_every == 0 or state.step == stage.steps:
        model.network.eval()
        figures = model.validate(stage)
        log.note(state.step, {f"validation/{name}": value for name, value in figures.items()})
        state.keep_best(figures["quality"], stage)
    if state.step % stage.checkpoint_every == 0 or state.step == stage.steps:
        log.flush()
        state.save(saved)


def _fetched(
    model: TrainableModel, batches: Batches, stage: Stage, first: int
) -> Iterator[tuple[int, I64, Any]]:
    """Each step's number, the rows of all processes, and this one's share as tensors.

    The next step's are read while this one's are computed with.
    """
    process = Worker.current()
    share = stage.batch // process.count
    own = slice(process.rank * share, (process.rank + 1) * share)

    def fetch(step: int) -> tuple[int, I64, Any]:
        rows = batches.rows(step)
        return step, rows, model.fetch(rows[own], batches.draws(step)[own], stage)

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(fetch, first)
        for step in range(first, stage.steps):
            found = coming.result()
            if step + 1 < stage.steps:
                coming = pool.submit(fetch, step + 1)
            yield found


def _ignored(places: PairPlaces, rows: I64, stage: Stage) -> Tensor:
    """[B, B]: pairs that are no negatives."""
    near = places.near_duplicates(rows, stage.apart_m)
    group = np.arange(len(rows)) * stage.negative_groups // len(rows)
    return torch.from_numpy(near | (group[:, None] != group))


def _step(model: TrainableModel, examples: Any, ignored: Tensor, stage: Stage) -> float:
    """Leaves the gradient of the whole batch's loss, that of all processes, in the network.

    With chunks, embeddings are computed once without and once with gradients (GradCache,
    arXiv 2101.06983); the gradient is that of the uncut batch.
    """
    process = Worker.current()
    model.network.train()
    share = stage.batch // process.count
    bounds = np.linspace(0, share, stage.chunks + 1).astype(int).tolist()
    parts = [slice(*ends) for ends in pairwise(bounds) if ends[0] < ends[1]]
    precise = _precision(stage, process.device)
    pulls: list[Tensor] = []
    total = 0.0
    if len(parts) > 1 and stage.contrastive:
        with torch.no_grad(), precise:
            first = [model.embed(examples, part, stage) for part in parts]
        texts = torch.cat([one.texts for one in first]).float().requires_grad_()
        pictures = torch.cat([one.pictures for one in first]).float().requires_grad_()
        total += _backward(_contrast(model, texts, pictures, ignored, stage))
        pulls = [one.grad for one in (texts, pictures) if one.grad is not None]
    for part in parts:
        with precise:
            made = model.embed(examples, part, stage)
        loss = made.own_loss * ((part.stop - part.start) / share)
        if stage.contrastive and not pulls:
            loss = loss + _contrast(model, made.texts, made.pictures, ignored, stage)
        total += float(loss.detach())
        if pulls:
            for one, pull in zip((made.texts, made.pictures), pulls, strict=True):
                loss = loss + (one.float() * pull[part]).sum()
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
    """The contrastive loss over all processes' rows."""
    every = gathered(texts.float()), gathered(pictures.float())
    loss = info_nce(*every, model.scale, ignored.to(texts.device))
    return stage.contrastive * loss


def _chosen(network: nn.Module, stage: Stage) -> list[nn.Parameter]:
    """The parameters a stage trains; all others stand still."""
    names = [name for name, _ in network.named_parameters()]
    for start in stage.train:
        if not any(name.startswith(start) for name in names):
            parts = sorted({name.rpartition(".")[0] or name for name in names})
            raise TrainingError(
                f"stage {stage.name} is to train {start!r}, which the network has not; it has "
                f"{', '.join(parts):.300}"
            )
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(stage.train))
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def schedule(step: int, stage: Stage) -> float:
    """A linear start, then half a cosine, as a share of the learning rate; steps from 0."""
    start = min(1.0, (step + 1) / max(1, stage.warmup))
    return start * 0.5 * (1 + math.cos(math.pi * step / stage.steps))


def _precision(stage: Stage, device: torch.device) -> AbstractContextManager[Any]:
    if stage.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@dataclass(frozen=True, slots=True)
class _Log:
    """TensorBoard's event files; the first process writes them alone."""

    writer: SummaryWriter | None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, step: int, process: Worker) -> Iterator[_Log]:
        """What an interrupted run noted after `step` is taken back."""
        if not process.writes:
            yield cls(None)
            return
        with SummaryWriter(str(folder), purge_step=step + 1) as writer:
            yield cls(writer)

    def note(self, step: int, figures: dict[str, float]) -> None:
        """Numbers by name."""
        if self.writer is not None:
            for name, value in figures.items():
                self.writer.add_scalar(name, value, step)

    def flush(self) -> None:
        """All that was noted is in the file."""
        if self.writer is not None:
            self.writer.flush()


@dataclass
class _Checkpoint:
    """What a checkpoint holds, and the best weights so far."""

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
        """Goes on from a checkpoint."""
        try:
            saved = _read(path)
            self.network.load_state_dict(saved["network"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step, self.best = saved["step"], saved["best"]
        except Exception as error:  # a broken pickle makes torch raise nearly anything
            raise TrainingError(f"{path} is damaged; delete it to train the stage anew") from error

    def keep_best(self, quality: float, stage: Stage) -> None:
        """Writes the weights if they are better than any before."""
        if math.isnan(quality):
            raise TrainingError(
                f"what is held apart is too little to judge stage {stage.name} by; hold more apart"
            )
        if quality > self.best:
            self.best = quality
            _save(self.best_path, self.network.state_dict())

    def restore_best(self) -> None:
        """Puts the best weights into the network."""
        try:
            self.network.load_state_dict(_read(self.best_path))
        except Exception as error:  # as above
            raise TrainingError(
                f"{self.best_path} is missing or damaged; delete the stage's checkpoint too, to "
                f"train it anew"
            ) from error


def _save(path: Path, content: object) -> None:
    if Worker.current().writes:
        with open_replacing(path, error=TrainingError) as file:
            try:
                torch.save(content, file)
            except RuntimeError as error:  # torch wants to end a file that the disk cut short
                raise error.__context__ or error from None


def _read(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)
