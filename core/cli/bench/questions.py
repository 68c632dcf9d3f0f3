"""The gain from clarifying questions."""

from pathlib import Path
from typing import Any

from core.arrays import F64
from core.cli.bench.inputs import Progress, labelled_queries
from core.evaluation import read_all
from core.evaluation.questions import measure, talks
from core.models import load_model
from core.records import Query
from core.retrieval import check_query, open_eyes, rank_tiles
from core.retrieval.confidence import posterior_of
from core.retrieval.reading import Reading
from core.settings import Settings


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """How much up to three follow-up questions help visitors who answer as the map foresees."""
    labelled, opened = labelled_queries("questions", settings, gallery, queries)
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
