"""Parquet files of a gallery, read without pandas, and embeddings in 8 bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.arrays import F32, I8


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A Parquet file, or some of its columns. `pq.read_table` would import pandas."""
    with pq.ParquetFile(path) as file:
        return file.read(columns, use_threads=False)


def read_columns(shards: list[Path], columns: list[str]) -> pa.Table:
    """Some columns of all shards, one after the other."""
    return pa.concat_tables([read_table(shard, columns) for shard in shards])


def numbers(column: pa.ChunkedArray) -> Any:
    """A column of numbers as an array. Its own `to_numpy` would import pandas."""
    none = np.empty(0, dtype=column.type.to_pandas_dtype())
    return np.concatenate([none, *(np.from_dlpack(chunk) for chunk in column.chunks)])


def pack_embeddings(embeddings: F32) -> I8:
    """Quantizes unit embeddings [N, D] to 8 bit, each scaled by its largest component."""
    largest = np.abs(embeddings).max(axis=1, keepdims=True, initial=1e-12)
    packed: I8 = np.round(embeddings / largest * 127).astype(np.int8)
    return packed


def unpack_embeddings(packed: I8) -> F32:
    """Restores unit embeddings [N, D]; the scale is lost but a unit vector needs none."""
    embeddings = packed.astype(np.float32)
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit: F32 = embeddings / np.maximum(norms, 1e-12)
    return unit
