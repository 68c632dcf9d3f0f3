"""The vector index of one region of a large collection: 8-bit codes, read where they lie.

The codes may be memory-mapped: nothing is read before a search, and processes share what was read.
A search converts the codes of the region, some thousands, and is exact.
"""

import threading
from collections import OrderedDict

import numpy as np

from core.arrays import F32, I8, I64
from core.indexes.vector import Neighbours


class _LatestFloats:
    """The codes that were used last as floats, since one search reads them several times."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._floats: OrderedDict[int, tuple[I8, F32]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, codes: I8) -> F32:
        """The codes as float32, converted again where others were used since."""
        with self._lock:
            held = self._floats.get(id(codes))
            if held is not None:
                self._floats.move_to_end(id(codes))
                return held[1]
        floats: F32 = codes.astype(np.float32)
        with self._lock:
            # the codes themselves are held as well, so that no other array gets their id
            self._floats[id(codes)] = (codes, floats)
            while sum(one.nbytes for _, one in self._floats.values()) > self._most_bytes:
                self._floats.popitem(last=False)
        return floats


_latest = _LatestFloats(64_000_000)


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
        products: F32 = (_latest.of(self._codes) @ query) / self._norms
        return products

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (ascending), or of all."""
        norms = self._norms if allowed is None else self._norms[allowed]
        floats = (
            _latest.of(self._codes) if allowed is None else self._codes[allowed].astype(np.float32)
        )
        products = np.asarray(queries, np.float32) @ floats.T
        products /= norms
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
