"""OpenAI's names and shapes of CLIP's weights, and the names in transformers.

open_clip uses the same names, in some models with the text tower under `text.`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import transformers

from core.errors import ModelError
from core.models.checkpoints import Weights, check_keys, first_names
from core.models.clip_flags import ClipFlags, TowerFlags

_SIZED = {
    "positional_embedding": 2,
    "text_projection": 2,
    "token_embedding.weight": 2,
    "transformer.resblocks.0.mlp.c_fc.weight": 2,
    "visual.conv1.weight": 4,
    "visual.positional_embedding": 2,
    "visual.transformer.resblocks.0.mlp.c_fc.weight": 2,
}
"""Tensors whose shapes determine the architecture → their number of dimensions."""

_NO_WEIGHTS = ("input_resolution", "context_length", "vocab_size", "attn_mask")
"""Numbers and buffers in the files of OpenAI and open_clip that are not weights."""

_OUTER = {
    "logit_scale": "logit_scale",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}
_TRANSPOSED = {
    "text_projection": "text_projection.weight",
    "visual.proj": "visual_projection.weight",
}
_LAYER = {
    "attn.out_proj": "self_attn.out_proj",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


@dataclass(frozen=True, slots=True)
class TowerSizes:
    """Sizes of a tower: `inner` is the width between the two layers of its perceptrons."""

    width: int
    layers: int
    inner: int
    flags: TowerFlags

    def config(self) -> dict[str, int | str]:
        """The part of a configuration of transformers."""
        return {
            "hidden_size": self.width,
            "num_attention_heads": self.width // self.flags.head_width,
            "num_hidden_layers": self.layers,
            "intermediate_size": self.inner,
            "hidden_act": self.flags.activation,
        }


@dataclass(frozen=True, slots=True)
class ClipSizes:
    """An architecture: `side` × `side` patches of `patch` pixels; `joint` embedding dimensions."""

    text: TowerSizes
    picture: TowerSizes
    vocabulary: int
    tokens: int
    patch: int
    side: int
    joint: int

    def config(self) -> transformers.CLIPConfig:
        """The configuration of transformers."""
        return transformers.CLIPConfig(
            projection_dim=self.joint,
            text_config=self.text.config()
            | {"vocab_size": self.vocabulary, "max_position_embeddings": self.tokens},
            vision_config=self.picture.config()
            | {"image_size": self.side * self.patch, "patch_size": self.patch},
        )


def from_openai(
    weights: Weights, source: Path, flags: ClipFlags | None = None
) -> tuple[transformers.CLIPConfig, Weights]:
    """The architecture from the shapes, and the weights under transformers' names.

    `flags` are OpenAI's by default. Raises ModelError for anything but the complete weights of a
    CLIP with a vision transformer, and for flags of other sizes.
    """
    weights = _usual(weights)
    sizes = _sizes(weights, source, flags or ClipFlags())
    check_keys(weights, dict(_shapes(sizes)), source)
    renamed = {theirs: weights[name] for name, theirs in _OUTER.items()}
    renamed |= {theirs: weights[name].T.contiguous() for name, theirs in _TRANSPOSED.items()}
    for start, theirs, tower in (
        ("", "text_model", sizes.text),
        ("visual.", "vision_model", sizes.picture),
    ):
        for layer in range(tower.layers):
            ours = f"{start}transformer.resblocks.{layer}."
            renamed |= _renamed_layer(weights, ours, f"{theirs}.encoder.layers.{layer}.")
    return sizes.config(), renamed


def _usual(weights: Weights) -> Weights:
    """Weights as OpenAI names and shapes them, without what is none."""
    if any(name.startswith("text.transformer.") for name in weights):
        weights = {name.removeprefix("text."): value for name, value in weights.items()}
    weights = {name: value for name, value in weights.items() if name not in _NO_WEIGHTS}
    linear = weights.get("text_projection.weight")
    if linear is not None and linear.ndim == 2 and "text_projection" not in weights:
        weights["text_projection"] = weights.pop("text_projection.weight").T.contiguous()
    return with_scalar(weights)


def with_scalar(weights: Weights) -> Weights:
    """The weights with a temperature of no dimensions; some save it with one."""
    scale = weights.get("logit_scale")
    if scale is None or scale.numel() != 1:
        return weights
    return weights | {"logit_scale": scale.reshape(())}


def _renamed_layer(weights: Weights, ours: str, theirs: str) -> Weights:
    renamed: Weights = {}
    for kind in ("weight", "bias"):
        joined = weights[f"{ours}attn.in_proj_{kind}"]
        for name, part in zip("qkv", joined.chunk(3), strict=True):
            renamed[f"{theirs}self_attn.{name}_proj.{kind}"] = part.contiguous()
        for name, other in _LAYER.items():
            renamed[f"{theirs}{other}.{kind}"] = weights[f"{ours}{name}.{kind}"]
    return renamed


def _sizes(weights: Weights, source: Path, flags: ClipFlags) -> ClipSizes:
    if any(name.startswith(("visual.layer1.", "visual.attnpool.")) for name in weights):
        raise ModelError(
            f"{source} has a CLIP with a ResNet picture tower; give one with a vision "
            f"transformer, such as ViT-L/14@336px"
        )
    missing = [name for name in _SIZED if name not in weights]
    if missing:
        raise ModelError(
            f"{source} has no CLIP under OpenAI's names: missing {first_names(missing)}, found "
            f"{first_names(sorted(weights))}; give such a state_dict or the folder of a model of "
            f"transformers"
        )
    misshaped = [name for name, dimensions in _SIZED.items() if weights[name].ndim != dimensions]
    if misshaped:
        raise ModelError(f"{source} has misshaped tensors: {first_names(misshaped)}; copy it again")
    kernel = weights["visual.conv1.weight"]
    sizes = ClipSizes(
        text=_tower(weights, "", weights["positional_embedding"].shape[1], flags.text),
        picture=_tower(weights, "visual.", len(kernel), flags.picture),
        vocabulary=len(weights["token_embedding.weight"]),
        tokens=len(weights["positional_embedding"]),
        patch=kernel.shape[-1],
        side=math.isqrt(max(0, len(weights["visual.positional_embedding"]) - 1)),
        joint=weights["text_projection"].shape[1],
    )
    check_flags(sizes, source, flags)
    return sizes


def check_flags(sizes: ClipSizes, source: Path, flags: ClipFlags) -> None:
    """Raises ModelError for flags of another architecture than the weights have, and for none."""
    if min(sizes.patch, sizes.side, sizes.joint, sizes.tokens) < 1:
        raise ModelError(f"{source} has weights without any number; copy it again")
    actual = {
        "embedding": sizes.joint,
        "text width": sizes.text.width,
        "text layers": sizes.text.layers,
        "picture width": sizes.picture.width,
        "picture layers": sizes.picture.layers,
        "patch": sizes.patch,
    }
    for name, size in flags.sizes.items():
        if actual[name] != size:
            raise ModelError(
                f"{source} has {name} {actual[name]}, the configuration beside it {size}; put its "
                f"own configuration there"
            )
    for tower in (sizes.text, sizes.picture):
        if tower.width % tower.flags.head_width:
            raise ModelError(
                f"{source} has towers of width {sizes.text.width} and {sizes.picture.width}; give "
                f"one with multiples of {tower.flags.head_width}, the width of CLIP's attention "
                f"heads, or its open_clip_config.json beside it"
            )


def _tower(weights: Weights, start: str, width: int, flags: TowerFlags) -> TowerSizes:
    blocks = f"{start}transformer.resblocks."
    numbers = {
        name.removeprefix(blocks).split(".")[0] for name in weights if name.startswith(blocks)
    }
    return TowerSizes(width, len(numbers), len(weights[f"{blocks}0.mlp.c_fc.weight"]), flags)


def _shapes(sizes: ClipSizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names (OpenAI's) and shapes of all weights of an architecture."""
    text, picture = sizes.text.width, sizes.picture.width
    yield "logit_scale", ()
    yield "token_embedding.weight", (sizes.vocabulary, text)
    yield "positional_embedding", (sizes.tokens, text)
    yield "text_projection", (text, sizes.joint)
    yield "visual.class_embedding", (picture,)
    yield "visual.positional_embedding", (sizes.side**2 + 1, picture)
    yield "visual.conv1.weight", (picture, 3, sizes.patch, sizes.patch)
    yield "visual.proj", (picture, sizes.joint)
    for name, width in (
        ("ln_final", text),
        ("visual.ln_pre", picture),
        ("visual.ln_post", picture),
    ):
        yield f"{name}.weight", (width,)
        yield f"{name}.bias", (width,)
    for start, tower in (("", sizes.text), ("visual.", sizes.picture)):
        for layer in range(tower.layers):
            for name, shape in _layer_shapes(tower).items():
                block = f"{start}transformer.resblocks.{layer}."
                yield f"{block}{name}weight", shape
                yield f"{block}{name}bias", shape[:1]


def _layer_shapes(tower: TowerSizes) -> dict[str, tuple[int, ...]]:
    """Parts of a layer → shapes of their weights; a bias has the first size."""
    width, inner = tower.width, tower.inner
    return {
        "attn.in_proj_": (3 * width, width),
        "attn.out_proj.": (width, width),
        "ln_1.": (width,),
        "ln_2.": (width,),
        "mlp.c_fc.": (inner, width),
        "mlp.c_proj.": (width, inner),
    }
