"""A photograph and words beside it as two queries, against one text of both: measured by halves.

Descriptions are cut in two: one half stands for the description of a photograph, the other for a
person's own words. Only the `image` channel ranks. `projection` is our version of the idea of MAPS
(arXiv 2606.22543): the length of a picture's projection on the plane that both queries span,
negative on the far side of it. `mean` is the mean of both similarities.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.arrays import F32, F64
from core.evaluation.bootstrap import interval_of_mean, resamples
from core.evaluation.feedback import place_rank
from core.evaluation.queries import LabelledQuery
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.retrieval.phrases import split_phrases
from core.retrieval.query_encoding import PictureQuery


def in_halves(query: LabelledQuery) -> tuple[LabelledQuery, LabelledQuery] | None:
    """A description cut between two phrases near its middle, None for a single phrase."""
    phrases = split_phrases(query.text)
    if len(phrases) < 2:
        return None
    at = phrases[len(phrases) // 2].start
    return replace(query, text=query.text[:at]), replace(query, text=query.text[at:])


def projection(first: F32, second: F32, cosine: float) -> F32:
    """The length of the projection of unit vectors on the plane of two others, from their
    similarities [N] to each and the cosine between these."""
    squared = (first**2 + second**2 - 2 * cosine * first * second) / (1 - cosine**2)
    length: F32 = np.sqrt(squared.clip(0)) * np.sign(first + second)
    return length


def ranks_of_halves(
    gallery: Gallery,
    query: LabelledQuery,
    whole: PictureQuery,
    halves: tuple[PictureQuery, PictureQuery],
) -> dict[str, int]:
    """The rank of the described place by each way to use both halves."""
    index = gallery.picture_index(whole.key)
    first, second = (index.similarities(half.embedding) for half in halves)
    cosine = float(halves[0].embedding @ halves[1].embedding)
    at = query.position
    away_m = haversine_m(at.lat, at.lon, gallery.lats, gallery.lons)
    scores: dict[str, F32] = {
        "one text": index.similarities(whole.embedding),
        "one half": first,
        "projection": projection(first, second, min(cosine, 1 - 1e-4)),
        "mean": (first + second) * np.float32(0.5),
    }
    return {name: place_rank(score, away_m) for name, score in scores.items()}


def measure(ranks: Sequence[dict[str, int]]) -> dict[str, Any]:
    """Mean reciprocal ranks and first tens (percent) of each way, and the paired differences from
    one text of both with 95 % intervals."""
    rows = resamples(len(ranks))
    figures: dict[str, Any] = {"n": len(ranks)}
    base = _values([one["one text"] for one in ranks])
    for name in ranks[0]:
        values = _values([one[name] for one in ranks])
        figures[name] = {key: round(float(of.mean()), 2) for key, of in values.items()}
        if name != "one text":
            for key, of in values.items():
                apart = of - base[key]
                low, high = interval_of_mean(apart, rows)
                figures[name][f"{key}_difference"] = round(float(apart.mean()), 2)
                figures[name][f"{key}_difference_ci"] = [round(low, 2), round(high, 2)]
    return figures


def _values(ranks: Sequence[int]) -> dict[str, F64]:
    of = np.array(ranks, dtype=np.float64)
    return {"mrr": 100.0 / of, "first_10": np.where(of <= 10, 100.0, 0.0)}
