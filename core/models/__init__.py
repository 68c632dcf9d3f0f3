"""The models by name, and `load_model`. Each network architecture is one module of this package."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, overload, runtime_checkable

from core.arrays import F32, Bools
from core.errors import ModelError
from core.models.specs import (
    DEFAULT_AERIAL_MODEL,
    DEFAULT_MODEL,
    DEFAULT_PICTURE_MODEL,
    SPECS,
    ModelSpec,
)

if TYPE_CHECKING:
    from PIL import Image

    from core.models.sentence import SentenceEncoder, Tokens

__all__ = [
    "DEFAULT_AERIAL_MODEL",
    "DEFAULT_MODEL",
    "DEFAULT_PICTURE_MODEL",
    "SPECS",
    "DualEncoder",
    "Load",
    "StatesReader",
    "load_model",
]


class EncoderSpec(Protocol):
    """The facts about a model that a gallery stores with its embeddings."""

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
    """A text tower and a picture tower with a shared embedding space."""

    @property
    def spec(self) -> EncoderSpec:
        """Name, title, weights' hash and sizes."""

    def tokenize(self, texts: list[str]) -> "list[Tokens]":
        """Token ids for the text tower, and the offset at which each text was cut."""

    def encode_texts(
        self, texts: list[str], batch: int = 32, progress: Callable[[int], None] | None = None
    ) -> F32:
        """Unit embeddings [N, D]; `progress` gets the number of newly encoded ones."""

    def encode_pictures(
        self,
        pictures: "Sequence[Image.Image]",
        batch: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> F32:
        """Unit embeddings [N, D]; `progress` gets the number of newly encoded ones."""


Load = Callable[
    [ModelSpec, int, Path | None, "SentenceEncoder | None"], "SentenceEncoder | DualEncoder"
]
"""A model's row, threads, the user's checkpoint, and the sentence encoder where it is loaded → an
encoder. Every module that `SPECS` names has such a function, called `load`."""


@runtime_checkable
class StatesReader(Protocol):
    """A text tower that reads the sentence encoder's hidden states: one pass serves both."""

    def from_states(self, states: F32, mask: Bools) -> F32:
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
    """Loads the encoder of that name and checks its weights. `threads` 0 keeps the default.

    `checkpoint` is a user's file or folder of weights, `sentences` the sentence encoder if it is
    loaded already. The modules of a model are imported here and not before: torch, which takes
    seconds, by `crosstext2loc` only, and by `compact` for pictures and for weights other than the
    bundled ones. Raises ModelError for an unknown name, a missing file, and unexpected weights.
    """
    if name not in SPECS:
        raise ModelError(f"there is no model {name!r:.80}; wanted one of {', '.join(SPECS)}")
    spec = SPECS[name]
    if spec.checkpoint == "must" and checkpoint is None:
        raise ModelError(f"{name} comes without weights; give yours with --checkpoint")
    if spec.checkpoint == "no" and checkpoint is not None:
        raise ModelError(f"{name} comes with its weights; leave --checkpoint out")
    load: Load = import_module(f"{__name__}.{spec.module}").load
    return load(spec, threads, checkpoint, sentences)
