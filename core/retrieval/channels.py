"""The channels: how strongly each tile of a gallery answers a reading, and through which facts.

Both the `facts` and the `names` channel match phrase by phrase (or word by word) and keep for
each tile the best match of each, weakened by the distance between viewpoint and thing: a late
interaction in the manner of ColBERT (arXiv 2004.12832) over things in space. Ours.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.gallery.store import Gallery
from core.retrieval.reading import Reading
from core.vectors import Rows

Floats = npt.NDArray[np.float32]

_NAMED_REACH_M = 120.0
_PLAIN_REACH_M = 70.0
"""Things with a name tell of a wider surrounding than a bench. Tuned on RVS train."""
_SIMILAR_FACTS = 256
_LEAST_COSINE = 0.4
_KIND_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Matches:
    """M matches between R things said (phrases or words) and facts: row, fact and strength."""

    said: npt.NDArray[np.int64]
    fact: npt.NDArray[np.int64]
    strength: Floats


class Ground:
    """A gallery prepared for matching: how much each link counts. Made once for a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.named = np.array([bool(names) for names in gallery.facts.names])
        self.spoken: Rows = np.flatnonzero(gallery.facts.spoken).astype(np.int64)
        links = gallery.links
        reach = np.where(self.named, _NAMED_REACH_M, _PLAIN_REACH_M)[links.fact]
        self.weight: Floats = np.exp(-0.5 * (links.distance_m / reach) ** 2).astype(np.float32)
        self.crowding = self._crowding()
        self._tile_order = np.argsort(links.tile, kind="stable")
        self._tile_starts = np.searchsorted(
            links.tile[self._tile_order], np.arange(len(gallery) + 1)
        )

    def links_of(self, tile: int) -> Rows:
        """Rows of the links from one tile."""
        rows: Rows = self._tile_order[self._tile_starts[tile] : self._tile_starts[tile + 1]]
        return rows

    def _crowding(self) -> Floats:
        """How much there is to match at each tile: the log count of spoken facts, 0..1."""
        links = self.gallery.links
        near = (links.distance_m <= 60) & self.gallery.facts.spoken[links.fact]
        counts = np.log1p(np.bincount(links.tile[near], minlength=len(self.gallery)))
        scaled: Floats = (counts / counts.max(initial=1e-6)).astype(np.float32)
        return scaled


def best_by_tile(ground: Ground, matches: Matches, rows: int) -> Floats:
    """For R things said the strongest match each tile sees, weakened by distance: [R, N]."""
    links, tiles = ground.gallery.links, len(ground.gallery)
    begin = links.starts[matches.fact]
    counts = links.starts[matches.fact + 1] - begin
    which = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + begin[which]
    best = np.zeros(rows * tiles, dtype=np.float32)
    np.maximum.at(
        best,
        matches.said[which] * tiles + links.tile[place],
        matches.strength[which] * ground.weight[place],
    )
    return best.reshape(rows, tiles)


def similar_facts(ground: Ground, reading: Reading, allowed: Rows | None) -> Matches:
    """Phrases against facts by cosine; `strength` is the cosine above 0.4."""
    found = ground.gallery.fact_index.search(
        reading.phrase_embeddings, _SIMILAR_FACTS, ground.spoken if allowed is None else allowed
    )
    said, place = np.nonzero((found.similarities > _LEAST_COSINE) & (found.rows >= 0))
    strength = found.similarities[said, place] - _LEAST_COSINE
    return Matches(said, found.rows[said, place], strength.astype(np.float32))


def worded_facts(ground: Ground, words: list[str]) -> Matches:
    """Words against names and kinds by BM25; misspelt words count less."""
    said, fact, strength = [], [], []
    for row, word in enumerate(words):
        for spelling, trust in ground.gallery.names.spellings(word):
            for column, weight in (("name", 1.0), ("kind", _KIND_WEIGHT)):
                found = ground.gallery.names.postings(spelling, column)
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


def share_of_best(best: Floats) -> Floats:
    """Sums R rows of [R, N] and divides by the most any one tile could have had: [N], 0..1."""
    attainable = float(best.max(axis=1, initial=0).sum())
    total: Floats = best.sum(axis=0)
    return total / attainable if attainable > 0 else total


def facts_allowed(ground: Ground, mask: npt.NDArray[np.bool_] | None) -> Rows | None:
    """The spoken facts that some allowed tile sees, or None where every tile is allowed."""
    if mask is None:
        return None
    links = ground.gallery.links
    seen = np.unique(links.fact[mask[links.tile]]).astype(np.int64)
    return seen[ground.gallery.facts.spoken[seen]]
