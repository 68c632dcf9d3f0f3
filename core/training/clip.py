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
from core.training.physical import HEADS, PhysicalBranch, PhysicalTerm, mined
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
            spec = self._physical.heads.spec
            pictures = (
                pixels_of([Image.open(io.BytesIO(content))], spec.signature_px)
                for row in range(len(self._train))
                for content in self._train.pictures(np.array([row]))
            )
            self._physical.use(mined(pictures, spec))

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

    @torch.inference_mode()
    def validate(self, stage: Stage, /) -> dict[str, float]:
        """R@k and L@50m on the validation examples, in percent."""
        embedded = []
        for start in range(0, len(self._held), _PART):
            rows = np.arange(start, min(start + _PART, len(self._held)))
            batch = self._load(self._held, rows, np.zeros_like(rows))
            embedded.append(self.embed(batch, slice(None), stage))
        texts = torch.cat([part.texts for part in embedded]).cpu()
        pictures = torch.cat([part.pictures for part in embedded]).cpu()
        return retrieval(texts, pictures, self._held.places)

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
