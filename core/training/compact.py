"""How the compact dual encoder is trained: its examples as tensors, its losses, its figures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from core.errors import TrainingError
from core.models.compact import pixels_of, save_compact
from core.models.dual_encoder import CompactNetwork
from core.training.batches import Places, Rows
from core.training.config import Stage
from core.training.corpus import CELLS, Progress
from core.training.examples import Examples
from core.training.figures import retrieval
from core.training.files import whole
from core.training.loop import Embedded
from core.training.losses import layout_loss
from core.training.processes import Process

_PART = 64
_OFTEN = 3
_LENGTHS = 6
"""Parts of a batch by length: its longest text is about three times as long as the mean."""
_LAYOUT_SCALE = 20.0
"""Brings the layout's mean over cells and classes to the size of a contrastive loss."""


class Pretrained(nn.Module):
    """The network, and the head that reads the layout off the trunk's features in training."""

    def __init__(self, network: CompactNetwork, kinds: int) -> None:
        super().__init__()
        self.encoder = network
        # Without any kind there is nothing to read, and no stage that would.
        self.layout = nn.Conv2d(network.picture.channels, max(1, kinds), 1)
        nn.init.constant_(cast(Tensor, self.layout.bias), -4.0)


@dataclass(frozen=True, slots=True)
class Fetched:
    """B examples: pictures uint8 [B, 3, S, S] or their kept features [B, C, G, G], states
    [B, T, 384] of one description each with their mask, and layouts [B, K, CELLS, CELLS]."""

    pictures: Tensor | None
    features: Tensor | None
    states: Tensor
    mask: Tensor
    layout: Tensor | None


