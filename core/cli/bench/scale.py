"""Size, speed and recall of the vector indexes of a large collection, made from real galleries.

The collection is synthetic: each of its regions is a run of neighbouring tiles of a gallery on this
machine, with their real embeddings of texts and pictures. Every copy is turned a little at random,
so that no two tiles are equal. Only vectors are measured: facts and names of a region are searched
in its own gallery.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, I8
from core.errors import GalleryError
from core.gallery import Gallery, list_galleries, open_gallery
from core.gallery.opened import pack_embeddings
from core.indexes.regional import RegionalIndex, build, recall_of
from core.models import load_model
from core.retrieval.picture_model import load_picture_encoder
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.settings import ROOT, Settings

_REGIONS = 225
"""Regions of CORE, whose 1,034,786 pairs give the size."""
_TURN = 0.35
"""Length of the random part that is added to each unit embedding: a cosine of 0.94 with the
original, as two tiles of one street have."""
_SMALLER = (10_000, 100_000)
_ROUNDS, _K = 3, 10


@dataclass(frozen=True, slots=True)
class _Space:
    """The embeddings of one kind: those of each gallery [N, D], and queries [Q, D]."""

    name: str
    galleries: tuple[F32, ...]
    queries: F32


def run(settings: Settings, tiles: int) -> dict[str, Any]:
    """Builds the indexes of texts and of pictures, in a folder that is removed, and times them.

    `vector_p50_ms`, the processor's time `vector_cpu_ms` (to read on a busy machine) and
    `recall_at_10` are those of the texts' index, `pictures` has those of the
    pictures', `curve` both at smaller sizes. Queries are the page's examples and their phrases.
    """
    spaces = _spaces(settings)
    with tempfile.TemporaryDirectory(prefix="saywhere-scale-") as home:
        texts, pictures = (
            _measured(space, tiles, Path(home) / space.name, bare=True) for space in spaces
        )
        curve = [
            {
                "tiles": count,
                **{
                    space.name: _measured(space, count, Path(home) / f"{space.name}-{count}")
                    for space in spaces
                },
            }
            for count in _SMALLER
            if count < tiles
        ]
    return {
        "bench": "scale",
        "tiles": tiles,
        "regions": _REGIONS,
        "dimensions": [texts.pop("dimensions"), pictures.pop("dimensions")],
        **texts,
        "pictures": pictures,
        "curve": curve,
    }


def _spaces(settings: Settings) -> tuple[_Space, _Space]:
    """The two kinds of embeddings of all galleries with texts and with pictures of one model."""
    cards = [card for card in list_galleries(settings) if not card.problem]
    galleries = [
        open_gallery(card.name, settings)
        for card in cards
        if "facts" in card.channels and any(one.key == "compact" for one in card.picture_models)
    ]
    if not galleries:
        raise GalleryError("there is no gallery with texts and compact pictures to copy from")
    encoder = load_model(threads=settings.search_threads)
    seeing = load_picture_encoder(galleries[0], settings, encoder, "compact")
    encoded = [
        encode_query(tokenize_query(text, encoder, seeing), encoder, seeing) for text in _texts()
    ]
    texts = [query.embedding for query in encoded]
    texts += [row for query in encoded for row in query.phrase_embeddings[query.affirmed]]
    pictures = [query.picture_query.embedding for query in encoded if query.picture_query]
    return (
        _Space("texts", tuple(_all(one.tile_index, one) for one in galleries), np.stack(texts)),
        _Space(
            "pictures",
            tuple(_all(one.picture_index("compact"), one) for one in galleries),
            np.stack(pictures),
        ),
    )


def _all(index: Any, gallery: Gallery) -> F32:
    embeddings: F32 = index.embeddings(np.arange(len(gallery)))
    return embeddings


def _texts() -> list[str]:
    examples = json.loads((ROOT / "assets" / "examples.json").read_text("utf-8"))
    return [one["text"] for listed in examples.values() for one in listed]


def _regions(space: _Space, tiles: int, seed: int = 7) -> Iterator[I8]:
    """The packed embeddings of each region: tiles in a run of one gallery, again from its start
    where it ends."""
    rng = np.random.default_rng(seed)
    edges = np.linspace(0, tiles, _REGIONS + 1).astype(int)
    for count in np.diff(edges).tolist():
        source = space.galleries[int(rng.integers(len(space.galleries)))]
        rows = (int(rng.integers(len(source))) + np.arange(count)) % len(source)
        turn = rng.standard_normal((count, source.shape[1]), dtype=np.float32)
        turn *= np.float32(_TURN / np.sqrt(source.shape[1]))
        yield pack_embeddings(source[rows] + turn)


def _measured(space: _Space, tiles: int, folder: Path, bare: bool = False) -> dict[str, Any]:
    started = time.perf_counter()
    dimensions = space.queries.shape[1]
    build(folder, _regions(space, tiles), dimensions)
    build_s = time.perf_counter() - started
    started = time.perf_counter()
    index = RegionalIndex(folder)
    open_s = time.perf_counter() - started
    queries = space.queries
    exact = index.exact(queries, _K).rows
    cpu = time.process_time()
    times = _times(lambda query: index.search(query, _K), queries)
    cpu_ms = (time.process_time() - cpu) * 1e3 / (len(queries) * (_ROUNDS + 1))
    region = index.region(_REGIONS // 2)
    within = _times(lambda query: index.search(query, _K, region), queries)
    figures = {
        "dimensions": dimensions,
        "n": len(queries),
        "vector_p50_ms": _at(times, 50),
        "vector_p95_ms": _at(times, 95),
        "vector_cpu_ms": round(cpu_ms, 2),
        "in_region_p50_ms": _at(within, 50),
        "recall_at_10": round(recall_of(index.search(queries, _K).rows, exact), 4),
        "open_s": round(open_s, 4),
        "build_s": round(build_s, 1),
        "disk_mb": round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6, 1),
        **_resident_mb(),
    }
    if bare:
        figures["bare_faiss_p50_ms"] = _bare_faiss(index, queries)
    return figures


def _bare_faiss(index: RegionalIndex, queries: F32) -> float:
    """The time of FAISS's flat index in 32 bits over the same vectors, a part at a time."""
    import faiss

    took = np.zeros(len(queries[:10]))
    for begin in range(0, len(index), 100_000):
        part = np.arange(begin, min(begin + 100_000, len(index)))
        flat = faiss.IndexFlatIP(queries.shape[1])
        flat.add(index.embeddings(part))
        for number, query in enumerate(queries[:10]):
            started = time.perf_counter()
            flat.search(query[None], _K)
            took[number] += time.perf_counter() - started
    return round(float(np.median(took)) * 1e3, 2)


def _times(search: Any, queries: F32) -> Sequence[float]:
    """Milliseconds of a search for each query, after one round that warms up."""
    times = []
    for round_ in range(_ROUNDS + 1):
        for query in queries:
            started = time.perf_counter()
            search(query[None])
            if round_:
                times.append((time.perf_counter() - started) * 1e3)
    return times


def _at(times: Sequence[float], percent: int) -> float:
    return round(float(np.percentile(times, percent)), 2)


def _resident_mb() -> dict[str, float]:
    """Resident memory of this process: all of it, and the part that is no file shared by others.

    Empty where the system does not tell.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    of = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    own, shared = (int(of[name].split()[0]) / 1e3 for name in ("RssAnon", "RssFile"))
    return {"rss_mb": round(own + shared, 1), "rss_own_mb": round(own, 1)}
