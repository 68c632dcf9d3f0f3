"""The overview of many regions: which of them are worth a search, from a few numbers of each.

A region is known by its distinct facts, by the means of its tiles' embeddings (k-means), by the
words of its names and kinds, and by the streets and names that a description can mention. From
these a linear model (`core.retrieval.estimates`) estimates the utility that
`core.retrieval.regions` would give to the region after an exact search, up to a constant. The
estimate costs some milliseconds for hundreds of regions; it never orders places, it only says which
regions are searched. Our own method.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from core.arrays import F32, F64, I64
from core.gallery.opened import Gallery
from core.indexes.coarse import faiss_of_one_thread
from core.retrieval.channels import LEAST_COSINE, MatchIndex
from core.retrieval.channels.facts import FOUND
from core.retrieval.channels.names import written_as_names
from core.retrieval.distinct_facts import DistinctFacts, distinct_arrays, hashed
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.regions import names_any_town
from core.vocabulary.common_words import is_common
from core.vocabulary.folding import WORD, fold
from core.vocabulary.street_words import is_connector, tokens_of

TILE_MEANS = 32
"""Means of a region's tiles."""
_LONGEST = 8
_ROUNDS = 6
OVERVIEW_FEATURES: Final = (
    "own_town",
    "phrases",
    "phrase_floor",
    "phrases_found",
    "best_fact",
    "whole",
    "words",
    "rare_words",
    "capitals_unknown",
    "names_unknown",
    "mentions",
)
"""Features of a region in the overview, each minus its mean over the regions."""


def overview_arrays(match_index: MatchIndex) -> dict[str, Any]:
    """The overview of one region, as arrays to be packed with it."""
    gallery = match_index.gallery
    words = {
        word
        for text in (
            *gallery.facts.kind,
            *(name for names in gallery.facts.names for name in names),
        )
        for word in WORD.findall(fold(text))
    }
    places = match_index.mentions.places.options
    first = {tokens[0] for tokens in places if tokens}
    return {
        **distinct_arrays(gallery),
        "tile_mean": _means(gallery.tile_index, TILE_MEANS),
        "word_hash": np.unique([hashed(_stem(word)) for word in words] or [0]),
        "place_hash": np.unique([hashed(" ".join(tokens)) for tokens in places] or [0]),
        "place_begin": np.unique([hashed(token) for token in first] or [0]),
    }


def _means(index: Any, count: int) -> F32:
    """The means of an index's embeddings, as unit vectors [count, D]; repeated where fewer."""
    faiss = faiss_of_one_thread()
    if not len(index):
        return np.zeros((count, 1), dtype=np.float32)
    embeddings: F32 = index.embeddings(np.arange(len(index)))
    if len(embeddings) <= count:
        return embeddings[np.arange(count) % len(embeddings)]
    means = faiss.Kmeans(
        embeddings.shape[1],
        count,
        niter=_ROUNDS,
        spherical=True,
        seed=42,
        min_points_per_centroid=1,
        max_points_per_centroid=1 << 30,
    )
    means.train(embeddings)
    return np.asarray(means.centroids, dtype=np.float32)


def _stem(word: str) -> str:
    """A word without the endings of the plural, so that "churches" finds "church"."""
    for ending in ("ies", "es", "s"):
        if len(word) > len(ending) + 2 and word.endswith(ending):
            return word[: -len(ending)]
    return word[:-1] if len(word) > 3 and word.endswith(("e", "y")) else word


_cached: "WeakKeyDictionary[Gallery, Mapping[str, Any]]" = WeakKeyDictionary()


def _arrays_of(gallery: Gallery, match_index_of: Any) -> Any:
    if gallery.prepared is not None and "distinct_hash" in gallery.prepared:
        return gallery.prepared
    if gallery not in _cached:
        _cached[gallery] = overview_arrays(match_index_of(gallery))
    return _cached[gallery]


