"""Products of 8-bit codes with queries, by whole numbers.

Today's processors multiply unsigned by signed numbers of 8 bit some ten times as fast as others. So
a query is written with three digits, each of which multiplies the codes, and the products are
added: they are nearly as exact as those of 32-bit numbers. A digit is at most 64: with more,
processors without such an instruction would cut off the sum of two products. The graph that ONNX
Runtime runs is in `assets/models/products`.
"""

import threading
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import F32, I8, I64, U8
from core.files import asset_file
from core.settings import PRODUCTS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_BASE, _DIGITS, _LARGEST_DIGIT = 128, 3, 64
_SIGN = 128
_SHA256 = "3c0cc3f1dac7c2715e22e71589b51d386a0d29a8b976ea881fb538f571225b78"
_KEPT = 8
"""Queries whose digits a thread keeps: the three of a search, in two readings or more."""
_CHUNK = 1024
"""Rows of signed codes that are made unsigned at a time: they stay in the processor's cache."""
_local = threading.local()


def unsigned(codes: I8) -> U8:
    """The codes as unsigned numbers, 128 above the signed ones, as they are multiplied."""
    return codes.view(np.uint8) ^ np.uint8(_SIGN)


def signed(codes: I8 | U8) -> F32:
    """The values of signed codes, or of unsigned ones, as floating point numbers."""
    values: F32 = codes.astype(np.float32)
    if codes.dtype == np.uint8:
        values -= np.float32(_SIGN)
    return values


def products_of_codes(codes: I8 | U8, queries: F32, allowed: I64 | None = None) -> F32:
    """The products of queries [Q, D] with the `allowed` of codes [N, D], or with all: [Q, N].

    Signed codes, such as those of a mapped file, are made `unsigned` on the way.
    """
    digits = _digits_of(queries)
    if codes.dtype == np.uint8:
        return _run((codes if allowed is None else codes[allowed]).view(np.uint8), *digits)
    count = len(codes) if allowed is None else len(allowed)
    products = np.empty((len(queries), count), dtype=np.float32)
    buffer = _buffer(codes.shape[1])
    for begin in range(0, count, _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        part = codes[chunk] if allowed is None else codes[allowed[chunk]]
        shifted = np.bitwise_xor(part.view(np.uint8), np.uint8(_SIGN), out=buffer[: len(part)])
        products[:, chunk] = _run(shifted, *digits)
    return products


def _digits_of(queries: F32) -> tuple[I8, F32]:
    """The digits [D, 3 Q] of queries [Q, D], the highest ones first, and the scales [Q, 3 Q] by
    which their products are added.

    Those of the last queries are kept, which are compared with several galleries.
    """
    kept: OrderedDict[tuple[tuple[int, ...], bytes], tuple[I8, F32]] | None
    kept = getattr(_local, "digits", None)
    if kept is None:
        kept = _local.digits = OrderedDict()
    queries = np.asarray(queries, dtype=np.float32)
    key = queries.shape, queries.tobytes()
    if key in kept:
        kept.move_to_end(key)
    else:
        kept[key] = _written(queries)
        if len(kept) > _KEPT:
            kept.popitem(last=False)
    return kept[key]


def _written(queries: F32) -> tuple[I8, F32]:
    count, width = queries.shape
    steps = np.abs(queries).max(axis=1, initial=0) / np.float32(_LARGEST_DIGIT)
    steps[steps == 0] = 1
    digits = np.empty((_DIGITS, count, width), dtype=np.int8)
    scales = np.zeros((count, _DIGITS, count), dtype=np.float32)
    rows, rest = np.arange(count), queries / steps[:, None]
    for place in range(_DIGITS):
        whole = np.rint(rest)
        digits[place], scales[rows, place, rows] = whole, steps
        rest, steps = (rest - whole) * np.float32(_BASE), steps / np.float32(_BASE)
    by_column = np.ascontiguousarray(digits.reshape(_DIGITS * count, width).T)
    return by_column, scales.reshape(count, _DIGITS * count)


def _buffer(width: int) -> U8:
    """Memory of this thread for `_CHUNK` rows."""
    buffer: U8 | None = getattr(_local, "buffer", None)
    if buffer is None or len(buffer) < _CHUNK * width:
        buffer = _local.buffer = np.empty(_CHUNK * width, dtype=np.uint8)
    return buffer[: _CHUNK * width].reshape(_CHUNK, width)


def _run(codes: U8, digits: I8, scales: F32) -> F32:
    if not len(codes) or not len(scales):
        return np.empty((len(scales), len(codes)), dtype=np.float32)
    inputs = {"codes": codes, "digits": digits, "scales": scales}
    (products,) = _graph().run(None, inputs)
    found: F32 = products
    return found


@cache
def _graph() -> "InferenceSession":
    """The graph, read once; commands that compare nothing start without ONNX Runtime.

    Raises ModelError where the file is missing or damaged.
    """
    import onnxruntime

    path = asset_file(PRODUCTS, _SHA256, "the graph of products")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
