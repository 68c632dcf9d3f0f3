"""A measured run as it was saved, query by query; needs no gallery.

Reads what `core evaluate --out` writes, of a gallery or of CVG-Text, and the CSV of the public code
of CVG-Text (arXiv 2412.17007). Leaves its numbers to `curves`, and cases to `core.review`.
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
from core.evaluation.queries import LabelledQuery
from core.evaluation.runner import Scope
from core.gallery import Gallery
from core.geo import Position, haversine_km
from core.sources.cvgtext import base_name, coordinates_of, is_panorama

COLUMNS = ("original_image", "text", "top_5_matches", "label")
SCOPES: tuple[Scope, ...] = get_args(Scope)
OFF_M = 1.0
"""How far a report's distances, rounded, may be from what its tiles say."""
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

Known = Callable[[str], Mapping[str, LabelledQuery]]
"""The queries of a gallery by id, for reports that do not hold their texts."""


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """What became of one query.

    `rank` is the true tile's, from 1, None beyond what the report knows. `top` is where the first
    candidate lies, None where the report does not tell. `confidence` and `verdict` are None where
    nothing judged it; `named` and `panorama` where nothing says so.
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


@dataclass(frozen=True, slots=True)
class SavedRun:
    """One run in one scope. `source` is "evaluate" or "cvgtext".

    `known_to` is how far ranks are known, None for all of them. `only_failures` is true of a list
    of failures: no share of all queries can be known from it.
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
    """The runs in a file, .json, .json.gz or .csv: one, or one for each scope of CVG-Text.

    Raises ReportError for anything else.
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
            f"{path.name} is no JSON ({error!r:.120}); wanted a report of "
            "python -m core evaluate --out"
        ) from error
    return runs_in(document, title)


def read_bytes(path: Path) -> bytes:
    """A file's content, unpacked if need be. Raises ReportError for more than this app would hold,
    OSError, EOFError or zlib.error for what cannot be read."""
    with path.open("rb") as file:
        packed = path.suffix.lower() == ".gz"
        data = (gzip.GzipFile(fileobj=file) if packed else file).read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ReportError(f"{path.name} holds more than {_MOST_BYTES >> 20} MB")
    return data


def runs_in(document: Any, title: str, known: Known | None = None) -> tuple[SavedRun, ...]:
    """The runs in a JSON document of `evaluate --out`. Raises ReportError where it is none."""
    try:
        if isinstance(document.get("queries"), list) and "gallery" in document:
            return (_of_gallery(document, title, known),)
        scopes = [name for name in SCOPES if name in document]
        if scopes:
            return tuple(_of_cvgtext(document, title, name) for name in scopes)
    except _FAULTS as error:
        raise ReportError(
            f"{title} is no whole report ({error!r:.120}); write it again with "
            "python -m core evaluate --out"
        ) from error
    raise ReportError(f"{title} holds no queries; wanted a report of python -m core evaluate --out")


def _of_gallery(document: Mapping[str, Any], title: str, known: Known | None) -> SavedRun:
    gallery, scope = _word(document, "gallery"), _word(document, "scope")
    if scope not in SCOPES:
        raise ValueError(f"scope {scope[:40]!r}")
    channels = tuple(str(one) for one in document.get("channels", ()))
    texts = known(gallery) if known else {}
    queries = [_query(number, row, title, texts) for number, row in enumerate(document["queries"])]
    if not queries:
        raise ReportError(f"{title} holds no queries")
    named = " ".join(str(document.get("title") or title).split())[:_MOST_TITLE_CHARS]
    return SavedRun(
        named,
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
    number: int, row: Mapping[str, Any], title: str, texts: Mapping[str, LabelledQuery]
) -> SavedQuery:
    query_id = str(row["id"])
    told = texts.get(query_id)
    if told is None and not isinstance(row.get("text"), str):
        raise ReportError(
            f"{title} does not hold the text of query {query_id[:40]}; measure "
            "again, or give --queries with the file that was measured"
        )
    truth = told.position if told else Position(float(row["lat"]), float(row["lon"]))
    top_tile, away_m = _word(row, "top1_tile_id"), _metres(row["distance_m"])
    named = row.get("named", told.named if told else None)
    return SavedQuery(
        number,
        query_id,
        told.text if told else row["text"],
        _word(row, "tile_id"),
        truth,
        _rank(row["rank"]),
        top_tile,
        _place(top_tile, truth, away_m),
        away_m,
        _share(row.get("confidence")),
        None if row.get("verdict") is None else str(row["verdict"]),
        {str(name): float(value) for name, value in dict(row["channels"]).items()},
        named if isinstance(named, bool) else None,
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


def _place(tile_id: str, truth: Position, away_m: float) -> Position | None:
    """Where a tile lies whose id begins with its position, if it is as far off as was said."""
    found = coordinates_of(base_name(tile_id))
    try:
        place = Position(*found) if found else None
    except ValueError:
        return None
    return place if place and _fits(place, truth, away_m) else None


def _fits(place: Position, truth: Position, away_m: float) -> bool:
    off_m = 1000 * haversine_km(truth.lat, truth.lon, place.lat, place.lon) - away_m
    return abs(off_m) <= OFF_M


def placed(run: SavedRun, gallery: Gallery) -> SavedRun:
    """The run with the first candidates' places from its gallery, where they were not told."""

    def place(one: SavedQuery) -> SavedQuery:
        try:
            tile = gallery.tile(gallery.row_of(one.top_tile))
        except GalleryError:
            return one
        found = Position(tile.lat, tile.lon)
        return replace(one, top=found) if _fits(found, one.position, one.distance_m) else one

    return replace(run, queries=tuple(one if one.top else place(one) for one in run.queries))


