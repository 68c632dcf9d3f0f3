"""The vector index of one region whose embeddings are on a Milvus server.

It stands in the place of a gallery's own index, so that the whole search of the app reads the
server: `gallery.tile_index = MilvusRegion(index, number)`. Answers are exact.
"""

import numpy as np

from core.arrays import F32, I64
from core.indexes.milvus import MilvusIndex
from core.indexes.vector import Neighbours


class MilvusRegion:
    """The rows of one region of a `MilvusIndex`, counted from 0. It is a `VectorIndex`."""

    def __init__(self, index: MilvusIndex, region: int) -> None:
        self._index, self._rows = index, index.region(region)

    def __len__(self) -> int:
        return len(self._rows)

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""
        return self._index.embeddings(self._rows[rows])

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]."""
        similarities: F32 = self.scan(query[None])[0]
        return similarities

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""
        rows = self._rows if allowed is None else self._rows[allowed]
        found = self._index.exact(queries, len(rows), rows)
        similarities = np.zeros((len(queries), len(rows)), dtype=np.float32)
        np.put_along_axis(
            similarities, np.searchsorted(rows, found.rows), found.similarities, axis=1
        )
        return similarities

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (ascending), or of all."""
        rows = self._rows if allowed is None else self._rows[allowed]
        found = self._index.exact(queries, k, rows)
        return Neighbours(found.rows - self._rows[0], found.similarities)
