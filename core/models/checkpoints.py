"""Weights from files, as tensors by name. Torch is imported when tensors are read."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from core.errors import ModelError

if TYPE_CHECKING:
    import torch

Weights = dict[str, "torch.Tensor"]

_WRAPPERS = (
    *("state_dict", "model_state_dict", "model_state", "model", "module", "network", "net"),
    *("weights", "params", "checkpoint", "student"),
    *("state_dict_ema", "ema_state_dict", "model_ema", "ema_model", "params_ema", "ema", "teacher"),
)
"""Where training code puts the weights, those as trained before their moving averages."""
_PARTS = frozenset(
    {"visual", "text", "transformer", "text_model", "vision_model", "token_embedding", "ln_final"}
)
"""Parts of the networks themselves; any other word before all names is that of training code."""
_COUNTERS = ("n_averaged",)
"""Numbers beside the weights that torch writes with averaged ones."""
_WEIGHT_FILES = (
    *("model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors"),
    *("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*-of-*.bin"),
    *("model.fp16.safetensors", "pytorch_model.fp16.bin"),
)
"""Names of weights in a folder of transformers: whole, in parts, in half precision."""
_NAMES_SHOWN = 5
_LENGTH_BYTES = 8
_LONGEST_HEADER = 1 << 32
"""Safetensors begin with the length of their header in eight bytes, and the header with {."""

_log = logging.getLogger(__name__)


def sha256_of(files: Sequence[Path]) -> str:
    """SHA-256 of the concatenated bytes of the files."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files of weights in a folder of transformers. Raises ModelError if one is missing."""
    for pattern in _WEIGHT_FILES:
        if pattern.endswith(".index.json"):
            files = _listed_files(folder / pattern)
        else:
            files = tuple(sorted(folder.glob(pattern)))
        if files:
            return files
    raise ModelError(
        f"{folder} has neither model.safetensors nor pytorch_model.bin; copy one there"
    )


def _listed_files(index: Path) -> tuple[Path, ...]:
    """The files that an index of shards lists; none without the index."""
    if not index.is_file():
        return ()
    try:
        names = json.loads(index.read_text("utf-8-sig"))["weight_map"].values()
        files = tuple(index.parent / Path(name).name for name in sorted(set(names)))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{index} lists no files of weights; copy it again") from error
    if missing := [file.name for file in files if not file.is_file()]:
        raise ModelError(f"{index.parent} lacks {first_names(missing)}; copy them there")
    return files


def read_weights(path: Path) -> Weights:
    """All tensors of a file of safetensors or of `torch.save`, by its content."""
    return read_safetensors(path) if is_safetensors(path) else read_state_dict(path)


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do, or has their ending and begins as no other kind.

    Raises ModelError for what Git LFS leaves in place of a file.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(b"version https://git-lfs"):
        raise ModelError(
            f"{path} is a pointer of Git LFS and not the weights; fetch them with git lfs pull"
        )
    length, header = head[:_LENGTH_BYTES], head[_LENGTH_BYTES:]
    if header.startswith(b"{") and int.from_bytes(length, "little") < _LONGEST_HEADER:
        return True
    return path.suffix.lower() == ".safetensors" and not head.startswith((b"PK", b"\x80"))


def read_safetensors(path: Path) -> Weights:
    """All tensors of a safetensors file, floating ones as float32."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: _float32(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{path} is not a complete safetensors file ({error}); copy it again"
        ) from error


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file."""
    try:
        with safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{path} is not a complete safetensors file ({error}); copy it again"
        ) from error


