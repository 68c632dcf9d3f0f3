"""Which models there are and how to get one; leaves the networks to the modules beside it."""

from typing import TYPE_CHECKING

from core.errors import ModelError
from core.models.specs import DEFAULT_MODEL, SPECS

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

__all__ = ["DEFAULT_MODEL", "SPECS", "load_model"]


def load_model(name: str = DEFAULT_MODEL, threads: int = 0) -> "SentenceEncoder":
    """The encoder of that name with its weights checked. `threads` 0 leaves torch's choice.

    Takes seconds: torch is imported here and not before. Raises ModelError for an unknown name,
    a missing package, or other weights than expected.
    """
    if name not in SPECS:
        raise ModelError(f"there is no model {name!r}; wanted one of {', '.join(SPECS)}")
    from core.models.sentence import SentenceEncoder

    return SentenceEncoder.load(SPECS[name], threads)
