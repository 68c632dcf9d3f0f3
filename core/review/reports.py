"""Saved runs read for their cases; leaves files to `evaluation`, choosing to `selection`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import CasesError, GalleryError, ReportError
from core.evaluation import LabelledQuery, read_queries, saved_runs
from core.evaluation.saved_runs import SavedQuery, SavedRun
from core.gallery import Gallery
from core.geo import haversine_km
from core.review.failure_signals import map_signs, text_signs
from core.review.model import RecordedAnswer, Report


def read_document(
    document: Mapping[str, Any],
    title: str,
    opened: Callable[[str], Gallery],
    queries: Path | None,
    scope: str | None,
) -> Report:
    """The report in a JSON document of `evaluate --out`.

    `opened` gives the gallery of a name; `queries` is the file that was measured, for reports that
    do not hold its texts. `scope` chooses among those of CVG-Text (full). Raises CasesError where
    it is none, or of another gallery than the one of that name.
    """

    def known(gallery: str) -> dict[str, LabelledQuery]:
        return {one.query_id: one for one in read_queries(queries, gallery)} if queries else {}

    try:
        runs = saved_runs.runs_in(document, title, known)
    except ReportError as error:
        raise CasesError(str(error)) from error
    wanted = (scope or "full") if runs[0].source == "cvgtext" else runs[0].scope
    run = next((one for one in runs if one.scope == wanted), None)
    if run is None:
        raise CasesError(
            f"{title} has no part of the scope {wanted}; wanted one of "
            f"{', '.join(saved_runs.SCOPES)}"
        )
    return report_of(run, opened)


def read_results(path: Path) -> Report:
    """The CSV of the paper's code. Raises CasesError for other columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            run = saved_runs.read_results(file, path.name)
    except ReportError as error:
        raise CasesError(str(error)) from error
    return _report(replace(run, model=path.stem), [_pictured(one) for one in run.queries])


def report_of(run: SavedRun, opened: Callable[[str], Gallery]) -> Report:
    """A saved run as the store takes it, with what can be measured of its answers.

    Raises CasesError where it is of another gallery than `opened` gives for its name.
    """
    if run.source == "cvgtext":
        return _report(run, [_pictured(one) for one in run.queries])
    gallery = opened(run.gallery)
    return _report(run, [_in_gallery(one, gallery, run.title) for one in run.queries])


def _report(run: SavedRun, answers: Sequence[RecordedAnswer]) -> Report:
    return Report(
        run.title, run.source, run.gallery, run.model, run.scope, run.channels, _measured(answers)
    )


def _in_gallery(one: SavedQuery, gallery: Gallery, title: str) -> RecordedAnswer:
    name = gallery.card.name
    try:
        true_row, top_row = gallery.row_of(one.tile_id), gallery.row_of(one.top_tile)
    except GalleryError as error:
        raise CasesError(
            f"{title} is of another gallery than {name} here: {error}; measure "
            "again, or bring its gallery"
        ) from error
    top, at = gallery.tile(top_row), one.position
    away_m = 1000 * haversine_km(at.lat, at.lon, top.lat, top.lon)
    if abs(away_m - one.distance_m) > saved_runs.TOLERANCE_M:
        raise CasesError(
            f"{title} is of another gallery than {name} here: query {one.query_id[:40]} is "
            f"{away_m:.1f} m from {top.tile_id}, and the report says {one.distance_m:.1f} m"
        )
    return RecordedAnswer(
        one.number,
        one.query_id,
        one.text,
        one.tile_id,
        at.lat,
        at.lon,
        one.rank,
        top.tile_id,
        top.lat,
        top.lon,
        one.distance_m,
        one.confidence,
        one.verdict,
        dict(one.channels),
        map_signs(gallery, one.text, true_row, top_row),
    )


def _pictured(one: SavedQuery) -> RecordedAnswer:
    """An answer whose pictures have their places in their names."""
    at, top = one.position, one.top
    if top is None:
        raise CasesError(f"query {one.query_id[:40]} does not tell where its answer lies")
    return RecordedAnswer(
        one.number,
        one.query_id,
        one.text,
        one.tile_id,
        at.lat,
        at.lon,
        one.rank,
        one.top_tile,
        top.lat,
        top.lon,
        one.distance_m,
        one.confidence,
        one.verdict,
        dict(one.channels),
    )


def _measured(answers: Sequence[RecordedAnswer]) -> tuple[RecordedAnswer, ...]:
    """The answers with the signs of their texts."""

    def each() -> Iterator[RecordedAnswer]:
        signs = text_signs([one.text for one in answers])
        for answer, more in zip(answers, signs, strict=True):
            yield replace(answer, signs={**answer.signs, **more})

    return tuple(each())
