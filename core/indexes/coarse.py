"""Coarse codes of embeddings, from which a search takes the rows that it then compares exactly.

Embeddings are turned at random, with four bits for every two dimensions (product quantization,
Jégou et al. 2011, scanned in registers as by André et al. 2015: FAISS IndexPQFastScan). The turn
spreads what a few dimensions tell over all of them: the compact model's are concepts, most of which
a picture does not have.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, I64
from core.errors import GalleryError
from core.indexes.codes import CodesIndex
from core.indexes.vector import VectorIndex

COARSE_FROM = 20_000
"""Up to so many rows an index is scanned exactly."""
POOL = 1536
"""Rows that are compared exactly for each query, whatever k: so k never changes an order."""
FILE = ".coarse"
"""Ending of the file that has the coarse codes, beside that of the embeddings."""
_CHUNK = 32_768
_TRAINING_ROWS = 20_000


def faiss_of_one_thread() -> Any:
    """FAISS, imported where it is needed: most galleries are scanned without it, and start sooner.

    One query is too little work to share: waiting threads cost more than they save.
    """
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def coarse_codes(
    rows: int, dimensions: int, embeddings: Callable[[I64], F32], seed: int = 42
) -> Any:
    """The FAISS index of coarse codes of so many rows; `embeddings` gives those of some rows."""
    faiss, rng = faiss_of_one_thread(), np.random.default_rng(seed)
    sample = np.sort(rng.choice(rows, min(rows, _TRAINING_ROWS), replace=False))
    coarse = faiss.IndexPQFastScan(dimensions, dimensions // 2, 4, faiss.METRIC_INNER_PRODUCT)
    turn = faiss.RandomRotationMatrix(dimensions, dimensions)
    turn.init(seed)
    index = faiss.IndexPreTransform(turn, coarse)
    index.train(embeddings(sample))
    for begin in range(0, rows, _CHUNK):
        index.add(embeddings(np.arange(begin, min(begin + _CHUNK, rows))))
    return index


def as_bytes(codes: Any) -> bytes:
    """The coarse codes as a file has them."""
    written: bytes = faiss_of_one_thread().serialize_index(codes).tobytes()
    return written


class CoarseIndex:
    """The coarse codes of an index in memory, a quarter of a byte for each of its dimensions, read
    from a file that has them, or made. Raises GalleryError for a file that is gone."""

    def __init__(self, index: VectorIndex, path: Path | None = None) -> None:
        if path is not None:
            try:
                self._codes = faiss_of_one_thread().read_index(str(path))
            except RuntimeError as error:
                raise GalleryError(
                    f"{path} was rebuilt or moved while it was open; open the gallery again"
                ) from error
            return
        width = index.embeddings(np.arange(1)).shape[1]
        self._codes = coarse_codes(len(index), width, index.embeddings)

    def near(self, queries: F32, pool: int = POOL) -> I64:
        """The `pool` rows that are likeliest to be near each of the queries [Q, D], ascending."""
        _, rows = self._codes.search(np.ascontiguousarray(queries, dtype=np.float32), pool)
        is_near = np.zeros(self._codes.ntotal, dtype=bool)
        is_near[rows[rows >= 0]] = True
        near: I64 = np.flatnonzero(is_near)
        return near


_cached: "WeakKeyDictionary[VectorIndex, CoarseIndex]" = WeakKeyDictionary()
_paths: "WeakKeyDictionary[VectorIndex, Path]" = WeakKeyDictionary()
_lock = Lock()


def keep_coarse(index: VectorIndex, path: Path) -> None:
    """Tells where the coarse codes of an index are, which are read when they are needed."""
    if path.is_file():
        _paths[index] = path


def coarse_of(index: VectorIndex) -> CoarseIndex | None:
    """The coarse codes of an index, read or made once; None for one that is scanned exactly, and
    for one that is elsewhere."""
    if len(index) <= COARSE_FROM or not isinstance(index, CodesIndex):
        return None
    with _lock:
        coarse = _cached.get(index)
        if coarse is None:
            coarse = _cached[index] = CoarseIndex(index, _paths.get(index))
    return coarse
