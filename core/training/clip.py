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
from core.models.crosstext2loc import CrossText2Loc
from core.models.sentence import Tokens
from core.training.batches import PairPlaces
from core.training.config import Stage
from core.training.loop import Embedded
from core.training.shard_reader import ShardReader
from core.training.shards import Progress
from core.training.validation import retrieval

_PART = 32


@dataclass(frozen=True, slots=True)
class ClipBatch:
    """B examples: the tokens of one description each, and pictures float32 [B, 3, S, S]."""

    tokens: list[Tokens]
    pixels: Tensor


class TrainableClip:
    """Trains a CLIP on examples; see `core.training.loop.TrainableModel`."""

    def __init__(
        self, model: CrossText2Loc, train: ShardReader, held: ShardReader, device: torch.device
    ) -> None:
        self._model = model
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
        """Checks the stage. Raises TrainingError for one with a layout loss."""
        if stage.layout or not stage.contrastive:
            raise TrainingError(
                f"stage {stage.name}: crosstext2loc learns no layout; write layout = 0"
            )

    def load_batch(self, rows: I64, draws: I64, _stage: Stage, /) -> ClipBatch:
        """The examples of some rows, each with one random description."""
        return self._load(self._train, rows, draws)

    def embed(self, examples: ClipBatch, part: slice, _stage: Stage, /) -> Embedded:
        """The embeddings of both towers for a part of a batch."""
        return Embedded(
            self._model.embed_tokens(examples.tokens[part]),
            self._model.embed_pixels(examples.pixels[part]),
            torch.zeros((), device=self.scale.device),
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
        """Writes one file for `--checkpoint` and returns its path."""
        return self._model.save(folder / "crosstext2loc.safetensors")

    def _load(self, examples: ShardReader, rows: I64, draws: I64) -> ClipBatch:
        pixels = [
            self._model.preparation.pixels(Image.open(io.BytesIO(content)))
            for content in examples.pictures(rows)
        ]
        return ClipBatch(self._model.tokenize(examples.texts(rows, draws)), torch.stack(pixels))
