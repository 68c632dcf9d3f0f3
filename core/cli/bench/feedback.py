"""The gain from "more like this" and "not like this"."""

from pathlib import Path
from typing import Any

from core.cli.bench.inputs import Progress, encoded_set, labelled_queries
from core.evaluation.feedback import feedback_outcomes, measure
from core.settings import Settings

_VISITORS = 50


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Ranks of the true place before and after one round of feedback, for the first 50 simulated
    visitors whose place is not among ten candidates."""
    labelled, opened = labelled_queries("feedback", settings, gallery, queries)
    encoded = encoded_set(labelled, opened, settings, progress)
    outcomes = feedback_outcomes(opened, labelled, encoded.queries, encoded.channels, _VISITORS)
    return {"bench": "feedback", "gallery": opened.card.name, **measure(outcomes)}
