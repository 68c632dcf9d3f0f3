"""Speed of the whole search, compared with the forward passes of its encoders."""

import time
from typing import Any

import numpy as np

from core.cli.bench.inputs import DESCRIPTIONS, largest
from core.cli.bench.vectors import resident_mb
from core.gallery import open_gallery
from core.models import load_model
from core.records import Query
from core.retrieval.picture_model import load_picture_encoder
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.search import search
from core.settings import Settings

_ROUNDS = 25


def run(settings: Settings, gallery: str | None = None) -> dict[str, Any]:
    """Times the whole search and the forward passes of its encoders, in alternation.

    `ratio` is the median over descriptions and rounds of the search's time divided by that of the
    forward passes: of the description, of its phrases, and of the picture model where the gallery
    has the image channel. Texts are tokenized beforehand. `cpu_p50_ms` is the processor time of the
    search, which does not grow on a busy machine; `rss_mb` what the process holds at the end.
    """
    opened = open_gallery(gallery or largest(settings), settings)
    encoder = load_model(threads=settings.search_threads)
    picture_encoder = None
    if opened.card.picture_models:
        picture_encoder = load_picture_encoder(opened, settings, encoder)
    tokenized = [tokenize_query(text, encoder, picture_encoder) for text in DESCRIPTIONS]
    for text in DESCRIPTIONS:
        search(opened, encoder, Query(text), picture_encoder)
    whole: list[float] = []
    alone: list[float] = []
    worked: list[float] = []
    for _ in range(_ROUNDS):
        for text, tokens in zip(DESCRIPTIONS, tokenized, strict=True):
            started = time.perf_counter()
            encode_query(tokens, encoder, picture_encoder)
            between, begun = time.perf_counter(), time.process_time()
            search(opened, encoder, Query(text), picture_encoder)
            alone.append((between - started) * 1e3)
            whole.append((time.perf_counter() - between) * 1e3)
            worked.append((time.process_time() - begun) * 1e3)
    return {
        "bench": "search",
        "gallery": opened.card.name,
        "tiles": len(opened),
        "channels": list(opened.card.channels),
        "n": len(whole),
        "p50_ms": round(float(np.percentile(whole, 50)), 2),
        "cpu_p50_ms": round(float(np.percentile(worked, 50)), 2),
        "p95_ms": round(float(np.percentile(whole, 95)), 2),
        "forward_p50_ms": round(float(np.percentile(alone, 50)), 2),
        "ratio": round(float(np.median(np.array(whole) / np.array(alone))), 3),
        **resident_mb(),
    }
