"""Weights from files, as tensors by name. Torch is imported when tensors are read."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from core.errors import ModelError

if TYPE_CHECKING:
    import torch

Weights = dict[str, "torch.Tensor"]

_WRAPPERS = ("state_dict", "model_state_dict", "model", "module", "network", "net")
_PREFIXES = ("module.", "_orig_mod.", "model.", "clip.", "clip_model.", "network.", "net.")
"""What training code puts before all names: data-parallel, compiled and wrapped networks."""
_NAMES_SHOWN = 5


def sha256_of(files: Sequence[Path]) -> str:
    """SHA-256 of the concatenated bytes of the files."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


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
        loaded = torch.load(path, map_location="cpu", weights_only=True)
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

    while isinstance(loaded, Mapping) and (inner := _inside(loaded)) is not None:
        loaded = inner
    if not isinstance(loaded, Mapping) or not loaded:
        raise ModelError(f"{path} contains a {type(loaded).__name__}; give a state_dict of tensors")
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


def _inside(loaded: Mapping[Any, Any]) -> Mapping[Any, Any] | None:
    """The mapping that training code wrapped, None if there is none."""
    inner = (loaded.get(name) for name in _WRAPPERS)
    return next((one for one in inner if isinstance(one, Mapping)), None)


def without_prefixes(weights: Weights) -> Weights:
    """The weights without the prefixes of training code that all their names share."""
    while prefix := next(
        (start for start in _PREFIXES if all(name.startswith(start) for name in weights)), ""
    ):
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
