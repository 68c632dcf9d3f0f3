"""How the compact dual encoder is trained: its examples as tensors, its losses, its figures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core.arrays import F16, F32, I64, Bools
from core.errors import TrainingError
from core.files import open_replacing
from core.models.compact import pixels_of, save_compact
from core.models.dual_encoder import CompactNetwork
from core.training.batches import PairPlaces
from core.training.config import Stage
from core.training.distributed import Worker
from core.training.loop import Embedded
from core.training.losses import layout_loss
from core.training.shard_reader import ShardReader
from core.training.shards import CELLS, Progress
from core.training.validation import retrieval

_PART = 64
_OFTEN = 3
_LENGTHS = 6
"""Parts of a batch by length: its longest text is about three times as long as the mean."""
_MEASURED = 512
"""Examples by which the concepts are evened out."""
_WHISPER = 0.3
_LEAST_SPREAD = 0.05
_NAME_LOGIT_SCALE = 10.0
"""How far a word lifts the logit of the kind that it is the name of."""
_LAYOUT_SCALE = 20.0
"""Brings the layout's mean over cells and classes to the size of a contrastive loss."""


@dataclass(frozen=True, slots=True)
class CompactBatch:
    """B examples: pictures uint8 [B, 3, S, S] or their kept features [B, C, G, G], states
    [B, T, 384] of one description each with their mask, and layouts [B, K, CELLS, CELLS]; None
    for what the stage does not learn from."""

    pictures: Tensor | None
    features: Tensor | None
    states: Tensor | None
    mask: Tensor | None
    layout: Tensor | None


class TrainableCompact:
    """Trains a `CompactNetwork` on examples; see `core.training.loop.Trainee`."""

    def __init__(
        self,
        network: CompactNetwork,
        train: ShardReader,
        held: ShardReader,
        folder: Path,
        device: torch.device,
    ) -> None:
        self.network = network.to(device)
        self._train, self._held = train, held
        self._folder, self._device = folder, device
        self._features: dict[ShardReader, F16] = {}
        self._weight = torch.ones(())

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by."""
        return self.network.scale

    @property
    def places(self) -> PairPlaces:
        """Where the examples are that are trained on."""
        return self._train.places

    def begin(self, stage: Stage, progress: Progress) -> None:
        """Weighs the layout's classes; keeps every picture's features if neither trunk nor pictures
        change; before the first contrast, measures what the concepts have to say."""
        picture = self.network.picture
        if stage.layout:
            _check_layouts(self._train, self._held, picture.cells, stage)
            self._weight = _class_weights(self._train).to(self._device)
        trained = any(parameter.requires_grad for parameter in picture.trunk.parameters())
        self._features = {}
        if not (trained or stage.turned):
            for name, examples in (("features", self._train), ("held-features", self._held)):
                self._features[examples] = self._kept(f"{stage.name}.{name}", examples, progress)
        if stage.contrastive and not self.network.text.middle.any():
            self._even_out()

    def fetch(self, rows: I64, draws: I64, stage: Stage) -> CompactBatch:
        """One description, drawn by chance, for each example."""
        states, mask = self._train.states(rows, draws) if stage.contrastive else (None, None)
        layouts = self._train.layouts(rows) if stage.layout else None
        kept = self._features.get(self._train)
        if kept is not None:
            return CompactBatch(None, torch.from_numpy(kept[rows]), states, mask, layouts)
        pictures, turns = self._pixels(self._train, rows), _rotations(draws, stage.turned)
        turned = None if layouts is None else _augment(layouts, turns)
        return CompactBatch(_augment(pictures, turns), None, states, mask, turned)

    def embed(self, examples: CompactBatch, part: slice, stage: Stage) -> Embedded:
        """Both towers, and the layout's loss where the stage has one."""
        network = self.network
        if examples.features is not None:
            features = examples.features[part].to(self._device).float()
        else:
            assert examples.pictures is not None
            features = network.picture.features(examples.pictures[part].to(self._device))
        own = torch.zeros((), device=self._device)
        if examples.layout is not None:
            logits = network.picture.layout(features)
            own = layout_loss(logits, examples.layout[part].to(self._device), self._weight)
            own = stage.layout * _LAYOUT_SCALE * own
        if examples.states is None or examples.mask is None:
            return Embedded(torch.empty(0), torch.empty(0), own)
        texts = self._embedded(examples.states[part], examples.mask[part])
        return Embedded(texts, network.picture(features), own)

    def _embedded(self, states: Tensor, mask: Tensor) -> Tensor:
        """[B, D] of hidden states, in parts of like length: padding costs as much as text."""
        order = mask.sum(1).argsort()
        parts = []
        for rows in torch.tensor_split(order, min(_LENGTHS, len(order))):
            longest = int(mask[rows].sum(1).max())
            seen = mask[rows, :longest].to(self._device)
            read = states[rows, :longest].to(self._device).float()
            parts.append(self.network.text(read, seen))
        return torch.cat(parts)[order.argsort()]

    def validate(self, stage: Stage) -> dict[str, float]:
        """R@k and L@50m of what is held apart, or the layout's mean precision there."""
        if not stage.contrastive:
            precision = self._layout_precision()
            return {"quality": precision, "precision": precision}
        pictures = self.embed_pictures(self._held)
        return retrieval(self.embed_texts(self._held), pictures, self._held.places)

    def save(self, folder: Path) -> Path:
        """Both towers, in half precision."""
        path = folder / "compact.safetensors"
        save_compact(self.network, path)
        return path

    @torch.no_grad()
    def _even_out(self) -> None:
        """Makes each concept's say vary as much as any other's over some of the examples, so that
        what is rare counts as much as what is common; what has no name begins as a whisper."""
        picture, text = self.network.picture, self.network.text
        rows = np.sort(np.random.default_rng(0).permutation(len(self._train))[:_MEASURED])
        parts = [rows[start : start + _PART] for start in range(0, len(rows), _PART)]
        read = [
            [one.to(self._device) for one in self._train.states(part, part * 0)] for part in parts
        ]
        text.middle.copy_(torch.cat([states[mask] for states, mask in read]).float().mean(0))
        told = [
            text.pool.activations(text.token_logits(states.float()), mask) for states, mask in read
        ]
        seen = [
            picture.pool.activations(
                picture.token_logits(self._features_of(self._train, part)), None
            )
            for part in parts
        ]
        named = torch.arange(self.network.spec.dimensions) < picture.kinds
        share = torch.where(named | ~named.any(), 1.0, _WHISPER).to(self._device)
        for pool, said in ((text.pool, told), (picture.pool, seen)):
            pool.gains.copy_(share / (torch.cat(said).std(0) + _LEAST_SPREAD))

    @torch.inference_mode()
    def embed_pictures(self, examples: ShardReader) -> Tensor:
        """[N, D] of all examples."""
        picture = self.network.picture
        return torch.cat([picture(one).cpu() for _, one in self._each_feature(examples)])

    @torch.inference_mode()
    def embed_texts(self, examples: ShardReader, which: int = 0) -> Tensor:
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
            logits = self.network.picture.layout(features)
            scores.append(logits.amax((2, 3)).cpu().numpy())
            truth.append(self._held.layouts(rows).amax((2, 3)).numpy())
        score, shown = np.concatenate(scores), np.concatenate(truth) > 0
        often = np.flatnonzero(shown.sum(0) >= _OFTEN)
        each = [average_precision(score[:, c], shown[:, c]) for c in often]
        return float(np.mean(each)) if each else float("nan")

    @torch.inference_mode()
    def _kept(self, name: str, examples: ShardReader, progress: Progress) -> F16:
        """Features [N, C, G, G] of every example, computed once for all processes."""
        path = self._folder / f"{name}.npy"
        if Worker.current().writes and not path.is_file():
            picture, count = self.network.picture, len(examples)
            self.network.eval()
            header = np.lib.format.header_data_from_array_1_0(np.empty(0, np.float16))
            header["shape"] = (count, picture.channels, picture.cells, picture.cells)
            with open_replacing(path, error=TrainingError) as file:
                np.lib.format.write_array_header_1_0(file, header)
                for rows, features in self._each_feature(examples):
                    file.write(features.cpu().half().numpy().tobytes())
                    progress(name.replace(".", " "), int(rows[-1]) + 1, count)
        Worker.current().wait()
        kept: F16 = np.load(path, mmap_mode="r", allow_pickle=False)
        return kept

    def _each_feature(self, examples: ShardReader) -> Iterator[tuple[I64, Tensor]]:
        """All rows, some at a time, with the trunk's features [B, C, G, G]."""
        for rows in _parts(len(examples)):
            yield rows, self._features_of(examples, rows)

    def _features_of(self, examples: ShardReader, rows: I64) -> Tensor:
        """The trunk's features [B, C, G, G] of some rows, kept or computed."""
        kept = self._features.get(examples)
        if kept is not None:
            return torch.from_numpy(kept[rows]).to(self._device).float()
        return self.network.picture.features(self._pixels(examples, rows).to(self._device))

    def _pixels(self, examples: ShardReader, rows: I64) -> Tensor:
        """uint8 [B, 3, S, S], decoded by as many threads as calculate."""
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            return torch.cat(list(pool.map(self._decoded, examples.pictures(rows))))

    def _decoded(self, content: bytes) -> Tensor:
        return pixels_of([Image.open(io.BytesIO(content))], self.network.spec.picture_px)


