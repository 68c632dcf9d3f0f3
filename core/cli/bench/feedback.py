"""The gain from "more like this" and "not like this"."""

from pathlib import Path
from typing import Any

from core.cli.bench.inputs import Progress, labelled_queries
from core.evaluation import read_all
from core.evaluation.feedback import feedback_outcomes, measure
from core.models import load_model
from core.records import Query
from core.retrieval import check_query, load_picture_encoder
from core.settings import Settings

_VISITORS = 50


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Ranks of the true place before and after one round of feedback, for the first 50 simulated
    visitors whose place is not among ten candidates."""
    labelled, opened = labelled_queries("feedback", settings, gallery, queries)
    encoder = load_model(threads=settings.search_threads)
    channels = check_query(Query("any"), opened)
    picture_encoder = (
        load_picture_encoder(opened, settings, encoder) if "image" in channels else None
    )
    encoded_queries = read_all(
        labelled, encoder, lambda done, of: progress("read", done, of), picture_encoder, opened
    )
    outcomes = feedback_outcomes(opened, labelled, encoded_queries, channels, _VISITORS)
    return {"bench": "feedback", "gallery": opened.card.name, **measure(outcomes)}
