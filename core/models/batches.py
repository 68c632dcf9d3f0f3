"""Many texts or pictures through an encoder, some at a time; knows no network."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from core.arrays import F32

Progress = Callable[[int], None]
Thing = TypeVar("Thing")


def encoded(
    things: Sequence[Thing],
    dimensions: int,
    batch: int,
    encode: Callable[[list[Thing]], F32],
    progress: Progress | None = None,
    length: Callable[[Thing], int] | None = None,
) -> F32:
    """Embeddings [N, D] of N things; those of like `length` go together, so that little is padded.

    `progress` is told how many more are done.
    """
    out = np.empty((len(things), dimensions), dtype=np.float32)
    rows = list(range(len(things)))
    if length is not None:
        rows.sort(key=lambda row: length(things[row]))
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        out[part] = encode([things[row] for row in part])
        if progress is not None:
            progress(len(part))
    return out
