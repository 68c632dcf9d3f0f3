"""Training of the compact dual encoder: its batches, losses and validation metrics."""

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
from core.models.planet import PlanetHeads, save_heads
from core.models.specs import PlanetSpec
from core.training.batches import PairPlaces
from core.training.config import Stage
from core.training.distributed import Worker
from core.training.loop import Embedded
from core.training.losses import layout_loss
from core.training.physical import HEADS, PhysicalBranch, PhysicalTerm, mined_once
from core.training.shard_reader import ShardReader
from core.training.shards import Progress
from core.training.validation import mean_precision, retrieval

_PART = 64
_LENGTH_GROUPS = 6
"""Groups of a batch by text length: its longest text is about three times as long as the mean."""
_SAMPLED = 512
"""Number of examples used to equalize the variance of the concepts."""
_UNNAMED_SCALE = 0.3
_MIN_SPREAD = 0.05
_NAME_LOGIT_SCALE = 10.0
"""Scale of the logit of a kind for its own name."""
_LAYOUT_SCALE = 20.0
"""Factor that brings the layout loss, a mean over cells and classes, to the size of a contrastive
loss."""


@dataclass(frozen=True, slots=True)
class CompactBatch:
    """B examples; a field is None if the stage does not use it.

    `pictures` are uint8 [B, 3, S, S], `features` [B, C, G, G] their cached features, `states`
    [B, T, 384] and `mask` [B, T] the hidden states of one description each, `layout`
    [B, K, CELLS, CELLS] the layout labels. `rows` are their numbers among the training examples.
    """

    rows: I64
    pictures: Tensor | None
    features: Tensor | None
    states: Tensor | None
    mask: Tensor | None
    layout: Tensor | None


