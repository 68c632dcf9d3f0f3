"""Speed, recall and memory of this machine's vector index alone, at any number of vectors.

The vectors are synthetic, those of `bench milvus`: embeddings of the texts of real tiles, each
turned a little at random.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from core.arrays import F32
from core.cli.bench.inputs import Progress, largest
from core.cli.bench.milvus import pool_of, queries_of, regions_of, told
from core.cli.bench.vectors import at, disk_mb, resident_mb, times_of
from core.gallery import open_gallery
from core.indexes import regional
from core.indexes.regional import RegionalIndex, recall_of
from core.settings import Settings

_K = 10


def run(settings: Settings, gallery: str | None, tiles: int, progress: Progress) -> dict[str, Any]:
    """Builds an index of so many vectors on disk, opens it, and searches it.

    `recall_at_10` is against exact products. `rss_mb` is resident memory, with the mapped files
    that the system takes back, `rss_own_mb` without them. Times are by the clock, `…_cpu_ms` the
    processor's.
    """
    opened = open_gallery(gallery or largest(settings), settings)
    pool, queries = pool_of(opened), queries_of(opened, settings)
    with tempfile.TemporaryDirectory(prefix="saywhere-index-") as scratch:
        folder = Path(scratch)
        started, cpu = time.perf_counter(), time.process_time()
        blocks = told(regions_of(pool, tiles), tiles, "packed", progress)
        regional.build(folder, (one.codes for one in blocks), pool.shape[1])
        build_s, build_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        started = time.perf_counter()
        index = RegionalIndex(folder)
        open_s = time.perf_counter() - started
        figures = _searched(index, queries) | resident_mb()
        progress("exact", 0, 1)
        wanted = index.exact(queries, _K).rows
        return {
            "bench": "index",
            "tiles": tiles,
            "dimensions": pool.shape[1],
            "n": len(queries),
            **figures,
            "recall_at_10": round(recall_of(index.search(queries, _K).rows, wanted), 4),
            "open_s": round(open_s, 3),
            "build_s": round(build_s, 1),
            "build_cpu_s": round(build_cpu_s, 1),
            "disk_mb": disk_mb(folder),
        }


def _searched(index: RegionalIndex, queries: F32) -> dict[str, Any]:
    """Searches in everything by one thread and by two, and in one region."""
    times = times_of(lambda query: index.search(query, _K), queries)
    cpu = time.process_time()
    started = time.perf_counter()
    for query in queries:
        index.search(query[None], _K)
    single_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    with ThreadPoolExecutor(2) as threads:
        started = time.perf_counter()
        list(threads.map(lambda query: index.search(query[None], _K), queries))
        both_s = time.perf_counter() - started
    rows = index.region((len(index.starts) - 1) // 2)
    within = times_of(lambda query: index.search(query, _K, rows), queries)
    return {
        "p50_ms": at(times, 50),
        "p95_ms": at(times, 95),
        "search_cpu_ms": round(cpu_s * 1e3 / len(queries), 2),
        "in_region_p50_ms": at(within, 50),
        "searches_per_s": {
            "one_thread": round(len(queries) / single_s, 1),
            "two_threads": round(len(queries) / both_s, 1),
        },
    }
