"""Speed of explanations, part by part."""

import time
from typing import Any

import numpy as np

from core.cli.bench.inputs import DESCRIPTIONS, largest
from core.explain.explanations import relevances
from core.explain.ledger import ledgers
from core.explain.reasons import reason
from core.gallery import open_gallery
from core.models import load_model
from core.records import Query
from core.retrieval import load_picture_encoder, search_with_trace
from core.settings import Settings

_ROUNDS = 5
_PARTS = ("search", "ledger", "reason", "relevance")


def run(settings: Settings, gallery: str | None = None) -> dict[str, Any]:
    """Times a search with all explanations of ten candidates, part by part.

    `first_panel` is the time until the first panel has its reason and ledger, `all` includes the
    attribution maps. `ratio` is `all` divided by the search alone (medians).
    """
    opened = open_gallery(gallery or largest(settings), settings)
    encoder = load_model(threads=settings.search_threads)
    picture_encoder = load_picture_encoder(opened, settings, encoder)
    timings: list[list[float]] = []
    for turn in range(_ROUNDS + 1):
        for text in DESCRIPTIONS:
            moments = [time.perf_counter()]
            trace = search_with_trace(opened, encoder, Query(text), picture_encoder)
            moments.append(time.perf_counter())
            ledger_set = ledgers(trace, encoder, picture_encoder)
            moments.append(time.perf_counter())
            for candidate, ledger in zip(trace.result.candidates, ledger_set.entries, strict=True):
                reason(ledger, candidate.confidence)
            moments.append(time.perf_counter())
            relevances(trace, picture_encoder)
            moments.append(time.perf_counter())
            if turn:  # the first round runs with cold caches
                timings.append(np.diff(moments).tolist())
    parts = np.array(timings) * 1e3
    columns = {name: parts[:, column] for column, name in enumerate(_PARTS)}
    columns |= {"first_panel": parts[:, :3].sum(1), "all": parts.sum(1)}
    return {
        "bench": "explain",
        "gallery": opened.card.name,
        "candidates": 10,
        "searches": len(parts),
        "threads": settings.search_threads,
        **{
            f"{name}_p{share}_ms": round(float(np.percentile(values, share)), 1)
            for name, values in columns.items()
            for share in (50, 95)
        },
        "ratio": round(float(np.median(columns["all"]) / np.median(columns["search"])), 2),
    }
