"""Products of 8-bit codes by whole numbers, against 64-bit products."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.indexes import products
from core.indexes.products import products_of_codes, signed, unsigned
from core.settings import PRODUCTS


def codes_of(rows: int, width: int) -> np.ndarray:
    return np.random.default_rng(rows).integers(-127, 128, (rows, width)).astype(np.int8)


def queries_of(count: int, width: int, scale: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(count).normal(size=(count, width)) * scale).astype(np.float32)


def test_the_committed_graph_is_made_by_its_program(tmp_path: Path) -> None:
    command = [sys.executable, str(PRODUCTS.with_name("make.py")), str(tmp_path)]
    subprocess.run(command, check=True)
    assert (tmp_path / PRODUCTS.name).read_bytes() == PRODUCTS.read_bytes()
    assert len(list(tmp_path.iterdir())) == 1


def test_unsigned_codes_have_the_values_of_the_signed_ones() -> None:
    codes = np.array([[-128, -1, 0, 1, 127]], dtype=np.int8)
    assert unsigned(codes).tolist() == [[0, 127, 128, 129, 255]]
    assert signed(unsigned(codes)).tolist() == signed(codes).tolist() == [[-128, -1, 0, 1, 127]]
    assert signed(codes).dtype == np.float32


def test_a_product_by_hand() -> None:
    """1 · 0.5 − 2 · 0.25 + 100 · 0.125 = 12.5"""
    codes = np.array([[1, -2, 100]], dtype=np.int8)
    query = np.array([[0.5, 0.25, 0.125]], dtype=np.float32)
    assert products_of_codes(codes, query) == pytest.approx(np.array([[12.5]]), abs=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
@pytest.mark.parametrize("rows", [1, 70, 1024, 2500])
def test_products_are_as_exact_as_32_bit_ones(rows: int, scale: float) -> None:
    codes, queries = codes_of(rows, 48), queries_of(5, 48, scale)
    right = queries.astype(np.float64) @ codes.T.astype(np.float64)
    largest = np.linalg.norm(queries) * np.linalg.norm(codes.astype(float), axis=1).max()
    for form in (codes, unsigned(codes)):
        found = products_of_codes(form, queries)
        assert found.shape == (5, rows)
        assert found.dtype == np.float32
        assert np.abs(found - right).max() <= 1e-6 * largest


def test_mapped_codes_have_the_products_of_codes_in_memory(tmp_path: Path) -> None:
    codes, queries = codes_of(3000, 16), queries_of(3, 16)
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    some = np.array([0, 5, 1023, 1024, 2999])
    for allowed in (None, some, some[:0]):
        found = products_of_codes(mapped, queries, allowed)
        assert (found == products_of_codes(unsigned(codes), queries, allowed)).all()
        assert found.shape == (3, 3000 if allowed is None else len(allowed))


def test_equal_rows_have_equal_products_wherever_they_are() -> None:
    codes = np.repeat(codes_of(1, 384), 777, axis=0)
    for count in (1, 8):
        found = products_of_codes(unsigned(codes), queries_of(count, 384))
        assert (found == found[:, :1]).all()


def test_a_query_of_zeros_has_products_of_zero() -> None:
    assert not products_of_codes(codes_of(9, 8), np.zeros((2, 8), dtype=np.float32)).any()
    assert products_of_codes(codes_of(9, 8), queries_of(1, 8)[:0]).shape == (0, 9)


def test_digits_are_small_enough_for_processors_that_cut_off_sums() -> None:
    """Two products of 255 and a digit must fit into 16 bits."""
    digits, _ = products._digits_of(np.array([[1, -1, 0.5039, -0.49], [0, 0, 0, 3]], np.float32))
    assert digits.dtype == np.int8
    assert 2 * 255 * int(np.abs(digits.astype(int)).max()) < 1 << 15


def test_a_damaged_graph_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "products.onnx"
    damaged.write_bytes(b"no graph")
    products._graph.cache_clear()
    monkeypatch.setattr(products, "PRODUCTS", damaged)
    with pytest.raises(ModelError, match="fetch the whole app again"):
        products_of_codes(codes_of(2, 8), queries_of(1, 8))
    monkeypatch.undo()
    products._graph.cache_clear()
    assert products_of_codes(codes_of(2, 8), queries_of(1, 8)).shape == (1, 2)
