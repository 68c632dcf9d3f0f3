"""The leading candidates in another order: by similarity and normalised confidence.

After CrossText2Loc's explainable retrieval (arXiv 2412.17007), which ranks the first five again by
similarity plus normalised confidence; how it normalises and weighs is not published, ours is.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.records import Candidate

TOP = 5
WEIGHT = 0.05
"""How much the normalised confidence counts beside the similarity. Chosen on program-written
descriptions of six towns, RVS train and tests/descriptions.jsonl; Helsinki was none of these."""


def reranked(
    candidates: Sequence[Candidate],
    confidences: Sequence[float] | None = None,
    weight: float = WEIGHT,
    top: int = TOP,
) -> tuple[Candidate, ...]:
    """The candidates with the first `top` ordered by similarity + `weight` · confidence.

    `confidences` of the first ones, 0 up and on any scale, such as a language model's, take the
    place of the candidates' own; they are divided by their sum. Every candidate then knows its
    `rank_before`. Ties keep their order.
    """
    leading = candidates[:top]
    given = [one.confidence or 0.0 for one in leading] if confidences is None else confidences
    if len(given) < len(leading):
        raise ValueError(f"{len(given)} confidences for {len(leading)} candidates")
    order = reordered([one.similarity for one in leading], given[: len(leading)], weight)
    again = [leading[place] for place in order] + list(candidates[top:])
    return tuple(replace(one, rank=rank, rank_before=one.rank) for rank, one in enumerate(again, 1))


def reordered(
    similarities: Sequence[float], confidences: Sequence[float], weight: float = WEIGHT
) -> list[int]:
    """The places of some candidates, the best first."""
    given = np.asarray(confidences, dtype=np.float64)
    normalised = given / given.sum() if given.sum() > 0 else given
    scores = np.asarray(similarities, dtype=np.float64) + weight * normalised
    return [int(place) for place in np.argsort(-scores, kind="stable")]