class TrainableCompact:
    """Trains a `CompactNetwork` on examples; see `core.training.loop.TrainableModel`."""

    def __init__(
        self,
        network: CompactNetwork,
        train: ShardReader,
        held: ShardReader,
        folder: Path,
        device: torch.device,
        planet: PlanetSpec | None = None,
    ) -> None:
        self._physical: PhysicalBranch | None = None
        if planet is not None:
            self._physical = PhysicalBranch(network, planet, network.spec.dimensions)
        self.signatures: dict[str, tuple[Tensor, ...]] = {}
        """PLANET's signatures of the examples of "train" and "held", where they are known."""
        self.network = network.to(device)
        self._train, self._held = train, held
        self._folder, self._device = folder, device
        self._features: dict[ShardReader, F16] = {}
        self._weight = torch.ones(())

    @property
    def scale(self) -> Tensor:
        """The factor of the cosines in the loss."""
        return self.network.scale

    @property
    def places(self) -> PairPlaces:
        """The places of the training examples."""
        return self._train.places

    def on_stage_start(self, stage: Stage, progress: Progress) -> None:
        """Prepares a stage.

        Computes the weights of the layout classes, caches the features of all pictures if neither
        the trunk nor the pictures change, and equalizes the concepts before the first contrastive
        stage. Raises TrainingError for examples without layouts in a stage that needs them.
        """
        picture = self.network.picture
        if stage.layout:
            _check_layouts(self._train, self._held, picture.cells, stage)
            self._weight = _class_weights(self._train).to(self._device)
        trained = any(parameter.requires_grad for parameter in picture.trunk.parameters())
        if trained:
            self._features = {}
        if not (trained or stage.turned or stage.jitter):
            for name, examples in (("features", self._train), ("held-features", self._held)):
                path = self._folder / f"{stage.name}.{name}.npy"
                batches = self._feature_batches(examples)
                self._features[examples] = self.cached(path, batches, len(examples), progress)
        if stage.contrastive and not self.network.text.middle.any():
            self._equalize_concept_variance()
        if stage.physical and self._physical:
            self._physical.use(self._mined(self._train, self._physical.heads.spec))

    def load_batch(self, rows: I64, draws: I64, stage: Stage) -> CompactBatch:
        """The examples of some rows, each with one random description."""
        states, mask = self.described(rows, draws, stage)
        cached = self._features.get(self._train)
        if cached is not None:
            layouts = self.layouts(self._train, rows) if stage.layout else None
            return CompactBatch(rows, None, torch.from_numpy(cached[rows]), states, mask, layouts)
        pictures, layouts = self.augmented(rows, draws, stage)
        return CompactBatch(rows, pictures, None, states, mask, layouts)

    def described(
        self, rows: I64, draws: I64, stage: Stage
    ) -> tuple[Tensor, Tensor] | tuple[None, None]:
        """Hidden states [B, T, 384] and mask [B, T] of a random description of each row."""
        return (
            self._train.states(rows, draws, stage.left_out) if stage.contrastive else (None, None)
        )

    def augmented(self, rows: I64, draws: I64, stage: Stage) -> tuple[Tensor, Tensor | None]:
        """Training pictures uint8 [B, 3, S, S], changed at random, and their layouts if wanted."""
        turns = rotations(draws, stage.turned)
        pictures = turned(self.pictures(self._train, rows), turns)
        layouts = turned(self.layouts(self._train, rows), turns) if stage.layout else None
        return pictures, layouts

    def embed(self, examples: CompactBatch, part: slice, stage: Stage) -> Embedded:
        """The embeddings of both towers, and the layout loss if the stage has one."""
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
        heads = self._physical.heads if self._physical and stage.physical else None
        texts, *descriptors = self._of_texts(examples.states[part], examples.mask[part], heads)
        physical: tuple[PhysicalTerm, ...] = ()
        if self._physical and descriptors:
            physical = self._physical.terms(examples.rows[part], tuple(descriptors))
        return Embedded(texts, network.picture(features), own, physical)

    def _of_texts(
        self, states: Tensor, mask: Tensor, heads: PlanetHeads | None = None
    ) -> list[Tensor]:
        """Embeddings [B, D] of hidden states, and the descriptors of `heads` if there are any.

        In groups of similar length to avoid padding.
        """
        order = mask.sum(1).argsort()
        text, parts = self.network.text, []
        for rows in torch.tensor_split(order, min(_LENGTH_GROUPS, len(order))):
            longest = int(mask[rows].sum(1).max())
            group_mask = mask[rows, :longest].to(self._device)
            logits = text.token_logits(states[rows, :longest].to(self._device).float())
            found = (text.pool(logits, group_mask),)
            parts.append(found + (heads.of_texts(logits, group_mask) if heads else ()))
        back = order.argsort()
        return [torch.cat(outputs)[back] for outputs in zip(*parts, strict=True)]

    def validate(self, stage: Stage) -> dict[str, float]:
        """R@k and L@50m on the validation examples, or the mean precision of the layout there."""
        if not stage.contrastive:
            precision, _, _ = mean_precision(*self.layout_scores())
            return {"quality": precision, "precision": precision}
        return retrieval(*self.validation_embeddings(), self._held.places)

    def save(self, folder: Path) -> Path:
        """Writes both towers in half precision and returns the path; PLANET's heads beside them."""
        path = folder / "compact.safetensors"
        if self._physical:
            save_heads(self._physical.heads, folder / f"{HEADS}.safetensors")
            self.network.__delattr__(HEADS)
        save_compact(self.network, path)
        return path

    @torch.no_grad()
    def _equalize_concept_variance(self) -> None:
        """Scales each concept's output to equal variance over a sample of the examples.

        Rare concepts then weigh as much as common ones; unnamed concepts start at a small scale.
        """
        picture, text = self.network.picture, self.network.text
        rows = np.sort(np.random.default_rng(0).permutation(len(self._train))[:_SAMPLED])
        parts = [rows[start : start + _PART] for start in range(0, len(rows), _PART)]
        batches = [
            [tensor.to(self._device) for tensor in self._train.states(part, part * 0)]
            for part in parts
        ]
        text.middle.copy_(torch.cat([states[mask] for states, mask in batches]).float().mean(0))
        text_activations = [
            text.pool.activations(text.token_logits(states.float()), mask)
            for states, mask in batches
        ]
        picture_activations = [
            picture.pool.activations(
                picture.token_logits(self._features_of(self._train, part)), None
            )
            for part in parts
        ]
        named = torch.arange(self.network.spec.dimensions) < picture.kinds
        share = torch.where(named | ~named.any(), 1.0, _UNNAMED_SCALE).to(self._device)
        for pool, activations in (
            (text.pool, text_activations),
            (picture.pool, picture_activations),
        ):
            pool.gains.copy_(share / (torch.cat(activations).std(0) + _MIN_SPREAD))

    @torch.inference_mode()
    def embed_pictures(self, examples: ShardReader) -> Tensor:
        """The picture embeddings [N, D] of all examples."""
        picture = self.network.picture
        return torch.cat([picture(part).cpu() for _, part in self._feature_batches(examples)])

    @torch.inference_mode()
    def embed_texts(self, examples: ShardReader, which: int = 0) -> Tensor:
        """The embeddings [N, D] of one description of each example."""
        parts = []
        for rows in _parts(len(examples)):
            states, mask = examples.states(rows, np.full(len(rows), which))
            parts.append(self._of_texts(states, mask)[0].cpu())
        return torch.cat(parts)

    @torch.inference_mode()
    def physical_descriptors(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]] | None:
        """PLANET's descriptors [N, d] of the validation texts and of their pictures' signatures,
        one for each term; None without PLANET."""
        if self._physical is None:
            return None
        heads, count = self._physical.heads, len(self._held)
        of_texts = []
        for rows in _parts(count):
            states, mask = self._held.states(rows, rows * 0)
            of_texts.append(self._of_texts(states, mask, heads)[1:])
        found = self._mined(self._held, heads.spec)
        texts = tuple(torch.cat(parts).cpu() for parts in zip(*of_texts, strict=True))
        return texts, heads.of_signatures(found)

    def _mined(self, examples: ShardReader, spec: PlanetSpec) -> tuple[Tensor, ...]:
        """The signatures [N, size] of all pictures, computed once."""
        batches = (self.pictures(examples, rows) for rows in _parts(len(examples)))
        which = "train" if examples is self._train else "held"
        return mined_once(self.signatures, which, batches, spec)

    @property
    def text_weight(self) -> Tensor:
        """A weight of the text tower that both the contrastive loss and PLANET's losses train."""
        return self.network.text.concepts.weight

    @property
    def held_places(self) -> PairPlaces:
        """The places of the validation examples."""
        return self._held.places

    @torch.inference_mode()
    def validation_embeddings(self) -> tuple[Tensor, Tensor]:
        """The embeddings [N, D] of the validation texts and of their pictures."""
        return self.embed_texts(self._held), self.embed_pictures(self._held)

    @torch.inference_mode()
    def layout_scores(self) -> tuple[F32, Bools]:
        """How surely each validation picture shows each class, and whether it does: [N, C]."""
        scores, truth = [], []
        for rows, features in self._feature_batches(self._held):
            logits = self.network.picture.layout(features)
            scores.append(logits.amax((2, 3)).cpu().numpy())
            truth.append(self.layouts(self._held, rows).amax((2, 3)).numpy())
        return np.concatenate(scores), np.concatenate(truth) > 0

    @torch.inference_mode()
    def cached(
        self, path: Path, batches: Iterator[tuple[I64, Tensor]], count: int, progress: Progress
    ) -> F16:
        """Features [N, C, G, G] of all batches, computed once for all processes."""
        if Worker.current().writes and not path.is_file():
            picture = self.network.picture
            self.network.eval()
            header = np.lib.format.header_data_from_array_1_0(np.empty(0, np.float16))
            header["shape"] = (count, picture.channels, picture.cells, picture.cells)
            with open_replacing(path, error=TrainingError) as file:
                np.lib.format.write_array_header_1_0(file, header)
                for rows, features in batches:
                    file.write(features.cpu().half().numpy().tobytes())
                    progress(path.stem.replace(".", " "), int(rows[-1]) + 1, count)
        Worker.current().wait()
        cached: F16 = np.load(path, mmap_mode="r", allow_pickle=False)
        return cached

    def _feature_batches(self, examples: ShardReader) -> Iterator[tuple[I64, Tensor]]:
        """All rows in batches, with the trunk's features [B, C, G, G]."""
        for rows in _parts(len(examples)):
            yield rows, self._features_of(examples, rows)

    def _features_of(self, examples: ShardReader, rows: I64) -> Tensor:
        """The trunk's features [B, C, G, G] of some rows, cached or computed."""
        cached = self._features.get(examples)
        if cached is not None:
            return torch.from_numpy(cached[rows]).to(self._device).float()
        return self.network.picture.features(self.pictures(examples, rows).to(self._device))

    def layouts(self, examples: ShardReader, rows: I64) -> Tensor:
        """The layout labels uint8 [B, K, cells, cells] of some rows."""
        return examples.layouts(rows)

    def pictures(self, examples: ShardReader, rows: I64) -> Tensor:
        """The pictures uint8 [B, 3, S, S] of some rows, decoded with torch's number of threads."""
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            return torch.cat(list(pool.map(self._decode, examples.pictures(rows))))

    def _decode(self, content: bytes) -> Tensor:
        return pixels_of([Image.open(io.BytesIO(content))], self.network.spec.picture_px)


