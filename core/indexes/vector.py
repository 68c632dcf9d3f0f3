"""The vector index: nearest unit embeddings by cosine (FAISS)."""

from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
import numpy.typing as npt

from core.arrays import F32, I64

# One query is too little work to share: waiting threads cost more than they save.
faiss.omp_set_num_threads(1)


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


class ExactIndex:
    """Exact inner products (FAISS IndexFlatIP). Ties are in row order, also at the cut."""

    def __init__(self, embeddings: npt.NDArray[np.floating]) -> None:
        matrix = np.ascontiguousarray(embeddings, dtype=np.float32)
        self._index = faiss.IndexFlatIP(matrix.shape[1])
        self._index.add(matrix)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""
        matrix: F32 = self._stored[rows]
        return matrix

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]."""
        products: F32 = self._stored @ np.asarray(query, dtype=np.float32)
        return products

    @property
    def _stored(self) -> F32:
        """The embeddings [N, D], where the index has them."""
        rows, width = self._index.ntotal, self._index.d
        stored: F32 = faiss.rev_swig_ptr(self._index.get_xb(), rows * width).reshape(rows, width)
        return stored

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""
        floats = np.empty((CHUNK, self._index.d), dtype=np.float32)
        return products_of(self._stored, queries, floats, allowed)

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (or all) for each query [Q, D]."""
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        available = len(self) if allowed is None else len(allowed)
        k = min(k, available)
        if k == 0 or not len(queries):
            empty = np.empty((len(queries), 0))
            return Neighbours(empty.astype(np.int64), empty.astype(np.float32))
        params = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.ascontiguousarray(allowed, dtype=np.int64))
            params = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        width = min(k + 1, available)
        similarities, rows = self._index.search(queries, width, params=params)
        # FAISS returns arbitrary rows of those tied at the cut: widen until the cut passes the ties
        while width < available and (similarities[:, k - 1] == similarities[:, -1]).any():
            width = min(2 * width, available)
            similarities, rows = self._index.search(queries, width, params=params)
        order = np.lexsort((rows, -similarities))[:, :k]
        return Neighbours(
            np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarities, order, axis=1)
        )
