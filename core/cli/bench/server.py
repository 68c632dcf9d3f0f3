"""Whole searches of the app with the texts of all tiles on a Milvus server, beside the same here.

The collection is synthetic (`core.cli.bench.synthetic`). Facts, names and pictures stay in its
files; the whole text of each tile is compared on the server.
"""

import copy
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cli.bench.inputs import Progress, short_texts
from core.cli.bench.scale import kept_collection
from core.cli.bench.synthetic_texts import texts_of
from core.cli.bench.vectors import at
from core.errors import QueryError
from core.gallery import Gallery
from core.gallery.packed_server import tiles_of
from core.indexes import milvus
from core.indexes.milvus import MilvusIndex, MilvusServer
from core.indexes.milvus_region import MilvusRegion
from core.models import load_model
from core.records import Query, SearchResult
from core.retrieval.anywhere import search_anywhere
from core.retrieval.picture_model import load_picture_encoder
from core.settings import Settings

_COLLECTION = "saywhere_bench_search"
_TEXTS_OF_TILES, _K = 24, 10


def run(
    settings: Settings, tiles: int, keep: str | None, server: str | None, progress: Progress
) -> dict[str, Any]:
    """Times are by the clock, `…_cpu_ms` those of this process alone. `same_at_10` is the share of
    the ten candidates that both have; the collection stays on the server."""
    if not server:
        raise QueryError("bench server needs the address of a server: --server http://HOST:19530")
    address = MilvusServer(server)
    milvus.connected(address).close()
    with tempfile.TemporaryDirectory(prefix="saywhere-server-") as scratch:
        home = Path(scratch)
        collection = kept_collection(settings, tiles, home, keep, progress)
        here = [collection.region(number) for number in range(len(collection))]
        started = time.perf_counter()
        width = collection.store.part("tile_code", 0).shape[1]
        blocks = tiles_of(collection.store, len(collection))
        milvus.build(home / "there", _COLLECTION, blocks, width, address)
        build_s = time.perf_counter() - started
        index = MilvusIndex(home / "there", address)
        there = [_on_server(gallery, index, number) for number, gallery in enumerate(here)]
        encoder = load_model(threads=settings.search_threads)
        seeing = load_picture_encoder(here[0], settings, encoder)
        texts = short_texts()
        texts += [query.text for query in texts_of(here, _TEXTS_OF_TILES)]
        found: dict[str, list[SearchResult]] = {"here": [], "server": []}
        figures: dict[str, Any] = {}
        for name, galleries in (("here", here), ("server", there)):
            times, cpu_times = [], []
            for round_ in range(2):  # the first one makes what is made once
                for text in texts:
                    clock, cpu = time.perf_counter(), time.process_time()
                    answer = search_anywhere(
                        galleries, encoder, Query(text, _K), {seeing.key: seeing}
                    ).result
                    if round_:
                        times.append((time.perf_counter() - clock) * 1e3)
                        cpu_times.append((time.process_time() - cpu) * 1e3)
                        found[name].append(answer)
            figures |= {
                f"{name}_p50_ms": at(times, 50),
                f"{name}_p95_ms": at(times, 95),
                f"{name}_cpu_ms": at(cpu_times, 50),
            }
        return {
            "bench": "server",
            "tiles": tiles,
            "regions": len(here),
            "n": len(texts),
            **figures,
            "same_at_10": round(_same(found["server"], found["here"]), 4),
            "build_s": round(build_s, 1),
        }


def _on_server(gallery: Gallery, index: MilvusIndex, region: int) -> Gallery:
    """The same gallery with the texts of its tiles on the server."""
    there = copy.copy(gallery)
    there.tile_index = MilvusRegion(index, region)
    return there


def _same(found: Sequence[SearchResult], right: Sequence[SearchResult]) -> float:
    """The mean share of the candidates of the right answers that were found."""

    def ids(result: SearchResult) -> set[str]:
        return {f"{one.gallery} {one.tile.tile_id}" for one in result.candidates}

    shares = [
        len(ids(one) & ids(other)) / len(other.candidates)
        for one, other in zip(found, right, strict=True)
    ]
    return statistics.mean(shares)
