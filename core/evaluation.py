"""Metrics of retrieval and localization with intervals, and the plain baselines beside ours.

Knows descriptions with a known place; leaves training and drawing to others. The definitions
follow CVG-Text (arXiv 2412.17007): R@k counts the true tile among the first k tiles, L@m a first
candidate within m metres of the truth.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from core.errors import QueryError
from core.gallery.store import Gallery
from core.geo import Position, haversine_m
from core.names import fold
from core.records import Channel
from core.retrieval.channels import Floats
from core.retrieval.fusion import spots
from core.retrieval.reading import Reading, embed, tokenize
from core.retrieval.search import ground_of, rank_tiles

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder

Scope = Literal["full", "nearest-100"]
_NEAREST = 100
_RESAMPLES = 2_000
_WINDOW_M = 50.0

Ranker = Callable[[Reading], Floats]
"""Scores [N] of all tiles for one reading."""


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A description and where it was written. `tile_id` is "" where the nearest tile is meant."""

    text: str
    position: Position
    tile_id: str
    query_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one query: the true tile's rank from 1, and the candidates' distances."""

    query: LabelledQuery
    true_tile: str
    rank: int
    top_tile: str
    distances_m: npt.NDArray[np.float64]
    channels: dict[str, float]


def read_queries(path: Path, gallery: str) -> list[LabelledQuery]:
    """Labelled queries from JSON lines with `text`, `lat`, `lon`, optional `tile_id`, `id`.

    Lines that name another `gallery` are left out, so that one file may hold several cities.
    Raises QueryError that names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path} cannot be read as text ({error}); check the path") from error
    queries = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if row.get("gallery", gallery) != gallery:
                continue
            position = Position(float(row["lat"]), float(row["lon"]))
            text, tile_id = row["text"], str(row.get("tile_id") or "")
            if not isinstance(text, str):
                raise TypeError(f"text is {text!r:.40}")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise QueryError(
                f"{path.name}, line {number}: wanted JSON with text, lat and lon ({error!r})"
            ) from error
        queries.append(LabelledQuery(text, position, tile_id, str(row.get("id", number))))
    if not queries:
        raise QueryError(f"{path.name} holds no queries for {gallery}")
    return queries


def read_all(queries: Sequence[LabelledQuery], encoder: "SentenceEncoder",
             progress: Callable[[int, int], None]) -> list[Reading]:  # fmt: skip
    """The readings of all queries, in order. Raises QueryError that names the query."""
    readings = []
    for number, query in enumerate(queries, 1):
        try:
            readings.append(embed(tokenize(query.text, encoder), encoder))
        except QueryError as error:
            raise QueryError(f"query {query.query_id[:80]}: {error}") from error
        progress(number, len(queries))
    return readings


def fused_ranker(gallery: Gallery, channels: tuple[Channel, ...]) -> Ranker:
    """Search as a person gets it, with some channels only."""
    return lambda reading: rank_tiles(gallery, reading, channels).scores


def evaluate(gallery: Gallery, queries: Sequence[LabelledQuery], readings: Sequence[Reading],
             ranker: Ranker, scope: Scope,
             recorded: Mapping[Channel, Ranker] | None = None) -> list[Outcome]:  # fmt: skip
    """One outcome for each query. `nearest-100` ranks only the 100 tiles nearest to the truth.

    Of the rankers in `recorded` the score of the first candidate is kept in the outcome.

    Localization at k is measured on the k separate spots that search shows, R@k on tiles.
    """
    outcomes = []
    for query, reading in zip(queries, readings, strict=True):
        truth = query.position
        away = haversine_m(truth.lat, truth.lon, gallery.lats, gallery.lons)
        true_row = gallery.row_of(query.tile_id) if query.tile_id else int(away.argmin())
        scores = ranker(reading)
        order = np.argsort(-scores, kind="stable")
        if scope == "nearest-100":
            nearest = np.argsort(away, kind="stable")[:_NEAREST]
            order = order[np.isin(order, nearest)]
        leading = spots(order, gallery.lats, gallery.lons, 10)
        outcomes.append(
            Outcome(
                query=query,
                true_tile=gallery.tile_ids[true_row],
                rank=int(np.flatnonzero(order == true_row)[0]) + 1
                if true_row in order
                else len(order) + 1,
                top_tile=gallery.tile_ids[leading[0]],
                distances_m=away[leading],
                channels={
                    name: float(one(reading)[leading[0]])
                    for name, one in (recorded or {}).items()
                },
            )
        )
    return outcomes


def _measures(outcomes: Sequence[Outcome]) -> dict[str, npt.NDArray[np.float64]]:
    """For each metric one number per query; every metric is the mean of its numbers."""
    ranks = np.array([outcome.rank for outcome in outcomes])
    first = np.array([outcome.distances_m[0] for outcome in outcomes])
    five = np.array([outcome.distances_m[:5].min() for outcome in outcomes])
    ten = np.array([outcome.distances_m[:10].min() for outcome in outcomes])
    shares = {f"R@{k}": ranks <= k for k in (1, 5, 10)}
    shares |= {f"L@{metres}m": first <= metres for metres in (50, 100, 150)}
    shares |= {"L@100m_top5": five <= 100, "L@100m_top10": ten <= 100}
    measures = {name: 100.0 * hits.astype(np.float64) for name, hits in shares.items()}
    return measures | {"mrr": 1.0 / ranks.astype(np.float64)}


