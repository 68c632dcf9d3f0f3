"""Matching of things said with facts, shared by channels: through which facts a tile answers.

Both the `facts` and the `names` channel match phrase by phrase (or word by word) and keep for
each tile the best match of each, weakened by the distance between viewpoint and thing: a late
interaction in the manner of ColBERT (arXiv 2004.12832) over things in space. Ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np

from core.arrays import F32, I32, I64, Bools
from core.gallery.opened import Gallery
from core.retrieval.head_nouns import HeadNoun, is_false_friend, matches_kind
from core.retrieval.query_encoding import EncodedQuery

_NAMED_REACH_M = 120.0
_PLAIN_REACH_M = 70.0
"""Things with a name tell of a wider surrounding than a bench. Chosen on RVS train and
tests/descriptions.jsonl."""
_SIMILAR_FACTS = 256
LEAST_COSINE = 0.4
_KIND_WEIGHT = 0.5
WINDOW_M = 50.0
"""What lies this near to a viewpoint is its window, read as one document."""
_BM25_K1, _BM25_B = 1.2, 0.75
_DISAGREEMENT = 0.7
"""How much a thing loses that lies opposite to where the description says."""
_UNDERFOOT_M = 12.0


@dataclass(frozen=True, slots=True)
class Matches:
    """M matches between R things said (phrases or words) and facts: row, fact and strength."""

    said: I64
    fact: I64
    strength: F32


def _bearing_weights(bearing_deg: F32, said_deg: F32, distance_m: F32) -> F32:
    """How well each link points where the description says; 1 for what is underfoot."""
    apart = np.cos(np.radians(bearing_deg - said_deg))
    factor = 1 - _DISAGREEMENT * (1 - apart) / 2
    factor[distance_m < _UNDERFOOT_M] = 1
    agreement: F32 = factor.astype(np.float32)
    return agreement


@dataclass(frozen=True, slots=True)
class WindowHits:
    """L places of facts in windows: which of the facts asked for, and the tile's row."""

    which: I64
    tile: I32


