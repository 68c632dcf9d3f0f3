"""The table of models, as data; it imports no torch, so that listing the models is cheap.

A model is a module beside this one with a function `load` (`core.models.Load`), and a row of
`SPECS` that names the module.
"""

from dataclasses import dataclass
from typing import Final, Literal

from core.settings import MAX_TOKENS


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model by name. Without a picture tower it encodes texts only.

    `module` is the one of `core.models` whose `load` makes the encoder. `checkpoint` says whether
    the user cannot, may or must name weights. `confident_lead` is the typical gap (cosine) between
    the best and the median picture for descriptions that the model handles well, None where it was
    not measured. `view` is the kind of picture that it was made for; its aerial pictures are
    `side_m` wide, None for the width of a tile, and `size_px` large.
    """

    name: str
    title: str
    sees_pictures: bool
    checkpoint: Literal["no", "may", "must"]
    module: str
    confident_lead: float | None = None
    view: Literal["drawn", "aerial"] = "drawn"
    side_m: float | None = None
    size_px: int = 256


@dataclass(frozen=True, slots=True)
class SentenceSpec:
    """A sentence encoder: names of its files, their hashes, and its sizes."""

    name: str
    title: str
    weights: str
    weights_sha256: str
    tokenizer: str
    tokenizer_sha256: str
    dimensions: int
    max_tokens: int
    licence: str


@dataclass(frozen=True, slots=True)
class CheckpointSpec:
    """A model loaded from a checkpoint: names, hash and sizes."""

    name: str
    title: str
    weights_sha256: str
    dimensions: int
    max_tokens: int


TRUNKS = ("mapnet", "efficientnet-lite0")
_MAX_STRIDE = 32
"""The stride of the coarser trunk."""


@dataclass(frozen=True, slots=True)
class CompactSpec:
    """Sizes of the compact dual encoder; saved with its weights.

    `trunk` is the picture network: "mapnet", trained from scratch, or "efficientnet-lite0", with
    ImageNet weights. The first of the `dimensions` stand for the `kinds` of things.
    """

    trunk: str = "mapnet"
    picture_px: int = 256
    dimensions: int = 512
    text_states: int = 384
    max_tokens: int = MAX_TOKENS
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.trunk not in TRUNKS:
            raise ValueError(f"trunk is {self.trunk!r:.40}; wanted {' or '.join(TRUNKS)}")
        if self.dimensions < max(1, len(self.kinds)):
            raise ValueError(
                f"dimensions is {self.dimensions}; wanted one or more for each of "
                f"{len(self.kinds)} kinds"
            )
        if self.picture_px < _MAX_STRIDE or self.picture_px % _MAX_STRIDE:
            raise ValueError(f"picture_px {self.picture_px} is no multiple of {_MAX_STRIDE}")
        if not 3 <= self.max_tokens <= MAX_TOKENS:
            raise ValueError(f"max_tokens is {self.max_tokens}; wanted 3 to {MAX_TOKENS}")


MINILM = SentenceSpec(
    name="minilm",
    title="all-MiniLM-L6-v2",
    weights="minilm.onnx",
    weights_sha256="bfeb61361d0e4a922d87deef8e19532e7213c201e694ac7fbdfd341d3db466fb",
    tokenizer="tokenizer.json",
    tokenizer_sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    dimensions=384,
    max_tokens=MAX_TOKENS,
    licence="Apache-2.0",
)


COMPACT = ModelSpec(
    "compact",
    "Saywhere compact",
    sees_pictures=True,
    checkpoint="may",
    module="compact",
    # Measured: median 0.26 on 700 program-written descriptions of Krems, 0.15 to 0.26 by city on
    # the 60 human ones of the bundled cities.
    confident_lead=1 / 3,
)
CROSSTEXT2LOC = ModelSpec(
    "crosstext2loc",
    "CrossText2Loc, CLIP or SigLIP",
    sees_pictures=True,
    checkpoint="must",
    module="crosstext2loc",
)
CLIP = ModelSpec(
    "clip",
    "CLIP at its own length",
    sees_pictures=True,
    checkpoint="must",
    module="clip",
)
SPECS: Final[dict[str, ModelSpec]] = {
    spec.name: spec
    for spec in (
        ModelSpec(
            MINILM.name, MINILM.title, sees_pictures=False, checkpoint="no", module="sentence"
        ),
        COMPACT,
        CROSSTEXT2LOC,
        CLIP,
    )
}
BUNDLED_COMPACT_SHA256 = "65dbf981d477885611cfe0aff46c0f20141bbd616a3c8cc98d459dde50e0e3ea"
"""Weights whose names and shapes need no check against the network, which would import torch."""
DEFAULT_MODEL = MINILM.name
DEFAULT_PICTURE_MODEL: Final = "compact"
DEFAULT_AERIAL_MODEL: Final = "compact-aerial"
"""The model of aerial pictures where it comes with the app."""
