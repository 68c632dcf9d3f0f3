"""Descriptions whose place is known, read from a file and for search; knows no metric."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import QueryError
from core.geo import Position
from core.retrieval.picture_model import PictureEncoder
from core.retrieval.query_encoding import EncodedQuery, encode_query, tokenize_query

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A description and where it was written. `tile_id` is "" where the nearest tile is meant.

    `named` tells whether the text says names, as far as its file does.
    """

    text: str
    position: Position
    tile_id: str
    query_id: str
    named: bool | None = None


def read_queries(path: Path, gallery: str) -> list[LabelledQuery]:
    """Labelled queries from JSON lines with `text`, `lat`, `lon`, optional `tile_id`, `id`, and
    `named` or `names` where it is known whether the text says names.

    Lines that name another `gallery` are left out, so that one file may hold several cities.
    Raises QueryError that names the line.
    """
    queries = list(_read(path, lambda row: row.get("gallery", gallery) == gallery))
    if not queries:
        raise QueryError(f"{path.name} holds no queries for {gallery}")
    return queries


def read_foreign(path: Path, gallery: str) -> list[LabelledQuery]:
    """The same, but the lines that name another gallery or none."""
    queries = list(_read(path, lambda row: row.get("gallery") != gallery))
    if not queries:
        raise QueryError(f"{path.name} holds no queries for places outside {gallery}")
    return queries


def _read(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> Iterator[LabelledQuery]:
    """The queries of the lines that are wanted."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path} cannot be read as text ({error}); check the path") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not wanted(row):
                continue
            position = Position(float(row["lat"]), float(row["lon"]))
            text, tile_id = row["text"], str(row.get("tile_id") or "")
            if not isinstance(text, str):
                raise TypeError(f"text is {text!r:.40}")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise QueryError(
                f"{path.name}, line {number}: wanted JSON with text, lat and lon ({error!r})"
            ) from error
        named = row.get("named", row.get("names"))
        yield LabelledQuery(
            text,
            position,
            tile_id,
            str(row.get("id", number)),
            named if isinstance(named, bool) else None,
        )


def read_all(
    queries: Sequence[LabelledQuery],
    encoder: "SentenceEncoder",
    progress: Callable[[int, int], None],
    picture_encoder: PictureEncoder | None = None,
) -> list[EncodedQuery]:
    """The readings of all queries, in order; the `image` channel needs `picture_encoder`.

    Raises QueryError that names the query.
    """
    encoded_queries = []
    for number, query in enumerate(queries, 1):
        try:
            encoded_queries.append(
                encode_query(
                    tokenize_query(query.text, encoder, picture_encoder), encoder, picture_encoder
                )
            )
        except QueryError as error:
            raise QueryError(f"query {query.query_id[:80]}: {error}") from error
        progress(number, len(queries))
    return encoded_queries
