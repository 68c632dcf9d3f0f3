"""Plain baselines, chance, and the rankers behind the rows of the result tables."""

import re
import sqlite3
from collections.abc import Sequence

import numpy as np

from core.arrays import F32, I64
from core.evaluation.queries import LabelledQuery
from core.evaluation.runner import Ranker, fused_ranker
from core.gallery.opened import Gallery
from core.geo import haversine_m
from core.records import CHANNELS, Channel
from core.retrieval.channels.surroundings import surroundings
from core.retrieval.confidence import RADIUS_M
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.search import match_index_of
from core.vocabulary.folding import fold

_WINDOW_M = 50.0
_CHANCE = {"L@100m": 1, "L@100m_top5": 5, "L@100m_top10": 10}
"""The metrics that are told for chance, by the number of tiles that it may draw."""


def chance(gallery: Gallery, queries: Sequence[LabelledQuery]) -> dict[str, float]:
    """Percent of the queries within 100 m of the first 1, 5 and 10 tiles drawn at random.

    Where a share a of the tiles is within 100 m of the truth, k tiles have 1 − (1 − a)^k.
    """
    shares = np.array(
        [
            (haversine_m(at.lat, at.lon, gallery.lats, gallery.lons) <= RADIUS_M).mean()
            for at in (query.position for query in queries)
        ]
    )
    return {
        metric: round(100 * float((1 - (1 - shares) ** drawn).mean()), 1)
        for metric, drawn in _CHANCE.items()
    }


class PlainBaselines:
    """Simple rankers on windows of 100 m, the first rows of every table.

    BM25 over all words of a window's facts, MiniLM on the whole text of the window, MiniLM on the
    best single fact, and the sum of their ranks.
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

    def bm25(self, encoded_query: EncodedQuery) -> F32:
        """BM25 over every word of the description; no word is left out."""
        words = dict.fromkeys(re.findall(r"[a-z0-9]+", fold(encoded_query.text)))
        scores = np.zeros(len(self._gallery), dtype=np.float32)
        rows = self._connection.execute(
            "SELECT rowid, -bm25(windows) FROM windows WHERE windows MATCH ?",
            (" OR ".join(f'"{word}"' for word in words),),
        ).fetchall()
        for row, score in rows:
            scores[row] = score
        return scores

    def whole_tile(self, encoded_query: EncodedQuery) -> F32:
        """Cosine between the description and the text of the window."""
        matches = self._gallery.tile_index.search(encoded_query.embedding[None], len(self._gallery))
        scores = np.zeros(len(self._gallery), dtype=np.float32)
        scores[matches.rows[0]] = matches.similarities[0]
        return scores

    def best_fact(self, encoded_query: EncodedQuery) -> F32:
        """Cosine between the description and the best fact of the window."""
        rows = np.arange(len(self._gallery.facts.text), dtype=np.int64)
        cosines = match_index_of(self._gallery).cosines(encoded_query.embedding[None], rows)[0]
        scores = np.full(len(self._gallery), -1.0, dtype=np.float32)
        np.maximum.at(scores, self._tile, cosines[self._fact])
        return scores

    def rank_sum(self, encoded_query: EncodedQuery) -> F32:
        """The negative sum of the ranks of the three others."""
        total = np.zeros(len(self._gallery), dtype=np.float32)
        for scores in (
            self.bm25(encoded_query),
            self.whole_tile(encoded_query),
            self.best_fact(encoded_query),
        ):
            ranks = np.empty(len(scores), dtype=np.float32)
            ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
            total -= ranks
        return total


def table_rankers(
    gallery: Gallery, channels: tuple[Channel, ...] | None = None
) -> dict[str, Ranker]:
    """The rankers of a result table, by row name.

    The baselines, each channel alone, the text channels fused, and all channels fused; in a
    gallery with facts that are seen from above also these alone, and those of the map alone, by
    the signal `surroundings`.
    """
    if channels is None:
        channels = tuple(channel for channel in CHANNELS if channel in gallery.card.channels)
    rows: dict[str, Ranker] = {}
    if "facts" in channels:
        plain = PlainBaselines(gallery)
        rows = {"plain BM25": plain.bm25, "plain sum of ranks": plain.rank_sum}
        rows |= _by_origin(gallery)
    text_channels = tuple(channel for channel in channels if channel != "image")
    for chosen in (*((channel,) for channel in channels), text_channels, channels):
        if chosen:
            rows[" + ".join(chosen)] = fused_ranker(gallery, chosen)
    return rows


def _by_origin(gallery: Gallery) -> dict[str, Ranker]:
    """The rankers by the facts of the map's tags alone, by those of the map's outlines, and by
    those of the photograph; none where nothing is seen from above."""
    views = gallery.facts.views
    if views is None:
        return {}
    origin = np.array(views, dtype=object)[gallery.spoken]
    return {
        f"surroundings, {title}": _surroundings_ranker(gallery, gallery.spoken[origin == view])
        for title, view in (
            ("facts of the map", ""),
            ("outlines from above", "outline"),
            ("facts of the photograph", "photograph"),
        )
        if (origin == view).any()
    }


def _surroundings_ranker(gallery: Gallery, facts: I64) -> Ranker:
    index = match_index_of(gallery)
    return lambda encoded_query: surroundings(index, encoded_query, facts)
