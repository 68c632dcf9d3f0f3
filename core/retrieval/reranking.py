"""Reranking of the first candidates by similarity and a language model's normalised confidence.

After CrossText2Loc's explainable retrieval (arXiv 2412.17007), which reranks the first five by
similarity plus normalised confidence. Its normalisation and weight are not published; these are
ours.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.records import Candidate

TOP = 5
WEIGHT = 0.05
"""Weight of the normalised confidence relative to the similarity. Chosen on program-written
descriptions of six towns, RVS train and tests/descriptions.jsonl; Helsinki was none of these."""


def reranked(
    candidates: Sequence[Candidate],
    confidences: Sequence[float],
    weight: float = WEIGHT,
    top: int = TOP,
) -> tuple[Candidate, ...]:
    """The candidates with the first `top` ordered by similarity + `weight` · confidence.

    `confidences` (0 or more, on any scale, such as a language model's) are those of the first
    candidates; they are divided by their sum. Sets `rank_before` of every candidate. Ties keep
    their order.
    """
    leading = candidates[:top]
    if len(confidences) < len(leading):
        raise ValueError(f"{len(confidences)} confidences for {len(leading)} candidates")
    order = reordered(
        [candidate.similarity for candidate in leading], confidences[: len(leading)], weight
    )
    ranked = [leading[index] for index in order] + list(candidates[top:])
    return tuple(
        replace(candidate, rank=rank, rank_before=candidate.rank)
        for rank, candidate in enumerate(ranked, 1)
    )


def reordered(
    similarities: Sequence[float], confidences: Sequence[float], weight: float = WEIGHT
) -> list[int]:
    """Indices of the candidates, the best first."""
    weights = np.asarray(confidences, dtype=np.float64)
    normalised = weights / weights.sum() if weights.sum() > 0 else weights
    scores = np.asarray(similarities, dtype=np.float64) + weight * normalised
    return [int(index) for index in np.argsort(-scores, kind="stable")]