class Overview:
    """The overview of G galleries that are searched as one. Made once for them."""

    def __init__(self, galleries: Sequence[Gallery], match_index_of: Any) -> None:
        self._galleries = tuple(galleries)
        arrays = [_arrays_of(gallery, match_index_of) for gallery in galleries]
        self._facts = DistinctFacts(
            [one["distinct_hash"] for one in arrays], [one["distinct_code"] for one in arrays]
        )
        means = [one["tile_mean"] for one in arrays]
        self._tiles = _stacked(means, max(one.shape[1] for one in means))
        self._words = _Postings([one["word_hash"] for one in arrays])
        self._places = _Postings([one["place_hash"] for one in arrays])
        told = all("place_begin" in one for one in arrays)
        self._begin = _Postings([one["place_begin"] for one in arrays]) if told else None

    def __len__(self) -> int:
        return len(self._galleries)

    def features(self, encoded_query: EncodedQuery, text: str) -> F64:
        """The features [G, C] of all regions for a description; `text` is as a person wrote it."""
        count = len(self)
        affirmed = encoded_query.phrase_embeddings[encoded_query.affirmed]
        queries = np.concatenate([affirmed, encoded_query.embedding[None]])
        cosines = self._facts.best(queries)
        strengths = np.maximum(cosines[:-1] - LEAST_COSINE, 0)
        if not len(strengths):
            strengths = np.zeros((1, count), dtype=np.float32)
        columns = [
            names_any_town(text, [gallery.card for gallery in self._galleries]),
            strengths.mean(axis=0),
            np.quantile(strengths, 0.25, axis=0),
            (strengths > FOUND).mean(axis=0),
            cosines[-1],
            _best(self._tiles, encoded_query.embedding[None], count)[0],
            *self._of_words(encoded_query),
            self._of_mentions(encoded_query.affirmed_text),
        ]
        features = np.stack(columns, axis=1).astype(np.float64)
        centred: F64 = features - features.mean(axis=0)
        return centred

    def _of_words(self, encoded_query: EncodedQuery) -> list[F64]:
        """For each region the share of the words that it has, the sum of the rarity of these, the
        logarithm of the number of names that it has not, and their share of all names."""
        words = encoded_query.words
        found = np.zeros((len(words), len(self)), dtype=bool)
        for row, regions in self._words.found([hashed(_stem(word)) for word in words]):
            found[row, regions] = True
        if not words:
            return [np.zeros(len(self))] * 4
        names = written_as_names(encoded_query)
        rarity = np.log((len(self) + 1) / (found.sum(axis=1) + 1))
        unknown = (~found[names]).sum(axis=0)
        share = unknown / max(int(names.sum()), 1)
        return [found.mean(axis=0), rarity @ found, np.log1p(unknown), share]

    def _of_mentions(self, text: str) -> F64:
        """For each region the rarity of the streets and names that a text mentions."""
        tokens = [one.token for one in tokens_of(text) if not is_connector(one.token)]
        grams = [
            (at, count)
            for at in self._beginnings(tokens)
            for count in range(min(_LONGEST, len(tokens) - at), 0, -1)
            if count > 1 or not is_common(tokens[at])
        ]
        hashes = [hashed(" ".join(tokens[at : at + count])) for at, count in grams]
        mentioned, behind = np.zeros(len(self)), 0
        for row, regions in self._places.found(hashes):
            at, count = grams[row]
            if at >= behind:
                mentioned[regions] += math.log((len(self) + 1) / len(regions)) * count
                behind = at + count
        return mentioned

    def _beginnings(self, tokens: Sequence[str]) -> Sequence[int]:
        """The tokens with which any place begins, by their rows; all where regions that were packed
        by an earlier version do not tell."""
        if self._begin is None:
            return range(len(tokens))
        return [row for row, _ in self._begin.found([hashed(token) for token in tokens])]


def _stacked(means: Sequence[F32], width: int) -> F32:
    """The means of all regions, one behind the other; those without any are zero."""
    return np.concatenate(
        [one if one.shape[1] == width else np.zeros((len(one), width), np.float32) for one in means]
    )


def _best(means: F32, queries: F32, regions: int) -> F32:
    """The best cosine of each of Q queries with the means of each region: [Q, G]."""
    if means.shape[1] != queries.shape[1]:
        return np.zeros((len(queries), regions), dtype=np.float32)
    best: F32 = (queries @ means.T).reshape(len(queries), regions, -1).max(axis=2)
    return best


class _Postings:
    """The regions that have a hash."""

    def __init__(self, of_regions: Sequence[I64]) -> None:
        hashes = np.concatenate(of_regions).astype(np.int64)
        region = np.repeat(np.arange(len(of_regions), dtype=np.int32), list(map(len, of_regions)))
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._region = hashes[order], region[order]

    def found(self, hashes: Sequence[int]) -> Iterator[tuple[int, I64]]:
        """The rows of those hashes that any region has, in order, each with its regions."""
        wanted = np.array(hashes, dtype=np.int64)
        begin = np.searchsorted(self._hashes, wanted)
        end = np.searchsorted(self._hashes, wanted + 1)
        for row in np.flatnonzero(end > begin).tolist():
            yield row, self._region[begin[row] : end[row]].astype(np.int64)
