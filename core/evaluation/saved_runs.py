"""Reader of saved runs, query by query, without the gallery.

Reads the reports of `core evaluate --out`, of a gallery or of CVG-Text, and the CSV of the public
code of CVG-Text (arXiv 2412.17007).
"""

import ast
import csv
import gzip
import io
import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from core.errors import GalleryError, ReportError
from core.evaluation.queries import LabelledQuery, author_of
from core.evaluation.runner import Scope
from core.files import table_rows
from core.gallery import Gallery
from core.geo import Position, haversine_km
from core.sources.cvgtext import base_name, coordinates_of, is_panorama

COLUMNS = ("original_image", "text", "top_5_matches", "label")
SCOPES: tuple[Scope, ...] = get_args(Scope)
TOLERANCE_M = 1.0
"""Tolerance in metres between a report's distances, which are rounded, and its tiles' positions."""
_LISTED = 5
_MOST_BYTES = 64 * 1024 * 1024
_MOST_TITLE_CHARS = 120
_FAULTS = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    SyntaxError,
    RecursionError,
    OverflowError,
)

QueriesById = Callable[[str], Mapping[str, LabelledQuery]]
"""Returns the queries of a gallery by id, for reports without texts."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """The saved result of one query.

    `rank` is that of the true tile, from 1, None beyond the last known rank. `top` is the position
    of the first candidate. `top`, `confidence`, `verdict`, `named`, `panorama` and `written_by`, a
    key of `AUTHORS`, are None if the report does not have them.
    """

    number: int
    query_id: str
    text: str
    tile_id: str
    position: Position
    rank: int | None
    top_tile: str
    top: Position | None
    distance_m: float
    confidence: float | None = None
    verdict: str | None = None
    channels: Mapping[str, float] = field(default_factory=dict)
    named: bool | None = None
    panorama: bool | None = None
    written_by: str | None = None


@dataclass(frozen=True, slots=True)
class SavedRun:
    """One run in one scope. `source` is "evaluate" or "cvgtext".

    `known_to` is the last rank that is known, None if all are. `only_failures` is True for a list
    of failures, from which no share of all queries can be computed.
    """

    title: str
    source: str
    gallery: str
    model: str
    scope: str
    channels: tuple[str, ...]
    queries: tuple[SavedQuery, ...]
    known_to: int | None = None
    only_failures: bool = False


def read_saved(path: Path) -> tuple[SavedRun, ...]:
    """The runs in a .json, .json.gz or .csv file: one, or one for each scope of CVG-Text.

    Raises ReportError for any other content.
    """
    title = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    try:
        text = read_bytes(path).decode("utf-8-sig")
        if path.suffix.lower() == ".csv":
            return (read_results(io.StringIO(text, newline=""), title),)
        document = json.loads(text)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise ReportError(f"{path.name} cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(
            f"{path.name} is not valid JSON ({error!r:.120}); give a report of "
            "python -m core evaluate --out"
        ) from error
    return runs_in(document, title)


def read_bytes(path: Path) -> bytes:
    """The content of a file; a .gz file is unpacked.

    Raises ReportError above the size limit, OSError, EOFError or zlib.error if it cannot be read.
    """
    with path.open("rb") as file:
        packed = path.suffix.lower() == ".gz"
        data = (gzip.GzipFile(fileobj=file) if packed else file).read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ReportError(f"{path.name} has more than {_MOST_BYTES >> 20} MB; split the report")
    return data


def runs_in(
    document: Any, title: str, queries_by_id: QueriesById | None = None
) -> tuple[SavedRun, ...]:
    """The runs in a JSON document of `evaluate --out`. Raises ReportError for any other."""
    try:
        if isinstance(document.get("queries"), list) and "gallery" in document:
            return (_of_gallery(document, title, queries_by_id),)
        scopes = [name for name in SCOPES if name in document]
        if scopes:
            return tuple(_of_cvgtext(document, title, name) for name in scopes)
    except _FAULTS as error:
        raise ReportError(
            f"{title} is not a complete report ({error!r:.120}); write it again with "
            "python -m core evaluate --out"
        ) from error
    raise ReportError(f"{title} has no queries; give a report of python -m core evaluate --out")


def _of_gallery(
    document: Mapping[str, Any], title: str, queries_by_id: QueriesById | None
) -> SavedRun:
    gallery, scope = _word(document, "gallery"), _word(document, "scope")
    if scope not in SCOPES:
        raise ValueError(f"scope {scope[:40]!r}")
    channels = tuple(str(name) for name in document.get("channels", ()))
    labelled = queries_by_id(gallery) if queries_by_id else {}
    queries = [
        _query(number, row, title, labelled, author_of(document))
        for number, row in enumerate(document["queries"])
    ]
    if not queries:
        raise ReportError(f"{title} has no queries; give a report with queries")
    shown_title = " ".join(str(document.get("title") or title).split())[:_MOST_TITLE_CHARS]
    return SavedRun(
        shown_title,
        "evaluate",
        gallery,
        str(document.get("model") or "+".join(channels)),
        scope,
        channels,
        tuple(queries),
    )


def _word(document: Mapping[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r:.40}")
    return value


def _query(
    number: int,
    row: Mapping[str, Any],
    title: str,
    labelled: Mapping[str, LabelledQuery],
    author: str | None,
) -> SavedQuery:
    query_id = str(row["id"])
    known = labelled.get(query_id)
    if known is None and not isinstance(row.get("text"), str):
        raise ReportError(
            f"{title} does not have the text of query {query_id[:40]}; evaluate "
            "again, or give --queries with the file of the descriptions"
        )
    truth = known.position if known else Position(float(row["lat"]), float(row["lon"]))
    top_tile, distance_m = _word(row, "top1_tile_id"), _metres(row["distance_m"])
    named = row.get("named", known.named if known else None)
    return SavedQuery(
        number,
        query_id,
        known.text if known else row["text"],
        _word(row, "tile_id"),
        truth,
        _rank(row["rank"]),
        top_tile,
        _position(top_tile, truth, distance_m),
        distance_m,
        _share(row.get("confidence")),
        None if row.get("verdict") is None else str(row["verdict"]),
        {str(name): float(value) for name, value in dict(row["channels"]).items()},
        named if isinstance(named, bool) else None,
        written_by=author_of(row) or author or (known.written_by if known else None),
    )


def _rank(value: Any) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"rank {value!r:.40}")
    return value


def _metres(value: Any) -> float:
    metres = float(value)
    if not (math.isfinite(metres) and metres >= 0):
        raise ValueError(f"distance_m {value!r:.40}")
    return metres


def _share(value: Any) -> float | None:
    share = None if value is None else float(value)
    if share is not None and not math.isfinite(share):
        raise ValueError(f"confidence {value!r:.40}")
    return share


def _position(tile_id: str, truth: Position, distance_m: float) -> Position | None:
    """The position at the start of a tile's id, or None.

    None also if its distance from the truth differs from `distance_m`.
    """
    coordinates = coordinates_of(base_name(tile_id))
    try:
        position = Position(*coordinates) if coordinates else None
    except ValueError:
        return None
    return position if position and _fits(position, truth, distance_m) else None


def _fits(position: Position, truth: Position, distance_m: float) -> bool:
    metres = 1000 * haversine_km(truth.lat, truth.lon, position.lat, position.lon)
    return abs(metres - distance_m) <= TOLERANCE_M


def with_positions(run: SavedRun, gallery: Gallery) -> SavedRun:
    """The run with missing positions of first candidates taken from its gallery."""

    def with_position(query: SavedQuery) -> SavedQuery:
        try:
            tile = gallery.tile(gallery.row_of(query.top_tile))
        except GalleryError:
            return query
        position = Position(tile.lat, tile.lon)
        fits = _fits(position, query.position, query.distance_m)
        return replace(query, top=position) if fits else query

    queries = tuple(query if query.top else with_position(query) for query in run.queries)
    return replace(run, queries=queries)


def _of_cvgtext(document: Mapping[str, Any], title: str, scope: str) -> SavedRun:
    queries = []
    for number, row in enumerate(document[scope]["queries"]):
        if "text" not in row:
            raise ReportError(f"{title} does not have its descriptions; evaluate again")
        query = _picture_query(
            number,
            _word(row, "text"),
            _word(row, "tile_id"),
            _word(row, "top1_tile_id"),
            _rank(row["rank"]),
        )
        channels = {str(name): float(value) for name, value in dict(row["channels"]).items()}
        queries.append(replace(query, channels=channels))
    if not queries:
        raise ReportError(f"{title} has no queries; give a report with queries")
    shown_title = str(document.get("title") or title)[:_MOST_TITLE_CHARS]
    gallery = f"CVG-Text {document['city']} {document['version']} {document['kind']}"
    return SavedRun(
        shown_title, "cvgtext", gallery, str(document["model"]), scope, ("image",), tuple(queries)
    )


def read_results(file: Iterable[str], title: str) -> SavedRun:
    """The run in the CSV of the paper's code, which has the first five pictures of each query.

    The scope is the paper's, `nearest-100`. Raises ReportError for other columns.
    """
    queries = []
    rows = table_rows(file)
    missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
    if missing:
        present = ", ".join(rows.fieldnames or ())[:200]
        raise ReportError(
            f"{title} has no column {', '.join(missing)}; it has {present or 'none'}, "
            f"and needs {', '.join(COLUMNS)}"
        )
    for number, row in enumerate(rows):
        try:
            true, first = row["original_image"], _names_in(row["top_5_matches"])
            names = [base_name(name) for name in first]
            rank = names.index(base_name(true)) + 1 if base_name(true) in names else None
            queries.append(_picture_query(number, _word(row, "text"), true, first[0], rank))
        except _FAULTS as error:
            raise ReportError(
                f"{title}, line {rows.line_num}: a row needs a picture's name, a text and a list "
                f"of names ({error!r:.120})"
            ) from error
    if not queries:
        raise ReportError(f"{title} has no results; give a file with rows")
    return SavedRun(
        title,
        "cvgtext",
        "CVG-Text",
        title,
        "nearest-100",
        ("image",),
        tuple(queries),
        _LISTED,
        all(query.rank != 1 for query in queries),
    )


def _names_in(cell: str) -> Sequence[str]:
    """The names in a list written as JSON or as Python. Raises ValueError, SyntaxError."""
    try:
        names = json.loads(cell)
    except ValueError:
        names = ast.literal_eval(cell)
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{cell[:60]!r} is not a list of names")
    return names


def _picture_query(number: int, text: str, true: str, top: str, rank: int | None) -> SavedQuery:
    """A query of pictures whose names begin with their positions.

    A multimodal model wrote CVG-Text's descriptions.
    """
    truth, answer = _position_in(true), _position_in(top)
    distance_m = round(1000 * haversine_km(truth.lat, truth.lon, answer.lat, answer.lon), 2)
    name = base_name(true)
    return SavedQuery(
        number,
        name,
        text,
        name,
        truth,
        rank,
        base_name(top),
        answer,
        distance_m,
        panorama=is_panorama(name),
        written_by="program",
    )


def _position_in(name: str) -> Position:
    coordinates = coordinates_of(base_name(name))
    if coordinates is None:
        raise ValueError(f"{name[:60]!r} does not begin with a latitude and longitude")
    return Position(*coordinates)
