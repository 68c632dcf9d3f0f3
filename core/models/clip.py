"""CLIP at its own length, 77 tokens: the papers' baseline beside CrossText2Loc's 300."""

from pathlib import Path

from core.models.crosstext2loc import CrossText2Loc, load_crosstext2loc
from core.models.specs import ModelSpec


def load(
    model: ModelSpec, threads: int = 0, checkpoint: Path | None = None, _: object = None
) -> CrossText2Loc:
    """The model in the user's checkpoint. Raises ModelError, in one line, for anything else."""
    assert checkpoint is not None, "the row of the model says that it must be there"
    return load_crosstext2loc(checkpoint, threads, model=model, extend=False)
