"""Speed of a search in all galleries at once, compared with one in the description's own."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cli.bench.inputs import page_examples
from core.errors import QueryError
from core.evaluation.queries import read_queries
from core.gallery import list_galleries
from core.models import load_model
from core.records import Query
from core.retrieval.anywhere import search_anywhere
from core.retrieval.opened_regions import encoder_key, open_regions
from core.retrieval.search import search
from core.settings import Settings

_SEARCHES = 100
"""About so many searches of each kind are timed, two rounds at least."""


def run(settings: Settings, sets: Sequence[tuple[str, Path]]) -> dict[str, Any]:
    """Times both searches in alternation, in processor time; `clock_p50_ms` is by the clock.

    The descriptions are the page's examples, or those of `sets`. `ratio` is the median over
    descriptions and rounds of the time for all galleries divided by that for the description's own;
    `ratio_of` has the same for each gallery.
    """
    names = [card.name for card in list_galleries(settings) if card.channels and not card.problem]
    asked = [(name, query.text) for name, path in sets for query in read_queries(path, name)]
    encoder = load_model(threads=settings.search_threads)
    opened = open_regions(names, settings, encoder)
    gallery_of = {gallery.card.name: gallery for gallery in opened.galleries}
    asked = [(name, text) for name, text in asked or page_examples() if name in gallery_of]
    if len(gallery_of) < 2 or not asked:
        raise QueryError(
            "bench anywhere needs two galleries or more and descriptions of some of them; "
            "give --set GALLERY=FILE.jsonl"
        )
    whole: list[float] = []
    alone: list[float] = []
    clock: list[float] = []
    rounds = max(_SEARCHES // len(asked), 2)
    for round_ in range(-1, rounds):  # the first round makes what is made once
        for name, text in asked:
            gallery = gallery_of[name]
            seeing = opened.picture_encoders.get(encoder_key(gallery))
            begin = time.process_time()
            search(gallery, encoder, Query(text), seeing)
            middle, started = time.process_time(), time.perf_counter()
            search_anywhere(opened.galleries, encoder, Query(text), opened.picture_encoders)
            if round_ >= 0:
                clock.append((time.perf_counter() - started) * 1e3)
                whole.append((time.process_time() - middle) * 1e3)
                alone.append((middle - begin) * 1e3)
    ratios = np.array(whole) / np.array(alone)
    own = np.array([name for name, _ in asked] * rounds)
    return {
        "bench": "anywhere",
        "galleries": list(gallery_of),
        "tiles": sum(len(gallery) for gallery in opened.galleries),
        "n": len(whole),
        "p50_ms": round(float(np.percentile(whole, 50)), 2),
        "p95_ms": round(float(np.percentile(whole, 95)), 2),
        "clock_p50_ms": round(float(np.percentile(clock, 50)), 2),
        "single_p50_ms": round(float(np.percentile(alone, 50)), 2),
        "ratio_of": {
            name: round(float(np.median(ratios[own == name])), 3) for name in dict.fromkeys(own)
        },
        "ratio": round(float(np.median(ratios)), 3),
    }
