"""Batched encoding of many texts or pictures."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from core.arrays import F32

Progress = Callable[[int], None]
Item = TypeVar("Item")


def encoded(
    items: Sequence[Item],
    dimensions: int,
    batch: int,
    encode: Callable[[list[Item]], F32],
    progress: Progress | None = None,
    length: Callable[[Item], int] | None = None,
) -> F32:
    """Embeddings [N, D] of N items; items of similar `length` share a batch to save padding.

    `progress` gets the number of newly encoded items.
    """
    embeddings = np.empty((len(items), dimensions), dtype=np.float32)
    rows = list(range(len(items)))
    if length is not None:
        rows.sort(key=lambda row: length(items[row]))
    for start in range(0, len(rows), batch):
        rows_of_batch = rows[start : start + batch]
        embeddings[rows_of_batch] = encode([items[row] for row in rows_of_batch])
        if progress is not None:
            progress(len(rows_of_batch))
    return embeddings
