"""Aliases of NumPy array types by dtype, whose shapes docstrings give; ranges of rows, and distinct
rows."""

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
F16 = npt.NDArray[np.float16]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]
U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]


def ranges(begin: I64, counts: I64) -> I64:
    """The numbers of M ranges in a row: `begin[m]` and the next ones, `counts[m]` in all."""
    rows: I64 = (begin - counts.cumsum() + counts).repeat(counts)
    rows += np.arange(len(rows))
    return rows


def distinct_rows(rows: npt.NDArray[np.integer], count: int) -> tuple[I64, I64]:
    """Each of M rows below `count` once, in the order of their last places, and the place of each
    of the M among these. Nothing is sorted, and nothing of the length `count` is read."""
    last = np.empty(count, dtype=np.int64)
    numbers = np.arange(len(rows))
    last[rows] = numbers
    chosen = last[rows]
    is_last = chosen == numbers
    place: I64 = (np.cumsum(is_last) - 1)[chosen]
    return rows[is_last].astype(np.int64), place
