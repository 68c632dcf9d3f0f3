"""Reports of measured runs, read for their cases: our own and the paper's list of results.

`core evaluate --out` writes JSON, of a gallery or of CVG-Text; the public code of CVG-Text (arXiv
2412.17007) writes a CSV. Reads only; leaves choosing cases to `selection`.
"""

import ast
import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.cases.case import Answer, Report
from core.cases.signs import map_signs, text_signs
from core.errors import CasesError, GalleryError
from core.evaluation import LabelledQuery, read_queries
from core.gallery import Gallery
from core.geo import Position, haversine_km
from core.sources.cvgtext import base_name, coordinates_of

COLUMNS = ("original_image", "text", "top_5_matches", "label")
_SCOPES = ("full", "nearest-100")
_OFF_M = 1.0
"""How far a report's distances, rounded to 0.1 m, may be from those of its own gallery."""


def read_document(document: Mapping[str, Any], title: str, opened: Callable[[str], Gallery],
                  queries: Path | None, scope: str | None) -> Report:  # fmt: skip
    """The report in a JSON document of `evaluate --out`.

    `opened` gives the gallery of a name; `queries` is the file that was measured, for reports that
    do not hold its texts. `scope` chooses among those of CVG-Text (full). Raises CasesError where
    it is none, or of another gallery than the one of that name.
    """
    try:
        if isinstance(document.get("queries"), list) and "gallery" in document:
            return _of_gallery(document, title, opened(str(document["gallery"])), queries)
        if any(name in document for name in _SCOPES):
            return _of_cvgtext(document, title, scope or "full")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CasesError(f"{title} is no whole report ({error!r}); write it again with python -m "
                         "core evaluate --out") from error  # fmt: skip
    raise CasesError(f"{title} holds no queries; wanted a report of python -m core evaluate --out")


def _of_gallery(document: Mapping[str, Any], title: str, gallery: Gallery,
                queries: Path | None) -> Report:  # fmt: skip
    name = gallery.card.name
    known = {one.query_id: one for one in read_queries(queries, name)} if queries else {}
    answers = []
    for number, row in enumerate(document["queries"]):
        query = _query(row, known)
        try:
            true_row, top_row = gallery.row_of(row["tile_id"]), gallery.row_of(row["top1_tile_id"])
        except GalleryError as error:
            raise CasesError(f"{title} is of another gallery than {name} here: {error}; measure "
                             "again, or bring its gallery") from error  # fmt: skip
        top = gallery.tile(top_row)
        away_m = 1000 * haversine_km(query.position.lat, query.position.lon, top.lat, top.lon)
        if abs(away_m - row["distance_m"]) > _OFF_M:
            raise CasesError(
                f"{title} is of another gallery than {name} here: query {query.query_id[:40]} is "
                f"{away_m:.1f} m from {top.tile_id}, and the report says {row['distance_m']:.1f} m"
            )
        answers.append(Answer(
            number, query.query_id, query.text, row["tile_id"], query.position.lat,
            query.position.lon, int(row["rank"]), top.tile_id, top.lat, top.lon, row["distance_m"],
            row.get("confidence"), row.get("verdict"), dict(row["channels"]),
            {**map_signs(gallery, query.text, true_row, top_row)},
        ))  # fmt: skip
    channels = tuple(document.get("channels", ()))
    return Report(title, "evaluate", name, str(document.get("model") or "+".join(channels)),
                  str(document["scope"]), channels, _measured(answers))  # fmt: skip


def _query(row: Mapping[str, Any], known: Mapping[str, LabelledQuery]) -> LabelledQuery:
    query_id = str(row["id"])
    if query_id in known:
        return known[query_id]
    if "text" not in row:
        raise CasesError(f"the report does not hold the text of query {query_id[:40]}; give "
                         "--queries with the file that was measured")  # fmt: skip
    position = Position(float(row["lat"]), float(row["lon"]))
    return LabelledQuery(str(row["text"]), position, str(row["tile_id"]), query_id)


def _of_cvgtext(document: Mapping[str, Any], title: str, scope: str) -> Report:
    if scope not in document:
        raise CasesError(f"{title} has no part of the scope {scope}; wanted one of "
                         f"{', '.join(_SCOPES)}")  # fmt: skip
    answers = []
    for number, row in enumerate(document[scope]["queries"]):
        if "text" not in row:
            raise CasesError(f"{title} does not hold its descriptions; measure again")
        answers.append(replace(
            _placed(number, str(row["text"]), row["tile_id"], row["top1_tile_id"], row["rank"]),
            channels=dict(row["channels"]),
        ))  # fmt: skip
    gallery = f"CVG-Text {document['city']} {document['version']} {document['kind']}"
    return Report(title, "cvgtext", gallery, str(document["model"]), scope, ("image",),
                  _measured(answers))  # fmt: skip


def read_results(path: Path) -> Report:
    """The CSV of the paper's code: its queries with the first five pictures of each.

    The scope is the paper's, `nearest-100`. Raises CasesError for other columns.
    """
    answers = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
        if missing:
            raise CasesError(
                f"{path.name} has no column {', '.join(missing)}; found "
                f"{', '.join(rows.fieldnames or ()) or 'none'}, wanted {', '.join(COLUMNS)}"
            )
        for number, row in enumerate(rows):
            try:
                true, first = row["original_image"], _listed(row["top_5_matches"])
                names = [base_name(name) for name in first]
                rank = names.index(base_name(true)) + 1 if base_name(true) in names else None
                answers.append(_placed(number, row["text"], true, first[0], rank))
            except (ValueError, TypeError, SyntaxError, IndexError, RecursionError) as error:
                raise CasesError(
                    f"{path.name}, line {rows.line_num}: wanted a picture's name, a text and a "
                    f"list of names ({error!r:.120})"
                ) from error
    if not answers:
        raise CasesError(f"{path.name} holds no results")
    return Report(path.name, "cvgtext", "CVG-Text", path.stem, "nearest-100", ("image",),
                  _measured(answers))  # fmt: skip


def _listed(cell: str) -> list[str]:
    """Names as JSON or as Python would write them."""
    try:
        found = json.loads(cell)
    except ValueError:
        found = ast.literal_eval(cell)
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{cell[:60]!r} is no list of names")
    return list(found)


def _placed(number: int, text: str, true: str, top: str, rank: int | None) -> Answer:
    """An answer whose pictures have their places in their names."""
    (lat, lon), (top_lat, top_lon) = _place(true), _place(top)
    away_m = round(1000 * haversine_km(lat, lon, top_lat, top_lon), 1)
    name, top = base_name(true), base_name(top)
    return Answer(number, name, text, name, lat, lon, rank, top, top_lat, top_lon, away_m)


def _place(name: str) -> tuple[float, float]:
    found = coordinates_of(base_name(name))
    if found is None:
        raise ValueError(f"{name[:60]!r} does not begin with a latitude and longitude")
    position = Position(*found)
    return position.lat, position.lon


def _measured(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """The answers with the signs of their texts."""

    def each() -> Iterator[Answer]:
        signs = text_signs([one.text for one in answers])
        for answer, more in zip(answers, signs, strict=True):
            yield replace(answer, signs={**answer.signs, **more})

    return tuple(each())
