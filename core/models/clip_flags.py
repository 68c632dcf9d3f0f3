"""What neither the names nor the shapes of CLIP's weights tell: activations and widths of heads.

They are read from the configuration beside the weights, of open_clip or of transformers. Without
one they are assumed as in OpenAI's models, with a warning.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ModelError

_FILES = ("open_clip_config.json", "config.json")
_STRANGE = {
    "text_cfg": ("hf_model_name", "embed_cls", "no_causal_mask", "ls_init_value"),
    "vision_cfg": ("timm_model_name", "attentional_pool", "ls_init_value", "no_ln_pre"),
}
"""Settings of open_clip that make another network than CLIP's."""

_ACTIVATIONS = ("quick_gelu", "gelu")
_RESAMPLING = {"bicubic": 3, "bilinear": 2}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TowerFlags:
    """The activation of a tower, and the width of its attention heads."""

    activation: str = "quick_gelu"
    head_width: int = 64


@dataclass(frozen=True, slots=True)
class ClipFlags:
    """The flags of both towers, and `sizes` and `pictures` (preparation) that the configuration
    gives beside them. `assumed` ones come from no configuration."""

    text: TowerFlags = TowerFlags()
    picture: TowerFlags = TowerFlags()
    sizes: Mapping[str, int] = field(default_factory=dict)
    pictures: Mapping[str, Any] = field(default_factory=dict)
    assumed: bool = False

    def marked(self, sha256: str) -> str:
        """The hash of a model from that of its weights: it is the same for the flags of OpenAI's
        models, and another for others, with which the same weights give other embeddings."""
        if self.text == self.picture == TowerFlags():
            return sha256
        return hashlib.sha256(f"{sha256} {self.text} {self.picture}".encode()).hexdigest()

    def warn_if_assumed(self, name: str) -> None:
        """Says what was assumed for the weights of that name."""
        if self.assumed:
            _log.warning(
                "%s has no open_clip_config.json or config.json beside it; quick GELU and "
                "attention heads of width 64 are assumed, as in OpenAI's models",
                name,
            )


def flags_beside(weights: Path) -> ClipFlags:
    """The flags in the configuration beside a file of weights, or beside the file it links to.

    Raises ModelError for a configuration of another network.
    """
    for folder in dict.fromkeys((weights.parent, weights.resolve().parent)):
        for name in _FILES:
            document = _json(folder / name)
            if document is not None and (flags := _flags(document, folder / name)):
                return flags
    return ClipFlags(assumed=True)


def open_clip_weights(folder: Path) -> Path | None:
    """The weights in a folder of open_clip, None in any other."""
    if not (folder / _FILES[0]).is_file() or (folder / _FILES[1]).is_file():
        return None
    names = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _json(path: Path) -> dict[str, Any] | None:
    """A JSON object; None for anything else, which is no configuration of a CLIP."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _flags(document: dict[str, Any], path: Path) -> ClipFlags | None:
    """The flags of a configuration; None for that of something else."""
    model = document.get("model_cfg", document)
    try:
        if isinstance(model, dict) and {"text_cfg", "vision_cfg"} <= model.keys():
            return _of_open_clip(model, document.get("preprocess_cfg") or {})
        if document.get("model_type") == "clip":
            return _of_transformers(document)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is no configuration of CLIP that can be read ({error}); correct it, or move "
            f"it away if it belongs to other weights"
        ) from error
    return None


def _of_open_clip(model: dict[str, Any], pictures: dict[str, Any]) -> ClipFlags:
    for part, names in _STRANGE.items():
        if strange := [name for name in names if model[part].get(name)]:
            raise ValueError(f"{part} has {strange[0]}, which no CLIP by OpenAI has")
    text, vision = model["text_cfg"], model["vision_cfg"]
    activation = "quick_gelu" if model.get("quick_gelu", False) else "gelu"
    sizes = {
        "embedding": model.get("embed_dim"),
        "text width": text.get("width"),
        "text layers": text.get("layers"),
        "picture width": vision.get("width"),
        "picture layers": vision.get("layers"),
        "patch": vision.get("patch_size"),
    }
    return ClipFlags(
        TowerFlags(activation, _head_width(text.get("width", 512), text.get("heads", 8))),
        TowerFlags(activation, _head_width(vision.get("head_width", 64), 1)),
        {name: size for name, size in sizes.items() if isinstance(size, int)},
        _preparation(pictures),
    )


def _preparation(pictures: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `Preparation` from open_clip's preprocessing."""
    given: dict[str, Any] = {
        name: tuple(float(value) for value in pictures[name])
        for name in ("mean", "std")
        if pictures.get(name)
    }
    if "resize_mode" in pictures:
        given["crop"] = {"shortest": True, "squash": False}[pictures["resize_mode"]]
    if "interpolation" in pictures:
        given["resample"] = _RESAMPLING[pictures["interpolation"]]
    return given


def _of_transformers(document: dict[str, Any]) -> ClipFlags:
    text, vision = document.get("text_config") or {}, document.get("vision_config") or {}
    sizes = {
        "embedding": document.get("projection_dim"),
        "text width": text.get("hidden_size"),
        "text layers": text.get("num_hidden_layers"),
        "picture width": vision.get("hidden_size"),
        "picture layers": vision.get("num_hidden_layers"),
        "patch": vision.get("patch_size"),
    }
    # what a file leaves out has the values of transformers
    return ClipFlags(
        _tower(text, 512, 8),
        _tower(vision, 768, 12),
        {name: size for name, size in sizes.items() if isinstance(size, int)},
    )


def _tower(config: dict[str, Any], width: int, heads: int) -> TowerFlags:
    activation = config.get("hidden_act", "quick_gelu")
    if activation not in _ACTIVATIONS:
        raise ValueError(f"hidden_act is {activation!r:.40}, not {' or '.join(_ACTIVATIONS)}")
    width, heads = config.get("hidden_size", width), config.get("num_attention_heads", heads)
    return TowerFlags(activation, _head_width(width, heads))


def _head_width(width: int, heads: int) -> int:
    if not (isinstance(width, int) and isinstance(heads, int)) or width < 1 or heads < 1:
        raise ValueError(f"a width of {width!r:.20} with {heads!r:.20} heads")
    if width % heads:
        raise ValueError(f"a width of {width} is not that of {heads} equal heads")
    return width // heads
