"""The compact default model as an encoder: texts and pictures → unit embeddings.

Its text tower reads the hidden states of the sentence encoder that the `facts` channel uses. Texts
are encoded by NumPy alone; torch is imported for pictures, attribution and training.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file

from core.arrays import F32, Bools
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
from core.models.sentence import SentenceEncoder, Tokens
from core.models.specs import (
    BUNDLED_AERIAL_SHA256,
    BUNDLED_COMPACT_SHA256,
    BUNDLED_SHA256S,
    COMPACT,
    COMPACT_AERIAL,
    MINILM,
    CheckpointSpec,
    CompactSpec,
    ModelSpec,
)
from core.settings import COMPACT_AERIAL_WEIGHTS, COMPACT_WEIGHTS

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from core.models.dual_encoder import CompactNetwork


@dataclass(frozen=True, slots=True)
class TextWeights:
    """Weights of the text tower: `middle` [384], `concepts` [384, D], and [D] each: `bias`,
    `sharpness` and `gains` of the pooling. The formulas are those of `dual_encoder.TextTower`."""

    middle: F32
    concepts: F32
    bias: F32
    sharpness: F32
    gains: F32

    @classmethod
    def read(cls, path: Path) -> TextWeights:
        """The text tower of a file of `save_compact`, in single precision."""
        weights = load_file(path)

        def value(name: str) -> F32:
            return weights[f"text.{name}"].astype(np.float32)

        return cls(
            value("middle"),
            np.ascontiguousarray(value("concepts.weight").T),
            value("concepts.bias"),
            np.exp(value("pool.log_sharpness")),
            value("pool.gains"),
        )

    def embeddings(self, states: F32, mask: Bools) -> F32:
        """Unit embeddings [N, D] of hidden states [N, T, 384], mask [N, T]."""
        logits = _unit(states - self.middle) @ self.concepts + self.bias
        scaled = np.where(mask[..., None], logits * self.sharpness, -np.inf)
        shares = np.exp(scaled - scaled.max(1, keepdims=True))
        pooled = (shares * logits).sum(1) / shares.sum(1)
        return _unit(self.gains * np.logaddexp(0, pooled))


def _unit(vectors: F32) -> F32:
    unit: F32 = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit


class CompactEncoder:
    """Both towers of the compact model. Thread-safe."""

    def __init__(
        self,
        stamp: CheckpointSpec,
        path: Path,
        sentences: SentenceEncoder,
        network: CompactNetwork | None = None,
        threads: int = 0,
    ) -> None:
        self.spec = stamp
        self._path = path
        self._sentences = sentences
        self._text = TextWeights.read(path)
        self._network = network
        self._threads = threads
        self._lock = threading.Lock()

    @property
    def network(self) -> CompactNetwork:
        """Both towers as a torch module, read when first wanted. Raises ModelError."""
        with self._lock:
            if self._network is None:
                self._network = read_network(self._path, self._threads)
            return self._network

    def tokenize(self, texts: list[str]) -> list[Tokens]:
        """Token ids of the sentence encoder, cut at this model's limit, and the cut's offset."""
        return self._sentences.tokenize(texts, self.spec.max_tokens)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token in `text`; (0, 0) for special tokens."""
        return self._sentences.spans(text, self.spec.max_tokens)

    def text_logits(self, text: str) -> torch.Tensor:
        """Concept logits [1, T, D] of each token, before pooling."""
        import torch

        states, _ = self._sentences.states(self.tokenize([text]))
        with torch.inference_mode():
            return self.network.text.token_logits(torch.from_numpy(states))

    def picture_logits(self, pictures: Sequence[Image.Image], batch: int = 4) -> torch.Tensor:
        """Concept logits [N, cells², D] of each cell, before pooling."""
        import torch

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
        return self.from_states(*self._sentences.states(tokens))

    def from_states(self, states: F32, mask: Bools) -> F32:
        """Unit embeddings [N, D] of the sentence encoder's states [N, T, 384], mask [N, T]."""
        return self._text.embeddings(states, mask)

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
        import torch

        with torch.inference_mode():
            features = self.network.picture.features(self.pixels(pictures))
            unit: F32 = self.network.picture(features).numpy()
        return unit

    def pixels(self, pictures: Sequence[Image.Image]) -> torch.Tensor:
        """Pictures as uint8 [N, 3, S, S], resampled to the size of the tower."""
        return pixels_of(pictures, self.network.spec.picture_px)


def pixels_of(pictures: Sequence[Image.Image], size_px: int) -> torch.Tensor:
    """N pictures as uint8 [N, 3, S, S]; other sizes are resampled."""
    import torch
    from PIL import Image

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
    from safetensors.torch import save

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


_BUNDLED = {COMPACT.name: COMPACT_WEIGHTS, COMPACT_AERIAL.name: COMPACT_AERIAL_WEIGHTS}
"""The weights that come with the app, by the name of the model."""
_BUNDLED_BY_SHA256 = {
    BUNDLED_COMPACT_SHA256: COMPACT_WEIGHTS,
    BUNDLED_AERIAL_SHA256: COMPACT_AERIAL_WEIGHTS,
}


def bundled_kinds(weights_sha256: str) -> tuple[str, ...]:
    """The kinds that the first dimensions of a bundled model stand for; () for other weights."""
    path = _BUNDLED_BY_SHA256.get(weights_sha256)
    return _saved_spec(path).kinds if path is not None and path.is_file() else ()


def load(
    model: ModelSpec,
    threads: int = 0,
    checkpoint: Path | None = None,
    sentences: SentenceEncoder | None = None,
) -> CompactEncoder:
    """The bundled model, or the one in `checkpoint`. Raises ModelError where there is none."""
    path = checkpoint or _BUNDLED[model.name]
    if not path.is_file():
        raise ModelError(
            f"there is no {model.name} model at {path}; fetch the whole app again, or name weights "
            f"that python -m core train made with --checkpoint"
        )
    return load_compact(path, sentences or SentenceEncoder.load(MINILM, threads), model, threads)


def load_compact(
    path: Path, sentences: SentenceEncoder, model: ModelSpec = COMPACT, threads: int = 0
) -> CompactEncoder:
    """Loads a model from a file of `save_compact`. Raises ModelError for any other file.

    The bundled weights are known by their hash; others are checked against the network. `threads`
    is for the picture tower; 0 keeps torch's number.
    """
    spec = _saved_spec(path)
    sha256 = sha256_of([path])
    network = None if sha256 in BUNDLED_SHA256S else read_network(path, threads)
    stamp = CheckpointSpec(model.name, model.title, sha256, spec.dimensions, spec.max_tokens)
    return CompactEncoder(stamp, path, sentences, network, threads)


def read_network(path: Path, threads: int = 0) -> CompactNetwork:
    """The network of a file of `save_compact`, for evaluation. Raises ModelError.

    `threads` 0 keeps torch's number.
    """
    import torch

    from core.models.dual_encoder import CompactNetwork

    if threads:
        torch.set_num_threads(threads)

    network = CompactNetwork(_saved_spec(path))
    weights = read_safetensors(path)
    check_keys(weights, {name: value.shape for name, value in network.state_dict().items()}, path)
    check_finite(weights, path)
    network.load_state_dict(weights)
    return network.eval()


def _saved_spec(path: Path) -> CompactSpec:
    try:
        sizes = json.loads(read_metadata(path)["compact"])
        return CompactSpec(**sizes | {"kinds": tuple(sizes["kinds"])})
    except (ModelError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} does not hold a compact model of this app: {error}") from error
