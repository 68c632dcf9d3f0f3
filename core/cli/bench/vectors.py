"""Speed and recall of the vector index of a collection, alone, and beside FAISS on the same."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, I8
from core.gallery.packed import PackedCollection
from core.indexes.regional import RegionalIndex, build, recall_of

_ROUNDS, _K = 3, 10
_BARE_QUERIES = 10


def blocks(collection: PackedCollection, name: str) -> Iterator[I8]:
    """The packed embeddings of each region, by the name of their array."""
    for number in range(len(collection)):
        yield collection.store.part(name, number)


def measured(
    collection: PackedCollection, name: str, queries: F32, folder: Path, *, bare: bool = False
) -> dict[str, Any]:
    """The figures of one kind of embeddings for queries [Q, D]; the index is built in a folder."""
    started = time.perf_counter()
    build(folder, blocks(collection, name), queries.shape[1])
    build_s = time.perf_counter() - started
    started = time.perf_counter()
    index = RegionalIndex(folder)
    open_s = time.perf_counter() - started
    exact = index.exact(queries, _K).rows
    cpu = time.process_time()
    times = times_of(lambda query: index.search(query, _K), queries)
    cpu_ms = (time.process_time() - cpu) * 1e3 / (len(queries) * (_ROUNDS + 1))
    region = index.region(len(collection) // 2)
    within = times_of(lambda query: index.search(query, _K, region), queries)
    figures = {
        "dimensions": queries.shape[1],
        "n": len(queries),
        "vector_p50_ms": at(times, 50),
        "vector_p95_ms": at(times, 95),
        "vector_cpu_ms": round(cpu_ms, 2),
        "in_region_p50_ms": at(within, 50),
        "recall_at_10": round(recall_of(index.search(queries, _K).rows, exact), 4),
        "open_s": round(open_s, 4),
        "build_s": round(build_s, 1),
        "disk_mb": disk_mb(folder),
    }
    return figures | (_bare_faiss(index, queries) if bare else {})


def _bare_faiss(index: RegionalIndex, queries: F32) -> dict[str, float]:
    """The time of FAISS's flat index in 32 bits over the same vectors, a part at a time."""
    import faiss

    some = queries[:_BARE_QUERIES]
    took, cpu = np.zeros(len(some)), 0.0
    for begin in range(0, len(index), 100_000):
        part = np.arange(begin, min(begin + 100_000, len(index)))
        flat = faiss.IndexFlatIP(queries.shape[1])
        flat.add(index.embeddings(part))
        spent = time.process_time()
        for number, query in enumerate(some):
            started = time.perf_counter()
            flat.search(query[None], _K)
            took[number] += time.perf_counter() - started
        cpu += time.process_time() - spent
    return {
        "bare_faiss_p50_ms": round(float(np.median(took)) * 1e3, 2),
        "bare_faiss_cpu_ms": round(cpu * 1e3 / len(some), 2),
    }


def times_of(search: Callable[[F32], Any], queries: F32) -> Sequence[float]:
    """Milliseconds of a search for each query, after one round that warms up."""
    times = []
    for round_ in range(_ROUNDS + 1):
        for query in queries:
            started = time.perf_counter()
            search(query[None])
            if round_:
                times.append((time.perf_counter() - started) * 1e3)
    return times


def at(times: Sequence[float], percent: int) -> float:
    """A percentile, rounded."""
    return round(float(np.percentile(times, percent)), 2)


def disk_mb(folder: Path) -> float:
    """The size of all files below a folder."""
    return round(sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 1e6, 1)


def resident_mb() -> dict[str, float]:
    """Resident memory of this process: all of it, and the part that is no file shared by others.

    Empty where the system does not tell.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    of = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    own, shared = (int(of[name].split()[0]) / 1e3 for name in ("RssAnon", "RssFile"))
    return {"rss_mb": round(own + shared, 1), "rss_own_mb": round(own, 1)}
