"""Speed and recall of the vector index on a Milvus server, beside the one on this machine.

The vectors are synthetic: embeddings of the texts of real tiles, each turned a little at random, in
regions of some thousand, whose tiles lie in a square of half a degree.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32
from core.cli.bench.inputs import DESCRIPTIONS, Progress, largest
from core.cli.bench.vectors import at, disk_mb, times_of
from core.errors import QueryError
from core.gallery import Gallery, open_gallery
from core.gallery.tables import pack_embeddings
from core.geo import Bounds
from core.indexes import milvus, regional
from core.indexes.milvus import MilvusIndex, MilvusServer, TilesOfRegion
from core.indexes.regional import RegionalIndex, recall_of
from core.models import load_model
from core.settings import Settings

_TILES_OF_REGION = 4_600
_COLLECTION = "saywhere_bench"
_TURNED = 0.4
_K = 10
_FACTS = 26
"""Texts of facts that are searched besides the descriptions."""


def run(
    settings: Settings, gallery: str | None, tiles: int, server: str | None, progress: Progress
) -> dict[str, Any]:
    """Puts so many vectors on a server as a collection of its own, which stays, and searches it.

    `recall_at_10` is against exact products; `…_in_region` and `…_in_box` are of searches in about
    0.5 % of the tiles. `here_p50_ms` is the index of this machine on the same vectors. Times are by
    the clock.
    """
    if not server:
        raise QueryError("bench milvus needs the address of a server: --server http://HOST:19530")
    address = MilvusServer(server)
    milvus.connected(address).close()
    opened = open_gallery(gallery or largest(settings), settings)
    pool, queries = pool_of(opened), queries_of(opened, settings)
    dimensions = pool.shape[1]
    with tempfile.TemporaryDirectory(prefix="saywhere-milvus-") as scratch:
        home = Path(scratch)
        regional.build(home / "here", (one.codes for one in regions_of(pool, tiles)), dimensions)
        here = RegionalIndex(home / "here")
        started = time.perf_counter()
        sent = told(regions_of(pool, tiles), tiles, "put on the server", progress)
        milvus.build(home / "there", _COLLECTION, sent, dimensions, address)
        build_s = time.perf_counter() - started
        started = time.perf_counter()
        there = MilvusIndex(home / "there", address)
        open_s = time.perf_counter() - started
        region = (len(there.starts) - 1) // 2
        rows = there.region(region)
        box = Bounds(*_corner(region), *(edge + 0.5 for edge in _corner(region)))
        wanted, within = here.exact(queries, _K).rows, here.exact(queries, _K, rows).rows
        times = times_of(lambda query: there.search(query, _K), queries)
        return {
            "bench": "milvus",
            "tiles": tiles,
            "dimensions": dimensions,
            "n": len(queries),
            "p50_ms": at(times, 50),
            "p95_ms": at(times, 95),
            "recall_at_10": round(recall_of(there.search(queries, _K).rows, wanted), 4),
            "exact_p50_ms": at(times_of(lambda query: there.exact(query, _K), queries), 50),
            "exact_recall_at_10": round(recall_of(there.exact(queries, _K).rows, wanted), 4),
            "in_region_p50_ms": at(
                times_of(lambda query: there.search(query, _K, rows), queries), 50
            ),
            "recall_in_region": round(recall_of(there.search(queries, _K, rows).rows, within), 4),
            "in_box_p50_ms": at(
                times_of(lambda query: there.search_in(query, _K, box), queries), 50
            ),
            "recall_in_box": round(recall_of(there.search_in(queries, _K, box).rows, within), 4),
            "here_p50_ms": at(times_of(lambda query: here.search(query, _K), queries), 50),
            "here_mb": disk_mb(home / "here"),
            "build_s": round(build_s, 1),
            "open_s": round(open_s, 3),
        }


def pool_of(gallery: Gallery) -> F32:
    """The embeddings of the texts of a gallery's tiles: [N, D]."""
    return gallery.tile_index.embeddings(np.arange(len(gallery)))


def queries_of(gallery: Gallery, settings: Settings) -> F32:
    """The embeddings of some descriptions, and of some facts of a gallery: [Q, D]."""
    encoded = load_model(threads=settings.search_threads).encode(list(DESCRIPTIONS))
    facts = np.linspace(0, len(gallery.fact_index) - 1, _FACTS).astype(int)
    return np.concatenate([encoded, gallery.fact_index.embeddings(facts)])


def regions_of(pool: F32, tiles: int) -> Iterator[TilesOfRegion]:
    """The same regions at every call."""
    count = max(2, round(tiles / _TILES_OF_REGION))
    for number, size in enumerate(np.diff(np.linspace(0, tiles, count + 1).astype(int))):
        rng = np.random.default_rng(number)
        source = pool[rng.integers(len(pool), size=size)]
        noise = rng.standard_normal(source.shape, dtype=np.float32) / np.sqrt(pool.shape[1])
        turned = source + _TURNED * noise
        west, south = _corner(number)
        at_random = rng.uniform(0.01, 0.49, (size, 2))
        yield TilesOfRegion(pack_embeddings(turned), np.add(at_random, (south, west)))


def _corner(region: int) -> tuple[float, float]:
    """West and south of a region's square of half a degree; no two regions share one."""
    return -179.0 + region % 350, -80.0 + region // 350 % 160


def told(
    regions: Iterator[TilesOfRegion], tiles: int, what: str, progress: Progress
) -> Iterator[TilesOfRegion]:
    """The regions, with the progress told."""
    done = 0
    for region in regions:
        yield region
        done += len(region.codes)
        progress(what, done, tiles)
