"""The index of a large collection against the exact one."""

from pathlib import Path

import numpy as np
import pytest
from flat_index import FlatIndex

from core.errors import GalleryError
from core.gallery.tables import pack_embeddings
from core.indexes import regional
from core.indexes.regional import POOL, RegionalIndex, build, recall_of


def unit(rows: int, columns: int, seed: int) -> np.ndarray:
    """Unit vectors around a few middles, as embeddings of places are."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(0).normal(size=(40, columns))
    matrix = middles[random.integers(40, size=rows)] + random.normal(size=(rows, columns)) * 0.7
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> RegionalIndex:
    """24,000 vectors of four regions, enough for coarse codes."""
    folder = tmp_path_factory.mktemp("index")
    packed = pack_embeddings(unit(24_000, 24, 1))
    return RegionalIndex(build(folder, np.split(packed, [5000, 11_000, 17_000]), 24))


@pytest.fixture(scope="module")
def plain(large: RegionalIndex) -> FlatIndex:
    return FlatIndex(large.embeddings(np.arange(len(large))))


@pytest.mark.parametrize("region", range(4))
def test_a_search_in_a_region_is_exact(large: RegionalIndex, plain: FlatIndex, region: int) -> None:
    rows, queries = large.region(region), unit(5, 24, 3)
    assert np.isin(rows, large.region(region)).all()
    found, wanted = large.search(queries, 20, rows), plain.search(queries, 20, rows)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.similarities == pytest.approx(wanted.similarities, abs=1e-5)


def test_scattered_rows_are_searched_exactly(large: RegionalIndex, plain: FlatIndex) -> None:
    rows, queries = np.arange(3, 24_000, 7), unit(3, 24, 4)
    assert (
        large.search(queries, 9, rows).rows.tolist() == plain.search(queries, 9, rows).rows.tolist()
    )


def test_a_search_in_everything_finds_nearly_all(large: RegionalIndex, plain: FlatIndex) -> None:
    queries = unit(60, 24, 5)
    found, wanted = large.search(queries, 10), plain.search(queries, 10)
    assert recall_of(found.rows, wanted.rows) >= 0.97
    assert large.exact(queries, 10).rows.tolist() == wanted.rows.tolist()


def test_k_never_changes_the_order(large: RegionalIndex) -> None:
    queries = unit(6, 24, 6)
    most = large.search(queries, 500).rows
    for k in (1, 10, 77):
        assert large.search(queries, k).rows.tolist() == most[:, :k].tolist()
    with pytest.raises(ValueError, match="exactly"):
        large.search(queries, POOL + 1)


def test_the_similarity_of_every_row_is_a_plain_product(
    large: RegionalIndex, plain: FlatIndex
) -> None:
    query = unit(1, 24, 7)[0]
    assert large.similarities(query) == pytest.approx(plain.similarities(query), abs=1e-5)


def test_few_rows_are_searched_exactly(tmp_path: Path) -> None:
    matrix = pack_embeddings(unit(90, 24, 8))
    index = RegionalIndex(build(tmp_path, [matrix[:30], matrix[30:30], matrix[30:]], 24))
    assert index.region(1).tolist() == []
    wanted = FlatIndex(index.embeddings(np.arange(90))).search(unit(4, 24, 10), 7)
    assert index.search(unit(4, 24, 10), 7).rows.tolist() == wanted.rows.tolist()
    assert index.search(unit(1, 24, 10), 7, index.region(1)).rows.shape == (1, 0)


def test_equal_rows_come_in_row_order(tmp_path: Path) -> None:
    matrix = pack_embeddings(np.repeat(np.eye(8, dtype=np.float32)[:2], 20, axis=0))
    build(tmp_path, [matrix], 8)
    found = RegionalIndex(tmp_path).search(np.eye(8, dtype=np.float32)[:1], 25)
    assert found.rows[0].tolist() == list(range(25))


def test_a_damaged_index_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="build it again"):
        RegionalIndex(tmp_path)
    build(tmp_path, [pack_embeddings(unit(30, 8, 1))], 8)
    np.save(tmp_path / regional._STARTS, np.array([0, 29]))
    with pytest.raises(GalleryError, match="different builds"):
        RegionalIndex(tmp_path)
    with pytest.raises(ValueError, match="dimensions"):
        build(tmp_path, [np.zeros((2, 9), dtype=np.int8)], 8)
