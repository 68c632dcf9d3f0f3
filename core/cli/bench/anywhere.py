"""Speed of a search in all galleries at once, compared with one in the description's own."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import F64
from core.cli.bench.inputs import DESCRIPTIONS, page_examples
from core.errors import QueryError
from core.evaluation.queries import read_queries
from core.gallery import Gallery, list_galleries
from core.models import load_model
from core.records import Query
from core.retrieval.anywhere import search_anywhere
from core.retrieval.opened_regions import OpenedRegions, encoder_key, open_regions
from core.retrieval.search import search
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

_SEARCHES = 100
"""About so many searches of each kind are timed, two rounds at least."""


def run(settings: Settings, sets: Sequence[tuple[str, Path]]) -> dict[str, Any]:
    """Times both searches in alternation, in processor time; `clock_p50_ms` is by the clock.

    The descriptions are the page's examples, or those of `sets`. `ratio` is the median over
    descriptions and rounds of the time for all galleries divided by that for the description's own;
    `ratio_of` has the same for each gallery. `short` has the figures of `DESCRIPTIONS`, which name
    nothing and fit anywhere, beside the largest gallery.
    """
    names = [card.name for card in list_galleries(settings) if card.channels and not card.problem]
    given = [(name, query.text) for name, path in sets for query in read_queries(path, name)]
    encoder = load_model(threads=settings.search_threads)
    opened = open_regions(names, settings, encoder)
    gallery_of = {gallery.card.name: gallery for gallery in opened.galleries}
    asked = [
        (gallery_of[name], text) for name, text in given or page_examples() if name in gallery_of
    ]
    if len(gallery_of) < 2 or not asked:
        raise QueryError(
            "bench anywhere needs two galleries or more and descriptions of some of them; "
            "give --set GALLERY=FILE.jsonl"
        )
    times = _timed(asked, opened, encoder)
    largest = max(opened.galleries, key=len)
    short = _timed([(largest, text) for text in DESCRIPTIONS], opened, encoder)
    own = np.array([gallery.card.name for gallery, _ in asked] * (len(times) // len(asked)))
    return {
        "bench": "anywhere",
        "galleries": list(gallery_of),
        "tiles": sum(len(gallery) for gallery in opened.galleries),
        **_figures(times),
        "ratio_of": {
            name: _figures(times[own == name])["ratio"] for name in dict.fromkeys(own.tolist())
        },
        "short": _figures(short),
    }


def _timed(
    asked: Sequence[tuple[Gallery, str]], opened: OpenedRegions, encoder: "SentenceEncoder"
) -> F64:
    """The milliseconds of R searches: in the description's own gallery and in all by the processor,
    and the latter by the clock, [R, 3]."""
    times: list[list[float]] = []
    for round_ in range(-1, max(_SEARCHES // len(asked), 2)):
        for gallery, text in asked:
            seeing = opened.picture_encoders.get(encoder_key(gallery))
            begin = time.process_time()
            search(gallery, encoder, Query(text), seeing)
            middle, started = time.process_time(), time.perf_counter()
            search_anywhere(opened.galleries, encoder, Query(text), opened.picture_encoders)
            clock, end = time.perf_counter() - started, time.process_time()
            if round_ >= 0:  # the first round makes what is made once
                times.append([middle - begin, end - middle, clock])
    return 1e3 * np.array(times)


def _figures(times: F64) -> dict[str, Any]:
    """The number of searches and what they took."""
    alone, whole, clock = times.T
    return {
        "n": len(times),
        "p50_ms": round(float(np.percentile(whole, 50)), 2),
        "p95_ms": round(float(np.percentile(whole, 95)), 2),
        "clock_p50_ms": round(float(np.percentile(clock, 50)), 2),
        "single_p50_ms": round(float(np.percentile(alone, 50)), 2),
        "ratio": round(float(np.median(whole / alone)), 3),
    }
