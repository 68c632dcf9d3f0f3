"""The vector index of a gallery, or of one region of a large collection: 8-bit codes, exactly.

The codes may be memory-mapped: nothing is read before a search, and processes share what was read.
"""

import numpy as np

from core.arrays import F32, F64, I8, I64, U8
from core.indexes.products import products_of_codes, signed
from core.indexes.vector import Neighbours

_MANY, _FEW_OF, _STEP = 16_384, 4, 16
"""From so many values on, and so many for each that is wanted, every sixteenth is a sample."""


class CodesIndex:
    """Exact inner products with unit embeddings, given by their codes [N, D] and the codes' norms
    [N]. Ties are in row order, also at the cut.

    Codes that are in memory are best `unsigned`, as they are multiplied.
    """

    def __init__(self, codes: I8 | U8, norms: F32) -> None:
        self._codes, self._norms = codes, norms

    def __len__(self) -> int:
        return len(self._codes)

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""
        unit: F32 = signed(self._codes[rows]) / self._norms[rows][:, None]
        return unit

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]."""
        products: F32 = products_of_codes(self._codes, query[None])[0] / self._norms
        return products

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""
        products = products_of_codes(self._codes, queries, allowed)
        products /= self._norms if allowed is None else self._norms[allowed]
        return products

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (ascending), or of all."""
        products = self.scan(queries, allowed)
        places = [best_places(row, k) for row in products]
        found = np.stack(places) if places else np.empty((0, 0), dtype=np.int64)
        similarities = np.take_along_axis(products, found, axis=1)
        return Neighbours(found if allowed is None else allowed[found], similarities)


def best_places(similarities: F32, k: int) -> I64:
    """The places of the `k` largest values, ties in order: [min(k, N)]."""
    places = best_ascending(similarities, k)
    best: I64 = places[np.argsort(-similarities[places], kind="stable")]
    return best


def best_ascending(values: F32 | F64, k: int) -> I64:
    """The places of the `k` largest values, the first ones of those that tie at the cut,
    ascending: [min(k, N)]."""
    if not min(k, len(values)):
        return np.empty(0, dtype=np.int64)
    least = last_of_best(values, k)
    places: I64 = np.flatnonzero(values >= least)
    if len(places) > k:
        tied = np.flatnonzero(values[places] == least)
        places = np.delete(places, tied[k - len(places) :])
    return places


def last_of_best(values: F32 | F64, count: int) -> float:
    """The last of the `count` largest of some values, or of all where there are fewer.

    Of many values, a sample tells which may be among them.
    """
    count = min(count, len(values))
    if len(values) >= _MANY and len(values) >= _FEW_OF * count:
        sample = values[::_STEP]
        floor = last_of_best(sample, count // _STEP * 5 // 4 + 16)
        above = values[values > floor]
        if len(above) >= count:
            values = above
        elif len(above) + np.count_nonzero(values == floor) >= count:
            return float(floor)
    return float(np.partition(values, len(values) - count)[len(values) - count])


def norms_of(codes: I8) -> F32:
    """The norms [N] of codes [N, D], at least a tiny number."""
    floats = codes.astype(np.float32)
    norms: F32 = np.sqrt(np.einsum("nd,nd->n", floats, floats))
    return np.maximum(norms, np.float32(1e-12))