def read_state_dict(path: Path) -> Weights:
    """The tensors in a file of `torch.save`, floating ones as float32; never runs code of the file.

    Finds a state_dict inside a larger dict and removes the prefixes of training code.
    """
    import torch

    try:
        _check_format(path)
        with path.open("rb") as file:  # by a path, torch goes by its ending
            loaded = torch.load(file, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except Exception as error:  # torch raises almost any error for a broken pickle
        if "Unsupported" in str(error):
            raise ModelError(
                f"{path} contains Python objects, which are never run, instead of plain tensors; "
                f"save the network's state_dict()"
            ) from error
        raise ModelError(f"{path} is damaged or not a checkpoint; copy it again") from error
    return _tensors(loaded, path)


def check_keys(weights: Weights, wanted: Mapping[str, Sequence[int]], source: Path) -> None:
    """Checks names and shapes. Raises one ModelError for missing, surplus and misshaped tensors."""
    misshaped = [
        f"{name} {list(weights[name].shape)} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in weights and list(weights[name].shape) != list(shape)
    ]
    faults = (
        ("missing", [name for name in wanted if name not in weights]),
        ("surplus", [name for name in weights if name not in wanted]),
        ("misshaped", misshaped),
    )
    parts = [f"{fault} {first_names(names)}" for fault, names in faults if names]
    if parts:
        raise ModelError(
            f"the weights in {source} do not fit the network: {'; '.join(parts)}; "
            f"use undamaged weights of this architecture"
        )


def first_names(names: Sequence[str]) -> str:
    """The first few names, and the number of the others."""
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _check_format(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(2)
    if head == b"PK":
        if not zipfile.is_zipfile(path):
            raise ModelError(f"{path} is cut short; copy it again")
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                raise ModelError(
                    f"{path} is a TorchScript program, not weights; if you trust it, save its "
                    f"weights: torch.save(torch.jit.load(FILE, 'cpu').state_dict(), 'clip.pth')"
                )
    elif head[:1] != b"\x80":
        raise ModelError(f"{path} is not a checkpoint; give a state_dict as torch.save writes it")


def _tensors(loaded: Any, path: Path) -> Weights:
    import torch

    while isinstance(loaded, Mapping) and (inner := _inside(loaded, path)) is not None:
        loaded = inner
    if not isinstance(loaded, Mapping) or not loaded:
        raise ModelError(f"{path} contains a {type(loaded).__name__}; give a state_dict of tensors")
    loaded = {name: value for name, value in loaded.items() if name not in _COUNTERS}
    other = [str(name) for name, value in loaded.items() if not isinstance(value, torch.Tensor)]
    if other:
        raise ModelError(
            f"{path} contains more than tensors: {first_names(other)}; give a state_dict"
        )
    unusable = [
        str(name)
        for name, tensor in loaded.items()
        if tensor.is_meta or tensor.layout != torch.strided or tensor.is_quantized
    ]
    if unusable:
        raise ModelError(
            f"{path} has tensors without plain numbers (meta, sparse or quantised): "
            f"{first_names(unusable)}; save them as dense tensors on the CPU"
        )
    return without_prefixes({str(name): _float32(value) for name, value in loaded.items()})


def _inside(loaded: Mapping[Any, Any], path: Path) -> Mapping[Any, Any] | None:
    """The mapping that training code wrapped, None if there is none; others are told."""
    names = [name for name in _WRAPPERS if _holds_tensors(loaded.get(name))]
    if len(names) > 1:
        left = first_names(names[1:])
        _log.warning("%s: the weights under %s are read, not %s", path.name, names[0], left)
    return loaded[names[0]] if names else None


def _holds_tensors(value: Any) -> bool:
    """Whether a value is a mapping with a tensor in it, or in one of its own mappings."""
    import torch

    return isinstance(value, Mapping) and any(
        isinstance(inner, torch.Tensor) or _holds_tensors(inner) for inner in value.values()
    )


def without_prefixes(weights: Weights) -> Weights:
    """The weights without the words of training code before all names, such as `module.`."""
    while weights:
        word, point, _ = next(iter(weights)).partition(".")
        prefix = f"{word}{point}"
        if not point or word in _PARTS or not all(name.startswith(prefix) for name in weights):
            break
        weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    return weights


def check_floating(weights: Weights, source: Path) -> None:
    """Raises ModelError for weights that are no floating-point numbers."""
    if names := [name for name, value in weights.items() if not value.is_floating_point()]:
        raise ModelError(
            f"{source} has weights that are no floating-point numbers: {first_names(names)}; "
            f"save them as float32"
        )


def check_finite(weights: Weights, source: Path) -> None:
    """Raises ModelError for weights that are NaN or infinite."""
    import torch

    if names := [name for name, value in weights.items() if not bool(torch.isfinite(value).all())]:
        raise ModelError(
            f"{source} has weights that are NaN or infinite: {first_names(names)}; use a "
            f"checkpoint from before its training failed"
        )


def _float32(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
