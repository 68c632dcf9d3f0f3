"""A CLIP under the names of transformers in a plain file, without the folder that it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.models.checkpoints import Weights, first_names
from core.models.clip_flags import ClipFlags, TowerFlags
from core.models.openai_names import ClipSizes, TowerSizes, check_flags, with_scalar

if TYPE_CHECKING:
    import transformers

_TOKENS = "text_model.embeddings.token_embedding.weight"
_SIZED = {
    _TOKENS: 2,
    "text_model.embeddings.position_embedding.weight": 2,
    "text_model.encoder.layers.0.mlp.fc1.weight": 2,
    "vision_model.embeddings.patch_embedding.weight": 4,
    "vision_model.embeddings.position_embedding.weight": 2,
    "vision_model.encoder.layers.0.mlp.fc1.weight": 2,
    "text_projection.weight": 2,
}
"""Tensors whose shapes determine the architecture → their number of dimensions."""


def is_transformers(weights: Weights) -> bool:
    """Whether the weights have the names of transformers."""
    return any(name.startswith(("text_model.", "vision_model.")) for name in weights)


def from_transformers(
    weights: Weights, source: Path, flags: ClipFlags
) -> tuple[transformers.CLIPConfig, Weights]:
    """The architecture from the shapes, and the weights. Raises ModelError for another network."""
    wrong = [
        name
        for name, dimensions in _SIZED.items()
        if name not in weights or weights[name].ndim != dimensions
    ]
    if wrong:
        raise ModelError(
            f"{source} has no CLIP under the names of transformers: missing or misshaped "
            f"{first_names(wrong)}; give the folder of the model"
        )
    kernel = weights["vision_model.embeddings.patch_embedding.weight"]
    cells = len(weights["vision_model.embeddings.position_embedding.weight"]) - 1
    vocabulary, width = weights[_TOKENS].shape
    sizes = ClipSizes(
        text=_tower(weights, "text_model", width, flags.text),
        picture=_tower(weights, "vision_model", len(kernel), flags.picture),
        vocabulary=vocabulary,
        tokens=len(weights["text_model.embeddings.position_embedding.weight"]),
        patch=kernel.shape[-1],
        side=round(max(cells, 1) ** 0.5),
        joint=len(weights["text_projection.weight"]),
    )
    check_flags(sizes, source, flags)
    return sizes.config(), with_scalar(weights)


def _tower(weights: Weights, start: str, width: int, flags: TowerFlags) -> TowerSizes:
    layers = f"{start}.encoder.layers."
    numbers = {name.split(".")[3] for name in weights if name.startswith(layers)}
    return TowerSizes(width, len(numbers), len(weights[f"{layers}0.mlp.fc1.weight"]), flags)
