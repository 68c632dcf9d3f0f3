"""Training of CrossText2Loc and similar CLIP models, both towers end to end (arXiv 2412.17007)."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from core.arrays import I64
from core.errors import TrainingError
from core.models.compact import pixels_of
from core.models.crosstext2loc import CrossText2Loc
from core.models.planet import save_heads
from core.models.sentence import Tokens
from core.models.specs import PlanetSpec
from core.training.batches import PairPlaces
from core.training.config import Stage
from core.training.loop import Embedded
from core.training.physical import HEADS, PhysicalBranch, PhysicalTerm, mined_once
from core.training.shard_reader import ShardReader
from core.training.shards import Progress
from core.training.validation import retrieval

_PART = 32


@dataclass(frozen=True, slots=True)
class ClipBatch:
    """B examples by `rows`: tokens of one description each, and pictures float32 [B, 3, S, S]."""

    rows: I64
    tokens: list[Tokens]
    pixels: Tensor


class TrainableClip:
    """Trains a CLIP on examples; see `core.training.loop.TrainableModel`."""

    def __init__(
        self,
        model: CrossText2Loc,
        train: ShardReader,
        held: ShardReader,
        device: torch.device,
        planet: PlanetSpec | None = None,
    ) -> None:
        self._model = model
        width = model.network.config.text_config.hidden_size
        self._physical: PhysicalBranch | None = None
        if planet is not None:
            self._physical = PhysicalBranch(model.network, planet, width)
        self.signatures: dict[str, tuple[Tensor, ...]] = {}
        """PLANET's signatures of the examples of "train" and "held", where they are known."""
        self._train, self._held = train, held
        self.network: nn.Module = model.network.to(device)

    @property
    def scale(self) -> Tensor:
        """The factor of the cosines in the loss: at most 100, as in CLIP."""
        factor: Tensor = self._model.network.logit_scale
        return factor.clamp(max=math.log(100)).exp()

    @property
    def places(self) -> PairPlaces:
        """The places of the training examples."""
        return self._train.places

    def on_stage_start(self, stage: Stage, _progress: Progress, /) -> None:
        """Checks the stage, and mines the pictures' signatures if it has PLANET's losses.

        Raises TrainingError for a stage with a layout loss.
        """
        if stage.layout or not stage.contrastive:
            raise TrainingError(
                f"stage {stage.name}: crosstext2loc learns no layout; write layout = 0"
            )

        if stage.physical and self._physical:
            self._physical.use(self._mined(self._train, self._physical.heads.spec))

    def load_batch(self, rows: I64, draws: I64, _stage: Stage, /) -> ClipBatch:
        """The examples of some rows, each with one random description."""
        return self._load(self._train, rows, draws)

    def embed(self, examples: ClipBatch, part: slice, stage: Stage, /) -> Embedded:
        """The embeddings of both towers for a part of a batch, and PLANET's terms."""
        states, mask, texts = self._model.text_states(examples.tokens[part])
        physical: tuple[PhysicalTerm, ...] = ()
        if stage.physical and self._physical:
            descriptors = self._physical.heads.of_texts(states, mask)
            physical = self._physical.terms(examples.rows[part], descriptors)
        return Embedded(
            texts,
            self._model.embed_pixels(examples.pixels[part]),
            torch.zeros((), device=self.scale.device),
            physical,
        )

    def validate(self, _stage: Stage, /) -> dict[str, float]:
        """R@k and L@50m on the validation examples, in percent."""
        return retrieval(*self.validation_embeddings(), self.held_places)

    @property
    def text_weight(self) -> Tensor:
        """A weight of the text tower that both the contrastive loss and PLANET's losses train."""
        weight: Tensor = self._model.network.text_model.encoder.layers[-1].mlp.fc2.weight
        return weight

    @property
    def held_places(self) -> PairPlaces:
        """The places of the validation examples."""
        return self._held.places

    @torch.inference_mode()
    def validation_embeddings(self) -> tuple[Tensor, Tensor]:
        """The embeddings [N, D] of the validation texts and of their pictures."""
        texts, pictures = [], []
        for rows in _parts(len(self._held)):
            batch = self._load(self._held, rows, rows * 0)
            texts.append(self._model.embed_tokens(batch.tokens).cpu())
            pictures.append(self._model.embed_pixels(batch.pixels).cpu())
        return torch.cat(texts), torch.cat(pictures)

    @torch.inference_mode()
    def physical_descriptors(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]] | None:
        """PLANET's descriptors [N, d] of the validation texts and of their pictures' signatures,
        one for each term; None without PLANET."""
        if self._physical is None:
            return None
        heads, of_texts = self._physical.heads, []
        for rows in _parts(len(self._held)):
            tokens = self._model.tokenize(self._held.texts(rows, rows * 0))
            states, mask, _ = self._model.text_states(tokens)
            of_texts.append(heads.of_texts(states, mask))
        texts = tuple(torch.cat(parts).cpu() for parts in zip(*of_texts, strict=True))
        return texts, heads.of_signatures(self._mined(self._held, heads.spec))

    def save(self, folder: Path) -> Path:
        """Writes one file for `--checkpoint` and returns its path; PLANET's heads beside it."""
        if self._physical:
            save_heads(self._physical.heads, folder / f"{HEADS}.safetensors")
            self.network.__delattr__(HEADS)
        return self._model.save(folder / "crosstext2loc.safetensors")

    def _load(self, examples: ShardReader, rows: I64, draws: I64) -> ClipBatch:
        pixels = [
            self._model.preparation.pixels(Image.open(io.BytesIO(content)))
            for content in examples.pictures(rows)
        ]
        return ClipBatch(
            rows, self._model.tokenize(examples.texts(rows, draws)), torch.stack(pixels)
        )

    def _mined(self, examples: ShardReader, spec: PlanetSpec) -> tuple[Tensor, ...]:
        """The signatures [N, size] of all pictures, computed once."""
        pictures = (
            pixels_of([Image.open(io.BytesIO(content))], spec.signature_px)
            for rows in _parts(len(examples))
            for content in examples.pictures(rows)
        )
        which = "train" if examples is self._train else "held"
        return mined_once(self.signatures, which, pictures, spec)


def _parts(count: int) -> list[I64]:
    return [np.arange(start, min(start + _PART, count)) for start in range(0, count, _PART)]
