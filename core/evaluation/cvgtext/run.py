"""Evaluation of a dual encoder on CVG-Text: embeddings, both scopes, and a file of failures."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import F32, I64, Bools
from core.errors import ModelError
from core.evaluation.cvgtext.metric import (
    CityPictures,
    PaperFigures,
    Ranks,
    candidates,
    paper_metric,
    rank,
    top_distinct,
)
from core.evaluation.queries import LabelledQuery
from core.evaluation.report import report
from core.evaluation.runner import Outcome, Scope
from core.files import replacing
from core.geo import Position, haversine_km
from core.models import DualEncoder
from core.models.pictures import open_picture
from core.sources.cvgtext import CvgRow, CvgText

SCOPES: tuple[Scope, ...] = ("nearest-100", "full")
_PART = 64
_LISTED = 5
_LEADING = 10
_COLUMNS = ("original_image", "text", "top_5_matches", "label")
"""Columns of the CSV that the paper's code writes (github.com/yejy53/CVG-Text, evaluate.py)."""


@dataclass(frozen=True, slots=True)
class EmbeddedTest:
    """The rows of a test and their unit embeddings, `texts` and `pictures` both [N, D]."""

    rows: tuple[CvgRow, ...]
    places: CityPictures
    texts: F32
    pictures: F32

    def cosines(self, rows: I64) -> F32:
        """The cosines [C, N] of some descriptions with all pictures."""
        cosines: F32 = self.texts[rows] @ self.pictures.T
        return cosines


def embed_test(
    data: CvgText, encoder: DualEncoder, progress: Callable[[str, int, int], None]
) -> EmbeddedTest:
    """Embeds the pictures and descriptions of a test.

    Raises SourceError for a file that is not a picture, ModelError for embeddings with NaN.
    """
    pictures = list(
        _embedded(
            data.rows,
            "pictures",
            progress,
            lambda rows: encoder.encode_pictures([open_picture(row.picture) for row in rows]),
        )
    )
    texts = list(
        _embedded(
            data.rows,
            "descriptions",
            progress,
            lambda rows: encoder.encode_texts([row.description for row in rows]),
        )
    )
    embedded = EmbeddedTest(
        data.rows, CityPictures.of(data.rows), np.concatenate(texts), np.concatenate(pictures)
    )
    if not (np.isfinite(embedded.texts).all() and np.isfinite(embedded.pictures).all()):
        raise ModelError(
            f"{encoder.spec.title} returns embeddings with NaN; check that the checkpoint is "
            "complete"
        )
    return embedded


def _embedded(
    rows: Sequence[CvgRow],
    stage: str,
    progress: Callable[[str, int, int], None],
    encode: Callable[[Sequence[CvgRow]], F32],
) -> Iterator[F32]:
    progress(stage, 0, len(rows))
    for start in range(0, len(rows), _PART):
        part = rows[start : start + _PART]
        yield encode(part)
        progress(stage, start + len(part), len(rows))


@dataclass(frozen=True, slots=True)
class RankedTest:
    """An embedded test ranked in one scope; `leading` has the first names of each query."""

    scope: Scope
    test: EmbeddedTest
    ranks: Ranks
    outcomes: tuple[Outcome, ...]
    leading: tuple[tuple[str, ...], ...]


def rank_all(test: EmbeddedTest, scope: Scope) -> RankedTest:
    """Ranks every description among its candidates.

    Localization at k uses the first k pictures with distinct names.
    """
    places = test.places
    near = candidates(places, scope)
    ranks = rank(places, near, test.cosines)
    first = list(top_distinct(places, near, test.cosines, _LEADING))
    outcomes = tuple(_outcome(test, row, ranks, best) for row, best in enumerate(first))
    names = tuple(tuple(places.names[picture] for picture in best[:_LISTED]) for best in first)
    return RankedTest(scope, test, ranks, outcomes, names)


def _outcome(test: EmbeddedTest, number: int, ranks: Ranks, best: list[int]) -> Outcome:
    row = test.rows[number]
    others = [test.rows[picture] for picture in best[1:]]
    distances_km = [haversine_km(row.lat, row.lon, other.lat, other.lon) for other in others]
    return Outcome(
        query=LabelledQuery(row.description, Position(row.lat, row.lon), row.name, row.name),
        true_tile=row.name,
        rank=int(ranks.rank[number]),
        top_tile=test.places.names[best[0]],
        distances_m=1000 * np.array([float(ranks.deviation_km[number]), *distances_km]),
        channels={"image": float(test.texts[number] @ test.pictures[best[0]])},
    )


def report_header(data: CvgText, encoder: DualEncoder) -> dict[str, Any]:
    """The head of a report: the data, the model and its weights."""
    return {
        "city": data.city,
        "version": data.version,
        "kind": data.kind,
        "split": "test",
        "tiles": len(data.rows),
        "faults": data.faults_json(),
        "model": encoder.spec.name,
        "title": encoder.spec.title,
        "weights_sha256": encoder.spec.weights_sha256,
    }


def summary(ranked: RankedTest) -> dict[str, Any]:
    """The report of a scope; also for panoramas and single views alone where there are both.

    `deviation_km` is the paper's mean deviation. `tied` counts the queries with several pictures
    at the same highest cosine; in the paper's scope such ties favour the truth.
    """
    figures = paper_metric(ranked.test.places, ranked.ranks)
    panoramas = ranked.test.places.panoramas
    result = _summary(ranked, np.ones_like(panoramas), figures.overall)
    if panoramas.any() and not panoramas.all():
        result["panorama"] = _summary(ranked, panoramas, figures.panorama)
        result["single_view"] = _summary(ranked, ~panoramas, figures.single_view)
    return result


def _summary(ranked: RankedTest, chosen: Bools, figures: PaperFigures) -> dict[str, Any]:
    outcomes = [ranked.outcomes[row] for row in np.flatnonzero(chosen)]
    return report(outcomes, ranked.scope) | {
        "deviation_km": round(figures.deviation_km, 4),
        "tied": int(ranked.ranks.tied[chosen].sum()),
    }


def write_failures(ranked: RankedTest, path: Path) -> Path:
    """Writes the queries whose own picture is not first, in the columns of the paper's code."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row, position, names in zip(
            ranked.test.rows, ranked.ranks.rank, ranked.leading, strict=True
        ):
            if position > 1:
                writer.writerow([row.name, row.description, json.dumps(names), False])
    return path
