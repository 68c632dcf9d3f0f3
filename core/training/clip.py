"""How CrossText2Loc and its kin are trained, both towers end to end (arXiv 2412.17007)."""

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
    """B examples: one description each as tokens, prepared pictures float32 [B, 3, S, S]."""

    tokens: list[Tokens]
    pixels: Tensor


class TrainableClip:
    """Trains a CLIP on examples; see `core.training.loop.Trainee`."""

    def __init__(
        self, model: CrossText2Loc, train: ShardReader, held: ShardReader, device: torch.device
    ) -> None:
        self._model = model
        self._train, self._held = train, held
        self.network: nn.Module = model.network.to(device)

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied by: at most 100, as in CLIP."""
        factor: Tensor = self._model.network.logit_scale
        return factor.clamp(max=math.log(100)).exp()

    @property
    def places(self) -> PairPlaces:
        """Where the examples are that are trained on."""
        return self._train.places

    def begin(self, stage: Stage, _progress: Progress, /) -> None:
        """Nothing is kept: both towers move."""
        if stage.layout or not stage.contrastive:
            raise TrainingError(f"stage {stage.name}: crosstext2loc learns no layout; layout = 0")

    def fetch(self, rows: I64, draws: I64, _stage: Stage, /) -> ClipBatch:
        """One description, drawn by chance, for each example."""
        return self._fetched(self._train, rows, draws)

    def embed(self, examples: ClipBatch, part: slice, _stage: Stage, /) -> Embedded:
        """Both towers."""
        return Embedded(
            self._model.embed_tokens(examples.tokens[part]),
            self._model.embed_pixels(examples.pixels[part]),
            torch.zeros((), device=self.scale.device),
        )

    @torch.inference_mode()
    def validate(self, stage: Stage, /) -> dict[str, float]:
        """R@k and L@50m of what is held apart."""
        made = []
        for start in range(0, len(self._held), _PART):
            rows = np.arange(start, min(start + _PART, len(self._held)))
            fetched = self._fetched(self._held, rows, np.zeros_like(rows))
            made.append(self.embed(fetched, slice(None), stage))
        texts = torch.cat([one.texts for one in made]).cpu()
        pictures = torch.cat([one.pictures for one in made]).cpu()
        return retrieval(texts, pictures, self._held.places)

    def save(self, folder: Path) -> Path:
        """One file that `--checkpoint` takes."""
        return self._model.save(folder / "crosstext2loc.safetensors")

    def _fetched(self, examples: ShardReader, rows: I64, draws: I64) -> ClipBatch:
        pixels = [
            self._model.preparation.pixels(Image.open(io.BytesIO(content)))
            for content in examples.pictures(rows)
        ]
        return ClipBatch(self._model.tokenize(examples.texts(rows, draws)), torch.stack(pixels))
