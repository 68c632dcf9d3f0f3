"""What each word says about the tiles of a gallery: its postings by tile, kept for the next search.

Descriptions share most of their words, and the common ones have the most facts: "street", "trees".
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, F64, I32
from core.retrieval.channels.match_index import Matches, MatchIndex
from core.retrieval.channels.matching import best_by_tile, match_by_words

_KEPT_BYTES, _PER_TILE, _KEPT_BYTES_PACKED = 1 << 22, 640, 1 << 26
"""Bytes that are kept for a gallery, or those for each of its tiles, if that is more; and for all
regions of packed collections together, since few of them are searched at a time."""
_NO_BEARING: Final = np.full(1, np.nan, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class OfWord:
    """One word in one gallery: the strongest match `best` at each of the `tiles` that see a fact
    with it, decayed by distance, and the BM25 `gains` of the tiles `near` it, by their window.

    A word that most tiles have has values for all of them.
    """

    tiles: I32 | slice
    best: F32
    near: I32 | slice
    gains: F64

    @property
    def size(self) -> int:
        """The bytes that it takes."""
        rows = sum(one.nbytes for one in (self.tiles, self.near) if isinstance(one, np.ndarray))
        return rows + self.best.nbytes + self.gains.nbytes


class _Kept:
    """The words that were asked for last, each of one gallery. Several threads may read them."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._words: OrderedDict[tuple[int, str], OfWord] = OrderedDict()
        self._bytes, self._lock = 0, Lock()

    def of(self, key: tuple[int, str], made: Callable[[str], OfWord]) -> OfWord:
        """What the word of a key says, kept or made."""
        with self._lock:
            if key in self._words:
                self._words.move_to_end(key)
                return self._words[key]
        one = made(key[1])
        with self._lock:
            if key not in self._words:
                self._words[key] = one
                self._bytes += one.size
            while self._bytes > self._most:
                self._bytes -= self._words.popitem(last=False)[1].size
        return one


_of_regions = _Kept(_KEPT_BYTES_PACKED)
_numbers = count()


class WordTiles:
    """The words of one gallery. Several threads may read it."""

    def __init__(self, match_index: MatchIndex) -> None:
        self._match_index = match_index
        self._number = next(_numbers)
        self._kept = _of_regions
        if not match_index.gallery.prepared:
            self._kept = _Kept(max(_KEPT_BYTES, _PER_TILE * len(match_index.gallery)))

    def of(self, word: str) -> OfWord:
        """What a folded word says, in whatever direction its things lie."""
        return self._kept.of((self._number, word), self._made)

    def toward(self, word: str, bearing_deg: float) -> OfWord:
        """What a word says whose things lie in a direction."""
        best = self._best(self._matches(word), np.full(1, bearing_deg, dtype=np.float32))
        of = self.of(word)
        return OfWord(slice(None), best, of.near, of.gains)

    def _matches(self, word: str) -> Matches:
        return match_by_words(self._match_index, [word], in_local_names=True)

    def _best(self, matches: Matches, bearing_deg: F32) -> F32:
        best: F32 = best_by_tile(self._match_index, matches, bearing_deg)[0]
        return best

    def _made(self, word: str) -> OfWord:
        matches = self._matches(word)
        best = self._best(matches, _NO_BEARING)
        near, gains = self._match_index.window_bm25(matches.fact)
        tiles = np.flatnonzero(best).astype(np.int32)
        in_windows: I32 | slice = near.astype(np.int32)
        if 2 * len(near) > len(best):
            every = np.zeros(len(best))
            every[near] = gains
            in_windows, gains = slice(None), every
        if 2 * len(tiles) > len(best):
            return OfWord(slice(None), best, in_windows, gains)
        return OfWord(tiles, best[tiles], in_windows, gains)


_cached: "WeakKeyDictionary[MatchIndex, WordTiles]" = WeakKeyDictionary()


def word_tiles_of(match_index: MatchIndex) -> WordTiles:
    """The words of a prepared gallery, kept as long as that lives."""
    tiles = _cached.get(match_index)
    if tiles is None:
        tiles = _cached[match_index] = WordTiles(match_index)
    return tiles