class CompactTrainee:
    """Trains a `Pretrained` on examples; see `core.training.loop.Trainee`."""

    def __init__(
        self, network: Pretrained, train: Examples, held: Examples, folder: Path,
        device: torch.device,
    ) -> None:  # fmt: skip
        self.network = network.to(device)
        self._train, self._held = train, held
        self._folder, self._device = folder, device
        self._features: dict[Examples, npt.NDArray[np.float16]] = {}
        self._weight = torch.ones(())

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by."""
        return self.network.encoder.scale

    @property
    def places(self) -> Places:
        """Where the examples are that are trained on."""
        return self._train.places

    def begin(self, stage: Stage, progress: Progress) -> None:
        """Weighs the layout's classes; keeps every picture's features if the trunk stands still."""
        picture = self.network.encoder.picture
        if stage.layout:
            _check_layouts(self._train, self._held, picture.cells, stage)
            self._weight = _class_weights(self._train).to(self._device)
        trained = any(parameter.requires_grad for parameter in picture.trunk.parameters())
        self._features = {}
        if not trained:
            for name, examples in (("features", self._train), ("held-features", self._held)):
                self._features[examples] = self._kept(f"{stage.name}.{name}", examples, progress)

    def fetch(self, rows: Rows, draws: Rows, stage: Stage) -> Fetched:
        """One description, drawn by chance, for each example."""
        states, mask = self._train.states(rows, draws)
        kept = self._features.get(self._train)
        return Fetched(
            self._pixels(self._train, rows) if kept is None else None,
            None if kept is None else torch.from_numpy(kept[rows]),
            states, mask,
            self._train.layouts(rows) if stage.layout else None,
        )  # fmt: skip

    def embed(self, examples: Fetched, part: slice, stage: Stage) -> Embedded:
        """Both towers, and the layout's loss where the stage has one."""
        encoder = self.network.encoder
        if examples.features is not None:
            features = examples.features[part].to(self._device).float()
        else:
            assert examples.pictures is not None
            features = encoder.picture.features(examples.pictures[part].to(self._device))
        own = torch.zeros((), device=self._device)
        if examples.layout is not None:
            logits = self.network.layout(features)
            own = layout_loss(logits, examples.layout[part].to(self._device), self._weight)
            own = stage.layout * _LAYOUT_SCALE * own
        if not stage.contrastive:
            return Embedded(torch.empty(0), torch.empty(0), own)
        texts = self._embedded(examples.states[part], examples.mask[part])
        return Embedded(texts, encoder.picture(features), own)

    def _embedded(self, states: Tensor, mask: Tensor) -> Tensor:
        """[B, D] of hidden states, in parts of like length: padding costs as much as text."""
        order = mask.sum(1).argsort()
        parts = []
        for rows in torch.tensor_split(order, min(_LENGTHS, len(order))):
            longest = int(mask[rows].sum(1).max())
            seen = mask[rows, :longest].to(self._device)
            read = states[rows, :longest].to(self._device).float()
            parts.append(self.network.encoder.text(read, seen))
        return torch.cat(parts)[order.argsort()]

    def validate(self, stage: Stage) -> dict[str, float]:
        """R@k and L@50m of what is held apart, or the layout's mean precision there."""
        if not stage.contrastive:
            precision = self._layout_precision()
            return {"quality": precision, "precision": precision}
        pictures = self.embed_pictures(self._held)
        return retrieval(self.embed_texts(self._held), pictures, self._held.places)

    def save(self, folder: Path) -> Path:
        """Both towers, without the head that was needed for training."""
        path = folder / "compact.safetensors"
        save_compact(self.network.encoder, path)
        return path

    @torch.inference_mode()
    def embed_pictures(self, examples: Examples) -> Tensor:
        """[N, D] of all examples."""
        picture = self.network.encoder.picture
        return torch.cat([picture(one).cpu() for _, one in self._each_feature(examples)])

    @torch.inference_mode()
    def embed_texts(self, examples: Examples, which: int = 0) -> Tensor:
        """[N, D] of one description of each example."""
        parts = []
        for rows in _parts(len(examples)):
            states, mask = examples.states(rows, np.full(len(rows), which))
            parts.append(self._embedded(states, mask).cpu())
        return torch.cat(parts)

    @torch.inference_mode()
    def _layout_precision(self) -> float:
        """Mean over classes of the average precision of "this picture shows it"; NaN if none is
        shown often enough."""
        scores, truth = [], []
        for rows, features in self._each_feature(self._held):
            scores.append(self.network.layout(features).amax((2, 3)).cpu().numpy())
            truth.append(self._held.layouts(rows).amax((2, 3)).numpy())
        score, shown = np.concatenate(scores), np.concatenate(truth) > 0
        often = np.flatnonzero(shown.sum(0) >= _OFTEN)
        each = [average_precision(score[:, c], shown[:, c]) for c in often]
        return float(np.mean(each)) if each else float("nan")

    @torch.inference_mode()
    def _kept(
        self, name: str, examples: Examples, progress: Progress
    ) -> npt.NDArray[np.float16]:
        """Features [N, C, G, G] of every example, computed once for all processes."""
        path = self._folder / f"{name}.npy"
        if Process.current().writes and not path.is_file():
            picture, count = self.network.encoder.picture, len(examples)
            self.network.eval()
            header = np.lib.format.header_data_from_array_1_0(np.empty(0, np.float16))
            header["shape"] = (count, picture.channels, picture.cells, picture.cells)
            with whole(path) as file:
                np.lib.format.write_array_header_1_0(file, header)
                for rows, features in self._each_feature(examples):
                    file.write(features.cpu().half().numpy().tobytes())
                    progress(name.replace(".", " "), int(rows[-1]) + 1, count)
        Process.current().wait()
        kept: npt.NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
        return kept

    def _each_feature(self, examples: Examples) -> Iterator[tuple[Rows, Tensor]]:
        """All rows, some at a time, with the trunk's features [B, C, G, G]."""
        kept = self._features.get(examples)
        for rows in _parts(len(examples)):
            if kept is not None:
                yield rows, torch.from_numpy(kept[rows]).to(self._device).float()
            else:
                pixels = self._pixels(examples, rows).to(self._device)
                yield rows, self.network.encoder.picture.features(pixels)

    def _pixels(self, examples: Examples, rows: Rows) -> Tensor:
        """uint8 [B, 3, S, S]."""
        files = [Image.open(io.BytesIO(content)) for content in examples.pictures(rows)]
        return pixels_of(files, self.network.encoder.spec.picture_px)


def _parts(count: int) -> list[Rows]:
    return [np.arange(start, min(start + _PART, count)) for start in range(0, count, _PART)]


def _check_layouts(train: Examples, held: Examples, cells: int, stage: Stage) -> None:
    if not (train.mapped and held.mapped):
        raise TrainingError(
            f"stage {stage.name} learns the layout, which pictures of an album or of CVG-Text have "
            f"not; give it towns alone, or layout = 0"
        )
    if CELLS % cells:
        raise TrainingError(
            f"stage {stage.name} learns a layout of {CELLS} × {CELLS} cells; the trunk sees "
            f"{cells} × {cells}, which is no part of it; choose another picture_px, or layout = 0"
        )


def _class_weights(examples: Examples) -> Tensor:
    """[C]: how much a positive cell of each class counts, by the root of its rarity, 1 to 20."""
    rows = np.random.default_rng(0).permutation(len(examples))[:2000]
    each = [examples.layouts(rows[i : i + 1])[0].float().mean((1, 2)) for i in range(len(rows))]
    share = torch.stack(each).mean(0)
    return ((1 - share) / share.clamp(min=1e-6)).sqrt().clamp(1, 20)


def average_precision(scores: npt.NDArray[np.float32], truth: npt.NDArray[np.bool_]) -> float:
    """The mean, over what is true, of the share of true ones among those at least as high."""
    hits = truth[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())
