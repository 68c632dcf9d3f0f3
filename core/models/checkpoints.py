"""Weights out of files, as names and tensors; leaves to others what they are the weights of."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from core.errors import ModelError

Weights = dict[str, torch.Tensor]

_WRAPPERS = ("state_dict", "model")
_NAMED = 5


def sha256_of(files: Sequence[Path]) -> str:
    """Of the files' bytes one after another."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read_safetensors(path: Path) -> Weights:
    """Every tensor of the file, floating ones as float32."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: _single(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is no whole safetensors file ({error}); copy it again") from error


def read_metadata(path: Path) -> dict[str, str]:
    """What a safetensors file says of itself."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is no whole safetensors file ({error}); copy it again") from error


def read_state_dict(path: Path) -> Weights:
    """The tensors that `torch.save` wrote, floating ones as float32; no code of it is ever run.

    A state_dict inside a larger dict is found, and the prefix that data-parallel training adds
    to every name is taken off.
    """
    try:
        _refuse_other_kinds(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except Exception as error:  # a broken pickle makes torch raise nearly anything
        if "Unsupported" in str(error):
            raise ModelError(
                f"{path} holds Python objects, which are never run, instead of plain tensors; "
                f"save the network's state_dict()"
            ) from error
        raise ModelError(f"{path} is damaged or no checkpoint; copy it again") from error
    return _tensors(loaded, path)


def check_keys(found: Weights, wanted: Mapping[str, Sequence[int]], source: Path) -> None:
    """Raises one ModelError that names missing, surplus and misshaped tensors."""
    misshaped = [
        f"{name} {list(found[name].shape)} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in found and list(found[name].shape) != list(shape)
    ]
    faults = (
        ("missing", [name for name in wanted if name not in found]),
        ("surplus", [name for name in found if name not in wanted]),
        ("misshaped", misshaped),
    )
    told = [f"{fault} {some(names)}" for fault, names in faults if names]
    if told:
        raise ModelError(
            f"the weights in {source} do not fit the network: {'; '.join(told)}; "
            f"they are damaged or of another architecture"
        )


def some(names: Sequence[str]) -> str:
    """The first few of many names, and how many more there are."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _refuse_other_kinds(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(2)
    if head == b"PK":
        if not zipfile.is_zipfile(path):
            raise ModelError(f"{path} is cut short; copy it again")
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                raise ModelError(
                    f"{path} is a TorchScript program, not weights; where you trust it, keep its "
                    f"weights: torch.save(torch.jit.load(FILE, 'cpu').state_dict(), 'clip.pth')"
                )
    elif head[:1] != b"\x80":
        raise ModelError(f"{path} is no checkpoint; wanted a state_dict as torch.save writes it")


def _tensors(loaded: Any, path: Path) -> Weights:
    for name in _WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(name), Mapping):
            loaded = loaded[name]
    if not isinstance(loaded, Mapping) or not loaded:
        raise ModelError(f"{path} holds a {type(loaded).__name__}; wanted a state_dict of tensors")
    other = [str(name) for name, one in loaded.items() if not isinstance(one, torch.Tensor)]
    if other:
        raise ModelError(f"{path} holds more than tensors: {some(other)}; wanted a state_dict")
    prefix = "module." if all(str(name).startswith("module.") for name in loaded) else ""
    return {str(name).removeprefix(prefix): _single(one) for name, one in loaded.items()}


def _single(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
