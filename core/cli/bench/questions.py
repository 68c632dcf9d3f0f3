"""The gain from clarifying questions."""

from pathlib import Path
from typing import Any

from core.arrays import F64
from core.cli.bench.inputs import Progress, encoded_set, labelled_queries
from core.evaluation.clarification import measure, simulate_dialogues
from core.retrieval import rank_tiles
from core.retrieval.confidence import posterior_of
from core.retrieval.query_encoding import EncodedQuery
from core.settings import Settings


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Metrics before and after up to three clarifying questions to simulated users."""
    labelled, opened = labelled_queries("questions", settings, gallery, queries)
    encoded = encoded_set(labelled, opened, settings, progress)
    channels = encoded.channels

    def weigh(encoded_query: EncodedQuery) -> F64:
        ranking = rank_tiles(opened, encoded_query, channels)
        mass = posterior_of(encoded_query, ranking.signals, ranking.scores, channels).mass
        shares: F64 = mass / mass.sum()
        return shares

    dialogues = []
    for dialogue in simulate_dialogues(opened, labelled, encoded.queries, weigh):
        dialogues.append(dialogue)
        progress("dialogues", len(dialogues), len(labelled))
    return {
        "bench": "questions",
        "gallery": opened.card.name,
        "channels": list(channels),
        **measure(opened, labelled, dialogues, encoded.queries),
    }
