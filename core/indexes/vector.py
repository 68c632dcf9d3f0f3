"""What a vector index is: nearest unit embeddings by cosine; and products of many rows."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.arrays import F32, I64


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The K most similar rows of each of Q queries, best first: `rows`, `similarities` [Q, K].

    Where fewer than K rows are allowed, `rows` ends in -1.
    """

    rows: I64
    similarities: F32


class VectorIndex(Protocol):
    """The interface of a vector index, in this process or elsewhere."""

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (or all) for each query [Q, D]."""

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]."""

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""

    def __len__(self) -> int: ...


CHUNK = 128
"""Rows that are multiplied at a time: they stay in the processor's cache. For 4,000 rows of 384
in 8 bits and seven queries 128 took 0.5 ms, 256 and more 0.9, all at once 1.6. The last rows are
filled up to as many, so that equal rows have equal products wherever they are."""


def products_of(
    rows: npt.NDArray[np.generic], queries: F32, floats: F32, allowed: I64 | None = None
) -> F32:
    """The products of queries [Q, D] with the `allowed` of some rows [N, D] of any type, or with
    all: [Q, N].

    `floats` [CHUNK, D] is where rows are converted.
    """
    by_query: F32 = np.ascontiguousarray(products_by_row(rows, queries, floats, allowed).T)
    return by_query


def products_by_row(
    rows: npt.NDArray[np.generic], queries: F32, floats: F32, allowed: I64 | None = None
) -> F32:
    """The same as `products_of`, with a line for each row: [N, Q]."""
    columns = np.ascontiguousarray(np.asarray(queries, dtype=np.float32).T)
    count = len(rows) if allowed is None else len(allowed)
    products = np.empty((-(-count // CHUNK) * CHUNK, columns.shape[1]), dtype=np.float32)
    as_is = rows.dtype == np.float32
    for begin in range(0, count, CHUNK):
        chunk = slice(begin, begin + CHUNK)
        part = rows[chunk] if allowed is None else rows[allowed[chunk]]
        if not as_is or len(part) < CHUNK:
            floats[: len(part)] = part
            floats[len(part) :] = 0
            part = floats
        np.matmul(part, columns, out=products[chunk])
    return products[:count]