def _rotations(draws: I64, share: float) -> I64:
    """How each example is turned, 0 to 7, by its number: quarter circles, and from 4 mirrored."""
    chance, turn = np.divmod(draws >> 8, 8)
    return np.where(chance % 1000 < 1000 * share, turn, 0)


def _augment(images: Tensor, turns: I64) -> Tensor:
    """[B, C, S, S], each turned by its own number."""
    for row in np.flatnonzero(turns).tolist():
        image = torch.rot90(images[row], int(turns[row]) % 4, (1, 2))
        images[row] = image.flip(2) if turns[row] >= 4 else image
    return images


@torch.no_grad()
def name_kinds(network: CompactNetwork, ideas: F32) -> None:
    """Begins the text tower's named concepts with the sentence encoder's embeddings [K, 384] of
    their names, so that a word speaks of a kind before anything is learned."""
    apart = torch.from_numpy(ideas - ideas.mean(0))
    concepts = network.text.concepts
    concepts.weight[: len(apart)] = _NAME_LOGIT_SCALE * functional.normalize(apart, dim=-1)
    concepts.bias[: len(apart)] = -3.0


def _parts(count: int) -> list[I64]:
    return [np.arange(start, min(start + _PART, count)) for start in range(0, count, _PART)]


def _check_layouts(train: ShardReader, held: ShardReader, cells: int, stage: Stage) -> None:
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


def _class_weights(examples: ShardReader) -> Tensor:
    """[C]: how much a positive cell of each class counts, by the root of its rarity, 1 to 20."""
    rows = np.random.default_rng(0).permutation(len(examples))[:2000]
    each = [examples.layouts(rows[i : i + 1])[0].float().mean((1, 2)) for i in range(len(rows))]
    share = torch.stack(each).mean(0)
    return ((1 - share) / share.clamp(min=1e-6)).sqrt().clamp(1, 20)


def average_precision(scores: F32, truth: Bools) -> float:
    """The mean, over what is true, of the share of true ones among those at least as high."""
    hits = truth[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())
