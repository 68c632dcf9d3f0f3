"""Faithfulness of attribution maps."""

from pathlib import Path
from typing import Any

from core.cli.bench.inputs import Progress, labelled_queries
from core.evaluation.faithfulness import alikeness, faithfulness, true_pairs
from core.models import load_model
from core.retrieval import open_eyes
from core.settings import Settings


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Faithfulness of relevance by deletion, and how alike maps are to a decoy's."""
    labelled, opened = labelled_queries("relevance", settings, gallery, queries)
    eyes = open_eyes(opened, settings, load_model(threads=settings.search_threads))
    pairs = true_pairs(opened, labelled)
    return {
        "bench": "relevance",
        "gallery": opened.card.name,
        "model": eyes.key,
        **faithfulness(pairs, eyes.encoder, lambda done, of: progress("deletion", done, of)),
        "control": alikeness(pairs, eyes.encoder, lambda done, of: progress("control", done, of)),
    }
