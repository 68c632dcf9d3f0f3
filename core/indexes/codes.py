"""The vector index of one region of a large collection: 8-bit codes, read where they lie.

The codes may be memory-mapped: nothing is read before a search, and processes share what was read.
A search converts the codes of the region, some thousands, and is exact.
"""

import threading

import numpy as np

from core.arrays import F32, I8, I64
from core.indexes.vector import Neighbours

_CHUNK = 128
"""Rows that are converted and multiplied at a time: they stay in the processor's cache. For 4,000
rows of 384 and seven queries 128 took 0.5 ms, 256 and more 0.9, all at once 1.6. The last rows are
filled up to as many, so that equal rows have equal products wherever they are."""
_local = threading.local()


def _products(codes: I8, queries: F32) -> F32:
    """The products of Q queries [Q, D] with codes [N, D]: [Q, N]."""
    floats = getattr(_local, "floats", None)
    if floats is None or floats.shape[1] != codes.shape[1]:
        floats = _local.floats = np.empty((_CHUNK, codes.shape[1]), dtype=np.float32)
    columns = np.ascontiguousarray(np.asarray(queries, dtype=np.float32).T)
    products = np.empty((-(-len(codes) // _CHUNK) * _CHUNK, columns.shape[1]), dtype=np.float32)
    for begin in range(0, len(codes), _CHUNK):
        part = codes[begin : begin + _CHUNK]
        floats[: len(part)] = part
        floats[len(part) :] = 0
        np.matmul(floats, columns, out=products[begin : begin + _CHUNK])
    by_query: F32 = np.ascontiguousarray(products[: len(codes)].T)
    return by_query


class CodesIndex:
    """Exact inner products with unit embeddings, given by their codes [N, D] and the codes' norms
    [N]. Ties are in row order, also at the cut."""

    def __init__(self, codes: I8, norms: F32) -> None:
        self._codes, self._norms = codes, norms

    def __len__(self) -> int:
        return len(self._codes)

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""
        unit: F32 = self._codes[rows].astype(np.float32) / self._norms[rows][:, None]
        return unit

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]."""
        products: F32 = _products(self._codes, query[None])[0] / self._norms
        return products

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (ascending), or of all."""
        rows: slice | I64 = slice(None) if allowed is None else allowed
        products = _products(self._codes[rows], queries)
        products /= self._norms[rows]
        found = np.stack([_best(row, k) for row in products])
        similarities = np.take_along_axis(products, found, axis=1)
        return Neighbours(found if allowed is None else allowed[found], similarities)


def _best(similarities: F32, k: int) -> I64:
    """The places of the `k` largest values, ties in order: [min(k, N)]."""
    k = min(k, len(similarities))
    if not k:
        return np.empty(0, dtype=np.int64)
    least = np.partition(similarities, len(similarities) - k)[len(similarities) - k]
    places = np.flatnonzero(similarities >= least)
    order = np.argsort(-similarities[places], kind="stable")[:k]
    best: I64 = places[order]
    return best


def norms_of(codes: I8) -> F32:
    """The norms [N] of codes [N, D], at least a tiny number."""
    norms = np.linalg.norm(codes.astype(np.float32), axis=1)
    least: F32 = np.maximum(norms, 1e-12).astype(np.float32)
    return least