def _of_cvgtext(document: Mapping[str, Any], title: str, scope: str) -> SavedRun:
    queries = []
    for number, row in enumerate(document[scope]["queries"]):
        if "text" not in row:
            raise ReportError(f"{title} does not hold its descriptions; measure again")
        read = _pictured(
            number,
            _word(row, "text"),
            _word(row, "tile_id"),
            _word(row, "top1_tile_id"),
            _rank(row["rank"]),
        )
        channels = {str(name): float(value) for name, value in dict(row["channels"]).items()}
        queries.append(replace(read, channels=channels))
    if not queries:
        raise ReportError(f"{title} holds no queries")
    gallery = f"CVG-Text {document['city']} {document['version']} {document['kind']}"
    return SavedRun(
        title, "cvgtext", gallery, str(document["model"]), scope, ("image",), tuple(queries)
    )


def read_results(file: Iterable[str], title: str) -> SavedRun:
    """The CSV of the paper's code: its queries with the first five pictures of each.

    The scope is the paper's, `nearest-100`. Raises ReportError for other columns.
    """
    queries = []
    rows = csv.DictReader(file)
    missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
    if missing:
        found = ", ".join(rows.fieldnames or ())[:200]
        raise ReportError(
            f"{title} has no column {', '.join(missing)}; found {found or 'none'}, "
            f"wanted {', '.join(COLUMNS)}"
        )
    for number, row in enumerate(rows):
        try:
            true, first = row["original_image"], _listed(row["top_5_matches"])
            names = [base_name(name) for name in first]
            rank = names.index(base_name(true)) + 1 if base_name(true) in names else None
            queries.append(_pictured(number, _word(row, "text"), true, first[0], rank))
        except _FAULTS as error:
            raise ReportError(
                f"{title}, line {rows.line_num}: wanted a picture's name, a text and a list of "
                f"names ({error!r:.120})"
            ) from error
    if not queries:
        raise ReportError(f"{title} holds no results")
    return SavedRun(
        title,
        "cvgtext",
        "CVG-Text",
        title,
        "nearest-100",
        ("image",),
        tuple(queries),
        _LISTED,
        all(one.rank != 1 for one in queries),
    )


def _listed(cell: str) -> Sequence[str]:
    """Names as JSON or as Python would write them."""
    try:
        found = json.loads(cell)
    except ValueError:
        found = ast.literal_eval(cell)
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{cell[:60]!r} is no list of names")
    return found


def _pictured(number: int, text: str, true: str, top: str, rank: int | None) -> SavedQuery:
    """A query whose pictures have their places in their names."""
    truth, answer = _place_in(true), _place_in(top)
    away_m = round(1000 * haversine_km(truth.lat, truth.lon, answer.lat, answer.lon), 2)
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
        away_m,
        panorama=is_panorama(name),
    )


def _place_in(name: str) -> Position:
    found = coordinates_of(base_name(name))
    if found is None:
        raise ValueError(f"{name[:60]!r} does not begin with a latitude and longitude")
    return Position(*found)
