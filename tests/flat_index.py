"""The exact index of FAISS (IndexFlatIP), to which the others are compared."""

import faiss
import numpy as np
import numpy.typing as npt

from core.arrays import F32, I64
from core.indexes.vector import Neighbours


class FlatIndex:
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
        rows = self._stored if allowed is None else self._stored[allowed]
        products: F32 = np.asarray(queries, dtype=np.float32) @ rows.T
        return products

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
