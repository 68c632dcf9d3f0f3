"""Descriptions with a known place: read from a file, and encoded for search."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import QueryError
from core.geo import Position, haversine_m
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query
from core.retrieval.search import match_index_of
from core.retrieval.spelling import respellings_of
from core.retrieval.translation import translated

if TYPE_CHECKING:
    from core.gallery import Gallery
    from core.models.sentence import SentenceEncoder


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A description and the position where it was written.

    `tile_id` is "" if the nearest tile is meant. `named` is True if the text has names, None if
    the file does not tell. `written_by` is a key of `AUTHORS`, None if the file does not tell.
    """

    text: str
    position: Position
    tile_id: str
    query_id: str
    named: bool | None = None
    written_by: str | None = None


AUTHORS = {"people": "by hand", "program": "by a program"}
"""Who writes descriptions, by the value of `written_by` in files, in words."""
_OF_PROGRAMS = ("care", "method")
"""Fields that only our own programs write, also in files from before `written_by`."""


def author_of(row: Mapping[str, Any]) -> str | None:
    """Who wrote the text of a line or of a report's row: a key of `AUTHORS`, None if unknown."""
    given = row.get("written_by")
    if isinstance(given, str) and given in AUTHORS:
        return given
    return "program" if any(name in row for name in _OF_PROGRAMS) else None


def read_queries(path: Path, gallery: str, may_be_none: bool = False) -> list[LabelledQuery]:
    """Labelled queries from JSON lines.

    Each line has `text`, `lat`, `lon`, optionally `tile_id`, `id`, `named` or `names` (true if the
    text has names), and `written_by` (`people` or `program`). Lines that name another `gallery` are
    skipped, so that one file can hold several cities. Raises QueryError that names the line, and
    where there is no query, unless it `may_be_none`.
    """
    queries = list(_read(path, lambda row: row.get("gallery", gallery) == gallery))
    if not queries and not may_be_none:
        raise QueryError(f"{path.name} has no queries for {gallery}")
    return queries


_OUTSIDE_M = 500.0
"""Distance to the nearest tile from which a place is outside a gallery; our choice, far above the
150 m of the widest measure."""


def inside_gallery(
    queries: Sequence[LabelledQuery], gallery: "Gallery", source: str
) -> list[LabelledQuery]:
    """The queries whose place is in the gallery.

    Raises QueryError, with `source` for the file's name, if it is true of none of them.
    """

    def is_inside(lat: float, lon: float) -> bool:
        away_m = haversine_m(lat, lon, gallery.lats, gallery.lons).min()
        return bool(away_m <= max(_OUTSIDE_M, 2 * gallery.card.footprint_m))

    inside = [one for one in queries if is_inside(one.position.lat, one.position.lon)]
    if queries and not inside:
        swapped = any(is_inside(one.position.lon, one.position.lat) for one in queries)
        hint = "lat and lon are swapped" if swapped else "it is of another place"
        raise QueryError(
            f"{source}: none of {len(queries)} descriptions is within {_OUTSIDE_M:.0f} m of a tile "
            f"of {gallery.card.name}; {hint}"
        )
    known = {"", *gallery.tile_ids}
    for one in inside:
        if one.tile_id not in known:
            raise QueryError(
                f"{source}: the description {one.query_id[:40]!a} names the tile "
                f"{one.tile_id[:40]!a}, which {gallery.card.name} does not have"
            )
    return inside


def read_foreign(path: Path, gallery: str) -> list[LabelledQuery]:
    """Labelled queries from the lines that name another gallery or none.

    Raises QueryError that names the line.
    """
    queries = list(_read(path, lambda row: row.get("gallery") != gallery))
    if not queries:
        raise QueryError(f"{path.name} has no queries for places outside {gallery}")
    return queries


def _read(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> Iterator[LabelledQuery]:
    """The queries of the lines that are wanted."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise QueryError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except OSError as error:
        raise QueryError(f"{path} cannot be read ({error}); check the path") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise TypeError("it is no JSON object")
            if not wanted(row):
                continue
            query = _query(row, number)
        except KeyError as error:
            raise QueryError(
                f"{path.name}, line {number}: write JSON with text, lat and lon "
                f"(no {error.args[0]})"
            ) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise QueryError(
                f"{path.name}, line {number}: write JSON with text, lat and lon ({_brief(error)})"
            ) from error
        yield query


def _query(row: dict[str, Any], number: int) -> LabelledQuery:
    """The query of a line. Raises KeyError for a missing value, ValueError or TypeError for a wrong
    one."""
    text, lat, lon = row["text"], row["lat"], row["lon"]
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r:.40}")
    if isinstance(lat, bool) or isinstance(lon, bool):
        raise TypeError(f"lat and lon are {lat!r} and {lon!r}")
    query_id = row.get("id")
    named = row.get("named", row.get("names"))
    return LabelledQuery(
        _whole(text),
        Position(float(lat), float(lon)),
        _whole(str(row.get("tile_id") or "")),
        _whole(str(number if query_id is None else query_id)),
        named if isinstance(named, bool) else None,
        author_of(row),
    )


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which cannot be written to a file."""
    return text.encode("utf-8", "replace").decode()


def _brief(error: Exception) -> str:
    return str(error).partition(";")[0][:120]


def read_all(
    queries: Sequence[LabelledQuery],
    encoder: "SentenceEncoder",
    progress: Callable[[int, int], None],
    picture_encoder: PictureEncoder | None = None,
    gallery: "Gallery | None" = None,
) -> list[EncodedQuery]:
    """The encoded queries, in order; the `image` channel needs `picture_encoder`.

    Descriptions in other languages are translated, and streets spelled, as search does for the
    `gallery`.

    Raises QueryError that names the query.
    """
    encoded_queries = []
    for number, query in enumerate(queries, 1):
        try:
            gloss = translated(query.text, match_index_of(gallery)) if gallery else None
            text = gloss.english if gloss else query.text
            respellings = respellings_of(text, match_index_of(gallery).mentions) if gallery else ()
            tokenized = tokenize_query(query.text, encoder, picture_encoder, gloss, respellings)
            encoded_queries.append(encode_query(tokenized, encoder, picture_encoder))
        except QueryError as error:
            raise QueryError(f"query {query.query_id[:80]}: {error}") from error
        progress(number, len(queries))
    return encoded_queries
