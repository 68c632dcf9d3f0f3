"""Faithfulness of attribution maps."""

from pathlib import Path
from typing import Any

from core.cli.bench.inputs import Progress, labelled_queries
from core.evaluation.faithfulness import decoy_correlation, faithfulness, true_pairs
from core.models import load_model
from core.retrieval import load_picture_encoder
from core.settings import Settings


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Deletion curves of attribution, and the correlation of its maps with a decoy's."""
    labelled, opened = labelled_queries("relevance", settings, gallery, queries)
    picture_encoder = load_picture_encoder(
        opened, settings, load_model(threads=settings.search_threads)
    )
    pairs = true_pairs(opened, labelled)
    return {
        "bench": "relevance",
        "gallery": opened.card.name,
        "model": picture_encoder.key,
        **faithfulness(
            pairs, picture_encoder.encoder, lambda done, of: progress("deletion", done, of)
        ),
        "control": decoy_correlation(
            pairs, picture_encoder.encoder, lambda done, of: progress("control", done, of)
        ),
    }