def rotations(draws: I64, share: float) -> I64:
    """The rotation [B] of each example, 0 to 7: quarter turns, from 4 on also mirrored.

    The random numbers `draws` [B] decide; `share` is the share of rotated examples.
    """
    chance, turn = np.divmod(draws >> 8, 8)
    return np.where(chance % 1000 < 1000 * share, turn, 0)


def turned(images: Tensor, turns: I64) -> Tensor:
    """The images [B, C, S, S], each rotated by its own number, in place."""
    for row in np.flatnonzero(turns).tolist():
        image = torch.rot90(images[row], int(turns[row]) % 4, (1, 2))
        images[row] = image.flip(2) if turns[row] >= 4 else image
    return images


@torch.no_grad()
def name_kinds(network: CompactNetwork, embeddings: F32) -> None:
    """Initializes the named concepts of the text tower with the embeddings [K, 384] of their names.

    The embeddings are those of the sentence encoder, so that a word activates its kind before
    training.
    """
    centred = torch.from_numpy(embeddings - embeddings.mean(0))
    concepts = network.text.concepts
    concepts.weight[: len(centred)] = _NAME_LOGIT_SCALE * functional.normalize(centred, dim=-1)
    concepts.bias[: len(centred)] = -3.0


def _parts(count: int) -> list[I64]:
    return [np.arange(start, min(start + _PART, count)) for start in range(0, count, _PART)]


def _check_layouts(train: ShardReader, held: ShardReader, cells: int, stage: Stage) -> None:
    if not (train.mapped and held.mapped):
        raise TrainingError(
            f"stage {stage.name} learns the layout, but pictures of an album or of CVG-Text have "
            "none; give it towns only, or write layout = 0"
        )
    labelled = train.cells
    if labelled % cells:
        raise TrainingError(
            f"stage {stage.name} learns a layout of {labelled} × {labelled} cells, which the "
            f"trunk's {cells} × {cells} cells do not divide; choose another picture_px, or "
            "layout = 0"
        )


def _class_weights(examples: ShardReader) -> Tensor:
    """The weight [C] of a positive cell of each class: the root of its rarity, 1 to 20."""
    rows = np.random.default_rng(0).permutation(len(examples))[:2000]
    shares = [examples.layouts(rows[i : i + 1])[0].float().mean((1, 2)) for i in range(len(rows))]
    share = torch.stack(shares).mean(0)
    return ((1 - share) / share.clamp(min=1e-6)).sqrt().clamp(1, 20)
