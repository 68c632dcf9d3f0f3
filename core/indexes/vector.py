"""The interface of a vector index: nearest unit embeddings by cosine."""

from dataclasses import dataclass
from typing import Protocol

from core.arrays import F32, I64


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The K most similar rows of each of Q queries, best first: `rows`, `similarities` [Q, K].

    Where fewer than K rows are allowed, `rows` ends in -1.
    """

    rows: I64
    similarities: F32


class VectorIndex(Protocol):
    """The interface of a vector index, in this process or elsewhere."""

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (or all) for each query [Q, D]."""

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]."""

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""

    def __len__(self) -> int: ...