class MatchIndex:
    """A gallery prepared for matching: how much each link counts. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.named = np.array([bool(names) for names in gallery.facts.names], dtype=bool)
        self.index_row: I64 = np.cumsum(gallery.facts.spoken) - 1
        self.called = lru_cache(maxsize=256)(partial(self._of_kinds, matches_kind))
        self.in_kind = lru_cache(maxsize=256)(self._in_kind)
        self.mistaken = lru_cache(maxsize=256)(partial(self._of_kinds, is_false_friend))
        links = gallery.links
        reach = np.where(self.named, _NAMED_REACH_M, _PLAIN_REACH_M)[links.fact]
        self.weight: F32 = np.exp(-0.5 * (links.distance_m / reach) ** 2).astype(np.float32)
        near = links.distance_m <= WINDOW_M
        self._near_tile = links.tile[near]
        self._near_starts = np.searchsorted(links.fact[near], np.arange(len(self.named) + 1))
        self._window_words = self._lengths(near)
        self._tile_order = np.argsort(links.tile, kind="stable")
        self._tile_starts = np.searchsorted(
            links.tile[self._tile_order], np.arange(len(gallery) + 1)
        )

    def _of_kinds(self, test: Callable[[str, HeadNoun], bool], head: HeadNoun) -> Bools:
        """Which of F facts are of a kind for which a test of it and a head holds."""
        kinds, row = self._kinds
        return np.array([test(kind, head) for kind in kinds], dtype=bool)[row]

    def spoken_of_kind(self, fact: int) -> I64:
        """The spoken facts of the kind that a fact is of."""
        _, row = self._kinds
        alike: I64 = np.flatnonzero((row == row[fact]) & self.gallery.facts.spoken)
        return alike

    def _in_kind(self, word: str) -> Bools:
        """Which of F facts have a word in their kind. The index has the names of corners, and names
        without a kind, there too."""
        names = self.gallery.names
        found, named = np.zeros((2, len(self.named)), dtype=bool)
        for spelling, _ in names.spellings(word):
            found[names.postings(spelling, "kind").facts] = True
            named[names.postings(spelling, "name").facts] = True
        return found & ~(named & self._bare)

    @cached_property
    def _bare(self) -> Bools:
        """Which of F facts say no kind, or that of a corner."""
        return np.array(
            [kind in ("", "street corner") for kind in self.gallery.facts.kind], dtype=bool
        )

    @cached_property
    def _kinds(self) -> tuple[list[str], I64]:
        """The kinds of facts, each once, and which of them each of F facts is of."""
        facts, rows = self.gallery.facts, dict[str, int]()
        found = [
            rows.setdefault(kind or text.split(": ")[0], len(rows))
            for kind, text in zip(facts.kind, facts.text, strict=True)
        ]
        return list(rows), np.array(found, dtype=np.int64)

    def _lengths(self, near: Bools) -> F32:
        """Words in each tile's window [N], over their mean."""
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
        """The tiles whose window has each of M facts: which of the M, and which tile."""
        begin = self._near_starts[facts]
        counts = self._near_starts[facts + 1] - begin
        place = np.arange(counts.sum()) + np.repeat(begin - np.cumsum(counts) + counts, counts)
        return WindowHits(np.repeat(np.arange(len(facts)), counts), self._near_tile[place])

    def window_bm25(self, matches: Matches, words: int) -> F32:
        """BM25 of the words over the windows as documents: [N].

        A word counts in a window as often as facts there carry it.
        """
        tiles = len(self.gallery)
        pairs = np.unique(matches.said * len(self.named) + matches.fact)
        said, fact = np.divmod(pairs, len(self.named))
        placed = self.in_window(fact)
        often = np.bincount(said[placed.which] * tiles + placed.tile, minlength=words * tiles)
        often = often.reshape(words, tiles).astype(np.float32)
        holding = (often > 0).sum(axis=1, keepdims=True)
        rarity = np.log1p((tiles - holding + 0.5) / (holding + 0.5))
        length = _BM25_K1 * (1 - _BM25_B + _BM25_B * self._window_words)
        scores: F32 = (rarity * often * (_BM25_K1 + 1) / (often + length)).sum(axis=0)
        return scores.astype(np.float32)

    def best_fact(self, encoded_query: EncodedQuery, allowed: I64 | None) -> F32:
        """The cosine of the whole description with the best fact of each tile's window: [N]."""
        found = self.gallery.fact_index.search(
            encoded_query.embedding[None],
            _SIMILAR_FACTS,
            None if allowed is None else self.index_row[allowed],
        )
        scores = np.full(len(self.gallery), found.similarities.min(initial=1), dtype=np.float32)
        placed = self.in_window(self.gallery.spoken[found.rows[0]])
        np.maximum.at(scores, placed.tile, found.similarities[0][placed.which])
        return scores

    def cosines(self, queries: F32, facts: I64) -> F32:
        """Cosines [Q, V] of queries [Q, D] and V facts; 0 for facts that are not spoken."""
        spoken = self.gallery.facts.spoken[facts]
        cosines: F32 = np.zeros((len(queries), len(facts)), dtype=np.float32)
        embeddings = self.gallery.fact_index.embeddings(self.index_row[facts[spoken]])
        cosines[:, spoken] = queries @ embeddings.T
        return cosines

    def links_of(self, tile: int) -> I64:
        """Rows of the links from one tile."""
        rows: I64 = self._tile_order[self._tile_starts[tile] : self._tile_starts[tile + 1]]
        return rows


@dataclass(frozen=True, slots=True)
class LinkMatches:
    """L matches as tiles see them: which thing was said, the row of the link, and how much the
    match counts from there."""

    said: I64
    link: I64
    strength: F32


