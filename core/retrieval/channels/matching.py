"""Matching of query terms (phrases or words) with facts, for the `facts` and `names` channels.

Both channels match term by term and keep for each tile the best match of each term, decayed by
the distance between viewpoint and thing: late interaction as in ColBERT (arXiv 2004.12832), over
things in space. The distance decay is ours.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from core.arrays import F32, I32, I64, Bools, ranges
from core.gallery.array_store import packed_strings
from core.gallery.opened import Gallery
from core.geo import local_metres, moved
from core.retrieval.channels.mentions import MentionIndex
from core.retrieval.head_nouns import (
    HeadNoun,
    is_called,
    is_false_friend,
    lacks_modifier,
    matches_kind,
)
from core.retrieval.query_encoding import EncodedQuery

_NAMED_REACH_M = 120.0
_PLAIN_REACH_M = 70.0
"""Standard deviation of the distance decay: people mention a named thing from farther away than
a bench. Chosen on RVS train and tests/descriptions.jsonl."""
_SIMILAR_FACTS = 256
LEAST_COSINE = 0.4
_KIND_WEIGHT = 0.5
WINDOW_M = 50.0
"""The facts this near to a viewpoint are its window, one document for BM25."""
_BM25_K1, _BM25_B = 1.2, 0.75
_DISAGREEMENT = 0.7
"""The share of its weight that a link loses if it lies opposite to the described direction."""
_UNDERFOOT_M = 12.0
_ONE_PLACE_M = 60.0
_OWN_NAMES = ("address", "street corner")
"""Kinds whose facts are always about one thing."""


@dataclass(frozen=True, slots=True)
class Matches:
    """M matches between R query terms (phrases or words) and facts: `term` is the term's row,
    `fact` the fact, `strength` the score."""

    term: I64
    fact: I64
    strength: F32


def _bearing_weights(bearing_deg: F32, stated_deg: F32, distance_m: F32) -> F32:
    """Weight of each link by bearing: 1 where the thing lies in the described direction (or nearer
    than `_UNDERFOOT_M`), falling with the cosine of the angle to 1 − `_DISAGREEMENT` where it lies
    opposite."""
    apart = np.cos(np.radians(bearing_deg - stated_deg))
    factor = 1 - _DISAGREEMENT * (1 - apart) / 2
    factor[distance_m < _UNDERFOOT_M] = 1
    agreement: F32 = factor.astype(np.float32)
    return agreement


@dataclass(frozen=True, slots=True)
class WindowHits:
    """L pairs of a requested fact and a tile whose window has it: `which` fact, and the tile."""

    which: I64
    tile: I32


class MatchIndex:
    """A gallery prepared for matching. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        prepared = gallery.prepared
        self._prepared = prepared
        self.named: Bools = (
            prepared["named"]
            if prepared
            else np.array([bool(names) for names in gallery.facts.names], dtype=bool)
        )
        self.index_row: I64 = np.cumsum(gallery.facts.spoken) - 1
        self.matching_kind = lru_cache(maxsize=256)(partial(self._of_kinds, matches_kind))
        self.in_kind = lru_cache(maxsize=256)(self._in_kind)
        self._found_links = lru_cache(maxsize=256)(self._find_links)
        self.called = lru_cache(maxsize=256)(self._called)
        self.fitting_kind = lru_cache(maxsize=256)(self._fitting_kind)
        self.lacking_modifier = lru_cache(maxsize=256)(partial(self._of_kinds, lacks_modifier))
        self.false_friends = lru_cache(maxsize=256)(partial(self._of_kinds, is_false_friend))
        if prepared:
            self._near_tile = prepared["near_tile"]
            self._near_starts: I64 = prepared["near_start"].astype(np.int64)
            self._window_words: F32 = prepared["window_words"]
        else:
            near = gallery.links.distance_m <= WINDOW_M
            self._near_tile = gallery.links.tile[near]
            ends = np.arange(len(self.named) + 1)
            self._near_starts = np.searchsorted(gallery.links.fact[near], ends)
            self._window_words = self._lengths(near)

    @cached_property
    def mentions(self) -> MentionIndex:
        """The streets, addresses and exact names of the gallery."""
        return MentionIndex(self.gallery)

    @cached_property
    def titled(self) -> Bools:
        """The facts whose text shows a name after the kind: mask [F]."""
        if self._prepared:
            return self._prepared["titled"]
        return np.array([": " in text for text in self.gallery.facts.text], dtype=bool)

    @cached_property
    def pooled(self) -> Bools:
        """The facts whose names may be those of another thing with the same text: mask [F].

        Only in a gallery of an earlier version; a fact whose text shows its name, or all of whose
        things are in one place, is not pooled.
        """
        gallery, links = self.gallery, self.gallery.links
        pooled = np.zeros(len(self.named), dtype=bool)
        if gallery.facts.things is not None:
            return pooled
        turn = np.radians(links.bearing_deg.astype(np.float64))
        away = links.distance_m.astype(np.float64)
        lats, lons = moved(
            gallery.lats[links.tile],
            gallery.lons[links.tile],
            away * np.sin(turn),
            away * np.cos(turn),
        )
        for fact in np.flatnonzero(self.named).tolist():
            if gallery.facts.kind[fact] in ("", *_OWN_NAMES) or ": " in gallery.facts.text[fact]:
                continue
            rows = slice(links.starts[fact], links.starts[fact + 1])
            x, y = local_metres(lats[rows], lons[rows], gallery.lats[0])
            pooled[fact] = max(np.ptp(x), np.ptp(y), 0) > _ONE_PLACE_M if len(x) else False
        return pooled

    def _of_kinds(self, test: Callable[[str, HeadNoun], bool], head: HeadNoun) -> Bools:
        """The facts whose kind passes a test with a head noun: mask [F]."""
        kinds, kind_row = self._kinds
        return np.array([test(kind, head) for kind in kinds], dtype=bool)[kind_row]

    def _called(self, noun: str) -> Bools:
        """The facts whose kind is called by a noun and nothing more: mask [F]."""
        kinds, kind_row = self._kinds
        return np.array([is_called(kind, noun) for kind in kinds], dtype=bool)[kind_row]

    def _fitting_kind(self, pattern: str) -> Bools:
        """The facts whose whole kind fits a pattern: mask [F]."""
        kinds, kind_row = self._kinds
        fits = re.compile(pattern or "(?!)").fullmatch
        return np.array([bool(fits(kind)) for kind in kinds], dtype=bool)[kind_row]

    def facts_of_kind(self, fact: int) -> I64:
        """The embedded facts of the same kind as `fact`."""
        _, kind_row = self._kinds
        same_kind: I64 = np.flatnonzero((kind_row == kind_row[fact]) & self.gallery.facts.spoken)
        return same_kind

    def _in_kind(self, word: str) -> Bools:
        """The facts with `word` in their kind: mask [F]. The index holds the names of corners, and
        names without a kind, in that column too: these do not count."""
        names = self.gallery.names
        in_kind_column, in_name_column = np.zeros((2, len(self.named)), dtype=bool)
        for spelling, _ in names.spellings(word):
            in_kind_column[names.postings(spelling, "kind").facts] = True
            in_name_column[names.postings(spelling, "name").facts] = True
        return in_kind_column & ~(in_name_column & self._without_kind)

    @cached_property
    def _without_kind(self) -> Bools:
        """The facts without a kind, and street corners: mask [F]."""
        if self._prepared:
            return self._prepared["without_kind"]
        return np.array(
            [kind in ("", "street corner") for kind in self.gallery.facts.kind], dtype=bool
        )

    @cached_property
    def _kinds(self) -> tuple[list[str], I64]:
        """The distinct kinds, and the row of each fact's kind among them [F].

        A fact about several things is a kind of its own; a name without a kind has none.
        """
        if self._prepared:
            return list(self._prepared.strings("group_name")), self._prepared["group"]
        facts, rows = self.gallery.facts, dict[str, int]()
        kind_rows = [
            rows.setdefault(kind or ("" if names else text), len(rows))
            for kind, text, names in zip(facts.kind, facts.text, facts.names, strict=True)
        ]
        return list(rows), np.array(kind_rows, dtype=np.int64)

    def _lengths(self, near: Bools) -> F32:
        """Words in each tile's window, divided by their mean: [N]."""
        facts = self.gallery.facts
        words = np.array(
            [
                len(text.split()) + sum(len(name.split()) for name in names)
                for text, names in zip(facts.text, facts.names, strict=True)
            ]
        )
        links = self.gallery.links
        lengths = np.bincount(links.tile[near], words[links.fact[near]], len(self.gallery))
        relative: F32 = (lengths / max(lengths.mean(), 1e-6)).astype(np.float32)
        return relative

    def in_window(self, facts: I64) -> WindowHits:
        """The tiles whose window has each of M facts."""
        begin = self._near_starts[facts]
        counts = self._near_starts[facts + 1] - begin
        place = ranges(begin, counts)
        return WindowHits(np.repeat(np.arange(len(facts)), counts), self._near_tile[place])

    def window_bm25(self, matches: Matches, words: int) -> F32:
        """BM25 of the words over the windows as documents: [N].

        The term frequency is the number of facts in the window that have the word.
        """
        tiles = len(self.gallery)
        pairs = np.unique(matches.term * len(self.named) + matches.fact)
        terms, facts = np.divmod(pairs, len(self.named))
        hits = self.in_window(facts)
        counts = np.bincount(terms[hits.which] * tiles + hits.tile, minlength=words * tiles)
        counts = counts.reshape(words, tiles).astype(np.float32)
        document_count = (counts > 0).sum(axis=1, keepdims=True)
        idf = np.log1p((tiles - document_count + 0.5) / (document_count + 0.5))
        length = _BM25_K1 * (1 - _BM25_B + _BM25_B * self._window_words)
        scores: F32 = (idf * counts * (_BM25_K1 + 1) / (counts + length)).sum(axis=0)
        return scores.astype(np.float32)

    def best_fact(self, encoded_query: EncodedQuery, allowed: I64 | None) -> F32:
        """The cosine of the whole description with the best fact of each tile's window: [N]."""
        similar = self.gallery.fact_index.search(
            encoded_query.embedding[None],
            _SIMILAR_FACTS,
            None if allowed is None else self.index_row[allowed],
        )
        scores = np.full(len(self.gallery), similar.similarities.min(initial=1), dtype=np.float32)
        hits = self.in_window(self.gallery.spoken[similar.rows[0]])
        np.maximum.at(scores, hits.tile, similar.similarities[0][hits.which])
        return scores

    def cosines(self, queries: F32, facts: I64) -> F32:
        """Cosines [Q, V] of queries [Q, D] and V facts; 0 for facts without an embedding."""
        spoken = self.gallery.facts.spoken[facts]
        cosines: F32 = np.zeros((len(queries), len(facts)), dtype=np.float32)
        embeddings = self.gallery.fact_index.embeddings(self.index_row[facts[spoken]])
        cosines[:, spoken] = queries @ embeddings.T
        return cosines

    def links_of(self, tile: int) -> I64:
        """Rows of the links from one tile."""
        if self._prepared:
            return self._found_links(int(tile))
        starts, order = self._links_by_tile
        rows: I64 = order[starts[tile] : starts[tile + 1]]
        return rows

    def _find_links(self, tile: int) -> I64:
        rows: I64 = np.flatnonzero(self.gallery.links.tile == tile)
        return rows

    @cached_property
    def _links_by_tile(self) -> tuple[I64, I64]:
        """Where the links of each tile begin [N + 1] among all links by tile, and those [L]."""
        tiles = self.gallery.links.tile
        order = np.argsort(tiles, kind="stable")
        return np.searchsorted(tiles[order], np.arange(len(self.gallery) + 1)), order

    def weights(self, links: I64) -> F32:
        """The weights of M links by their distance."""
        of = self.gallery.links
        reach = np.where(self.named[of.fact[links]], _NAMED_REACH_M, _PLAIN_REACH_M)
        weights: F32 = np.exp(-0.5 * (of.distance_m[links] / reach) ** 2).astype(np.float32)
        return weights

    def arrays(self) -> dict[str, Any]:
        """What is made once for a gallery, to be packed with it."""
        groups, group = self._kinds
        return {
            "named": self.named,
            "near_tile": self._near_tile.astype(np.uint16),
            "near_start": self._near_starts.astype(np.uint32),
            "window_words": self._window_words,
            "titled": self.titled,
            "without_kind": self._without_kind,
            "group": group,
            **packed_strings("group_name", groups),
        }


