"""What explanations cost, whether relevance is faithful, and how much questions help."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F64
from core.bench.timing import DESCRIPTIONS, largest
from core.errors import QueryError
from core.evaluation import read_all, read_queries
from core.evaluation.faithfulness import alikeness, faithfulness, true_pairs
from core.evaluation.queries import LabelledQuery
from core.evaluation.questions import measure, talks
from core.explain.explanations import relevances
from core.explain.ledger import ledgers
from core.explain.reasons import reason
from core.gallery import Gallery, open_gallery
from core.models import load_model
from core.records import Query
from core.retrieval import check_query, find, open_eyes, rank_tiles
from core.retrieval.confidence import posterior_of
from core.retrieval.reading import Reading
from core.settings import Settings

Progress = Callable[[str, int, int], None]

_ROUNDS = 5
_PARTS = ("search", "ledger", "reason", "relevance")


def bench_explain(settings: Settings, gallery: str | None = None) -> dict[str, Any]:
    """A search with all explanations of ten candidates, part by part.

    `first_panel` is what a person waits for until the first panel has its reason and ledger;
    `all` is with the relevance maps, too. `ratio` is all over the search alone (medians).
    """
    opened = open_gallery(gallery or largest(settings), settings)
    encoder = load_model(threads=settings.search_threads)
    eyes = open_eyes(opened, settings, encoder)
    taken: list[list[float]] = []
    for turn in range(_ROUNDS + 1):
        for text in DESCRIPTIONS:
            moments = [time.perf_counter()]
            finding = find(opened, encoder, Query(text), eyes)
            moments.append(time.perf_counter())
            found = ledgers(finding, encoder, eyes)
            moments.append(time.perf_counter())
            for candidate, ledger in zip(finding.result.candidates, found.entries, strict=True):
                reason(ledger, candidate.confidence)
            moments.append(time.perf_counter())
            relevances(finding, eyes)
            moments.append(time.perf_counter())
            if turn:  # the first round finds everything cold
                taken.append(np.diff(moments).tolist())
    parts = np.array(taken) * 1e3
    every = {name: parts[:, column] for column, name in enumerate(_PARTS)}
    every |= {"first_panel": parts[:, :3].sum(1), "all": parts.sum(1)}
    return {
        "bench": "explain",
        "gallery": opened.card.name,
        "candidates": 10,
        "searches": len(parts),
        "threads": settings.search_threads,
        **{
            f"{name}_p{share}_ms": round(float(np.percentile(values, share)), 1)
            for name, values in every.items()
            for share in (50, 95)
        },
        "ratio": round(float(np.median(every["all"]) / np.median(every["search"])), 2),
    }


def bench_relevance(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Faithfulness of relevance by deletion, and how alike maps are to a decoy's."""
    labelled, opened = _asked("relevance", settings, gallery, queries)
    eyes = open_eyes(opened, settings, load_model(threads=settings.search_threads))
    pairs = true_pairs(opened, labelled)
    return {
        "bench": "relevance",
        "gallery": opened.card.name,
        "model": eyes.key,
        **faithfulness(pairs, eyes.encoder, lambda done, of: progress("deletion", done, of)),
        "control": alikeness(pairs, eyes.encoder, lambda done, of: progress("control", done, of)),
    }


def bench_questions(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """How much up to three follow-up questions help visitors who answer as the map foresees."""
    labelled, opened = _asked("questions", settings, gallery, queries)
    encoder = load_model(threads=settings.search_threads)
    channels = check_query(Query("any"), opened)
    eyes = open_eyes(opened, settings, encoder) if "image" in channels else None
    readings = read_all(labelled, encoder, lambda done, of: progress("read", done, of), eyes)

    def weigh(reading: Reading) -> F64:
        ranking = rank_tiles(opened, reading, channels)
        mass = posterior_of(reading, ranking.signals, ranking.scores, channels).mass
        shares: F64 = mass / mass.sum()
        return shares

    held = []
    for one in talks(opened, labelled, readings, weigh):
        held.append(one)
        progress("talk", len(held), len(labelled))
    return {
        "bench": "questions",
        "gallery": opened.card.name,
        "channels": list(channels),
        **measure(opened, labelled, held, readings),
    }


def _asked(
    what: str, settings: Settings, gallery: str | None, queries: Path | None
) -> tuple[list[LabelledQuery], Gallery]:
    """The labelled descriptions and their gallery."""
    if gallery is None or queries is None:
        raise QueryError(
            f"bench {what} wants --gallery G and --queries FILE.jsonl, descriptions "
            f"whose place is known; core describe writes some"
        )
    return list(read_queries(queries, gallery)), open_gallery(gallery, settings)
