"""Conversion of saved runs into reports with failure signals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import CasesError, GalleryError, ReportError
from core.evaluation import LabelledQuery, read_queries, saved_runs
from core.evaluation.saved_runs import SavedQuery, SavedRun
from core.files import encoding_of
from core.gallery import Gallery
from core.geo import Position, haversine_km, wrapped
from core.review.failure_signals import map_signals, text_signals
from core.review.model import RecordedAnswer, Report


def read_document(
    document: Mapping[str, Any],
    title: str,
    open_gallery: Callable[[str], Gallery],
    queries: Path | None,
    scope: str | None,
) -> Report:
    """The report in a JSON document of `evaluate --out`.

    `open_gallery` returns the gallery of a name. `queries` is the file of the descriptions, for
    reports without texts. `scope` selects one of CVG-Text's scopes (default: full).
    Raises CasesError if the document is not a report, or was made with another gallery of the same
    name.
    """

    def queries_by_id(gallery: str) -> dict[str, LabelledQuery]:
        if not queries:
            return {}
        return {query.query_id: query for query in read_queries(queries, gallery)}

    try:
        runs = saved_runs.runs_in(document, title, queries_by_id)
    except ReportError as error:
        raise CasesError(str(error)) from error
    wanted = (scope or "full") if runs[0].source == "cvgtext" else runs[0].scope
    selected = next((run for run in runs if run.scope == wanted), None)
    if selected is None:
        raise CasesError(
            f"{title} has no scope {wanted}; choose from {', '.join(run.scope for run in runs)}"
        )
    return report_of(selected, open_gallery)


def read_results(path: Path) -> Report:
    """The report in a CSV of the paper's code. Raises CasesError for other columns."""
    try:
        with path.open(encoding=encoding_of(path), newline="") as file:
            run = saved_runs.read_results(file, path.name)
    except ReportError as error:
        raise CasesError(str(error)) from error
    return _report(replace(run, model=path.stem), [_from_pictures(query) for query in run.queries])


def report_of(run: SavedRun, open_gallery: Callable[[str], Gallery]) -> Report:
    """The report of a saved run, with the failure signals of its answers.

    Queries of places outside the gallery are left out and counted. Raises CasesError if all are
    outside, and if the run was made with another gallery of the same name.
    """
    if run.source == "cvgtext":
        return _report(run, [_from_pictures(query) for query in run.queries])
    gallery = open_gallery(run.gallery)
    inside = [query for query in run.queries if _is_inside(query, gallery)]
    outside = len(run.queries) - len(inside)
    if not inside:
        raise CasesError(
            f"{run.title}: all {outside} places are outside the gallery {run.gallery}"
            f"{_swapped(run.queries, gallery)}; mend the places and evaluate again"
        )
    report = _report(run, [_from_gallery(query, gallery, run.title) for query in inside])
    return replace(report, outside=outside)


def is_outside(gallery: Gallery, at: Position) -> bool:
    """Whether a position is outside the bounds of a gallery."""
    return not gallery.card.bounds.contains(np.array([at.lat]), np.array([at.lon])).all()


def _is_inside(query: SavedQuery, gallery: Gallery) -> bool:
    """Whether a query was made within a gallery or on a tile at its edge."""
    try:
        tile = gallery.tile(gallery.row_of(query.tile_id))
    except GalleryError:
        return True  # of another gallery: `_from_gallery` tells it
    at = query.position
    away_m = 1000 * haversine_km(at.lat, at.lon, tile.lat, tile.lon)
    return away_m <= gallery.card.footprint_m or not is_outside(gallery, at)


def _swapped(queries: Sequence[SavedQuery], gallery: Gallery) -> str:
    """A hint, if the places are inside once latitude and longitude are swapped."""
    ways_round = [query.position for query in queries if abs(query.position.lon) <= 90]
    inside = [at for at in ways_round if not is_outside(gallery, Position(at.lon, at.lat))]
    return ", and inside with latitude and longitude swapped" if inside else ""


def _report(run: SavedRun, answers: Sequence[RecordedAnswer]) -> Report:
    return Report(
        run.title,
        run.source,
        run.gallery,
        run.model,
        run.scope,
        run.channels,
        _with_text_signals(answers),
    )


def _from_gallery(query: SavedQuery, gallery: Gallery, title: str) -> RecordedAnswer:
    name = gallery.card.name
    try:
        true_row, top_row = gallery.row_of(query.tile_id), gallery.row_of(query.top_tile)
    except GalleryError as error:
        raise CasesError(
            f"{title} was made with another gallery {name}: {error}; evaluate "
            "again, or use that gallery"
        ) from error
    top, at = gallery.tile(top_row), query.position
    distance_m = 1000 * haversine_km(at.lat, at.lon, top.lat, top.lon)
    if abs(distance_m - query.distance_m) > saved_runs.TOLERANCE_M:
        raise CasesError(
            f"{title} was made with another gallery {name}: query {query.query_id[:40]} is "
            f"{distance_m:.1f} m from {top.tile_id}, but {query.distance_m:.1f} m in the report"
        )
    signals = map_signals(gallery, query.text, true_row, top_row)
    return _recorded(query, top.tile_id, Position(top.lat, top.lon), signals)


def _from_pictures(query: SavedQuery) -> RecordedAnswer:
    """The answer of a query on CVG-Text's pictures. Raises CasesError without a position."""
    top = query.top
    if top is None:
        raise CasesError(f"query {query.query_id[:40]} has no position of its answer")
    return _recorded(query, query.top_tile, top, {})


def _recorded(
    query: SavedQuery, top_tile: str, top: Position, signals: dict[str, float]
) -> RecordedAnswer:
    at = query.position
    return RecordedAnswer(
        query.number,
        query.query_id,
        query.text,
        query.tile_id,
        at.lat,
        wrapped(at.lon),
        query.rank,
        top_tile,
        top.lat,
        wrapped(top.lon),
        query.distance_m,
        query.confidence,
        query.verdict,
        dict(query.channels),
        signals,
    )


def _with_text_signals(answers: Sequence[RecordedAnswer]) -> tuple[RecordedAnswer, ...]:
    """The answers with the signals of their texts added."""
    signals = text_signals([answer.text for answer in answers])
    return tuple(
        replace(answer, signs={**answer.signs, **more})
        for answer, more in zip(answers, signals, strict=True)
    )