def link_matches(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> LinkMatches:
    """Every link to a fact that matches one of R things said, weakened by distance.

    `bearings_deg` [R] is where each is said to lie, NaN where nothing is said.
    """
    links = match_index.gallery.links
    begin = links.starts[matches.fact]
    counts = links.starts[matches.fact + 1] - begin
    ends = np.cumsum(counts)
    place = np.arange(counts.sum()) + np.repeat(begin - ends + counts, counts)
    strength = np.repeat(matches.strength, counts) * match_index.weight[place]
    said = np.repeat(matches.said, counts)
    said_deg = bearings_deg[said]
    directed = np.flatnonzero(~np.isnan(said_deg))
    if len(directed):
        seen = place[directed]
        strength[directed] *= _bearing_weights(
            links.bearing_deg[seen], said_deg[directed], links.distance_m[seen]
        )
    return LinkMatches(said, place, strength)


def best_by_tile(match_index: MatchIndex, matches: Matches, bearings_deg: F32) -> F32:
    """For R things said the strongest match each tile sees, weakened by distance: [R, N].

    `bearings_deg` [R] is where each is said to lie, NaN where nothing is said.
    """
    rows, tiles = len(bearings_deg), len(match_index.gallery)
    seen = link_matches(match_index, matches, bearings_deg)
    best = np.zeros(rows * tiles, dtype=np.float32)
    np.maximum.at(
        best, seen.said * tiles + match_index.gallery.links.tile[seen.link], seen.strength
    )
    return best.reshape(rows, tiles)


def match_by_embedding(
    match_index: MatchIndex, encoded_query: EncodedQuery, allowed: I64 | None
) -> Matches:
    """Phrases against facts by cosine; `strength` is the cosine above 0.4."""
    found = match_index.gallery.fact_index.search(
        encoded_query.phrase_embeddings,
        _SIMILAR_FACTS,
        None if allowed is None else match_index.index_row[allowed],
    )
    said, place = np.nonzero((found.similarities > LEAST_COSINE) & (found.rows >= 0))
    strength = found.similarities[said, place] - LEAST_COSINE
    fact = match_index.gallery.spoken[found.rows[said, place]]
    return Matches(said, fact, strength.astype(np.float32))


def match_by_words(match_index: MatchIndex, words: list[str]) -> Matches:
    """Words against names and kinds by BM25; misspelt words count less."""
    said, fact, strength = [], [], []
    for row, word in enumerate(words):
        for spelling, trust in match_index.gallery.names.spellings(word):
            for column, weight in (("name", 1.0), ("kind", _KIND_WEIGHT)):
                found = match_index.gallery.names.postings(spelling, column)
                said.append(np.full(len(found.facts), row))
                fact.append(found.facts)
                strength.append(found.weights * (trust * weight))
    if not said:
        nothing = np.empty(0, dtype=np.int64)
        return Matches(nothing, nothing, np.empty(0, dtype=np.float32))
    return Matches(
        np.concatenate(said),
        np.concatenate(fact).astype(np.int64),
        np.concatenate(strength).astype(np.float32),
    )


def normalized_sum(best: F32, mask: Bools | None = None) -> F32:
    """Sums R rows of [R, N] and divides by the most an allowed tile could have had: [N], 0..1.

    Tiles that are not allowed get 0.
    """
    if mask is not None:
        best = best * mask
    attainable = float(best.max(axis=1, initial=0).sum())
    total: F32 = best.sum(axis=0)
    return total / attainable if attainable > 0 else total


def visible_facts(match_index: MatchIndex, mask: Bools | None) -> I64 | None:
    """The spoken facts that some allowed tile sees, or None where every tile is allowed."""
    if mask is None:
        return None
    links = match_index.gallery.links
    seen = np.unique(links.fact[mask[links.tile]]).astype(np.int64)
    return seen[match_index.gallery.facts.spoken[seen]]
