"""The index of codes against plain numpy."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gallery.tables import pack_embeddings
from core.indexes.codes import CodesIndex, best_ascending, best_places, norms_of


def unit(rows: int, columns: int, seed: int) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def index_of(matrix: np.ndarray) -> CodesIndex:
    codes = pack_embeddings(matrix)
    return CodesIndex(codes, norms_of(codes))


def embeddings_of(index: CodesIndex) -> np.ndarray:
    return index.embeddings(np.arange(len(index)))


def naive(matrix: np.ndarray, query: np.ndarray, k: int, allowed: list[int]) -> list[int]:
    """The k most similar allowed rows, equal ones in row order."""
    similarities = matrix @ query
    return sorted(sorted(allowed), key=lambda row: -similarities[row])[:k]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 120),
    k=st.integers(1, 40),
    seed=st.integers(0, 1000),
    picked=st.none() | st.sets(st.integers(0, 119)),
)
def test_exact_search_equals_a_plain_product(
    rows: int, k: int, seed: int, picked: set[int] | None
) -> None:
    index, queries = index_of(unit(rows, 16, seed)), unit(3, 16, seed + 1)
    matrix = embeddings_of(index)
    allowed = None if picked is None else sorted(row for row in picked if row < rows)
    found = index.search(queries, k, None if allowed is None else np.array(allowed, dtype=np.int64))
    everything = list(range(rows)) if allowed is None else allowed
    assert len(queries) == 3
    for row, query in enumerate(queries):
        wanted = naive(matrix, query, k, everything)
        assert found.rows[row].tolist() == wanted
        assert found.similarities[row] == pytest.approx((matrix @ query)[wanted], abs=1e-5)


@pytest.mark.parametrize("k", [1, 5, 12, 30, 64])
@pytest.mark.parametrize("limited", [False, True])
def test_equal_rows_come_in_row_order(k: int, limited: bool) -> None:
    one, other = np.eye(8, dtype=np.float32)[:2]
    matrix = np.array([other if row % 3 else one for row in range(64)])
    allowed = np.arange(1, 64, 2, dtype=np.int64) if limited else None
    rows = range(1, 64, 2) if limited else range(64)
    found = index_of(matrix).search(one[None], k, allowed)
    assert found.rows[0].tolist() == naive(matrix, one, k, list(rows))


@pytest.mark.parametrize("rows", [0, 1, 70])
def test_the_similarity_of_every_row_is_a_plain_product(rows: int) -> None:
    index, query = index_of(unit(rows, 16, 3)), unit(1, 16, 4)[0]
    matrix = embeddings_of(index)
    wanted = [sum(one * other for one, other in zip(row, query, strict=True)) for row in matrix]
    assert index.similarities(query) == pytest.approx(np.array(wanted), abs=1e-6)
    assert len(index) == rows


def test_nothing_allowed_finds_nothing() -> None:
    found = index_of(unit(5, 4, 0)).search(unit(2, 4, 1), 3, np.empty(0, dtype=np.int64))
    assert found.rows.shape == found.similarities.shape == (2, 0)


def test_no_query_finds_nothing() -> None:
    found = index_of(unit(5, 4, 0)).search(np.empty((0, 4), dtype=np.float32), 3)
    assert len(found.rows) == len(found.similarities) == 0


def test_rows_come_back_as_they_were_put_in() -> None:
    matrix = unit(7, 4, 0)
    index = index_of(matrix)
    assert len(index) == 7
    back = index.embeddings(np.array([6, 0, 6]))
    assert back == pytest.approx(matrix[[6, 0, 6]], abs=0.01)
    assert back.dtype == np.float32


def test_the_embeddings_of_no_rows_are_an_empty_matrix() -> None:
    back = index_of(unit(7, 4, 0)).embeddings(np.empty(0, dtype=np.int64))
    assert back.shape == (0, 4)


def test_four_threads_get_the_same_answer() -> None:
    index, queries = index_of(unit(500, 16, 0)), unit(4, 16, 1)
    wanted = index.search(queries, 10).rows
    answers: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: answers.append(index.search(queries, 10).rows))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all((answer == wanted).all() for answer in answers)


def test_a_scan_has_the_product_of_every_row_or_of_the_allowed_ones() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(300, 6)).astype(np.float32)
    queries = rng.normal(size=(4, 6)).astype(np.float32)
    right = queries @ rows.T / np.linalg.norm(rows, axis=1)
    index = index_of(rows)
    assert index.scan(queries) == pytest.approx(right, abs=0.05)
    some = np.array([0, 7, 130, 299])
    assert (index.scan(queries, some) == index.scan(queries)[:, some]).all()
    assert index.scan(queries, some[:0]).shape == (4, 0)


@pytest.mark.parametrize("kind", ["spread", "tied", "in one place", "few"])
def test_the_best_of_many_values_are_those_of_a_stable_sort(kind: str) -> None:
    """A sample tells which may be among them; where it misses them, all are looked at."""
    random = np.random.default_rng(4)
    values = random.normal(size=30_000 if kind != "few" else 50).astype(np.float32)
    if kind == "tied":
        values = values.round(1)
    if kind == "in one place":
        values[np.arange(len(values)) % 16 == 0] = -9
    order = np.argsort(-values, kind="stable")
    for k in (0, 1, 40, 4000, 29_000):
        assert best_places(values, k).tolist() == order[:k].tolist()
        assert best_ascending(values, k).tolist() == sorted(order[:k].tolist())
