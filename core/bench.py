"""Benches: a part of the app timed beside what it stands on, in one run, as figures to print."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from core.errors import GalleryError
from core.gallery import list_galleries, open_gallery
from core.models import load_model
from core.records import Query
from core.retrieval.reading import embed, tokenize
from core.retrieval.search import search
from core.settings import Settings

_DESCRIPTIONS = (
    "a white cathedral above wide steps, a big cobbled square with a statue",
    "narrow street with cafes, a pharmacy on the corner and a bakery next to it",
    "I'm at the bus stop in front of the town hall. Opposite is a bank, and further down the "
    "street there is a church with a tall tower behind some trees.",
    "small park with a playground and benches under old trees, apartment buildings all around, "
    "a supermarket car park on one side and tram tracks on the other",
    "harbour",
    "Standing by the water, boats moored along the quay, restaurants with tables outside. Behind "
    "me a steep street goes up with steps at the end, a hotel on the left with flags, a fountain "
    "in the middle of a little square, and I can just see the railway station past the main road.",
)
_ROUNDS = 25


def _largest(settings: Settings) -> str:
    cards = [card for card in list_galleries(settings) if not card.problem]
    if not cards:
        raise GalleryError("there is no gallery to time; make one with python -m core build")
    return max(cards, key=lambda card: card.tiles).name


def bench_search(settings: Settings, name: str | None) -> dict[str, Any]:
    """The whole search beside its encoder's forward passes alone, taking turns on one input.

    `ratio` is the median over descriptions and rounds of search over forward passes (of the
    description and of its phrases, tokenized beforehand); ours over the reference.
    """
    gallery = open_gallery(name or _largest(settings), settings)
    encoder = load_model(threads=settings.search_threads)
    tokenized = [tokenize(text, encoder) for text in _DESCRIPTIONS]
    for text in _DESCRIPTIONS:
        search(gallery, encoder, Query(text))
    whole: list[float] = []
    alone: list[float] = []
    for _ in range(_ROUNDS):
        for text, tokens in zip(_DESCRIPTIONS, tokenized, strict=True):
            started = time.perf_counter()
            embed(tokens, encoder)
            between = time.perf_counter()
            search(gallery, encoder, Query(text))
            alone.append((between - started) * 1e3)
            whole.append((time.perf_counter() - between) * 1e3)
    return {
        "bench": "search",
        "gallery": gallery.card.name,
        "tiles": len(gallery),
        "n": len(whole),
        "p50_ms": round(float(np.percentile(whole, 50)), 2),
        "p95_ms": round(float(np.percentile(whole, 95)), 2),
        "forward_p50_ms": round(float(np.percentile(alone, 50)), 2),
        "ratio": round(float(np.median(np.array(whole) / np.array(alone))), 3),
    }


BENCHES: dict[str, Callable[[Settings, str | None], dict[str, Any]]] = {"search": bench_search}
