"""The vector index of a large collection: embeddings on disk in 8 bits, sorted by region.

A folder holds `codes.npy` [N, D] (int8, as a gallery packs embeddings), `starts.npy` [R + 1], the
first row of each region and the number of rows, and, for more than `COARSE_FROM` rows,
`coarse.faiss`: their coarse codes (`core.indexes.coarse`). The codes are memory-mapped, so that
processes share them; the coarse ones, a quarter as large, are read at opening.

A search in everything scans all coarse codes, then scores a fixed number of rows again by their
8-bit codes. A search in given rows, such as those of a region, scans their 8-bit codes and is
exact. With inverted lists (IVF, SQ8) the page's examples needed nearly all lists for a recall of
0.995: a short text is about equally similar to the tiles of many towns.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, I8, I64
from core.errors import GalleryError
from core.indexes.coarse import COARSE_FROM, POOL, coarse_codes, faiss_of_one_thread
from core.indexes.codes import norms_of
from core.indexes.products import products_of_codes
from core.indexes.vector import Neighbours

_CODES, _STARTS, _COARSE = "codes.npy", "starts.npy", "coarse.faiss"
_CHUNK = 32_768


def build(folder: Path, blocks: Iterable[I8], dimensions: int, seed: int = 42) -> Path:
    """Writes the index of R regions, each a block of packed embeddings [n, D]; returns the folder.

    The number of dimensions is even.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _COARSE).unlink(missing_ok=True)
    starts = _write_codes(folder / _CODES, blocks, dimensions)
    np.save(folder / _STARTS, starts)
    if starts[-1] > COARSE_FROM:
        _write_coarse(folder, int(starts[-1]), dimensions, seed)
    return folder


def _write_codes(path: Path, blocks: Iterable[I8], dimensions: int) -> I64:
    """Writes the blocks one after another; returns where each begins and the number of rows."""
    counts = [0]
    raw = path.with_suffix(".raw")
    with raw.open("wb") as file:
        for block in blocks:
            if block.shape[1] != dimensions:
                raise ValueError(f"{block.shape[1]} dimensions instead of {dimensions}")
            file.write(np.ascontiguousarray(block, dtype=np.int8).tobytes())
            counts.append(counts[-1] + len(block))
    header = {"descr": "|i1", "fortran_order": False, "shape": (counts[-1], dimensions)}
    with path.open("wb") as file, raw.open("rb") as codes:
        np.lib.format.write_array_header_1_0(file, header)
        while part := codes.read(1 << 24):
            file.write(part)
    raw.unlink()
    return np.array(counts, dtype=np.int64)


def _write_coarse(folder: Path, rows: int, dimensions: int, seed: int) -> None:
    codes = np.load(folder / _CODES, mmap_mode="r", allow_pickle=False)
    index = coarse_codes(rows, dimensions, lambda some: _unit(codes[some]), seed)
    faiss_of_one_thread().write_index(index, str(folder / _COARSE))


def recall_of(found: I64, exact: I64) -> float:
    """The mean share of the exact rows [Q, K] that were found [Q, K]."""
    shares = [np.isin(right, rows).mean() for right, rows in zip(exact, found, strict=True)]
    return float(np.mean(shares))


class RegionalIndex:
    """An index opened for reading. It is a `VectorIndex`; several threads may search it.

    Raises GalleryError for a folder that is no such index.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._codes: I8 = np.load(folder / _CODES, mmap_mode="r", allow_pickle=False)
            self.starts: I64 = np.load(folder / _STARTS, allow_pickle=False)
            coarse = folder / _COARSE
            self._coarse: Any = None
            if coarse.exists():
                self._coarse = faiss_of_one_thread().read_index(str(coarse))
        except (OSError, ValueError, EOFError, RuntimeError) as error:
            raise GalleryError(
                f"{folder} holds no vector index ({error!s:.100}); build it again"
            ) from error
        coarse_rows = len(self._codes) if self._coarse is None else self._coarse.ntotal
        if not len(self._codes) == self.starts[-1] == coarse_rows:
            raise GalleryError(f"the files in {folder} are of different builds; build it again")

    def __len__(self) -> int:
        return len(self._codes)

    def region(self, region: int) -> I64:
        """All rows of a region, for `search`."""
        return np.arange(self.starts[region], self.starts[region + 1])

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""
        return _unit(self._codes[rows])

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]; reads everything."""
        every = [part @ np.asarray(query, np.float32) for part in self._chunks(None)]
        products: F32 = np.concatenate([np.empty(0, dtype=np.float32), *every])
        return products

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""
        every = [np.asarray(queries, np.float32) @ part.T for part in self._chunks(allowed)]
        products: F32 = np.concatenate([np.empty((len(queries), 0), np.float32), *every], axis=1)
        return products

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar rows for each query [Q, D]; ties in row order.

        Among the `allowed` rows (ascending) the answer is exact. Without them, and with more than
        `COARSE_FROM` rows, a neighbour may be missed; `k` is at most `POOL` then.
        """
        if allowed is not None or self._coarse is None:
            return self.exact(queries, k, allowed)
        if k > POOL:
            raise ValueError(f"{k} neighbours are more than {POOL}; search exactly")
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        _, pool = self._coarse.search(queries, POOL)
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        similarities = np.full((len(queries), k), -np.inf, dtype=np.float32)
        for number, query in enumerate(queries):
            found = np.sort(pool[number][pool[number] >= 0])
            codes = self._codes[found]
            scores = products_of_codes(codes, query[None])[0] / norms_of(codes)
            best = np.argsort(-scores, kind="stable")[:k]
            rows[number, : len(best)] = found[best]
            similarities[number, : len(best)] = scores[best]
        return Neighbours(rows, similarities)

    def exact(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (ascending), or of all, by a scan."""
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        k = min(k, len(self) if allowed is None else len(allowed))
        rows = np.empty((len(queries), 0), dtype=np.int64)
        scores = np.empty((len(queries), 0), dtype=np.float32)
        begin = 0
        for part in self._chunks(allowed):
            numbers = np.arange(begin, begin + len(part))
            begin += len(part)
            here = numbers if allowed is None else allowed[numbers]
            rows = np.concatenate([rows, np.broadcast_to(here, (len(queries), len(part)))], axis=1)
            scores = np.concatenate([scores, queries @ part.T], axis=1)
            order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
            rows = np.take_along_axis(rows, order, axis=1)
            scores = np.take_along_axis(scores, order, axis=1)
        return Neighbours(rows, scores)

    def _chunks(self, allowed: I64 | None) -> Iterator[F32]:
        """The embeddings of the allowed rows, some at a time."""
        count = len(self) if allowed is None else len(allowed)
        for begin in range(0, count, _CHUNK):
            part = slice(begin, min(begin + _CHUNK, count))
            rows: slice | I64 = part if allowed is None else allowed[part]
            if isinstance(rows, np.ndarray) and rows[-1] - rows[0] + 1 == len(rows):
                rows = slice(int(rows[0]), int(rows[-1]) + 1)
            yield _unit(self._codes[rows])


def _unit(codes: I8) -> F32:
    """Unit embeddings [N, D] from their codes."""
    embeddings: F32 = codes.astype(np.float32)
    embeddings /= norms_of(codes)[:, None]
    return embeddings
