"""Speed of the paper's metric, compared with a plain implementation of it."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32
from core.cli.bench.plain_metric import plain_metric
from core.evaluation.cvgtext.metric import CityPictures, PaperMetric, candidates, paper_metric, rank
from core.sources.cvgtext import CvgRow, is_panorama

_PICTURES = 1_200
"""Test pictures of a city of CVG-Text."""
_TURNS, _REPEATS = 3, 11


def run() -> dict[str, Any]:
    """Computes the paper's metric on random pictures with our code and with the plain reference.

    Ours starts from rows as returned by `read_cvgtext`, the reference from file names like the
    published code; both use the same cosines. `ratio` is the median over turns of the reference's
    time divided by ours. Raises RuntimeError if they differ in any digit.
    """
    rows, cosines = _random_test(_PICTURES, np.random.default_rng(42))
    names, listed = [row.name for row in rows], cosines.tolist()
    naive: list[float] = []
    ours: list[float] = []
    for _turn in range(_TURNS):
        repeats = []
        for repeat in range(2 * _REPEATS):
            if repeat == _REPEATS:
                started = time.perf_counter()
                expected = plain_metric(names, listed)
                naive.append(time.perf_counter() - started)
            started = time.perf_counter()
            metric = _paper_metric(rows, cosines)
            repeats.append(time.perf_counter() - started)
        if metric != expected:
            raise RuntimeError(f"the metric is {metric}, the plain reference gives {expected}")
        ours.append(float(np.median(repeats)))
    return {
        "bench": "evaluate",
        "n": len(rows),
        "naive_s": round(float(np.median(naive)), 3),
        "ours_s": round(float(np.median(ours)), 5),
        "ratio": round(float(np.median(np.array(naive) / np.array(ours))), 1),
    }


def _paper_metric(test: list[CvgRow], cosines: F32) -> PaperMetric:
    places = CityPictures.of(test)
    near = candidates(places, "nearest-100")
    return paper_metric(places, rank(places, near, lambda rows: cosines[rows[0] : rows[-1] + 1]))


def _random_test(count: int, random: np.random.Generator) -> tuple[list[CvgRow], F32]:
    """Panoramas and single views around a city, and cosines [N, N] with R@1 of about a third."""
    rows = []
    for number, (lat, lon) in enumerate(random.normal((40.7, -74.0), 0.05, (count, 2)).round(7)):
        tail = f"2019-05_a_b{number}_d90_z1" if number % 2 else number
        name = f"{lat:.7f},{lon:.7f}_{tail}.jpg"
        rows.append(CvgRow(name, "", float(lat), float(lon), is_panorama(name), Path(name)))
    pictures = random.normal(size=(count, 64))
    texts = pictures + 4 * random.normal(size=(count, 64))
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    return rows, (texts @ pictures.T).astype(np.float32)
