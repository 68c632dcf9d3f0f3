"""A gallery prepared for matching: its kinds, the windows of its tiles, and its links by tile."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from core.arrays import F32, F64, I32, I64, Bools, ranges
from core.gallery.array_store import packed_strings
from core.gallery.opened import Gallery
from core.geo import local_metres, moved
from core.indexes.codes import last_of_best
from core.retrieval.channels.kind_tests import KindTest, W
from core.retrieval.channels.local_names import LocalNames
from core.retrieval.channels.mentions import MentionIndex
from core.retrieval.head_nouns import HeadNoun, matches_kind
from core.retrieval.kind_fit import (
    has_other_noun,
    is_called,
    is_false_friend,
    lacks_modifier,
    lacks_nation,
    may_have_other_noun,
    may_lack_modifier,
    may_lack_nation,
    shares_modifier_only,
)
from core.vocabulary.folding import words_of
from core.vocabulary.kinds import CHURCHES, are_akin

_NAMED_REACH_M = 120.0
_PLAIN_REACH_M = 70.0
"""Standard deviation of the distance decay: people mention a named thing from farther away than
a bench. Chosen on RVS train and tests/descriptions.jsonl."""
SIMILAR_FACTS = 256
WINDOW_M = 50.0
"""The facts this near to a viewpoint are its window, one document for BM25."""
_BM25_K1, _BM25_B = 1.2, 0.75
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


def _decay(distance_m: F32, named: Bools) -> F32:
    """The decay of links by distance, 0..1; things with a name are mentioned from farther away."""
    reach = np.where(named, np.float32(_NAMED_REACH_M), np.float32(_PLAIN_REACH_M))
    decay: F32 = np.exp(np.float32(-0.5) * np.square(distance_m / reach))
    return decay


_METRES = np.int64(1 << 16)


@lru_cache(maxsize=1)
def _decay_by_metre() -> F32:
    """The decay at each whole distance that 16 bits hold, of things without a name, then of those
    with one."""
    metres = np.arange(_METRES, dtype=np.float32)
    return np.concatenate([_decay(metres, np.full(_METRES, named)) for named in (False, True)])


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
        self.called = lru_cache(maxsize=256)(partial(self._of_kinds, is_called))
        self.in_kind = lru_cache(maxsize=256)(self._in_kind)
        self._text_of = lru_cache(maxsize=4096)(self._text_and_names)
        self.words_of_text = lru_cache(maxsize=4096)(self._words_of_text)
        self._found_links = lru_cache(maxsize=256)(self._find_links)
        self.fitting_kind = lru_cache(maxsize=256)(self._fitting_kind)
        self.lacking_modifier = lru_cache(maxsize=256)(
            partial(self._of_kinds, lacks_modifier, may_pass=may_lack_modifier)
        )
        self.of_other_use = lru_cache(maxsize=256)(partial(self._of_kinds, shares_modifier_only))
        self.lacking_nation = lru_cache(maxsize=256)(
            partial(self._of_kinds, lacks_nation, may_pass=may_lack_nation)
        )
        self.of_other_noun = lru_cache(maxsize=256)(
            partial(self._of_kinds, has_other_noun, may_pass=may_have_other_noun)
        )
        self.false_friends = lru_cache(maxsize=256)(partial(self._of_kinds, is_false_friend))
        self.other_churches = lru_cache(maxsize=256)(partial(self._of_kinds, _is_other_church))
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
    def local_names(self) -> LocalNames:
        """What names in the town's own languages say that their things are."""
        kinds, group = self._kinds
        return LocalNames(self.gallery, kinds, group)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The distinct kinds of the facts."""
        return frozenset(self.gallery.facts.kind)

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

    def texts_of(self, facts: I64) -> list[str]:
        """The texts of some facts, each with all its names behind it."""
        return [self._text_of(fact) for fact in facts.tolist()]

    def _words_of_text(self, fact: int) -> list[str]:
        """The words of the text of a fact."""
        return words_of(self.gallery.facts.text[fact])

    def _text_and_names(self, fact: int) -> str:
        return " ".join((self.gallery.facts.text[fact], *self.gallery.facts.names[fact]))

    def _of_kinds(
        self,
        test: Callable[[str, W], bool],
        word: W,
        may_pass: Callable[[W], bool] | None = None,
    ) -> KindTest[W]:
        """The facts whose kind passes a test with a head noun, or a noun; no kind is tested with
        one that none `may_pass`."""
        kinds, kind_row = self._kinds
        never = may_pass is not None and not may_pass(word)
        return KindTest(kinds, kind_row, test, word, never=never)

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
                len(" ".join((text, *names)).split())
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

    def window_bm25(self, facts: I64) -> tuple[I64, F64]:
        """BM25 of a word over the windows as documents, from the facts with it: the tiles whose
        window has one of them, and the gain of each.

        The term frequency is the number of facts in the window that have the word; a fact may be
        given twice, by its name and by its kind.
        """
        tiles = len(self.gallery)
        having = np.zeros(len(self.named), dtype=bool)
        having[facts] = True
        once = having.nonzero()[0]
        begin, end = self._near_starts[once], self._near_starts[once + 1]
        every = np.bincount(self._near_tile[ranges(begin, end - begin)], minlength=tiles)
        near: I64 = np.flatnonzero(every)
        counts = every[near].astype(np.float32)
        length = _BM25_K1 * (1 - _BM25_B + _BM25_B * self._window_words[near])
        idf = np.log1p((tiles - len(near) + 0.5) / (len(near) + 0.5))
        gains: F64 = idf * counts * (_BM25_K1 + 1) / (counts + length)
        return near, gains

    def best_fact(self, cosines: F32, allowed: I64 | None) -> F32:
        """The cosine of the whole description with the best fact of each tile's window: [N].

        `cosines` are those with the allowed facts that are embedded: [V]. Only the best ones are
        looked at; the windows without any of them get the last of these.
        """
        least = last_of_best(cosines, SIMILAR_FACTS) if len(cosines) else 1.0
        scores = np.full(len(self.gallery), least, dtype=np.float32)
        best = np.flatnonzero(cosines > least)
        hits = self.in_window((self.gallery.spoken if allowed is None else allowed)[best])
        np.maximum.at(scores, hits.tile, cosines[best][hits.which])
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
        return _decay(of.distance_m[links], self.named[of.fact[links]])

    @cached_property
    def _decays(self) -> F32:
        """The decay of every link by its distance: [L]."""
        links = self.gallery.links
        return _decay(links.distance_m[:], self.named[links.fact[:]])

    def decay(self, links: I64, facts: I64, counts: I64) -> F32:
        """The decay of links by distance, 0..1; each of M facts has `counts` [M] of them."""
        if self._prepared:  # mapped files are read where they are needed only
            row = np.repeat(self.named[facts] * _METRES, counts)
            row += self._prepared["link_distance"].take(links)
            return _decay_by_metre().take(row)
        return self._decays.take(links)

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


def _is_other_church(kind: str, head: HeadNoun) -> bool:
    """Whether a kind is a church of any sort, for one of another: a church for "cathedral"."""
    return head.noun in CHURCHES and are_akin(head.noun, kind)
