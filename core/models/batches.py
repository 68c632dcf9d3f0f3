"""Batched encoding of many texts or pictures."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
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


def like_lengths(lengths: Sequence[int], of_a_batch: float) -> list[list[int]]:
    """The rows of N texts in the batches that take the least time, each with texts of like length.

    A batch costs the number of its texts times its longest length, since shorter texts are padded,
    and `of_a_batch` tokens beside.
    """
    counts = Counter(lengths)
    distinct = sorted(counts)
    before = [0, *accumulate(counts[length] for length in distinct)]
    least, begin_of = [0.0], [0]
    for end, longest in enumerate(distinct, 1):
        cost, begin = min(
            (least[begin] + (before[end] - before[begin]) * longest + of_a_batch, begin)
            for begin in range(end)
        )
        least.append(cost)
        begin_of.append(begin)
    rows = sorted(range(len(lengths)), key=lengths.__getitem__)
    batches, end = [], len(distinct)
    while end:
        batches.append(rows[before[begin_of[end]] : before[end]])
        end = begin_of[end]
    return batches[::-1]
