"""The compact default model as an encoder: texts and pictures → unit embeddings.

Its text tower reads the hidden states of the sentence encoder that the `facts` channel uses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from core.arrays import F32
from core.errors import ModelError
from core.files import write_bytes
from core.models.batches import Progress, encoded
from core.models.checkpoints import (
    check_finite,
    check_keys,
    first_names,
    read_metadata,
    read_safetensors,
    sha256_of,
)
from core.models.dual_encoder import CompactNetwork
from core.models.sentence import SentenceEncoder, Tokens
from core.models.specs import COMPACT, MINILM, CheckpointSpec, CompactSpec, ModelSpec
from core.settings import COMPACT_WEIGHTS


class CompactEncoder:
    """Both towers of the compact model. Thread-safe."""

    def __init__(
        self, stamp: CheckpointSpec, network: CompactNetwork, sentences: SentenceEncoder
    ) -> None:
        self.spec = stamp
        self.network = network.eval()
        self._sentences = sentences

    def tokenize(self, texts: list[str]) -> list[Tokens]:
        """Token ids of the sentence encoder, cut at this model's limit, and the cut's offset."""
        return self._sentences.tokenize(texts, self.spec.max_tokens)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token in `text`; (0, 0) for special tokens."""
        return self._sentences.spans(text, self.spec.max_tokens)

    def text_logits(self, text: str) -> torch.Tensor:
        """Concept logits [1, T, D] of each token, before pooling."""
        states, _ = self._sentences.states(self.tokenize([text]))
        with torch.inference_mode():
            return self.network.text.token_logits(states)

    def picture_logits(self, pictures: Sequence[Image.Image], batch: int = 4) -> torch.Tensor:
        """Concept logits [N, cells², D] of each cell, before pooling."""
        tower = self.network.picture
        with torch.inference_mode():
            return torch.cat(
                [
                    tower.token_logits(tower.features(self.pixels(pictures[start : start + batch])))
                    for start in range(0, len(pictures), batch)
                ]
            )

    def forward(self, tokens: list[Tokens]) -> F32:
        """Unit embeddings [N, D] of N tokenized texts in one padded batch."""
        states, mask = self._sentences.states(tokens)
        return self.from_states(states, mask)

    def from_states(self, states: torch.Tensor, mask: torch.Tensor) -> F32:
        """Unit embeddings [N, D] of the sentence encoder's states [N, T, 384], mask [N, T]."""
        with torch.inference_mode():
            unit: F32 = self.network.text(states, mask).numpy()
        return unit

    def encode_texts(
        self, texts: list[str], batch: int = 32, progress: Progress | None = None
    ) -> F32:
        """Unit embeddings [N, D]; batched by length to save padding."""
        tokens = self.tokenize(texts) if texts else []
        return encoded(tokens, self.spec.dimensions, batch, self.forward, progress, Tokens.count)

    def encode_pictures(
        self,
        pictures: Sequence[Image.Image],
        batch: int = 4,
        progress: Progress | None = None,
    ) -> F32:
        """Unit embeddings [N, D]; other sizes are resampled. A small batch fits the CPU cache."""
        return encoded(pictures, self.spec.dimensions, batch, self._encode_batch, progress)

    def _encode_batch(self, pictures: Sequence[Image.Image]) -> F32:
        """Unit embeddings [N, D] of N pictures in one batch."""
        with torch.inference_mode():
            features = self.network.picture.features(self.pixels(pictures))
            unit: F32 = self.network.picture(features).numpy()
        return unit

    def pixels(self, pictures: Sequence[Image.Image]) -> torch.Tensor:
        """Pictures as uint8 [N, 3, S, S], resampled to the size of the tower."""
        return pixels_of(pictures, self.network.spec.picture_px)


def pixels_of(pictures: Sequence[Image.Image], size_px: int) -> torch.Tensor:
    """N pictures as uint8 [N, 3, S, S]; other sizes are resampled."""
    arrays = [
        np.asarray(picture.convert("RGB").resize((size_px, size_px), Image.Resampling.BICUBIC))
        for picture in pictures
    ]
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()


def save_compact(network: CompactNetwork, path: Path) -> None:
    """Writes the weights in half precision, and the spec.

    Raises ModelError for weights that are not finite or too large for half precision, and if the
    file cannot be written.
    """
    weights = {name: _halved(value) for name, value in network.state_dict().items()}
    if invalid := [name for name, value in weights.items() if not value.isfinite().all()]:
        raise ModelError(
            f"half precision cannot hold {first_names(invalid)}; train with a lower lr"
        )
    content = save(weights, {"compact": json.dumps(asdict(network.spec))})
    write_bytes(path, content, error=ModelError)


def _halved(value: torch.Tensor) -> torch.Tensor:
    value = value.detach().cpu().contiguous()
    return value.half() if value.is_floating_point() else value


def load(
    model: ModelSpec,
    threads: int = 0,
    checkpoint: Path | None = None,
    sentences: SentenceEncoder | None = None,
) -> CompactEncoder:
    """The bundled model, or the one in `checkpoint`. Raises ModelError where there is none."""
    path = checkpoint or COMPACT_WEIGHTS
    if not path.is_file():
        raise ModelError(
            f"there is no compact model at {path}; fetch the whole app again, or name weights "
            f"that python -m core train made with --checkpoint"
        )
    return load_compact(path, sentences or SentenceEncoder.load(MINILM, threads), model)


def load_compact(
    path: Path, sentences: SentenceEncoder, model: ModelSpec = COMPACT
) -> CompactEncoder:
    """Loads a model from a file of `save_compact`. Raises ModelError for any other file."""
    try:
        sizes = json.loads(read_metadata(path)["compact"])
        spec = CompactSpec(**sizes | {"kinds": tuple(sizes["kinds"])})
    except (ModelError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} does not hold a compact model of this app: {error}") from error
    network = CompactNetwork(spec)
    weights = read_safetensors(path)
    check_keys(weights, {name: value.shape for name, value in network.state_dict().items()}, path)
    check_finite(weights, path)
    network.load_state_dict(weights)
    stamp = CheckpointSpec(
        model.name, model.title, sha256_of([path]), spec.dimensions, spec.max_tokens
    )
    return CompactEncoder(stamp, network, sentences)
