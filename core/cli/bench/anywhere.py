"""Speed of a search in all galleries at once, compared with one in the largest of them."""

import time
from typing import Any

import numpy as np

from core.cli.bench.inputs import DESCRIPTIONS
from core.errors import GalleryError
from core.gallery import list_galleries
from core.models import load_model
from core.records import Query
from core.retrieval.anywhere import search_anywhere
from core.retrieval.opened_regions import encoder_key, open_regions
from core.retrieval.search import search
from core.settings import Settings

_ROUNDS = 15


def run(settings: Settings) -> dict[str, Any]:
    """Times both searches in alternation, in processor time; `clock_p50_ms` is by the clock.

    `ratio` is the median over descriptions and rounds of the time for all galleries divided by that
    for the largest one; `ratio_to` has the same for each gallery.
    """
    names = [card.name for card in list_galleries(settings) if card.channels and not card.problem]
    if len(names) < 2:
        raise GalleryError("there are fewer than two galleries to search as one; build another")
    encoder = load_model(threads=settings.search_threads)
    opened = open_regions(names, settings, encoder)
    galleries = sorted(opened.galleries, key=len)
    whole: list[float] = []
    single: list[list[float]] = [[] for _ in galleries]
    clock: list[float] = []
    for round_ in range(-1, _ROUNDS):  # the first round makes what is made once
        for text in DESCRIPTIONS:
            times = [time.process_time()]
            for gallery in galleries:
                seeing = opened.picture_encoders.get(encoder_key(gallery))
                search(gallery, encoder, Query(text), seeing)
                times.append(time.process_time())
            started = time.perf_counter()
            search_anywhere(galleries, encoder, Query(text), opened.picture_encoders)
            times.append(time.process_time())
            if round_ >= 0:
                clock.append((time.perf_counter() - started) * 1e3)
                *alone, everywhere = (np.diff(times) * 1e3).tolist()
                whole.append(everywhere)
                for times_of, took in zip(single, alone, strict=True):
                    times_of.append(took)
    ratios = [float(np.median(np.array(whole) / np.array(times))) for times in single]
    return {
        "bench": "anywhere",
        "galleries": [gallery.card.name for gallery in galleries],
        "tiles": sum(len(gallery) for gallery in galleries),
        "n": len(whole),
        "p50_ms": round(float(np.percentile(whole, 50)), 2),
        "p95_ms": round(float(np.percentile(whole, 95)), 2),
        "clock_p50_ms": round(float(np.percentile(clock, 50)), 2),
        "single_p50_ms": [round(float(np.percentile(times, 50)), 2) for times in single],
        "ratio_to": [round(ratio, 3) for ratio in ratios],
        "ratio": round(ratios[-1], 3),
    }
