"""Which models there are and how to get one; leaves the networks to the modules beside it."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, overload, runtime_checkable

from core.arrays import F32
from core.errors import ModelError
from core.models.specs import DEFAULT_MODEL, DEFAULT_PICTURE_MODEL, SPECS, ModelSpec

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from core.models.sentence import SentenceEncoder, Tokens

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_PICTURE_MODEL",
    "SPECS",
    "DualEncoder",
    "Load",
    "StatesReader",
    "load_model",
]


class EncoderSpec(Protocol):
    """What a gallery notes about the model that made its embeddings."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def weights_sha256(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...


@runtime_checkable
class DualEncoder(Protocol):
    """A text tower and a picture tower with one space: the cosine of their rows compares them."""

    @property
    def spec(self) -> EncoderSpec:
        """Its name, origin and sizes."""

    def tokenize(self, texts: list[str]) -> "list[Tokens]":
        """Token ids as the text tower reads them, and where each text was cut."""

    def encode_texts(
        self, texts: list[str], batch: int = 32, progress: Callable[[int], None] | None = None
    ) -> F32:
        """Unit embeddings [N, D]; `progress` is told how many more are done."""

    def encode_pictures(
        self,
        pictures: "Sequence[Image.Image]",
        batch: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> F32:
        """Unit embeddings [N, D]; `progress` is told how many more are done."""


Load = Callable[
    [ModelSpec, int, Path | None, "SentenceEncoder | None"], "SentenceEncoder | DualEncoder"
]
"""A model's row, threads, the user's checkpoint, and the sentence encoder where it is loaded → an
encoder. Every module that `SPECS` names has such a function, called `load`."""


@runtime_checkable
class StatesReader(Protocol):
    """A text tower that reads what the sentence encoder's own pass left: one pass serves both."""

    def from_states(self, states: "torch.Tensor", mask: "torch.Tensor") -> F32:
        """Unit embeddings [N, D] of hidden states [N, T, 384], mask [N, T]."""


@overload
def load_model(name: Literal["minilm"] = ..., threads: int = 0) -> "SentenceEncoder": ...
@overload
def load_model(
    name: Literal["compact"],
    threads: int = 0,
    checkpoint: Path | None = None,
    sentences: "SentenceEncoder | None" = None,
) -> "DualEncoder": ...
@overload
def load_model(
    name: str,
    threads: int = 0,
    checkpoint: Path | None = None,
    sentences: "SentenceEncoder | None" = None,
) -> "SentenceEncoder | DualEncoder": ...
def load_model(
    name: str = DEFAULT_MODEL,
    threads: int = 0,
    checkpoint: Path | None = None,
    sentences: "SentenceEncoder | None" = None,
) -> "SentenceEncoder | DualEncoder":
    """The encoder of that name with its weights checked. `threads` 0 leaves torch's choice.

    `checkpoint` is the file or folder of weights the user brings, `sentences` the sentence
    encoder where it is loaded already. Takes seconds: torch is imported here and not before.
    Raises ModelError for an unknown name, a missing package or file, other weights than expected.
    """
    if name not in SPECS:
        raise ModelError(f"there is no model {name!r:.80}; wanted one of {', '.join(SPECS)}")
    spec = SPECS[name]
    if spec.checkpoint == "must" and checkpoint is None:
        raise ModelError(f"{name} comes without weights; name yours with --checkpoint")
    if spec.checkpoint == "no" and checkpoint is not None:
        raise ModelError(f"{name} comes with its weights; leave --checkpoint out")
    load: Load = import_module(f"{__name__}.{spec.module}").load
    return load(spec, threads, checkpoint, sentences)
