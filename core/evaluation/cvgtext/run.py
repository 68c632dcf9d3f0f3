"""A dual encoder measured on CVG-Text: embeddings, both scopes, and the failures to look at."""

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
    PaperFigures,
    Ranks,
    TestPictures,
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
_SHOWN = 5
_LEADING = 10
_COLUMNS = ("original_image", "text", "top_5_matches", "label")
"""Those of the CSV that the paper's code writes (github.com/yejy53/CVG-Text, evaluate.py)."""


@dataclass(frozen=True, slots=True)
class EmbeddedTest:
    """The rows of a test and their unit embeddings, `texts` and `pictures` both [N, D]."""

    rows: tuple[CvgRow, ...]
    places: TestPictures
    texts: F32
    pictures: F32

    def cosines(self, rows: I64) -> F32:
        """Of some descriptions with all pictures [C, N]."""
        cosines: F32 = self.texts[rows] @ self.pictures.T
        return cosines


def embed_test(
    data: CvgText, encoder: DualEncoder, progress: Callable[[str, int, int], None]
) -> EmbeddedTest:
    """Embeds a test's pictures and descriptions. Raises SourceError for what is no picture."""
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
    trial = EmbeddedTest(
        data.rows, TestPictures.of(data.rows), np.concatenate(texts), np.concatenate(pictures)
    )
    if not (np.isfinite(trial.texts).all() and np.isfinite(trial.pictures).all()):
        raise ModelError(
            f"{encoder.spec.title} gives embeddings that are no numbers; is the checkpoint whole?"
        )
    return trial


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
    """A trial in one scope: the paper's ranks, and the first pictures' names of each query."""

    scope: Scope
    trial: EmbeddedTest
    ranks: Ranks
    outcomes: tuple[Outcome, ...]
    leading: tuple[tuple[str, ...], ...]


def rank_all(trial: EmbeddedTest, scope: Scope) -> RankedTest:
    """Ranks every description among its candidates.

    Localization at k is measured on the first k pictures that differ in name.
    """
    places = trial.places
    near = candidates(places, scope)
    ranks = rank(places, near, trial.cosines)
    first = list(top_distinct(places, near, trial.cosines, _LEADING))
    outcomes = tuple(_outcome(trial, row, ranks, best) for row, best in enumerate(first))
    names = tuple(tuple(places.names[one] for one in best[:_SHOWN]) for best in first)
    return RankedTest(scope, trial, ranks, outcomes, names)


def _outcome(trial: EmbeddedTest, number: int, ranks: Ranks, best: list[int]) -> Outcome:
    row = trial.rows[number]
    others = [trial.rows[one] for one in best[1:]]
    away = [haversine_km(row.lat, row.lon, other.lat, other.lon) for other in others]
    return Outcome(
        query=LabelledQuery(row.description, Position(row.lat, row.lon), row.name, row.name),
        true_tile=row.name,
        rank=int(ranks.rank[number]),
        top_tile=trial.places.names[best[0]],
        distances_m=1000 * np.array([float(ranks.deviation_km[number]), *away]),
        channels={"image": float(trial.texts[number] @ trial.pictures[best[0]])},
    )


def report_header(data: CvgText, encoder: DualEncoder) -> dict[str, Any]:
    """What was measured on what, for the head of a report."""
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


def summary(scored: RankedTest) -> dict[str, Any]:
    """The report of a scope, and of either sort of picture where there are both.

    `deviation_km` is the paper's mean deviation, `tied` how many queries had several pictures
    with the same highest cosine: in the paper's scope such ties favour the truth.
    """
    figures = paper_metric(scored.trial.places, scored.ranks)
    panoramas = scored.trial.places.panoramas
    result = _summary(scored, np.ones_like(panoramas), figures.overall)
    if panoramas.any() and not panoramas.all():
        result["panorama"] = _summary(scored, panoramas, figures.panorama)
        result["single_view"] = _summary(scored, ~panoramas, figures.single_view)
    return result


def _summary(scored: RankedTest, chosen: Bools, figures: PaperFigures) -> dict[str, Any]:
    outcomes = [scored.outcomes[row] for row in np.flatnonzero(chosen)]
    return report(outcomes, scored.scope) | {
        "deviation_km": round(figures.deviation_km, 4),
        "tied": int(scored.ranks.tied[chosen].sum()),
    }


def write_failures(scored: RankedTest, path: Path) -> Path:
    """The queries whose own picture did not come first, in the columns of the paper's code."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row, place, names in zip(
            scored.trial.rows, scored.ranks.rank, scored.leading, strict=True
        ):
            if place > 1:
                writer.writerow([row.name, row.description, json.dumps(names), False])
    return path