@dataclass(frozen=True, slots=True)
class LinkMatches:
    """L matches spread over the tiles that see the fact: query term, row of the link, and the
    strength after distance decay."""

    term: I64
    link: I64
    strength: F32


def link_matches(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> LinkMatches:
    """Every link to a fact that matches one of R query terms, decayed by distance.

    `bearings_deg` [R] is the described bearing of each term, NaN for none.
    """
    links = match_index.gallery.links
    begin = links.starts[matches.fact]
    counts = links.starts[matches.fact + 1] - begin
    ends = np.cumsum(counts)
    link_rows = np.arange(counts.sum()) + np.repeat(begin - ends + counts, counts)
    reach = np.where(match_index.named[matches.fact], _NAMED_REACH_M, _PLAIN_REACH_M)
    away = links.distance_m[link_rows] / np.repeat(reach, counts)
    strength = np.repeat(matches.strength, counts) * np.exp(-0.5 * away**2).astype(np.float32)
    terms = np.repeat(matches.term, counts)
    stated_deg = bearings_deg[terms]
    directed = np.flatnonzero(~np.isnan(stated_deg))
    if len(directed):
        links_with_bearing = link_rows[directed]
        strength[directed] *= _bearing_weights(
            links.bearing_deg[links_with_bearing],
            stated_deg[directed],
            links.distance_m[links_with_bearing],
        )
    return LinkMatches(terms, link_rows, strength)


def best_by_tile(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> F32:
    """The strongest match of each of R query terms at each tile, decayed by distance: [R, N].

    `bearings_deg` [R] is the described bearing of each term, NaN for none.
    """
    rows, tiles = len(bearings_deg), len(match_index.gallery)
    spread = link_matches(match_index, matches, bearings_deg)
    best = np.zeros(rows * tiles, dtype=np.float32)
    np.maximum.at(
        best, spread.term * tiles + match_index.gallery.links.tile[spread.link], spread.strength
    )
    return best.reshape(rows, tiles)


def match_by_embedding(
    match_index: MatchIndex, encoded_query: EncodedQuery, allowed: I64 | None
) -> Matches:
    """Phrases against facts by cosine; `strength` is the cosine − `LEAST_COSINE`."""
    similar = match_index.gallery.fact_index.search(
        encoded_query.phrase_embeddings,
        _SIMILAR_FACTS,
        None if allowed is None else match_index.index_row[allowed],
    )
    terms, columns = np.nonzero((similar.similarities > LEAST_COSINE) & (similar.rows >= 0))
    strengths = similar.similarities[terms, columns] - LEAST_COSINE
    facts = match_index.gallery.spoken[similar.rows[terms, columns]]
    return Matches(terms, facts, strengths.astype(np.float32))


def match_by_words(match_index: MatchIndex, words: list[str]) -> Matches:
    """Words against names and kinds by BM25; misspelt words are weighted less."""
    terms, facts, strengths = [], [], []
    for row, word in enumerate(words):
        for spelling, spelling_weight in match_index.gallery.names.spellings(word):
            for column, column_weight in (("name", 1.0), ("kind", _KIND_WEIGHT)):
                postings = match_index.gallery.names.postings(spelling, column)
                terms.append(np.full(len(postings.facts), row))
                facts.append(postings.facts)
                strengths.append(postings.weights * (spelling_weight * column_weight))
    if not terms:
        nothing = np.empty(0, dtype=np.int64)
        return Matches(nothing, nothing, np.empty(0, dtype=np.float32))
    return Matches(
        np.concatenate(terms),
        np.concatenate(facts).astype(np.int64),
        np.concatenate(strengths).astype(np.float32),
    )


def normalized_sum(best: F32, mask: Bools | None = None) -> F32:
    """Sum over R query terms of [R, N], divided by the sum of each term's best allowed tile: [N].

    0..1; tiles that are not allowed get 0.
    """
    if mask is not None:
        best = best * mask
    attainable = float(best.max(axis=1, initial=0).sum())
    total: F32 = best.sum(axis=0)
    return total / attainable if attainable > 0 else total


def visible_facts(match_index: MatchIndex, mask: Bools | None) -> I64 | None:
    """The embedded facts that some allowed tile sees, or None where every tile is allowed."""
    if mask is None:
        return None
    links = match_index.gallery.links
    facts = np.unique(links.fact[mask[links.tile]]).astype(np.int64)
    return facts[match_index.gallery.facts.spoken[facts]]
