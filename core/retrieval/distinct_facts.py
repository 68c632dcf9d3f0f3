"""The distinct facts of many regions: how close a phrase comes to any fact of each region.

Facts with the same words have the same embedding everywhere, so that the cosines of a phrase with
all distinct ones say exactly how close it comes to the facts without a name of each region. Facts
with a name are counted as one for all that say the same before the name ("cafe: Regatta" and "cafe:
Esplanad"), with the mean of their embeddings. Our own method.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import F32, I8, I64
from core.gallery.opened import Gallery
from core.gallery.tables import pack_embeddings
from core.indexes.codes import norms_of
from core.indexes.products import products_of_codes, unsigned


def hashed(text: str) -> int:
    """A number of 63 bits for a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def distinct_arrays(gallery: Gallery) -> dict[str, Any]:
    """The distinct facts of one region, as arrays to be packed with it: the hashes [V] of their
    texts, and their embeddings [V, D] in 8 bits."""
    rows: dict[str, int] = {}
    facts = gallery.facts
    group = np.array(
        [
            rows.setdefault(_without_name(kind, text, bool(names)), len(rows))
            for kind, text, names, spoken in zip(
                facts.kind, facts.text, facts.names, facts.spoken, strict=True
            )
            if spoken
        ],
        dtype=np.int64,
    )
    if not len(group):
        return {"distinct_hash": np.zeros(1, np.int64), "distinct_code": np.zeros((1, 1), np.int8)}
    order = np.argsort(group, kind="stable")
    embeddings = gallery.fact_index.embeddings(order)
    sums = np.add.reduceat(embeddings, np.searchsorted(group[order], np.arange(len(rows))))
    return {
        "distinct_hash": np.array([hashed(text) for text in rows], dtype=np.int64),
        "distinct_code": pack_embeddings(sums),
    }


def _without_name(kind: str, text: str, has_name: bool) -> str:
    if not has_name:
        return text
    before, colon, _ = text.partition(": ")
    return f"{before if colon else kind}:"


class DistinctFacts:
    """The distinct facts of G regions together."""

    def __init__(self, hashes: Sequence[I64], codes: Sequence[I8]) -> None:
        width = max(one.shape[1] for one in codes)
        usable = [one.shape[1] == width for one in codes]
        every = np.concatenate(hashes).astype(np.int64)
        _, first, self._member = np.unique(every, return_index=True, return_inverse=True)
        ends = np.cumsum([0, *map(len, hashes)])
        region = np.searchsorted(ends, first, side="right") - 1
        distinct = np.zeros((len(first), width), dtype=np.int8)
        for number in np.flatnonzero(usable).tolist():
            here = np.flatnonzero(region == number)
            distinct[here] = codes[number][first[here] - ends[number]]
        self._codes, self._norms = unsigned(distinct), norms_of(distinct)
        self._starts: I64 = ends[:-1]

    def best(self, queries: F32) -> F32:
        """The best cosine of each of Q queries [Q, D] with the facts of each region: [Q, G]."""
        if queries.shape[1] != self._codes.shape[1]:
            return np.zeros((len(queries), len(self._starts)), dtype=np.float32)
        products = products_of_codes(self._codes, queries)
        cosines = np.ascontiguousarray((products / self._norms).T)
        of_members = np.take(cosines, self._member, axis=0)  # rows of Q: 3 times as fast as columns
        best: F32 = np.maximum.reduceat(of_members, self._starts, axis=0).T
        return best
