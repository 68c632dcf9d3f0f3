"""The table of models, as data; it imports no torch, so that listing the models is cheap.

A model is a module beside this one with a function `load` (`core.models.Load`), and a row of
`SPECS` that names the module.
"""

import math
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


TRUNKS = ("mapnet", "efficientnet-lite0", "efficientnet-lite0-early", "geoembed")
_MAX_STRIDE = 32
"""The stride of the coarsest trunk."""


@dataclass(frozen=True, slots=True)
class CompactSpec:
    """Sizes of the compact dual encoder; saved with its weights.

    `trunk` is the picture network: "mapnet", trained from scratch, "efficientnet-lite0" or
    "efficientnet-lite0-early", with ImageNet weights, or "geoembed", trained on aerial photographs
    without labels. `context` is the number of channels of two convolutions after the trunk, 0 for
    none. The first of the `dimensions` stand for the `kinds` of things.
    """

    trunk: str = "mapnet"
    context: int = 0
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
        if self.context < 0 or self.context % 8:
            raise ValueError(f"context is {self.context}; give 0 or a multiple of 8")
        if self.picture_px < _MAX_STRIDE or self.picture_px % _MAX_STRIDE:
            raise ValueError(f"picture_px {self.picture_px} is no multiple of {_MAX_STRIDE}")
        if not 3 <= self.max_tokens <= MAX_TOKENS:
            raise ValueError(f"max_tokens is {self.max_tokens}; wanted 3 to {MAX_TOKENS}")


PLANET_TERMS: Final = ("colour", "structure", "texture")
"""PLANET's signatures of a picture, in the order of its queries."""


@dataclass(frozen=True, slots=True)
class PlanetSpec:
    """The free choices of the physical branch, all of them ours.

    `colour`, `structure` and `texture` are the weights of the three losses, 0 to leave one out.
    `colour_bins` are the bins of each of the three channels, `structure_bins` those of the
    orientations, a multiple of 4, `texture_rings` the rings of the spectrum. `dimensions` is the
    width of the descriptors, `hidden` that of the signatures' projections, `temperature` the
    initial one of the losses. `signature_px` is the side of the picture that is measured.
    """

    colour: float = 1.0
    structure: float = 1.0
    texture: float = 1.0
    colour_bins: int = 16
    structure_bins: int = 36
    texture_rings: int = 32
    dimensions: int = 64
    hidden: int = 128
    temperature: float = 0.1
    signature_px: int = 192

    def __post_init__(self) -> None:
        if min(self.weights) < 0 or not any(self.weights):
            raise ValueError(
                f"the weights of {', '.join(PLANET_TERMS)} are {self.weights}; give 0 or more, and "
                "one above 0"
            )
        if self.structure_bins < 4 or self.structure_bins % 4:
            raise ValueError(f"structure_bins is {self.structure_bins}; give a multiple of 4")
        for name in ("colour_bins", "texture_rings", "dimensions", "hidden"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} is {getattr(self, name)}; give 2 or more")
        if self.signature_px < 2 * self.texture_rings:
            raise ValueError(
                f"signature_px is {self.signature_px}; give at least two for each of "
                f"{self.texture_rings} texture_rings"
            )
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature is {self.temperature}; give more than 0")

    @property
    def weights(self) -> tuple[float, float, float]:
        """The weights of the losses, in the order of `PLANET_TERMS`."""
        return self.colour, self.structure, self.texture

    @property
    def sizes(self) -> tuple[int, int, int]:
        """The length of each signature, in the order of `PLANET_TERMS`."""
        return 3 * self.colour_bins, self.structure_bins, self.texture_rings


MINILM = SentenceSpec(
    name="minilm",
    title="all-MiniLM-L6-v2",
    weights="minilm.onnx",
    weights_sha256="0673a9639e4b2a8f9287b06fcff8fa5625359b560e55e4fad1bac8f7b3f7c267",
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
COMPACT_AERIAL = ModelSpec(
    "compact-aerial",
    "Saywhere compact for aerial photographs",
    sees_pictures=True,
    checkpoint="may",
    module="compact",
    view="aerial",
    size_px=192,
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
        COMPACT_AERIAL,
        CROSSTEXT2LOC,
        CLIP,
    )
}
BUNDLED_COMPACT_SHA256 = "65dbf981d477885611cfe0aff46c0f20141bbd616a3c8cc98d459dde50e0e3ea"
BUNDLED_AERIAL_SHA256 = "84154aa1afbc13c738b8f0d647fc6efcddfae021f442041e7ab977e30b2d7332"
BUNDLED_SHA256S = frozenset({BUNDLED_COMPACT_SHA256, BUNDLED_AERIAL_SHA256})
"""Weights whose names and shapes need no check against the network, which would import torch."""
DEFAULT_MODEL = MINILM.name
DEFAULT_PICTURE_MODEL: Final = "compact"
DEFAULT_AERIAL_MODEL: Final = "compact-aerial"
"""The model of aerial pictures where it comes with the app."""
