"""Photograph and words as two queries or as one text."""

from pathlib import Path
from typing import Any

from core.cli.bench.inputs import Progress, encoded_set, labelled_queries
from core.errors import QueryError
from core.evaluation.halves import in_halves, measure, ranks_of_halves
from core.settings import Settings


def run(
    settings: Settings, gallery: str | None, queries: Path | None, progress: Progress
) -> dict[str, Any]:
    """Ranks of the true place by the `image` channel, from two halves of each description as one
    text, as two queries by projection and by mean, and from one half."""
    labelled, opened = labelled_queries("halves", settings, gallery, queries)
    if "image" not in opened.card.channels:
        raise QueryError("bench halves needs a gallery with the image channel")
    cut = [(query, halves) for query in labelled if (halves := in_halves(query))]
    if not cut:
        raise QueryError("bench halves needs descriptions of two phrases or more")
    texts = [text for query, halves in cut for text in (query, *halves)]
    encoded = [one.picture_query for one in encoded_set(texts, opened, settings, progress).queries]
    ranks = [
        ranks_of_halves(opened, query, whole, (first, second))
        for (query, _), whole, first, second in zip(
            cut, encoded[::3], encoded[1::3], encoded[2::3], strict=True
        )
        if whole and first and second
    ]
    return {"bench": "halves", "gallery": opened.card.name, **measure(ranks)}