def report(outcomes: Sequence[Outcome], scope: Scope, seed: int = 42) -> dict[str, Any]:
    """The metrics with 95 % bootstrap intervals (percentiles of 2,000 resamples of queries)."""
    measures = _measures(outcomes)
    count = len(outcomes)
    draws = np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))
    result: dict[str, Any] = {"n": count, "scope": scope}
    intervals = {}
    for name, values in measures.items():
        result[name] = round(float(values.mean()), 4 if name == "mrr" else 2)
        low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
        intervals[name] = [round(float(low), 4), round(float(high), 4)]
    first = np.array([outcome.distances_m[0] for outcome in outcomes])
    result["median_m"] = round(float(np.median(first)), 1)
    low, high = np.percentile(np.median(first[draws], axis=1), [2.5, 97.5])
    intervals["median_m"] = [round(float(low), 1), round(float(high), 1)]
    return result | {"ci": intervals}


def query_rows(outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    """One JSON row for each query, as `--out` writes them."""
    for outcome in outcomes:
        yield {
            "id": outcome.query.query_id,
            "tile_id": outcome.true_tile,
            "rank": outcome.rank,
            "top1_tile_id": outcome.top_tile,
            "distance_m": round(float(outcome.distances_m[0]), 1),
            "confidence": None,
            "verdict": None,
            "channels": {name: round(value, 4) for name, value in outcome.channels.items()},
        }


class PlainBaselines:
    """What anybody would try first, on windows of 100 m: the rows every table starts with.

    BM25 over all words of a window's facts, MiniLM of the whole window's text, MiniLM of the
    best single fact, and the plain sum of their ranks.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        links, facts = gallery.links, gallery.facts
        near = links.distance_m <= _WINDOW_M
        self._tile, self._fact = links.tile[near], links.fact[near]
        documents: list[list[str]] = [[] for _ in range(len(gallery))]
        for tile, fact in zip(self._tile.tolist(), self._fact.tolist(), strict=True):
            documents[tile].append(f"{facts.text[fact]} {' '.join(facts.names[fact])}")
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute("CREATE VIRTUAL TABLE windows USING fts5(text, tokenize='ascii')")
        self._connection.executemany(
            "INSERT INTO windows(rowid, text) VALUES (?, ?)",
            ((tile, fold(" ".join(parts))) for tile, parts in enumerate(documents)),
        )
        spoken = facts.spoken[self._fact]
        self._tile, self._fact = self._tile[spoken], self._fact[spoken]

    def bm25(self, reading: Reading) -> Floats:
        """BM25 of every word of the description, none left out."""
        words = dict.fromkeys(re.findall(r"[a-z0-9]+", fold(reading.text)))
        scores = np.zeros(len(self._gallery), dtype=np.float32)
        rows = self._connection.execute(
            "SELECT rowid, -bm25(windows) FROM windows WHERE windows MATCH ?",
            (" OR ".join(f'"{word}"' for word in words),),
        ).fetchall()
        for row, score in rows:
            scores[row] = score
        return scores

    def whole_tile(self, reading: Reading) -> Floats:
        """Cosine of the description and the window's text."""
        found = self._gallery.tile_index.search(reading.embedding[None], len(self._gallery))
        scores = np.zeros(len(self._gallery), dtype=np.float32)
        scores[found.rows[0]] = found.similarities[0]
        return scores

    def best_fact(self, reading: Reading) -> Floats:
        """Cosine of the description and the window's best fact."""
        every = np.arange(len(self._gallery.facts.text), dtype=np.int64)
        cosines = ground_of(self._gallery).cosines(reading.embedding[None], every)[0]
        scores = np.full(len(self._gallery), -1.0, dtype=np.float32)
        np.maximum.at(scores, self._tile, cosines[self._fact])
        return scores

    def rank_sum(self, reading: Reading) -> Floats:
        """Minus the sum of the ranks of the three above."""
        total = np.zeros(len(self._gallery), dtype=np.float32)
        for scores in (self.bm25(reading), self.whole_tile(reading), self.best_fact(reading)):
            ranks = np.empty(len(scores), dtype=np.float32)
            ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
            total -= ranks
        return total


def table_rankers(gallery: Gallery) -> dict[str, Ranker]:
    """The rows of the README's tables: baselines, each channel alone, all fused."""
    plain = PlainBaselines(gallery)
    channels: tuple[Channel, ...] = tuple(
        channel for channel in ("facts", "names") if channel in gallery.card.channels
    )
    rows: dict[str, Ranker] = {"plain BM25": plain.bm25, "plain sum of ranks": plain.rank_sum}
    rows |= {channel: fused_ranker(gallery, (channel,)) for channel in channels}
    rows[" + ".join(channels)] = fused_ranker(gallery, channels)
    return rows
